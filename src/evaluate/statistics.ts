/** A mean with the limits of its interval. */
export interface ClusterEstimate {
	value: number;
	low: number;
	high: number;
	/** Values behind it. */
	count: number;
	/** Clusters of values that hang together, such as the turns of one conversation. */
	clusters: number;
}

/** A value, and what it hangs together with. */
export interface ClusteredValue {
	value: number;
	cluster: string;
}

/** Probability outside an interval, both sides together, where nobody says otherwise. */
const DEFAULT_ALPHA = 0.05;

/**
 * The quantile of the standard normal distribution, for 0 < p < 1; off by less than 2e-9.
 * @source Acklam's rational approximation
 */
export function normalQuantile(p: number): number {
	const a = [-39.69683028665376, 220.9460984245205, -275.9285104469687, 138.357751867269, -30.66479806614716];
	const b = [-54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972, -13.28068155288572];
	const c = [-0.007784894002430293, -0.3223964580411365, -2.400758277161838, -2.549732539343734, 4.374664141464968];
	const d = [0.007784695709041462, 0.3224671290700398, 2.445134137142996, 3.754408661907416];
	const polynomial = (coefficients: readonly number[], x: number) =>
		coefficients.reduce((sum, coefficient) => sum * x + coefficient, 0);
	const tail = (q: number) => polynomial([...c, 2.938163982698783], q) / polynomial([...d, 1], q);
	if (p < 0.02425) return tail(Math.sqrt(-2 * Math.log(p)));
	if (p > 1 - 0.02425) return -tail(Math.sqrt(-2 * Math.log(1 - p)));
	const q = p - 0.5;
	return (polynomial([...a, 2.506628277459239], q * q) * q) / polynomial([...b, 1], q * q);
}

/**
 * The quantile of Student's t distribution, for 0 < p < 1 and one degree of freedom or more; at the usual levels off by less than 1e-4.
 * @source Hill, Algorithm 396, CACM 13 (1970)
 */
export function tQuantile(p: number, degrees: number): number {
	if (p < 0.5) return -tQuantile(1 - p, degrees);
	if (degrees === 1) return Math.tan(Math.PI * (p - 0.5));
	if (degrees === 2) return (2 * p - 1) * Math.sqrt(2 / (4 * p * (1 - p)));
	const twoSided = 2 * (1 - p);
	const a = 1 / (degrees - 0.5);
	const b = (48 / a) * (1 / a);
	let c = ((20_700 * a) / b - 98) * a - 16;
	c = c * a + 96.36;
	const d = ((94.5 / (b + c) - 3) / b + 1) * Math.sqrt((a * Math.PI) / 2) * degrees;
	let y = (d * twoSided) ** (2 / degrees);
	if (y > 0.05 + a) {
		const x = normalQuantile(twoSided / 2);
		y = x * x;
		const adjusted = degrees < 5 ? c + 0.3 * (degrees - 4.5) * (x + 0.6) : c;
		const e = (((0.05 * d * x - 5) * x - 7) * x - 2) * x + b + adjusted;
		y = (((((0.4 * y + 6.3) * y + 36) * y + 94.5) / e - y - 3) / b + 1) * x;
		y = Math.expm1(a * y * y);
	} else {
		const e = 1 / (((degrees + 6) / (degrees * y) - 0.089 * d - 0.822) * (degrees + 2) * 3) + 0.5 / (degrees + 4);
		y = ((e * y - 1) * (degrees + 1)) / (degrees + 2) + 1 / y;
	}
	return Math.sqrt(degrees * y);
}

/** The chance that a value of Student's t distribution lies below `t`, by bisection of `tQuantile`; 0 to 1. */
export function tProbability(t: number, degrees: number): number {
	if (t < 0) return 1 - tProbability(-t, degrees);
	let [low, high] = [0.5, 1 - 1e-9];
	for (let step = 0; step < 50; step += 1) {
		const middle = (low + high) / 2;
		if (tQuantile(middle, degrees) < t) low = middle;
		else high = middle;
	}
	return (low + high) / 2;
}

interface ClusterSums {
	mean: number;
	/** Of the mean; `NaN` with a single cluster. */
	variance: number;
	count: number;
	clusters: number;
}

/** The mean, and its variance by what whole clusters differ from it: values of one conversation are no independent ones. */
function sumClusters(values: readonly ClusteredValue[]): ClusterSums {
	const count = values.length;
	const mean = values.reduce((sum, { value }) => sum + value, 0) / count;
	const residuals = new Map<string, number>();
	for (const { cluster, value } of values) residuals.set(cluster, (residuals.get(cluster) ?? 0) + value - mean);
	const clusters = residuals.size;
	const squares = [...residuals.values()].reduce((sum, residual) => sum + residual ** 2, 0);
	return { mean, variance: (squares * clusters) / ((clusters - 1) * count ** 2), count, clusters };
}

/** The mean of any values with its interval by Student's t over clusters; without limits (`NaN`) below two clusters. */
export function estimateMean(values: readonly ClusteredValue[], alpha: number = DEFAULT_ALPHA): ClusterEstimate {
	const { clusters, count, mean, variance } = sumClusters(values);
	const half = clusters < 2 ? Number.NaN : tQuantile(1 - alpha / 2, clusters - 1) * Math.sqrt(variance);
	return { value: mean, low: mean - half, high: mean + half, count, clusters };
}

/**
 * The mean of values from 0 to 1 with its interval, by Wilson's method over as many independent values as the clusters are worth; never
 * more than there are, so that it has a width also where all values are the same.
 */
export function estimateShare(values: readonly ClusteredValue[], alpha: number = DEFAULT_ALPHA): ClusterEstimate {
	const { clusters, count, mean, variance } = sumClusters(values);
	if (count === 0) return { value: Number.NaN, low: 0, high: 1, count, clusters };
	const spread = mean * (1 - mean);
	const worth = spread > 0 && variance > 0 ? Math.min(count, spread / variance) : clusters;
	const z = clusters < 2 ? normalQuantile(1 - alpha / 2) : tQuantile(1 - alpha / 2, clusters - 1);
	const squared = z ** 2 / worth;
	const center = (mean + squared / 2) / (1 + squared);
	const half = (z * Math.sqrt((spread + z ** 2 / (4 * worth)) / worth)) / (1 + z ** 2 / worth);
	return { value: mean, low: Math.max(0, center - half), high: Math.min(1, center + half), count, clusters };
}

/**
 * How sure it is that the mean of differences between -1 and 1 lies above 0: by Student's t over clusters, with one cluster more for and
 * one against, so that a few tasks that all say the same prove little. 0 to 1.
 * @source Agresti and Min, Statistics in Medicine 24 (2005), who add half to each cell of paired outcomes
 */
export function confidenceAbove(differences: readonly ClusteredValue[]): number {
	if (differences.length === 0) return 0.5;
	const { clusters, mean, variance } = sumClusters([
		...differences,
		{ value: 1, cluster: ' for' },
		{ value: -1, cluster: ' against' },
	]);
	return tProbability(mean / Math.sqrt(variance), clusters - 1);
}
