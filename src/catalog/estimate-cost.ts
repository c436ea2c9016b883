import type { NanoUsd, Pricing, PricingRates } from '../contracts/index.ts';
import { InvalidInputError } from '../errors/index.ts';
import { ratesFor, sumCharges } from './price-usage.ts';

/** Whole tokens, rounded up. @throws InvalidInputError for what is no amount of tokens. */
function wholeTokens(tokens: number, name: string): number {
	const whole = Math.ceil(tokens);
	if (Number.isSafeInteger(whole) && tokens >= 0) return whole;
	throw new InvalidInputError(`${name} is ${tokens}. Give a number of tokens, 0 or more.`);
}

/** What uncached input and output of these lengths cost; fractions of a token count whole. @throws InvalidInputError */
export function estimateCost(pricing: Pricing, tokens: { inputTokens: number; outputTokens: number }): NanoUsd {
	const input = wholeTokens(tokens.inputTokens, 'inputTokens');
	const rates = ratesFor(pricing, input);
	return sumCharges([
		[input, rates.input],
		[wholeTokens(tokens.outputTokens, 'outputTokens'), rates.output],
	]);
}

function highestInputRate(rates: PricingRates): number {
	return Math.max(rates.input, rates.cacheRead ?? 0, rates.cacheWrite5m ?? 0, rates.cacheWrite1h ?? 0);
}

/**
 * The most a call can cost: every input token at the dearest class, output to its limit, at the dearest tier that this
 * much input can reach. @throws InvalidInputError
 */
export function worstCaseCost(pricing: Pricing, tokens: { inputTokens: number; maxOutputTokens: number }): NanoUsd {
	const input = wholeTokens(tokens.inputTokens, 'inputTokens');
	const output = wholeTokens(tokens.maxOutputTokens, 'maxOutputTokens');
	const reachable = [pricing, ...(pricing.tiers ?? []).filter((tier) => input > tier.aboveInputTokens)];
	return Math.max(
		...reachable.map((rates) =>
			sumCharges([
				[input, highestInputRate(rates)],
				[output, Math.max(rates.output, rates.reasoning ?? 0)],
			]),
		),
	);
}
