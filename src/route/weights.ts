import type { FactorScores, RoutingWeights } from '../contracts/index.ts';
import { type ConfigIssue, InvalidConfigError } from '../errors/index.ts';
import { nearestName } from '../util/index.ts';

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

function weightIssues(weights: Readonly<Record<string, unknown>>): ConfigIssue[] {
	const issues: ConfigIssue[] = [];
	for (const name of WEIGHT_NAMES) {
		const value = weights[name];
		if (typeof value === 'number' && Number.isFinite(value) && value >= 0) continue;
		issues.push({ path: `weights.${name}`, message: `must be a number ≥ 0, got ${String(value)}` });
	}
	for (const name of Object.keys(weights)) {
		if ((WEIGHT_NAMES as readonly string[]).includes(name)) continue; // widening: any key may be looked for
		const nearest = nearestName(name, WEIGHT_NAMES);
		const hint = nearest === null ? `the weights are ${WEIGHT_NAMES.join(', ')}` : `did you mean "${nearest}"?`;
		issues.push({ path: `weights.${name}`, message: `is no weight; ${hint}` });
	}
	return issues;
}

/**
 * The same weights with a sum of 1.
 * @throws InvalidConfigError for a weight that is missing, negative, NaN, infinite or unknown, and when all are 0.
 */
export function normalizeWeights(weights: RoutingWeights): RoutingWeights {
	const issues = weightIssues({ ...weights });
	if (issues.length > 0) throw new InvalidConfigError(issues);
	// Dividing by the largest first keeps the sum finite for weights near the end of the number range.
	const largest = Math.max(...WEIGHT_NAMES.map((name) => weights[name]));
	if (largest === 0)
		throw new InvalidConfigError([
			{ path: 'weights', message: 'all five are 0, so no model could be told from another; make one larger than 0' },
		]);
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
