import type { CostEntry, NanoUsd } from '../../contracts/index.ts';
import { InvalidInputError } from '../../errors/index.ts';

/** Refuses what is not an amount of money: it would be counted wrong for as long as the period lasts. @throws InvalidInputError */
export function requireNanoUsd(amount: NanoUsd, what: string): void {
	if (Number.isSafeInteger(amount) && amount >= 0) return;
	throw new InvalidInputError(`${what} is ${amount}. Give whole nano-dollars, from 0 to ${Number.MAX_SAFE_INTEGER}.`);
}

/** Refuses a correction that is none. @throws InvalidInputError */
export function requireCorrection({ kind, corrects, costNanoUsd }: CostEntry): void {
	if (kind !== 'correction' || corrects === undefined)
		throw new InvalidInputError('A correction names the row it corrects: give "kind": "correction" and "corrects".');
	if (costNanoUsd === null || Number.isSafeInteger(costNanoUsd)) return;
	throw new InvalidInputError(`The correction is ${costNanoUsd}. Give whole nano-dollars, or null.`);
}
