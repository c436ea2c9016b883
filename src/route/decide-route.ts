import { resolveQuality } from '../catalog/index.ts';
import {
	type EstimateCorrection,
	type Exclusion,
	type ModelName,
	nanoToUsd,
	type PerformanceHistory,
	type RoutingDecision,
	type TaskDescriptor,
	type TaskType,
} from '../contracts/index.ts';
import { NoEligibleModelError } from '../errors/index.ts';
import type { CandidatePool } from './candidate-pool.ts';
import { findExclusions, type Requirements, resolveRequirements } from './exclude-models.ts';
import { type Explanation, explainDecision, getName, listAlternatives } from './explain-decision.ts';
import { getLikelyTypes, type PolicyContext } from './policies.ts';
import type { RouteSettings } from './route-settings.ts';
import { type Candidate, estimateModel, NEUTRAL_HISTORY, type ScoredModel, scoreModel } from './score-model.ts';
import { validateDescriptor } from './validate-descriptor.ts';

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
}

/** One decision being made. */
interface DecisionRun extends DecisionInputs {
	task: TaskDescriptor;
	requirements: Requirements;
	context: PolicyContext;
}

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
	const context = createPolicyContext(task, inputs);
	const run: DecisionRun = { ...inputs, task, requirements: resolveRequirements(task, inputs), context };
	const candidates = policy.only === undefined ? pool.candidatesFor(task) : [pool.get(policy.only)];
	const { eligible, exclusions, successors } = findEligible(candidates, run);
	const ranked = policy.rank(eligible, context);
	const preferred = run.requirements.preferredModel;
	const chosen = ranked.find((model) => getName(model) === preferred) ?? ranked[0];
	if (chosen === undefined) throw new NoEligibleModelError(exclusions);
	const chain = planChain({ chosen, ranked, candidates }, run);
	exclusions.push(...chain.exclusions);
	const explanation = {
		chosen,
		ranked,
		exclusions,
		type: task.type,
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
		estimatedLatencyMs: chosen.latencyMs,
		estimatedCompletionMs: chosen.completionMs,
		fallbackChain: chain.models,
		predictedQuality: chosen.predictedQuality,
		scores: ranked.map(({ candidate: { selected: model }, totalScore, scores }) => {
			return { model, totalScore, scores, weightedScore: totalScore };
		}),
		exclusions,
		policy: { name: policy.name, version: policy.version },
		propensity: 1,
		catalogVersion: pool.catalog.version,
	};
}

/**
 * The eligible candidates. Where there are none, the successors of retired candidates compete: somebody with one provider
 * only is still served when that provider's models of the default list are gone.
 */
function findEligible(
	candidates: readonly Candidate[],
	run: DecisionRun,
): ScoredCandidates & { successors: ModelName[] } {
	const first = filterAndScore(candidates, run);
	if (first.eligible.length > 0 || run.settings.policy.only !== undefined) return { ...first, successors: [] };
	const { eligible, exclusions } = filterAndScore(run.pool.successorsOf(candidates), run);
	return { eligible, exclusions: [...first.exclusions, ...exclusions], successors: eligible.map(getName) };
}

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
		scored.eligible.push(scoreModel(estimate, task, { weights: settings.weights, history }));
	}
	return scored;
}

function getHistory(
	{ history }: DecisionInputs,
	{ profile }: Candidate,
	{ complexity }: TaskDescriptor,
	type: TaskType,
) {
	return history?.historicalScore(profile.name, type, complexity) ?? NEUTRAL_HISTORY;
}

function createPolicyContext(task: TaskDescriptor, inputs: DecisionInputs): PolicyContext {
	return {
		task,
		defaultModel: inputs.settings.defaultModel,
		likelyTypes: getLikelyTypes(task),
		scoreAs(model: ScoredModel, type: TaskType) {
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
	const configured = maxModels === 1 ? undefined : fallbacks.get(name);
	if (configured !== undefined) return planConfiguredChain(choice, configured, run);
	if (maxModels === 1 || policy.only !== undefined) return { models: [name], exclusions: [] };
	return { models: planFallbacks(choice.chosen, findRivals(choice, run), maxModels), exclusions: [] };
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

/** All eligible models; where they are of one provider only, with the successors of retired candidates. */
function findRivals({ chosen, ranked, candidates }: RankedChoice, run: DecisionRun): readonly ScoredModel[] {
	const { provider } = chosen.candidate.profile;
	if (ranked.some((model) => model.candidate.profile.provider !== provider)) return ranked;
	const known = new Set(ranked.map(getName));
	const successors = filterAndScore(run.pool.successorsOf(candidates), run).eligible;
	const others = successors.filter((model) => !known.has(getName(model)));
	return run.settings.policy.rank([...ranked, ...others], run.context);
}

/**
 * The models to try in order, the chosen first, at most `maxModels` in all. `rivals` are eligible and best first; each
 * next model is the best of another provider than the one before, so that the outage of a provider is survived.
 */
export function planFallbacks(chosen: ScoredModel, rivals: readonly ScoredModel[], maxModels: number): ModelName[] {
	const chain = [chosen];
	const remaining = rivals.filter((rival) => rival !== chosen);
	while (chain.length < maxModels && remaining.length > 0) {
		const last = chain.at(-1)?.candidate.profile.provider;
		const next = remaining.findIndex((rival) => rival.candidate.profile.provider !== last);
		chain.push(...remaining.splice(Math.max(next, 0), 1));
	}
	return chain.map(getName);
}
