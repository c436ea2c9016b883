/** The value, held between low and high; NaN becomes low. */
export function clamp(value: number, low: number, high: number): number {
	return value >= low ? Math.min(value, high) : low;
}

/** The mean of values weighted by weights; 0 when all weights are 0. */
export function weightedMean(values: readonly number[], weights: readonly number[]): number {
	let sum = 0;
	let total = 0;
	for (const [index, value] of values.entries()) {
		const weight = weights[index] ?? 0;
		sum += value * weight;
		total += weight;
	}
	return total === 0 ? 0 : sum / total;
}

/** The q-quantile (0-1) of ascending values, linearly interpolated; NaN when there are none. */
export function quantile(sorted: readonly number[], q: number): number {
	if (sorted.length === 0) return Number.NaN;
	const position = clamp(q, 0, 1) * (sorted.length - 1);
	const below = sorted[Math.floor(position)] ?? Number.NaN;
	const above = sorted[Math.ceil(position)] ?? below;
	return below + (above - below) * (position - Math.floor(position));
}
