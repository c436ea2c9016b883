/** USD as people read it: two to four decimals, and two significant digits below $0.0001. */
export function formatUsd(usd: number): string {
	if (usd > 0 && usd < 0.0001) return `$${usd.toPrecision(2)}`;
	return `$${usd.toFixed(4).replace(/0{1,2}$/, '')}`;
}
