import type { NanoUsd, PriceSheet, Pricing, PricingRates } from '../contracts/index.ts';
import { InvalidInputError } from '../errors/index.ts';
import { ratesFor, sheetAt, sumCharges } from './price-usage.ts';

/** Whole tokens, rounded up. @throws InvalidInputError for what is no amount of tokens. */
function wholeTokens(tokens: number, name: string): number {
	const whole = Math.ceil(tokens);
	if (Number.isSafeInteger(whole) && tokens >= 0) return whole;
	throw new InvalidInputError(`${name} is ${tokens}. Give a number of tokens, 0 or more.`);
}

/** What uncached input and output of these lengths cost at the standard rates; fractions of a token count whole. @throws InvalidInputError */
export function estimateCost(sheet: PriceSheet, tokens: { inputTokens: number; outputTokens: number }): NanoUsd {
	const input = wholeTokens(tokens.inputTokens, 'inputTokens');
	const rates = ratesFor(sheet, input);
	return sumCharges([
		[input, rates.input],
		[wholeTokens(tokens.outputTokens, 'outputTokens'), rates.output],
	]);
}

function highestInputRate(rates: PricingRates): number {
	return Math.max(rates.input, rates.cacheRead ?? 0, rates.cacheWrite5m ?? 0, rates.cacheWrite1h ?? 0);
}

/** How long a call may go on, so that rates which change meanwhile are in its worst case. */
const LONGEST_CALL_MS = 3_600_000;

/**
 * The most a call that begins at an instant (epoch ms) can cost at the standard service: every input token at the
 * dearest class, output to its limit, at the dearest tier that this much input can reach, at the dearest region.
 * What is billed per use is not known before and not in it. @throws InvalidInputError
 */
export function worstCaseCost(
	pricing: Pricing,
	tokens: { inputTokens: number; maxOutputTokens: number },
	at: number,
): NanoUsd {
	const now = sheetAt(pricing, at);
	const later = sheetAt(pricing, at + LONGEST_CALL_MS);
	const cost = dearestCost(now, tokens);
	return later === now ? cost : Math.max(cost, dearestCost(later, tokens));
}

function dearestCost(sheet: PriceSheet, tokens: { inputTokens: number; maxOutputTokens: number }): NanoUsd {
	const permille = Math.max(1000, ...Object.values(sheet.regionPermille ?? {}));
	const input = wholeTokens(tokens.inputTokens, 'inputTokens');
	const output = wholeTokens(tokens.maxOutputTokens, 'maxOutputTokens');
	const reachable = [sheet, ...(sheet.tiers ?? []).filter((tier) => input > tier.aboveInputTokens)];
	return Math.max(
		...reachable.map((rates) =>
			sumCharges(
				[
					[input, highestInputRate(rates)],
					[output, Math.max(rates.output, rates.reasoning ?? 0)],
				],
				permille,
			),
		),
	);
}
