import { NANO_PER_USD, type PriceSheet, type Pricing, type PricingRates } from '../contracts/index.ts';

type Origin = Pick<PriceSheet, 'source' | 'asOf'>;

const RATE_NAMES = ['input', 'output', 'cacheRead', 'cacheWrite5m', 'cacheWrite1h'] as const;
/** Micro-dollars per million tokens in one dollar per million tokens. */
const RATE_PER_USD = 1_000_000;

function parseRates(rates: string): PricingRates {
	const named = rates.split(' ').map((usd, place) => [RATE_NAMES[place], Math.round(Number(usd) * RATE_PER_USD)]);
	return { input: 0, output: 0, ...Object.fromEntries(named) };
}

/** `webSearch=0.01`: dollars per use. */
function parseUses(uses: string): Record<string, number> {
	const prices = uses.split(' ').map((use) => use.split('='));
	return Object.fromEntries(prices.map(([name, usd]) => [name, Math.round(Number(usd) * NANO_PER_USD)]));
}

function parseSheet(origin: Origin, [rates = '', ...more]: readonly string[]): PriceSheet {
	const tiers = more.flatMap((cell) => {
		const [, border, higher] = /^>(\d+): (.+)$/.exec(cell) ?? [];
		return border && higher ? [{ aboveInputTokens: Number(border), ...parseRates(higher) }] : [];
	});
	const uses = more.find((cell) => cell.includes('='));
	return {
		...parseRates(rates),
		...(tiers.length > 0 && { tiers }),
		...(uses && { perUse: parseUses(uses) }),
		...origin,
	};
}

/**
 * Prices by model id from a table, one sheet a line: `model | rates | >200000: rates above | webSearch=0.01`. Rates are
 * input, output, cache read, cache write for 5 minutes and for an hour, in dollars per million tokens; uses in dollars per
 * use. `model from 2026-03-13`: what an earlier line of the model changes to. `origin` says where and when they were read.
 */
export function createPricings(origin: Origin, table: string): Record<string, Pricing> {
	const pricings: Record<string, Pricing> = {};
	for (const line of table.trim().split('\n')) {
		const [heading = '', ...cells] = line.split('|').map((cell) => cell.trim());
		const [id = '', from] = heading.split(' from ');
		const sheet = parseSheet(origin, cells);
		const first = pricings[id];
		pricings[id] = first && from ? { ...first, changes: [...(first.changes ?? []), { ...sheet, from }] } : sheet;
	}
	return pricings;
}
