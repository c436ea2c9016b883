import { normalCdf } from '../calibrate-confidence.ts';
import type { ScoredModel } from '../model-estimate.ts';
import { rankModels } from '../rank-models.ts';
import type { RoutingPolicy } from './routing-policy.ts';

/** Half-width of an 80 % interval in standard deviations. */
const Z_80 = 1.2816;

function charge({ cost }: ScoredModel): number {
	return cost === null ? Number.POSITIVE_INFINITY : cost.nanoUsd + cost.laterLossNanoUsd;
}

/** Probability that the model's quality meets the target, from its interval (taken as normal). */
function chanceToMeet({ predictedQuality: { value, low, high } }: ScoredModel, target: number): number {
	const deviation = Math.max((high - low) / (2 * Z_80), 0.1);
	return normalCdf((value - target) / deviation);
}

/**
 * The cheapest model whose lower bound of predicted quality meets the target (0-100), then the others by that bound.
 * When none meets it, the one with the highest bound is chosen and the reasoning says so.
 */
export function cheapestGoodEnoughPolicy(targetQuality: number): RoutingPolicy {
	const isGoodEnough = (model: ScoredModel): boolean => model.predictedQuality.low >= targetQuality;
	return {
		name: 'cheapest-good-enough',
		version: `1:${targetQuality}`,
		rank(models, { defaultModel }) {
			const enough = models.filter(isGoodEnough);
			const others = models.filter((model) => !isGoodEnough(model));
			return [
				...rankModels(enough, (model) => -charge(model), defaultModel),
				...rankModels(others, (model) => model.predictedQuality.low, defaultModel),
			];
		},
		// Hindsight picks this model when it meets the target and nothing cheaper does.
		confidence(chosen, models) {
			if (models.length === 1) return 1;
			const cheaper = models.filter((model) => charge(model) < charge(chosen));
			return cheaper.reduce(
				(chance, model) => chance * (1 - chanceToMeet(model, targetQuality)),
				chanceToMeet(chosen, targetQuality),
			);
		},
		explain(chosen) {
			const low = Math.round(chosen.predictedQuality.low * 10) / 10;
			return isGoodEnough(chosen)
				? [`Quality of at least ${low} expected, the target is ${targetQuality}`]
				: [`No eligible model is sure to reach the target quality ${targetQuality}; this one comes nearest (${low})`];
		},
	};
}
