/** The value, held between low and high; NaN becomes low. */
export function clamp(value: number, low: number, high: number): number {
	return value >= low ? Math.min(value, high) : low;
}

/** The sum; 0 of no values. */
export function sum(values: readonly number[]): number {
	return values.reduce((total, value) => total + value, 0);
}

/** The arithmetic mean; 0 of no values. */
export function mean(values: readonly number[]): number {
	return values.length === 0 ? 0 : sum(values) / values.length;
}
