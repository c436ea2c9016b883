/** A figure with its interval of 95 %. */
export interface IntervalEstimate {
	value: number;
	/** Both ends are infinite where fewer than two clusters carry weight. */
	low: number;
	high: number;
	/** Of the value, clustered. */
	standardError: number;
}

const Z_SCORE = 1.959963984540054;

/**
 * The 97.5 % quantile of Student's t distribution, which an interval of 95 % reaches on both sides. Cornish-Fisher expansion in 1/df
 * (Abramowitz and Stegun 26.7.5): within 0.1 % from 4 degrees of freedom on, within 2 % at 3; below that the exact values.
 * @param df degrees of freedom, ≥ 1; below 1 nothing is known and the answer is infinite
 */
export function studentQuantile(df: number): number {
	if (!(df >= 1)) return Number.POSITIVE_INFINITY;
	if (df < 2) return 12.7062;
	if (df < 3) return 4.30265;
	const z = Z_SCORE;
	const terms = [
		(z ** 3 + z) / 4,
		(5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96,
		(3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384,
		(79 * z ** 9 + 776 * z ** 7 + 1482 * z ** 5 - 1920 * z ** 3 - 945 * z) / 92160,
	];
	return terms.reduce((sum, term, index) => sum + term / df ** (index + 1), z);
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
	if (effective <= 1) return { value, low: -unknown, high: unknown, standardError: unknown };
	const standardError = Math.sqrt(variance);
	const halfWidth = studentQuantile(effective - 1) * standardError;
	return { value, low: value - halfWidth, high: value + halfWidth, standardError };
}
