import { resolveQuality } from '../catalog/index.ts';
import {
	type EstimateCorrection,
	type Exclusion,
	type HistoricalScore,
	type ModelName,
	nanoToUsd,
	type PerformanceHistory,
	type RoutingDecision,
	type RoutingScore,
	type TaskDescriptor,
	type TaskType,
} from '../contracts/index.ts';
import { NoEligibleModelError } from '../errors/index.ts';
import type { CandidatePool } from './candidate-pool.ts';
import { type Candidate, estimateModel, type ScoredModel } from './estimate-model.ts';
import { findExclusions, type Requirements, resolveRequirements } from './exclude-models.ts';
import { explainDecision, listAlternatives } from './explain-decision.ts';
import { getLikelyTypes, type PolicyContext } from './policies.ts';
import type { RouteSettings } from './route-settings.ts';
import { NEUTRAL_HISTORY, scoreModel } from './score-model.ts';

function toCostFields(
	chosen: ScoredModel,
): Pick<DecisionTemplate, 'estimatedCost' | 'estimatedCostRange' | 'estimatedCostNanoUsd'> {
	const { cost } = chosen;
	if (cost === null) {
		const unknown = { value: Number.NaN, low: Number.NaN, high: Number.NaN };
		return { estimatedCost: Number.NaN, estimatedCostRange: unknown, estimatedCostNanoUsd: null };
	}
	const value = nanoToUsd(cost.nanoUsd);
	return {
		estimatedCost: value,
		estimatedCostRange: { value, low: nanoToUsd(cost.lowNanoUsd), high: nanoToUsd(cost.highNanoUsd) },
		estimatedCostNanoUsd: cost.nanoUsd,
	};
}

function toRoutingScore(model: ScoredModel): RoutingScore {
	return {
		model: model.candidate.selected,
		totalScore: model.totalScore,
		scores: model.scores,
		weightedScore: model.totalScore,
	};
}

/**
 * The eligible candidates. When a weighted choice is left without any, the successors of retired candidates compete:
 * someone who can call one provider only is served though its models of the default list are gone.
 */
function findEligible(
	candidates: readonly Candidate[],
	requirements: Requirements,
	inputs: DecisionInputs,
): ScoredCandidates & { successors: ModelName[] } {
	const first = filterAndScore(candidates, requirements, inputs);
	if (first.eligible.length > 0 || inputs.settings.policy.only !== undefined) return { ...first, successors: [] };
	const second = filterAndScore(inputs.pool.successorsOf(candidates), requirements, inputs);
	return {
		eligible: second.eligible,
		exclusions: [...first.exclusions, ...second.exclusions],
		successors: second.eligible.map((model) => model.candidate.profile.name),
	};
}

/**
 * Exclude, score, rank, explain, plan fallbacks. Pure but for the ports it reads: same task, settings, catalog and
 * history, same decision.
 * @throws NoEligibleModelError with every exclusion
 * @throws UnknownModelError for a model the task names and nobody knows
 */
export function decideRoute(task: TaskDescriptor, inputs: DecisionInputs): DecisionTemplate {
	const { settings, pool } = inputs;
	const { policy } = settings;
	const requirements = resolveRequirements(task, settings, pool);
	const candidates = policy.only === undefined ? pool.candidatesFor(task) : [pool.get(policy.only)];
	const { eligible, exclusions, successors } = findEligible(candidates, requirements, inputs);
	const context = createPolicyContext(task, inputs);
	const ranked = policy.rank(eligible, context);
	const preferredModel = task.constraints?.preferredModel;
	const preferred = preferredModel === undefined ? null : pool.catalog.get(preferredModel).name;
	const chosen = ranked.find((model) => model.candidate.profile.name === preferred) ?? ranked[0];
	if (chosen === undefined) throw new NoEligibleModelError(exclusions);
	const chain = planChain({ chosen, ranked, candidates }, requirements, inputs);
	exclusions.push(...chain.exclusions);
	const explanation = {
		chosen,
		ranked,
		exclusions,
		type: task.type,
		prefix: requirements.prefix,
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
		scores: ranked.map(toRoutingScore),
		exclusions,
		policy: { name: policy.name, version: policy.version },
		propensity: 1,
		catalogVersion: pool.catalog.version,
	};
}

/** A chosen model among its rivals. */
export interface RankedChoice {
	chosen: ScoredModel;
	/** Every eligible model, best first. */
	ranked: readonly ScoredModel[];
	/** The models that competed, eligible or not. */
	candidates: readonly Candidate[];
}

/** Models to try in order, and why configured ones are not among them. */
export interface PlannedChain {
	models: ModelName[];
	exclusions: Exclusion[];
}

