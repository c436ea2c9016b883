import { resolveQuality } from '../catalog/index.ts';
import {
	type EstimateCorrection,
	type Exclusion,
	type ModelName,
	type ModelProfile,
	nanoToUsd,
	type PerformanceHistory,
	type RoutingDecision,
	type RoutingScore,
	type TaskDescriptor,
	type TaskType,
} from '../contracts/index.ts';
import { NoEligibleModelError } from '../errors/index.ts';
import { sum } from '../util/index.ts';
import type { CandidatePool } from './candidate-pool.ts';
import {
	describeUnavailability,
	findExclusions,
	type Requirements,
	resolveRequirements,
	validateDescriptor,
} from './exclude-models.ts';
import { type Explanation, explainDecision, getName, listAlternatives } from './explain-decision.ts';
import { getLikelyTypes, isTypeGuessed, type PolicyContext } from './policies.ts';
import type { RouteSettings } from './route-settings.ts';
import {
	type Candidate,
	combineScores,
	estimateModel,
	type ModelEstimate,
	NEUTRAL_HISTORY,
	predictQuality,
	type ScoredModel,
	scoreModel,
} from './score-model.ts';

/** A decision without what is new each time. */
export type DecisionTemplate = Omit<RoutingDecision, 'id' | 'timestamp' | 'cached' | 'descriptor' | 'decisionTimeMs'>;

/** What a decision is made from beside the task. */
export interface DecisionInputs {
	settings: RouteSettings;
	pool: CandidatePool;
	/** Models that cannot serve this very request, each with the reason why. @default none */
	unservable?: Requirements['unservable'] | undefined;
	history: PerformanceHistory | null;
	/** Corrects estimates by observed outcomes. */
	correction: EstimateCorrection | null;
	/** Answers in place of the policy's choice, where it may. */
	instead?: ModelName | undefined;
}

/** One decision being made. */
interface DecisionRun extends DecisionInputs {
	task: TaskDescriptor;
	requirements: Requirements;
	context: PolicyContext;
	/** The type of the task is a guess: models are scored as the mean over the types that it may be of. */
	isGuess: boolean;
	scoredByType: ScoresByType;
}

/** By candidate: its scores were a guess of each of its likely types, so that each is made once. */
type ScoresByType = Map<Candidate, ReadonlyMap<TaskType, ScoredModel>>;

/** The models that may answer, and why the others may not. */
interface ScoredCandidates {
	eligible: ScoredModel[];
	exclusions: Exclusion[];
}

/** A chosen model among its rivals. */
interface RankedChoice extends Pick<Explanation, 'chosen' | 'ranked'> {
	/** The models that competed, eligible or not. */
	candidates: readonly Candidate[];
}

/**
 * Exclude, score, rank, explain, plan fallbacks. Pure but for the ports it reads: same task, settings, catalog and
 * history, same decision.
 * @throws InvalidInputError for a descriptor that cannot be routed
 * @throws NoEligibleModelError with every exclusion
 * @throws UnknownModelError for a model the task names and nobody knows
 */
export function decideRoute(task: TaskDescriptor, inputs: DecisionInputs): DecisionTemplate {
	validateDescriptor(task);
	const { settings, pool } = inputs;
	const { policy } = settings;
	const scoredByType: ScoresByType = new Map();
	const context = createPolicyContext(task, inputs, scoredByType);
	const requirements = resolveRequirements(task, inputs);
	const isGuess = isTypeGuessed(task);
	const run: DecisionRun = { ...inputs, task, requirements, context, isGuess, scoredByType };
	const candidates = policy.only === undefined ? pool.candidatesFor(task) : [pool.get(policy.only)];
	const { eligible, exclusions, successors } = findEligible(candidates, run);
	const ranked = policy.rank(eligible, context);
	const preferred = run.requirements.preferredModel;
	const fallback = findUnsureChoice(ranked, run);
	const find = (name: ModelName | null | undefined) => ranked.find((model) => getName(model) === name);
	const chosen = find(preferred) ?? find(inputs.instead) ?? fallback ?? ranked[0];
	if (chosen === undefined) throw new NoEligibleModelError(exclusions);
	const chain = planChain({ chosen, ranked, candidates }, run);
	exclusions.push(...chain.exclusions);
	const explanation = {
		chosen,
		ranked,
		exclusions,
		task,
		isGuess,
		isDefaultForGuess: chosen === fallback,
		modelForGuesses: policy.defaultsWhenUnsure === true ? context.defaultModel : null,
		standsFor: chosen.candidate.profile.standsFor?.map((name) => pool.get(name).profile) ?? [],
		prefix: run.requirements.prefix,
		preferred,
		successors,
		policyNotes: chosen === ranked[0] ? policy.explain(chosen, ranked, context) : [],
	};
	return {
		model: chosen.candidate.selected,
		confidence: 100 * policy.confidence(chosen, ranked, context),
		reasoning: explainDecision(explanation),
		alternatives: listAlternatives(explanation),
		...toCostFields(chosen),
		estimatedLatency: chosen.latencyMs,
		estimatedFirstTokenMs: chosen.firstTokenMs,
		estimatedLatencyMs: chosen.latencyMs,
		estimatedCompletionMs: chosen.completionMs,
		fallbackChain: chain.models,
		predictedQuality: chosen.predictedQuality,
		scores: ranked.map(toRoutingScore),
		exclusions,
		policy: { name: policy.name, version: policy.version, hash: settings.policyHash },
		propensity: 1,
		propensityKind: 'deterministic',
		catalogVersion: pool.catalog.version,
	};
}

