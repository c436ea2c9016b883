import type { NanoUsd } from '../../contracts/index.ts';

/**
 * Cost factor, 0-100: 50 at the reference cost, towards 100 for less, towards 0 for more, and 0 when the cost is
 * unknown (`null`). It looks at no other model, so that adding one never changes it, and it falls strictly with cost.
 */
export function scoreCost(costNanoUsd: NanoUsd | null, referenceNanoUsd: number): number {
	if (costNanoUsd === null) return 0;
	return 100 / (1 + costNanoUsd / Math.max(referenceNanoUsd, 1));
}
