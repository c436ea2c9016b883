import type { ModelName, RoutingScore, TaskDescriptor } from '../contracts/index.ts';
import { NoEligibleModelError } from '../errors/index.ts';
import { nanoToUsd } from '../util/index.ts';
import { assessModels, createPolicyContext, type DecisionInputs, type Eligibility } from './assess-models.ts';
import type { DecisionTemplate } from './decision-cache.ts';
import type { Requirements } from './exclude-models.ts';
import { explainDecision, listAlternatives } from './explain-decision.ts';
import type { ModelFacts, ScoredModel } from './model-estimate.ts';
import { planChain } from './plan-chain.ts';
import { readRequirements } from './read-requirements.ts';

function moneyOf(
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
		model: model.facts.selected,
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
	candidates: readonly ModelFacts[],
	requirements: Requirements,
	inputs: DecisionInputs,
): Eligibility & { standIns: ModelName[] } {
	const first = assessModels(candidates, requirements, inputs);
	if (first.eligible.length > 0 || inputs.settings.policy.only !== undefined) return { ...first, standIns: [] };
	const second = assessModels(inputs.pool.standInsFor(candidates), requirements, inputs);
	return {
		eligible: second.eligible,
		exclusions: [...first.exclusions, ...second.exclusions],
		standIns: second.eligible.map((model) => model.facts.profile.name),
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
	const requirements = readRequirements(task, settings, pool);
	const candidates = policy.only === undefined ? pool.forTask(task) : [pool.factsOf(policy.only)];
	const { eligible, exclusions, standIns } = findEligible(candidates, requirements, inputs);
	const context = createPolicyContext(task, inputs);
	const ranked = policy.rank(eligible, context);
	const preferredModel = task.constraints?.preferredModel;
	const preferred = preferredModel === undefined ? null : pool.catalog.get(preferredModel).name;
	const chosen = ranked.find((model) => model.facts.profile.name === preferred) ?? ranked[0];
	if (chosen === undefined) throw new NoEligibleModelError(exclusions);
	const chain = planChain({ chosen, ranked, candidates }, requirements, inputs);
	exclusions.push(...chain.exclusions);
	const explanation = {
		chosen,
		ranked,
		exclusions,
		type: task.type,
		heldPrefix: requirements.heldPrefix,
		preferred,
		standIns,
		policyNotes: chosen === ranked[0] ? policy.explain(chosen, ranked, context) : [],
	};
	return {
		model: chosen.facts.selected,
		confidence: 100 * policy.confidence(chosen, ranked, context),
		reasoning: explainDecision(explanation),
		alternatives: listAlternatives(explanation),
		...moneyOf(chosen),
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
