const NANO_PER_USD = 1_000_000_000;

/** USD → nano-dollars, rounded up so that no charge becomes nothing. @throws RangeError for negative, NaN or over $9 million. */
export function usdToNano(usd: number): number {
	// 12 significant decimals first: 0.1 * 1e9 must not round up for the noise of a double.
	const nano = Math.ceil(Number((usd * NANO_PER_USD).toFixed(3)));
	if (!(usd >= 0) || !Number.isSafeInteger(nano))
		throw new RangeError(`Not an amount of money: ${usd}. Give USD between 0 and 9,000,000.`);
	return nano;
}

/** Nano-dollars → USD. */
export function nanoToUsd(nano: number): number {
	return nano / NANO_PER_USD;
}
