import type { PriceSheet, Pricing, PricingRates } from '../contracts/index.ts';

/** Input, output, cache read, cache write for 5 minutes and for an hour, in micro-dollars per million tokens. */
type Rates = readonly number[];

/** A price sheet as a list of prices writes it down. */
interface PriceRow {
	rates: Rates;
	/** Rates of requests with more input tokens than the key. */
	above?: Readonly<Record<number, Rates>>;
	/** Nano-dollars per use. */
	perUse?: Readonly<Record<string, number>>;
	changes?: ReadonlyArray<PriceRow & { from: string }>;
}

type Origin = Pick<PriceSheet, 'source' | 'asOf'>;

const RATE_NAMES = ['input', 'output', 'cacheRead', 'cacheWrite5m', 'cacheWrite1h'] as const;

function createRates(rates: Rates): PricingRates {
	const named = Object.fromEntries(rates.map((rate, place) => [RATE_NAMES[place], rate]));
	return { input: 0, output: 0, ...named };
}

function createSheet(origin: Origin, { above, perUse, rates }: PriceRow): PriceSheet {
	const tiers = Object.entries(above ?? {}).map(([border, higher]) => ({
		aboveInputTokens: Number(border),
		...createRates(higher),
	}));
	return { ...createRates(rates), ...(above && { tiers }), ...(perUse && { perUse }), ...origin };
}

/** Prices by model id from their rows; `origin` says where and when they were read. */
export function createPricings(origin: Origin, rows: Readonly<Record<string, PriceRow>>): Record<string, Pricing> {
	const pricings = Object.entries(rows).map(([id, row]): [string, Pricing] => {
		const changes = row.changes?.map((change) => ({ ...createSheet(origin, change), from: change.from }));
		return [id, { ...createSheet(origin, row), ...(changes && { changes }) }];
	});
	return Object.fromEntries(pricings);
}