function toRoutingScore(scored: ScoredModel): RoutingScore {
	const { candidate, completionMs, cost, predictedQuality, scores, totalScore } = scored;
	return {
		model: candidate.selected,
		totalScore,
		scores,
		weightedScore: totalScore,
		predictedQuality,
		estimatedCostNanoUsd: cost?.nanoUsd ?? null,
		estimatedCompletionMs: completionMs,
	};
}

/** Points below the catalog's figure from which outcomes speak against the default model. */
const MAX_OBSERVED_LOSS = 5;

/**
 * The default model where the policy has it for tasks whose type is a guess. Not for critical ones, as the strongest are for
 * those; nor where the caller put a price on quality, or outcomes speak against it.
 */
export function findUnsureChoice(
	ranked: readonly ScoredModel[],
	{ settings, task, context, isGuess }: Pick<DecisionRun, 'settings' | 'task' | 'context' | 'isGuess'>,
): ScoredModel | undefined {
	const isAsked = task.constraints?.willingnessToPay === undefined && settings.policy.defaultsWhenUnsure === true;
	if (!isAsked || task.complexity === 'critical' || !isGuess) return undefined;
	const model = ranked.find((each) => getName(each) === context.defaultModel);
	return model !== undefined && model.predictedQuality.value >= model.quality - MAX_OBSERVED_LOSS ? model : undefined;
}

/**
 * The eligible candidates. Where there are none, the successors of retired candidates compete, and where the only reason is
 * that none can be called here, every model that can: somebody with one model at one deployment is served by it.
 */
function findEligible(
	candidates: readonly Candidate[],
	run: DecisionRun,
): ScoredCandidates & { successors: ModelName[] } {
	const { pool, settings } = run;
	const first = filterAndScore(candidates, run);
	if (first.eligible.length > 0 || settings.policy.only !== undefined) return { ...first, successors: [] };
	const isUncallable = first.exclusions.every(({ reason }) => reason === 'unavailable');
	const others = new Set([
		...pool.successorsOf(candidates),
		...(isUncallable ? pool.fallbacksFor([], createAvailabilityTest(settings)) : []),
	]);
	const { eligible, exclusions } = filterAndScore([...others], run);
	return { eligible, exclusions: [...first.exclusions, ...exclusions], successors: eligible.map(getName) };
}

const createAvailabilityTest = (settings: RouteSettings) => (profile: ModelProfile) =>
	describeUnavailability(profile, settings) === null;

/** Excludes by hard constraints and scores the others. */
function filterAndScore(candidates: readonly Candidate[], run: DecisionRun): ScoredCandidates {
	const { task, requirements, correction, settings } = run;
	const scored: ScoredCandidates = { eligible: [], exclusions: [] };
	for (const candidate of candidates) {
		const estimate = estimateModel(candidate, task, { prefix: requirements.prefix, correction });
		const exclusions = findExclusions(estimate, requirements);
		scored.exclusions.push(...exclusions);
		if (exclusions.length > 0) continue;
		const history = getHistory(run, candidate, task, task.type);
		const model = scoreModel(estimate, task, { weights: settings.weights, history });
		scored.eligible.push(run.isGuess ? mixTypes(model, run) : model);
	}
	return scored;
}

