import type { NanoUsd, Pricing, PricingRates, Usage } from '../contracts/index.ts';
import { InvalidInputError } from '../errors/index.ts';

/** The classes of tokens that are billed, as `Usage` names them. */
const TOKEN_CLASSES = [
	'inputTokens',
	'cacheReadTokens',
	'cacheWrite5mTokens',
	'cacheWrite1hTokens',
	'outputTokens',
	'reasoningTokens',
] as const;
type TokenClass = (typeof TOKEN_CLASSES)[number];

const PICO_PER_NANO = 1000;

/** What a usage costs: the total and the input are each rounded up once, the output is what remains. */
export interface UsagePrice {
	totalNanoUsd: NanoUsd;
	/** Input and cache classes. */
	inputNanoUsd: NanoUsd;
	/** Output and reasoning; total - input, so at most one nano-dollar under its own exact price. */
	outputNanoUsd: NanoUsd;
}

function checkUsage(usage: Usage): void {
	for (const name of TOKEN_CLASSES) {
		const count = usage[name];
		if (Number.isSafeInteger(count) && count >= 0) continue;
		throw new InvalidInputError(`usage.${name} is ${count}. Give a whole number of tokens, 0 or more.`);
	}
}

/** All input of a usage, cached or not: what a long-context border is compared with. */
export function inputTokensOf(usage: Usage): number {
	return usage.inputTokens + usage.cacheReadTokens + usage.cacheWrite5mTokens + usage.cacheWrite1hTokens;
}

/** The rates for a request with this much input: the highest border that it passes, else the base. */
export function ratesFor(pricing: Pricing, inputTokens: number): PricingRates {
	let rates: PricingRates = pricing;
	let border = -1;
	for (const tier of pricing.tiers ?? []) {
		if (inputTokens > tier.aboveInputTokens && tier.aboveInputTokens > border) {
			rates = tier;
			border = tier.aboveInputTokens;
		}
	}
	return rates;
}

function rateOf(rates: PricingRates, name: TokenClass): number {
	switch (name) {
		case 'inputTokens':
			return rates.input;
		case 'cacheReadTokens':
			return rates.cacheRead ?? rates.input;
		case 'cacheWrite5mTokens':
			return rates.cacheWrite5m ?? rates.input;
		case 'cacheWrite1hTokens':
			return rates.cacheWrite1h ?? rates.cacheWrite5m ?? rates.input;
		case 'outputTokens':
			return rates.output;
		case 'reasoningTokens':
			return rates.reasoning ?? rates.output;
	}
}

/** Sum of tokens × rate in pico-dollars, rounded up to nano-dollars; exact, by BigInt where a double is not. */
export function sumCharges(charges: ReadonlyArray<readonly [tokens: number, rate: number]>): NanoUsd {
	let pico = 0;
	for (const [tokens, rate] of charges) pico += tokens * rate;
	if (pico <= Number.MAX_SAFE_INTEGER) return Math.ceil(pico / PICO_PER_NANO);
	let exact = 0n;
	for (const [tokens, rate] of charges) exact += BigInt(tokens) * BigInt(rate);
	const nano = Number((exact + 999n) / 1000n);
	if (Number.isSafeInteger(nano)) return nano;
	throw new InvalidInputError('The usage would cost over 9 million dollars. Check the token counts.');
}

/**
 * What a usage costs at these prices: tokens × rate per class, summed exactly and rounded up once, so that no charge
 * is rounded away. A request over a long-context border is billed whole at that tier. Per-use counts are not priced here.
 * @throws InvalidInputError for counts that are negative, fractional or not numbers.
 */
export function priceUsage(usage: Usage, pricing: Pricing): UsagePrice {
	checkUsage(usage);
	const rates = ratesFor(pricing, inputTokensOf(usage));
	const charges = TOKEN_CLASSES.map((name) => [usage[name], rateOf(rates, name)] as const);
	const totalNanoUsd = sumCharges(charges);
	const inputNanoUsd = Math.min(totalNanoUsd, sumCharges(charges.slice(0, 4)));
	return { totalNanoUsd, inputNanoUsd, outputNanoUsd: totalNanoUsd - inputNanoUsd };
}
