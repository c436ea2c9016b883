/** An amount of money in nano-dollars (1e-9 USD); always a safe integer, so up to about $9 million. */
export type NanoUsd = number;

/**
 * A rate in pico-dollars (1e-12 USD) per token; an integer.
 * The same number reads as micro-dollars per million tokens: $3 per million tokens is 3_000_000.
 */
export type PicoUsdPerToken = number;

/** Most USD that a limit may be: above about this, a sum of nano-dollars is no safe integer. */
export const MAX_USD = 9_000_000;

/** Nano-dollars in one US dollar. */
export const NANO_PER_USD = 1_000_000_000;

/** USD → nano-dollars, rounded up so that no charge becomes nothing. @throws RangeError for negative, NaN or over $9 million. */
export function usdToNano(usd: number): NanoUsd {
	// 12 significant decimals first: 0.1 * 1e9 must not round up for the noise of a double.
	const nano = Math.ceil(Number((usd * NANO_PER_USD).toFixed(3)));
	if (!(usd >= 0) || !Number.isSafeInteger(nano))
		throw new RangeError(`Not an amount of money: ${usd}. Give USD between 0 and ${MAX_USD.toLocaleString('en')}.`);
	return nano;
}

/** Nano-dollars → USD. */
export function nanoToUsd(nano: NanoUsd): number {
	return nano / NANO_PER_USD;
}

/** USD as people read it: two to four decimals, and two significant digits below $0.0001. */
export function formatAmount(usd: number): string {
	// not the number as it is: below 1e-6 it would be written with an exponent
	if (usd > 0 && usd < 0.0001) return `$${Number(usd.toPrecision(2)).toFixed(16).replace(/0+$/, '')}`;
	return `$${usd.toFixed(4).replace(/0{1,2}$/, '')}`;
}