/** A model as it is expected to do on a task whose type is a guess: the mean over the types that it may be of, by their probability. */
function mixTypes(model: ScoredModel, { context, task, scoredByType }: DecisionRun): ScoredModel {
	const { likelyTypes, scoreAs, weights } = context;
	if (likelyTypes.length <= 1) return model;
	const all = sum(likelyTypes.map(({ probability }) => probability));
	const each = likelyTypes.map(({ type, probability }) => {
		return { type, share: probability / all, scored: type === task.type ? model : scoreAs(model, type) };
	});
	scoredByType.set(model.candidate, new Map(each.map(({ type, scored }) => [type, scored])));
	const mean = (pick: (scored: ScoredModel) => number): number =>
		sum(each.map(({ share, scored }) => share * pick(scored)));
	const scores = {
		...model.scores,
		capabilityMatch: mean((scored) => scored.scores.capabilityMatch),
		quality: mean((scored) => scored.scores.quality),
		historicalPerformance: mean((scored) => scored.scores.historicalPerformance),
	};
	const outcomes = mean((scored) => scored.predictedQuality.outcomes ?? 0);
	const predictedQuality = {
		value: mean((scored) => scored.predictedQuality.value),
		low: mean((scored) => scored.predictedQuality.low),
		high: mean((scored) => scored.predictedQuality.high),
		...(outcomes > 0 && { outcomes }),
	};
	const quality = mean((scored) => scored.quality);
	return { ...model, quality, predictedQuality, scores, totalScore: combineScores(scores, weights) };
}

function getHistory(
	{ history }: DecisionInputs,
	{ profile }: Candidate,
	{ complexity, workload }: TaskDescriptor,
	type: TaskType,
) {
	return history?.historicalScore(profile.name, type, complexity, workload) ?? NEUTRAL_HISTORY;
}

function createPolicyContext(task: TaskDescriptor, inputs: DecisionInputs, scoredByType: ScoresByType): PolicyContext {
	return {
		task,
		defaultModel: inputs.pool.competingName(inputs.settings.defaultModel),
		weights: inputs.settings.weights,
		likelyTypes: getLikelyTypes(task),
		scoreAs(model: ScoredModel, type: TaskType) {
			const known = scoredByType.get(model.candidate)?.get(type);
			if (known !== undefined) return known;
			if (type === task.type) return model;
			const history = getHistory(inputs, model.candidate, task, type);
			const estimate = { ...model, quality: resolveQuality(model.candidate.profile, type) };
			return scoreModel(estimate, task, { weights: inputs.settings.weights, history, type });
		},
	};
}

function toCostFields({ cost }: ScoredModel): Pick<DecisionTemplate, `estimatedCost${'' | 'Range' | 'NanoUsd'}`> {
	const toUsd = (nanoUsd: number | undefined): number => (nanoUsd === undefined ? Number.NaN : nanoToUsd(nanoUsd));
	const value = toUsd(cost?.nanoUsd);
	return {
		estimatedCost: value,
		estimatedCostRange: { value, low: toUsd(cost?.lowNanoUsd), high: toUsd(cost?.highNanoUsd) },
		estimatedCostNanoUsd: cost?.nanoUsd ?? null,
	};
}

/** Models to try in order, and why configured ones are not among them. */
type PlannedChain = { models: ModelName[]; exclusions: Exclusion[] };

/** The chain as configured for the chosen model, else the router's own plan; only eligible models. */
function planChain(choice: RankedChoice, run: DecisionRun): PlannedChain {
	const { fallbacks, maxModels, policy } = run.settings;
	const name = getName(choice.chosen);
	// a stand-in has the chain of the name whose place it takes
	const names = [name, ...(choice.chosen.candidate.profile.standsFor ?? [])];
	const configured = names.map((each) => fallbacks.get(each)).find((list) => list !== undefined);
	if (configured !== undefined && maxModels > 1) return planConfiguredChain(choice, configured, run);
	if (maxModels === 1 || policy.only !== undefined) return { models: [name], exclusions: [] };
	return { models: planFallbacks(choice, run), exclusions: [] };
}

function planConfiguredChain(
	{ chosen, candidates }: RankedChoice,
	configured: readonly ModelName[],
	run: DecisionRun,
): PlannedChain {
	const scored = filterAndScore(
		configured.map((name) => run.pool.get(name)),
		run,
	);
	const names = new Set([chosen, ...scored.eligible].map(getName));
	const alreadyExplained = new Set(candidates.map(({ profile }) => profile.name));
	return {
		models: [...names].slice(0, run.settings.maxModels),
		exclusions: scored.exclusions.filter(({ model }) => !alreadyExplained.has(model)),
	};
}

/**
 * The models to try in order, the chosen first, at most `maxModels` in all: the nearest generation of its family, then
 * the nearest in predicted quality. Where all of them are of one provider, the last gives its place to the nearest model
 * of another one, so that an outage is survived.
 */
