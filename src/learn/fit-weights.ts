import type { FactorScores, RoutingWeights } from '../contracts/index.ts';

/** A model that competed in a stored decision. */
export interface FittedCandidate {
	/** Its five factors then, each 0-100. */
	scores: FactorScores;
	/** What outcomes say of it on such tasks, 0-100. */
	quality: number;
	/** Expected, in any unit. */
	cost: number;
}

/** What a way of weighing costs and delivers on average, and its weights. */
export interface FittedWeights {
	weights: RoutingWeights;
	cost: number;
	quality: number;
}

/** Weights are tried in steps of a tenth: finer ones fit the chance in a few hundred outcomes. */
const STEPS = 10;

/** All weights in steps of a tenth that sum to 1. */
function* listWeights(): Generator<RoutingWeights> {
	for (let capability = 0; capability <= STEPS; capability += 1)
		for (let cost = 0; capability + cost <= STEPS; cost += 1)
			for (let latency = 0; capability + cost + latency <= STEPS; latency += 1)
				for (let quality = 0; capability + cost + latency + quality <= STEPS; quality += 1) {
					const historical = STEPS - capability - cost - latency - quality;
					yield {
						capability: capability / STEPS,
						cost: cost / STEPS,
						latency: latency / STEPS,
						quality: quality / STEPS,
						historical: historical / STEPS,
					};
				}
}

/** Totals closer than this are equal: rounding errors of doubles must not decide. */
const SAME_TOTAL = 1e-9;

/** The candidate with the highest weighted sum, as a position; of equals the cheaper one. */
export function chooseByWeights(candidates: readonly FittedCandidate[], weights: RoutingWeights): number {
	let [best, highest, lowest] = [-1, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
	for (let position = 0; position < candidates.length; position += 1) {
		const { cost, scores } = candidates[position] as FittedCandidate;
		const total =
			scores.capabilityMatch * weights.capability +
			scores.costEfficiency * weights.cost +
			scores.latency * weights.latency +
			scores.quality * weights.quality +
			scores.historicalPerformance * weights.historical;
		if (total < highest - SAME_TOTAL || (total <= highest + SAME_TOTAL && cost >= lowest)) continue;
		[best, highest, lowest] = [position, Math.max(total, highest), cost];
	}
	return best;
}

/** The candidates that no other one beats in both quality and cost: the others are never chosen. */
export function dropDominated(candidates: readonly FittedCandidate[]): FittedCandidate[] {
	return candidates.filter(
		({ cost, quality }) =>
			!candidates.some(
				(other) => other.quality >= quality && other.cost <= cost && (other.quality > quality || other.cost < cost),
			),
	);
}

/** What weights cost and deliver over decisions. */
export function measureWeights(
	decisions: ReadonlyArray<readonly FittedCandidate[]>,
	weights: RoutingWeights,
): FittedWeights {
	let [cost, quality] = [0, 0];
	for (const candidates of decisions) {
		const chosen = candidates[chooseByWeights(candidates, weights)];
		cost += chosen?.cost ?? 0;
		quality += chosen?.quality ?? 0;
	}
	return { weights, cost: cost / decisions.length, quality: quality / decisions.length };
}

/**
 * Weights of the five factors by what outcomes say of the models: for each budget those with the highest mean quality whose mean
 * cost does not pass it; of equals the cheaper. Every weighing in steps of a tenth is tried (1,001). `null` for a budget that none keeps.
 */
export function fitWeights(
	decisions: ReadonlyArray<readonly FittedCandidate[]>,
	budgets: readonly number[],
): Array<FittedWeights | null> {
	const fitted = [...listWeights()].map((weights) => measureWeights(decisions, weights));
	return budgets.map((budget) => {
		const kept = fitted.filter(({ cost }) => cost <= budget * (1 + SAME_TOTAL));
		return kept.reduce<FittedWeights | null>((best, next) => (isBetter(next, best) ? next : best), null);
	});
}

function isBetter({ cost, quality }: FittedWeights, best: FittedWeights | null): boolean {
	const gain = best === null ? 1 : quality - best.quality;
	return gain > SAME_TOTAL || (gain > -SAME_TOTAL && cost < (best?.cost ?? 0));
}
