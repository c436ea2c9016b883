import {
	countInputTokens,
	type NanoUsd,
	type PriceSheet,
	type Pricing,
	type PricingRates,
	type PricingTier,
	type RateTable,
	type RequestCharges,
	type ServiceTier,
	type Usage,
} from '../contracts/index.ts';
import { InvalidInputError } from '../errors/index.ts';
import { HOUR_MS, toIsoDay } from '../util/index.ts';

/** The classes of tokens that are billed, input first, each with its rate: without one, that of the class it belongs to. */
const TOKEN_CLASSES = [
	{ name: 'inputTokens', getRate: ({ input }) => input },
	{ name: 'cacheReadTokens', getRate: ({ cacheRead, input }) => cacheRead ?? input },
	{ name: 'cacheWrite5mTokens', getRate: ({ cacheWrite5m, input }) => cacheWrite5m ?? input },
	{
		name: 'cacheWrite1hTokens',
		getRate: ({ cacheWrite1h, cacheWrite5m, input }) => cacheWrite1h ?? cacheWrite5m ?? input,
	},
	{ name: 'outputTokens', getRate: ({ output }) => output },
	{ name: 'reasoningTokens', getRate: ({ reasoning, output }) => reasoning ?? output },
] as const satisfies ReadonlyArray<{ name: keyof Usage; getRate: (rates: PricingRates) => number }>;

/** Of them are input. */
const INPUT_CLASSES = 4;

const PICO_PER_NANO = 1000;

/** What a usage costs: the total and the input are each rounded up once, the output is what remains. */
export interface UsagePrice {
	totalNanoUsd: NanoUsd;
	/** Input and cache classes. */
	inputNanoUsd: NanoUsd;
	/** Output, reasoning and what is billed per use; total - input, so at most one nano-dollar under its own exact price. */
	outputNanoUsd: NanoUsd;
	/** Uses that the price sheet has no price for: they are in no sum. */
	unpricedUses: readonly string[];
}

const NO_USES: readonly string[] = [];

/** The tokens of each class. @throws InvalidInputError for one that is no count */
function countByClass(usage: Usage): number[] {
	const tokens: number[] = [];
	for (const { name } of TOKEN_CLASSES) {
		const count = usage[name];
		if (!(Number.isSafeInteger(count) && count >= 0))
			throw new InvalidInputError(`usage.${name} is ${count}. Give a whole number of tokens, 0 or more.`);
		tokens.push(count);
	}
	return tokens;
}

/** The rates in force at an instant (epoch ms): a change holds from the beginning of its day in UTC. */
export function resolvePriceSheet(pricing: Pricing, at: number): PriceSheet {
	if (pricing.changes === undefined) return pricing;
	const day = toIsoDay(at);
	return pricing.changes.findLast(({ from }) => from <= day) ?? pricing;
}

/** The rates for a request with this much input: the highest border that it passes, else the base. */
function resolveRates(table: RateTable, inputTokens: number): PricingRates {
	let rates: PricingRates & Partial<PricingTier> = table;
	for (const tier of table.tiers ?? [])
		if (inputTokens > tier.aboveInputTokens && tier.aboveInputTokens > (rates.aboveInputTokens ?? -1)) rates = tier;
	return rates;
}

/** The factor 1 in thousandths. */
const PERMILLE = 1000;

/**
 * Sum of tokens × rate in pico-dollars, of the first `count` of them, times a factor in thousandths, rounded up to
 * nano-dollars; exact, by BigInt where a double is not.
 */
function sumCharges(
	tokens: readonly number[],
	rates: readonly number[],
	{ permille = PERMILLE, count = tokens.length }: { permille?: number; count?: number } = {},
): NanoUsd {
	let pico = 0;
	for (let each = 0; each < count; each += 1) pico += (tokens[each] ?? 0) * (rates[each] ?? 0);
	if (permille === PERMILLE && pico <= Number.MAX_SAFE_INTEGER) return Math.ceil(pico / PICO_PER_NANO);
	let exact = 0n;
	for (let each = 0; each < count; each += 1) exact += BigInt(tokens[each] ?? 0) * BigInt(rates[each] ?? 0);
	const divisor = BigInt(PICO_PER_NANO * PERMILLE);
	const nano = Number((exact * BigInt(permille) + divisor - 1n) / divisor);
	if (Number.isSafeInteger(nano)) return nano;
	throw new InvalidInputError('The usage would cost over 9 million dollars. Check the token counts.');
}

/** Prices what is billed per use. */
function priceUses(usage: Usage, sheet: PriceSheet): { nanoUsd: NanoUsd; unpriced: readonly string[] } {
	if (usage.perUse === undefined) return { nanoUsd: 0, unpriced: NO_USES };
	let nanoUsd = 0;
	const unpriced: string[] = [];
	for (const [name, count] of Object.entries(usage.perUse)) {
		if (!(Number.isSafeInteger(count) && count >= 0))
			throw new InvalidInputError(`usage.perUse.${name} is ${count}. Give a whole number of uses, 0 or more.`);
		const price = sheet.perUse?.[name];
		if (price === undefined && count > 0) unpriced.push(name);
		else nanoUsd += count * (price ?? 0);
	}
	if (Number.isSafeInteger(nanoUsd)) return { nanoUsd, unpriced };
	throw new InvalidInputError('The uses would cost over 9 million dollars. Check usage.perUse.');
}

