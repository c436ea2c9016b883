// Writes src/catalog/generated-prices.ts from @pydantic/genai-prices (MIT): the rates in force on AS_OF.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { findProvider } from '@pydantic/genai-prices';

/** The day whose prices are taken; move it when you regenerate. */
const AS_OF = '2026-11-24';

const MODELS: Record<string, string[]> = {
	anthropic: [
		'claude-opus-4-5',
		'claude-sonnet-4-5',
		'claude-haiku-4-5',
		'claude-opus-4-6',
		'claude-sonnet-4-6',
		'claude-opus-4-7',
		'claude-opus-4-8',
		'claude-opus-5',
		'claude-opus-5-5',
		'claude-sonnet-5',
		'claude-fable-5',
		'claude-fable-5-1',
	],
	openai: [
		'gpt-4-turbo',
		'gpt-3.5-turbo',
		'gpt-4o',
		'gpt-4o-mini',
		'gpt-4.1',
		'gpt-4.1-mini',
		'gpt-4.1-nano',
		'gpt-5',
		'gpt-5-mini',
		'gpt-5-nano',
		'gpt-5.1',
		'gpt-5.2',
		'gpt-5.4',
		'gpt-5.4-mini',
		'gpt-5.4-nano',
		'gpt-5.5',
		'gpt-5.6-luna',
		'gpt-5.6-sol',
		'gpt-5.6-terra',
		'gpt-6-astra',
		'gpt-6-luna',
		'gpt-6-sol',
	],
	google: [
		'gemini-1.5-pro',
		'gemini-1.5-flash',
		'gemini-2.5-pro',
		'gemini-2.5-flash',
		'gemini-2.5-flash-lite',
		'gemini-3.1-pro-preview',
		'gemini-3.1-flash-lite',
		'gemini-3.5-flash',
		'gemini-3.5-flash-lite',
		'gemini-3.6-flash',
		'gemini-3.8-flash',
	],
};

/** Our rate by the source's name of it, per million tokens. */
const RATES = {
	input: 'input_mtok',
	output: 'output_mtok',
	cacheRead: 'cache_read_mtok',
	cacheWrite5m: 'cache_write_mtok',
	cacheWrite1h: 'cache_write_1h_mtok',
} as const;

type Rate = number | { base: number; tiers: Array<{ start: number; price: number }> };
type Prices = Partial<Record<(typeof RATES)[keyof typeof RATES], Rate>>;
type DatedPrices = Array<{ constraint?: { type: string; start_date?: string }; prices: Prices }>;

/** Of dated prices, the last whose start has come. */
function pricesInForce(prices: Prices | DatedPrices): Prices {
	if (!Array.isArray(prices)) return prices;
	const begun = prices.filter(
		({ constraint }) =>
			constraint === undefined || (constraint.start_date !== undefined && constraint.start_date <= AS_OF),
	);
	const last = begun.at(-1);
	if (last === undefined) throw new Error('no prices in force');
	return last.prices;
}

/** Says in the source when other rates are announced: from that day the bill is wrong until this runs again. */
function announcedChange(prices: Prices | DatedPrices): string {
	const starts = Array.isArray(prices) ? prices.map(({ constraint }) => constraint?.start_date ?? '') : [];
	const next = starts.filter((start) => start > AS_OF).sort()[0];
	return next === undefined ? '' : `; other rates from ${next}`;
}

/** USD per million tokens → micro-dollars per million tokens, an integer. */
function micro(usd: number): number {
	const value = usd * 1e6;
	if (Math.abs(value - Math.round(value)) > 1e-6)
		throw new Error(`${usd} is finer than a micro-dollar per million tokens`);
	return Math.round(value);
}

function ratesAbove(prices: Prices, border: number | null): Record<string, number> {
	const rates: Record<string, number> = {};
	for (const [name, source] of Object.entries(RATES)) {
		const rate = prices[source];
		if (rate === undefined) continue;
		if (typeof rate === 'number') rates[name] = micro(rate);
		else
			rates[name] = micro(
				border === null ? rate.base : (rate.tiers.findLast(({ start }) => start <= border)?.price ?? rate.base),
			);
	}
	return rates;
}

/** Every model's pricing, by the provider's model id. */
export function pricesBySource(): Record<string, Record<string, unknown>> {
	const require = createRequire(import.meta.url);
	const folder = join(dirname(require.resolve('@pydantic/genai-prices')), '..');
	// A package's manifest has a version.
	const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string };
	const pricings: Record<string, Record<string, unknown>> = {};
	for (const [provider, ids] of Object.entries(MODELS)) {
		const known = findProvider({ providerId: provider })?.models ?? [];
		for (const id of ids) {
			const model = known.find((candidate) => candidate.id === id);
			if (model === undefined) throw new Error(`${provider} has no price for ${id}`);
			pricings[id] = pricingOf(model.prices as Prices | DatedPrices, `@pydantic/genai-prices ${version}`);
		}
	}
	return pricings;
}

/** The package types its prices more widely than the three providers use them. */
function pricingOf(all: Prices | DatedPrices, source: string): Record<string, unknown> {
	const prices = pricesInForce(all);
	const borders = Object.values(prices).flatMap((rate) =>
		typeof rate === 'object' ? rate.tiers.map(({ start }) => start) : [],
	);
	const tiers = [...new Set(borders)]
		.sort((a, b) => a - b)
		.map((border) => ({ aboveInputTokens: border, ...ratesAbove(prices, border) }));
	return {
		...ratesAbove(prices, null),
		...(tiers.length > 0 ? { tiers } : {}),
		source: `${source}${announcedChange(all)}`,
		asOf: AS_OF,
	};
}

function renderPrices(): string {
	const entries = Object.entries(pricesBySource()).map(([id, pricing]) => `\t'${id}': ${JSON.stringify(pricing)},`);
	return `// Generated by scripts/generate-prices.ts from @pydantic/genai-prices (MIT, https://github.com/pydantic/genai-prices). Do not edit.
import type { Pricing } from '../contracts/index.ts';

/** Prices by the provider's model id, in micro-dollars per million tokens. */
export const GENERATED_PRICES: Readonly<Record<string, Pricing>> = {
${entries.join('\n')}
};
`;
}

if (import.meta.main)
	writeFileSync(join(import.meta.dirname, '..', 'src', 'catalog', 'generated-prices.ts'), renderPrices());
