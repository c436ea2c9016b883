import type { NanoUsd, Pricing, PricingRates } from '../contracts/index.ts';
import { ratesFor, sumCharges } from './price-usage.ts';

/** What uncached input and output of these lengths cost; fractions of a token count whole. */
export function estimateCost(pricing: Pricing, tokens: { inputTokens: number; outputTokens: number }): NanoUsd {
	const input = Math.ceil(tokens.inputTokens);
	const rates = ratesFor(pricing, input);
	return sumCharges([
		[input, rates.input],
		[Math.ceil(tokens.outputTokens), rates.output],
	]);
}

function highestInputRate(rates: PricingRates): number {
	return Math.max(rates.input, rates.cacheRead ?? 0, rates.cacheWrite5m ?? 0, rates.cacheWrite1h ?? 0);
}

/**
 * The most a call can cost: every input token at the dearest class, output to its limit, at the dearest tier that this
 * much input can reach.
 */
export function worstCaseCost(pricing: Pricing, tokens: { inputTokens: number; maxOutputTokens: number }): NanoUsd {
	const input = Math.ceil(tokens.inputTokens);
	const reachable = [pricing, ...(pricing.tiers ?? []).filter((tier) => input > tier.aboveInputTokens)];
	return Math.max(
		...reachable.map((rates) =>
			sumCharges([
				[input, highestInputRate(rates)],
				[Math.ceil(tokens.maxOutputTokens), Math.max(rates.output, rates.reasoning ?? 0)],
			]),
		),
	);
}
