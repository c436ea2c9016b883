import type { FactorScores, RoutingWeights } from '../contracts/index.ts';
import { InvalidConfigError } from '../errors/index.ts';
import { findUnknownKeys, formatIssues, numberFrom, type ValueIssue } from '../util/index.ts';

/** The specification's weights. @default capability 0.35, cost 0.20, quality 0.20, latency 0.15, historical 0.10 */
export const DEFAULT_WEIGHTS: Readonly<RoutingWeights> = {
	capability: 0.35,
	cost: 0.2,
	latency: 0.15,
	quality: 0.2,
	historical: 0.1,
};

/** The names of the five factors, in the order of the specification's configuration. */
export const WEIGHT_NAMES: readonly ['capability', 'cost', 'latency', 'quality', 'historical'] = [
	'capability',
	'cost',
	'latency',
	'quality',
	'historical',
] as const satisfies ReadonlyArray<keyof RoutingWeights>;

/** Larger weights say nothing more: only their ratios count. */
export const MAX_WEIGHT = 1_000_000;

const checkWeight = numberFrom(0, MAX_WEIGHT);

/** Everything wrong with complete weights. They need not sum to 1. */
export function findWeightIssues(weights: Readonly<RoutingWeights>): ValueIssue[] {
	const issues = [
		...WEIGHT_NAMES.flatMap((name) => checkWeight(weights?.[name], ['weights', name])),
		...findUnknownKeys(Object.keys({ ...weights }), WEIGHT_NAMES, ['weights']),
	];
	if (issues.length === 0 && WEIGHT_NAMES.every((name) => weights[name] === 0)) {
		const message = 'are all 0, so no model could be told from another: give at least one factor a weight above 0';
		issues.push({ path: ['weights'], message });
	}
	return issues;
}

/** The same weights with a sum of 1. @throws InvalidConfigError for weights that cannot be used */
export function normalizeWeights(weights: RoutingWeights): RoutingWeights {
	const issues = findWeightIssues(weights);
	if (issues.length > 0) throw new InvalidConfigError(formatIssues(issues));
	// Dividing by the largest first keeps the shares of tiny weights exact.
	const largest = Math.max(...WEIGHT_NAMES.map((name) => weights[name]));
	const sum = WEIGHT_NAMES.reduce((total, name) => total + weights[name] / largest, 0);
	const share = (name: (typeof WEIGHT_NAMES)[number]): number => weights[name] / largest / sum;
	return {
		capability: share('capability'),
		cost: share('cost'),
		latency: share('latency'),
		quality: share('quality'),
		historical: share('historical'),
	};
}

/** The five factors as one number, 0-100; `weights` must be normalised. */
export function combineScores(scores: FactorScores, weights: RoutingWeights): number {
	const sum =
		scores.capabilityMatch * weights.capability +
		scores.costEfficiency * weights.cost +
		scores.latency * weights.latency +
		scores.quality * weights.quality +
		scores.historicalPerformance * weights.historical;
	// A sum of rounded shares can pass 100 by the noise of a double.
	return Math.min(sum, 100);
}
