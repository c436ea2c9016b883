/** A sample of times, summed up. */
export interface Distribution {
	count: number;
	mean: number;
	p50: number;
	p90: number;
	p99: number;
	max: number;
}

/** `null` for an empty sample. */
export function distributionOf(sample: readonly number[]): Distribution | null {
	if (sample.length === 0) return null;
	const sorted = Float64Array.from(sample).sort();
	const at = (share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
	const mean = sorted.reduce((sum, value) => sum + value, 0) / sorted.length;
	const rounded = (value: number): number => Number(value.toFixed(4));
	return {
		count: sorted.length,
		mean: rounded(mean),
		p50: rounded(at(0.5)),
		p90: rounded(at(0.9)),
		p99: rounded(at(0.99)),
		max: rounded(at(1)),
	};
}

/** The middle value; `NaN` for an empty sample. */
export function median(sample: readonly number[]): number {
	const sorted = sample.filter(Number.isFinite).sort((a, b) => a - b);
	const middle = Math.floor(sorted.length / 2);
	const upper = sorted[middle] ?? Number.NaN;
	return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}
