import { tQuantile } from './statistics.ts';

/** A figure with its interval of 95 %. */
export interface IntervalEstimate {
	value: number;
	/** Both ends are infinite where fewer than two clusters carry weight. */
	low: number;
	high: number;
	/** Of the value, clustered. */
	standardError: number;
}

/**
 * A mean's interval where observations come in clusters (the requests of one conversation): the sandwich estimate from each
 * cluster's sum of influences, each as it is without that cluster (the jackknife, CR3), and Student's t on as many degrees of freedom as
 * clusters carry weight, less one.
 * @param influences of each observation: by how much it moves the value; their sum over all is about 0
 * @param clusters of each observation, as positions 0 to `count` - 1
 * @param weights of each observation, ≥ 0: clusters in which all are 0 are no evidence
 */
export function intervalOf(
	value: number,
	{ influences, weights }: { influences: Float64Array; weights: Float64Array },
	clusters: { of: Int32Array; count: number },
): IntervalEstimate {
	const sums = new Float64Array(clusters.count);
	const masses = new Float64Array(clusters.count);
	for (let index = 0; index < influences.length; index += 1) {
		const cluster = clusters.of[index] as number;
		sums[cluster] = (sums[cluster] as number) + (influences[index] as number);
		masses[cluster] = (masses[cluster] as number) + (weights[index] as number);
	}
	const mass = masses.reduce((sum, each) => sum + each, 0);
	let [variance, squares] = [0, 0];
	for (let cluster = 0; cluster < clusters.count; cluster += 1) {
		const leverage = (masses[cluster] as number) / mass;
		variance += ((sums[cluster] as number) / (1 - leverage)) ** 2;
		squares += leverage ** 2;
	}
	const effective = mass === 0 ? 0 : 1 / squares;
	const unknown = Number.POSITIVE_INFINITY;
	if (effective < 2) return { value, low: -unknown, high: unknown, standardError: unknown };
	const standardError = Math.sqrt(variance);
	const halfWidth = tQuantile(0.975, effective - 1) * standardError;
	return { value, low: value - halfWidth, high: value + halfWidth, standardError };
}
