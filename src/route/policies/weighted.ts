import { nanoToUsd } from '../../util/index.ts';
import { confidenceFromMargins } from '../calibrate-confidence.ts';
import { formatUsd } from '../format-usd.ts';
import type { ScoredModel } from '../model-estimate.ts';
import { rankModels } from '../rank-models.ts';
import type { PolicyContext, RoutingPolicy } from './routing-policy.ts';

/**
 * What the models are ranked by, in points: the weighted score; with `willingnessToPay` w the expected quality less
 * cost / w (what quality is left when the bill is taken from it); with w = 0 money alone.
 */
function rankingValue(model: ScoredModel, context: PolicyContext): number {
	const worth = context.task.constraints?.willingnessToPay;
	if (worth === undefined) return model.totalScore;
	if (model.cost === null) return Number.NEGATIVE_INFINITY;
	if (worth === 0) return model.scores.costEfficiency;
	return model.predictedQuality.value - nanoToUsd(model.cost.nanoUsd + model.cost.laterLossNanoUsd) / worth;
}

/** The five weighted factors; with `constraints.willingnessToPay` quality against its price instead. */
export const WEIGHTED_POLICY: RoutingPolicy = {
	name: 'weighted',
	version: '1',
	rank: (models, context) => rankModels(models, (model) => rankingValue(model, context), context.defaultModel),
	confidence(chosen, models, context) {
		if (models.length === 1) return 1;
		let confidence = 0;
		for (const { type, probability } of context.likelyTypes) {
			const valueAs = (model: ScoredModel): number => rankingValue(context.scoreAs(model, type), context);
			confidence += probability * confidenceFromMargins(valueAs(chosen), models.map(valueAs));
		}
		return confidence;
	},
	explain(_chosen, _models, { task: { constraints } }) {
		const worth = constraints?.willingnessToPay;
		return worth === undefined ? [] : [`Ranked by quality at ${formatUsd(worth)} a point instead of by the weights`];
	},
};
