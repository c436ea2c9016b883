/** The value, held between low and high; NaN becomes low. */
export function clamp(value: number, low: number, high: number): number {
	return value >= low ? Math.min(value, high) : low;
}
