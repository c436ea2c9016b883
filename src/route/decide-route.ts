import {
	type Exclusion,
	type ModelName,
	nanoToUsd,
	type RoutingScore,
	type TaskDescriptor,
} from '../contracts/index.ts';
import { NoEligibleModelError } from '../errors/index.ts';
import type { DecisionTemplate } from './decision-cache.ts';
import type { Candidate, ScoredModel } from './estimate-model.ts';
import { type Requirements, resolveRequirements } from './exclude-models.ts';
import { explainDecision, listAlternatives } from './explain-decision.ts';
import { createPolicyContext, type DecisionInputs, filterAndScore, type ScoredCandidates } from './filter-and-score.ts';

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
