import { vi } from 'vitest';
import { LeasedBudgets } from '../../src/storage/shared/leased-budgets.ts';

/** Watches what this process holds from now on: the nano-dollars of each hold that was granted, in order. */
export function watchHolds(): number[] {
	const granted: number[] = [];
	const { reserve } = LeasedBudgets.prototype;
	vi.spyOn(LeasedBudgets.prototype, 'reserve').mockImplementation(async function (this: LeasedBudgets, reservation) {
		const result = await reserve.call(this, reservation);
		if (result.granted) granted.push(result.reservation.amountNanoUsd);
		return result;
	});
	return granted;
}