/**
 * What a usage costs at the prices in force at an instant (epoch ms): tokens × rate per class, by the service tier and
 * region that the provider says it billed, summed exactly and rounded up once, so that no charge is rounded away. A
 * request over a long-context border is billed whole at that tier; a service without rates of its own at the standard.
 * @throws InvalidInputError for counts that are negative, fractional or not numbers.
 */
export function priceUsage(usage: Usage, pricing: Pricing, at: number): UsagePrice {
	const tokens = countByClass(usage);
	const sheet = resolvePriceSheet(pricing, at);
	const { serviceTier = 'standard', region } = usage;
	const table = serviceTier === 'standard' ? sheet : (sheet.serviceTiers?.[serviceTier] ?? sheet);
	const permille = region === undefined ? PERMILLE : (sheet.regionPermille?.[region] ?? PERMILLE);
	const rates = resolveRates(table, countInputTokens(usage));
	const perToken = TOKEN_CLASSES.map(({ getRate }) => getRate(rates));
	const uses = priceUses(usage, sheet);
	const tokensNanoUsd = sumCharges(tokens, perToken, { permille });
	const inputNanoUsd = Math.min(tokensNanoUsd, sumCharges(tokens, perToken, { permille, count: INPUT_CLASSES }));
	const totalNanoUsd = tokensNanoUsd + uses.nanoUsd;
	return { totalNanoUsd, inputNanoUsd, outputNanoUsd: totalNanoUsd - inputNanoUsd, unpricedUses: uses.unpriced };
}

/** @throws InvalidInputError for a negative number, NaN or infinity */
function roundUpTokens(tokens: number, name: string): number {
	const whole = Math.ceil(tokens);
	if (Number.isSafeInteger(whole) && tokens >= 0) return whole;
	throw new InvalidInputError(`${name} is ${tokens}. Give a number of tokens, 0 or more.`);
}

/** What uncached input and output of these lengths cost at the standard rates; fractions of a token count whole. @throws InvalidInputError */
export function estimateCost(sheet: PriceSheet, tokens: { inputTokens: number; outputTokens: number }): NanoUsd {
	const input = roundUpTokens(tokens.inputTokens, 'inputTokens');
	const rates = resolveRates(sheet, input);
	return sumCharges([input, roundUpTokens(tokens.outputTokens, 'outputTokens')], [rates.input, rates.output]);
}

function getHighestInputRate(rates: PricingRates, mayCacheForHour = true): number {
	const { cacheRead = 0, cacheWrite1h = 0, cacheWrite5m = 0, input } = rates;
	return Math.max(input, cacheRead, cacheWrite5m, mayCacheForHour ? cacheWrite1h : 0);
}

/** The rates of every service that may be billed; one without its own is billed at the standard. */
function listRateTables(sheet: PriceSheet, serviceTiers?: readonly ServiceTier[]): RateTable[] {
	const { serviceTiers: tables = {} } = sheet;
	if (serviceTiers === undefined) return [sheet, ...Object.values(tables)];
	return serviceTiers.map((tier) => (tier === 'standard' ? sheet : (tables[tier] ?? sheet)));
}

/** What the uses that a request permits cost at most; nothing where it permits any number, which no price can bound. */
function getHighestUseCost(sheet: PriceSheet, uses = 0): NanoUsd {
	return uses > 0 && Number.isFinite(uses) ? uses * Math.max(0, ...Object.values(sheet.perUse ?? {})) : 0;
}

function getHighestCost(sheet: PriceSheet, tokens: WorstCase): NanoUsd {
	const { mayCacheForHour, serverToolUses, serviceTiers } = tokens;
	const permille = Math.max(PERMILLE, ...Object.values(sheet.regionPermille ?? {}));
	const input = roundUpTokens(tokens.inputTokens, 'inputTokens');
	const output = roundUpTokens(tokens.maxOutputTokens, 'maxOutputTokens');
	let most = 0;
	const add = (rates: PricingRates): void => {
		const perToken = [getHighestInputRate(rates, mayCacheForHour), Math.max(rates.output, rates.reasoning ?? 0)];
		most = Math.max(most, sumCharges([input, output], perToken, { permille }));
	};
	for (const table of listRateTables(sheet, serviceTiers)) {
		add(table);
		for (const tier of table.tiers ?? []) if (input > tier.aboveInputTokens) add(tier);
	}
	return most + getHighestUseCost(sheet, serverToolUses);
}

/** Longest duration of a call: rates that change within it are in its worst case. */
const MAX_CALL_MS = HOUR_MS;

/** The tokens of a call at most, and what else may be billed. */
export interface WorstCase extends RequestCharges {
	inputTokens: number;
	maxOutputTokens: number;
}

/**
 * The most a call that begins at an instant (epoch ms) can cost: every input token at the dearest class, output to its
 * limit, at the dearest service, region and tier that it can reach, with the uses that it permits. Uses without a limit
 * are not in it. @throws InvalidInputError
 */
export function worstCaseCost(pricing: Pricing, tokens: WorstCase, at: number): NanoUsd {
	const now = resolvePriceSheet(pricing, at);
	const later = resolvePriceSheet(pricing, at + MAX_CALL_MS);
	const cost = getHighestCost(now, tokens);
	return later === now ? cost : Math.max(cost, getHighestCost(later, tokens));
}