function planConfiguredChain(
	{ chosen, candidates }: RankedChoice,
	configured: readonly ModelName[],
	given: { requirements: Requirements; inputs: DecisionInputs },
): PlannedChain {
	const { pool, settings } = given.inputs;
	const assessed = filterAndScore(
		configured.map((name) => pool.get(name)),
		given.requirements,
		given.inputs,
	);
	const names = [chosen, ...assessed.eligible].map((model) => model.candidate.profile.name);
	const told = new Set(candidates.map((facts) => facts.profile.name));
	return {
		models: [...new Set(names)].slice(0, settings.maxModels),
		exclusions: assessed.exclusions.filter((exclusion) => !told.has(exclusion.model)),
	};
}

/** The rivals; where they leave only one provider, with the successors of retired candidates. */
function findFallbackCandidates(
	choice: RankedChoice,
	requirements: Requirements,
	inputs: DecisionInputs,
): readonly ScoredModel[] {
	const { chosen, ranked } = choice;
	const provider = chosen.candidate.profile.provider;
	if (ranked.some((model) => model.candidate.profile.provider !== provider)) return ranked;
	const successors = filterAndScore(inputs.pool.successorsOf(choice.candidates), requirements, inputs).eligible;
	const known = new Set(ranked.map((model) => model.candidate.profile.name));
	const others = successors.filter((model) => !known.has(model.candidate.profile.name));
	return inputs.settings.policy.rank([...ranked, ...others], createPolicyContext(requirements.task, inputs));
}

/** The chain: as configured for the chosen model, else the router's own plan; only eligible models. */
function planChain(choice: RankedChoice, requirements: Requirements, inputs: DecisionInputs): PlannedChain {
	const { fallbacks, maxModels, policy } = inputs.settings;
	const name = choice.chosen.candidate.profile.name;
	if (maxModels === 1) return { models: [name], exclusions: [] };
	const configured = fallbacks.get(name);
	if (configured !== undefined) return planConfiguredChain(choice, configured, { requirements, inputs });
	if (policy.only !== undefined) return { models: [name], exclusions: [] };
	return {
		models: planFallbacks(choice.chosen, findFallbackCandidates(choice, requirements, inputs), maxModels),
		exclusions: [],
	};
}

/**
 * The models to try in order, the chosen first, at most `maxModels` in all. `rivals` are eligible and best first;
 * each next model is the best of another provider than the one before, so that an outage of a provider is survived.
 */
export function planFallbacks(chosen: ScoredModel, rivals: readonly ScoredModel[], maxModels: number): ModelName[] {
	const chain = [chosen];
	const rest = rivals.filter((rival) => rival !== chosen);
	while (chain.length < maxModels && rest.length > 0) {
		const last = chain.at(-1)?.candidate.profile.provider;
		const other = rest.findIndex((rival) => rival.candidate.profile.provider !== last);
		chain.push(...rest.splice(Math.max(other, 0), 1));
	}
	return chain.map((model) => model.candidate.profile.name);
}

/** A decision without what is new each time. */
export type DecisionTemplate = Omit<RoutingDecision, 'id' | 'timestamp' | 'cached' | 'descriptor' | 'decisionTimeMs'>;

/** What a decision is made from beside the task. */
export interface DecisionInputs {
	settings: RouteSettings;
	pool: CandidatePool;
	history: PerformanceHistory | null;
	/** Corrects estimates by what was seen. */
	correction: EstimateCorrection | null;
}

/** The models that may answer, and why the others may not. */
export interface ScoredCandidates {
	eligible: ScoredModel[];
	exclusions: Exclusion[];
}

function getHistoricalScore(
	inputs: DecisionInputs,
	model: ModelName,
	given: { task: TaskDescriptor; type: TaskType },
): HistoricalScore {
	return inputs.history?.historicalScore(model, given.type, given.task.complexity) ?? NEUTRAL_HISTORY;
}

/** Excludes by hard constraints and scores the rest. */
export function filterAndScore(
	models: readonly Candidate[],
	requirements: Requirements,
	inputs: DecisionInputs,
): ScoredCandidates {
	const { task, prefix: heldPrefix } = requirements;
	const eligible: ScoredModel[] = [];
	const exclusions: Exclusion[] = [];
	for (const facts of models) {
		const estimate = estimateModel(facts, task, { held: heldPrefix, correction: inputs.correction });
		const found = findExclusions(estimate, requirements);
		exclusions.push(...found);
		if (found.length > 0) continue;
		const history = getHistoricalScore(inputs, facts.profile.name, { task, type: task.type });
		eligible.push(scoreModel(estimate, task, { weights: inputs.settings.weights, history }));
	}
	return { eligible, exclusions };
}

/** What a policy may look at beside the models. */
export function createPolicyContext(task: TaskDescriptor, inputs: DecisionInputs): PolicyContext {
	return {
		task,
		defaultModel: inputs.settings.defaultModel,
		likelyTypes: getLikelyTypes(task),
		scoreAs(model, type) {
			if (type === task.type) return model;
			const { profile } = model.candidate;
			const history = getHistoricalScore(inputs, profile.name, { task, type });
			const estimate = { ...model, quality: resolveQuality(profile, type) };
			return scoreModel(estimate, task, { weights: inputs.settings.weights, history, type });
		},
	};
}
