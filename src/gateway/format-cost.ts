const NANO_PER_USD = 1e9;

/** Nano-dollars as a header says them: USD with nine places, or `unpriced`. */
export function formatCost(costNanoUsd: number | null): string {
	return costNanoUsd === null ? 'unpriced' : (costNanoUsd / NANO_PER_USD).toFixed(9);
}