function planFallbacks({ chosen, candidates }: RankedChoice, run: DecisionRun): ModelName[] {
	const { pool, settings } = run;
	const { maxModels } = settings;
	const { provider } = chosen.candidate.profile;
	const rivals = pool.fallbacksFor(candidates, createAvailabilityTest(settings));
	const chain = [chosen.candidate];
	let isSpread = rivals.every(({ profile }) => profile.provider === provider);
	for (const next of listFallbacks(chosen, rivals, run)) {
		const isElsewhere = next.profile.provider !== provider;
		isSpread ||= isElsewhere;
		if (chain.length < maxModels) chain.push(next);
		else if (isElsewhere) chain[maxModels - 1] = next;
		if (chain.length === maxModels && isSpread) break;
	}
	return chain.map(({ profile }) => profile.name);
}

/** The models that may follow, best first; each is judged when it is asked for, as few of them are. */
function* listFallbacks(
	{ candidate: chosen, predictedQuality }: ScoredModel,
	candidates: readonly Candidate[],
	run: DecisionRun,
): Generator<Candidate> {
	// Only the nearest are needed: the many models behind them are neither sorted nor judged.
	const points = new Float64Array(candidates.length);
	const family: number[] = [];
	for (let place = 0; place < candidates.length; place += 1) {
		const other = candidates[place] as Candidate;
		const isChosen = other.profile.name === chosen.profile.name;
		points[place] = isChosen ? Number.POSITIVE_INFINITY : Math.abs(predictFor(other, run) - predictedQuality.value);
		if (!isChosen && other.family === chosen.family && other.family !== '') family.push(place);
	}
	const generationOf = (place: number): number => candidates[place]?.generation ?? 0;
	const distance = (place: number): number => Math.abs(generationOf(place) - chosen.generation);
	family.sort((a, b) => distance(a) - distance(b) || generationOf(b) - generationOf(a));
	const nearest = family.find((place) => estimateEligible(candidates[place] as Candidate, run) !== null);
	if (nearest !== undefined) {
		points[nearest] = Number.POSITIVE_INFINITY;
		yield candidates[nearest] as Candidate;
	}
	for (let least = findLeast(points); least < Number.POSITIVE_INFINITY; least = findLeast(points)) {
		// within a point models count as equal, and the cheaper one comes first
		const equals = takeBelow(points, Math.floor(least) + 1);
		const eligible = equals.flatMap((place) => estimateEligible(candidates[place] as Candidate, run) ?? []);
		// the order of quality stays among those of one price
		eligible.sort((a, b) => getPrice(a) - getPrice(b));
		for (const { candidate } of eligible) yield candidate;
	}
}

function findLeast(values: Float64Array): number {
	let least = Number.POSITIVE_INFINITY;
	for (let place = 0; place < values.length; place += 1) least = Math.min(least, values[place] as number);
	return least;
}

/** The places of the values below a limit, least first; they are not found again. */
function takeBelow(values: Float64Array, limit: number): number[] {
	const taken: { place: number; value: number }[] = [];
	for (let place = 0; place < values.length; place += 1) {
		const value = values[place] as number;
		if (value >= limit) continue;
		taken.push({ place, value });
		values[place] = Number.POSITIVE_INFINITY;
	}
	return taken.sort((a, b) => a.value - b.value).map(({ place }) => place);
}

/** The quality that a model is expected to reach; of a guess the mean over the types that it may be of. */
function predictFor({ profile }: Candidate, { task, history, context, isGuess }: DecisionRun): number {
	const { likelyTypes } = context;
	let [all, total] = [0, 0];
	for (const { type, probability: share } of likelyTypes) {
		if (!isGuess && type !== task.type) continue;
		const probability = isGuess && likelyTypes.length > 1 ? share : 1;
		const known = history?.historicalScore(profile.name, type, task.complexity, task.workload) ?? NEUTRAL_HISTORY;
		const quality = resolveQuality(profile, type);
		total += probability * predictQuality(profile, type, { quality, history: known }).value;
		all += probability;
	}
	return total / all;
}

function estimateEligible(candidate: Candidate, run: DecisionRun): ModelEstimate | null {
	const { correction, requirements, task } = run;
	const estimate = estimateModel(candidate, task, { prefix: requirements.prefix, correction });
	return findExclusions(estimate, requirements).length === 0 ? estimate : null;
}

/** What the task is expected to cost there; an unpriced model comes last. */
function getPrice({ cost }: ModelEstimate): number {
	return cost === null ? Number.MAX_VALUE : cost.nanoUsd + cost.laterLossNanoUsd;
}
