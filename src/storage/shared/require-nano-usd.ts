import type { NanoUsd } from '../../contracts/index.ts';
import { InvalidInputError } from '../../errors/index.ts';

/** Refuses what is not an amount of money: it would be counted wrong for as long as the period lasts. @throws InvalidInputError */
export function requireNanoUsd(amount: NanoUsd, what: string): void {
	if (Number.isSafeInteger(amount) && amount >= 0) return;
	throw new InvalidInputError(`${what} is ${amount}. Give whole nano-dollars, from 0 to ${Number.MAX_SAFE_INTEGER}.`);
}
