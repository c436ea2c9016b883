// Writes src/catalog/generated-prices.ts from @pydantic/genai-prices (MIT): past rates, today's and announced ones.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { findProvider } from '@pydantic/genai-prices';

/** The day the source was read; move it when you regenerate. */
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

/** Models that make embeddings: they write nothing, so that the source has no rate of output. */
const EMBEDDINGS: Record<string, string[]> = {
	openai: ['text-embedding-3-small', 'text-embedding-3-large', 'text-embedding-ada-002'],
	google: ['gemini-embedding-001'],
};

/** Our rate by the source's name of it, per million tokens. */
const RATES = {
	input: 'input_mtok',
	output: 'output_mtok',
	cacheRead: 'cache_read_mtok',
	cacheWrite5m: 'cache_write_mtok',
	cacheWrite1h: 'cache_write_1h_mtok',
} as const;

/** Our name of what is billed per use, by the source's: USD per thousand uses. */
const USES = { webSearch: 'web_searches_kcount', fileSearch: 'storage_searches_kcount' } as const;

type Rate = number | { base: number; tiers: Array<{ start: number; price: number }> };
type Prices = Partial<Record<(typeof RATES)[keyof typeof RATES] | (typeof USES)[keyof typeof USES], Rate>>;
type DatedPrices = Array<{ constraint?: { type: string; start_date?: string }; prices: Prices }>;

/** Every price sheet of a model with the day it begins, oldest first; the first holds since ever. */
function datedSheets(prices: Prices | DatedPrices): Array<{ from: string | null; prices: Prices }> {
	if (!Array.isArray(prices)) return [{ from: null, prices }];
	const sheets = prices.map((dated) => ({ from: dated.constraint?.start_date ?? null, prices: dated.prices }));
	const [first, ...later] = sheets;
	if (first === undefined || first.from !== null) throw new Error('the first prices have no beginning');
	if (later.some(({ from }) => from === null)) throw new Error('later prices must say from when they hold');
	return [first, ...later.sort((a, b) => ((a.from ?? '') < (b.from ?? '') ? -1 : 1))];
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
	for (const [provider, ids] of [...Object.entries(MODELS), ...Object.entries(EMBEDDINGS)]) {
		const known = findProvider({ providerId: provider })?.models ?? [];
		for (const id of ids) {
			const model = known.find((candidate) => candidate.id === id);
			if (model === undefined) throw new Error(`${provider} has no price for ${id}`);
			const pricing = pricingOf(model.prices as Prices | DatedPrices, `@pydantic/genai-prices ${version}`);
			pricings[id] = EMBEDDINGS[provider]?.includes(id) ? { ...pricing, output: 0 } : pricing;
		}
	}
	return pricings;
}

/** USD per thousand uses → nano-dollars per use, by our names. */
function usesOf(prices: Prices): Record<string, unknown> {
	const uses = Object.entries(USES).flatMap(([name, source]) => {
		const price = prices[source];
		return typeof price === 'number' ? [[name, Math.round(price * 1e6)]] : [];
	});
	return uses.length === 0 ? {} : { perUse: Object.fromEntries(uses) };
}

function sheetOf(prices: Prices, source: string): Record<string, unknown> {
	const borders = Object.values(RATES).flatMap((name) => {
		const rate = prices[name];
		return typeof rate === 'object' ? rate.tiers.map(({ start }) => start) : [];
	});
	const tiers = [...new Set(borders)]
		.sort((a, b) => a - b)
		.map((border) => ({ aboveInputTokens: border, ...ratesAbove(prices, border) }));
	return {
		...ratesAbove(prices, null),
		...(tiers.length > 0 ? { tiers } : {}),
		...usesOf(prices),
		source,
		asOf: AS_OF,
	};
}

/** The package types its prices more widely than the three providers use them. */
function pricingOf(all: Prices | DatedPrices, source: string): Record<string, unknown> {
	const [first, ...later] = datedSheets(all);
	if (first === undefined) throw new Error('no prices');
	const changes = later.map(({ from, prices }) => ({ ...sheetOf(prices, source), from }));
	return { ...sheetOf(first.prices, source), ...(changes.length > 0 ? { changes } : {}) };
}

/** The rates in dollars in the order of `RATES`; a rate that is missing may only be followed by others that are. */
function renderRates(rates: Record<string, unknown>): string {
	const values = Object.keys(RATES).map((name) => rates[name]);
	while (values.at(-1) === undefined) values.pop();
	if (values.includes(undefined)) throw new Error(`a rate is missing in the middle of ${JSON.stringify(rates)}`);
	return values.map((rate) => Number(rate) / 1e6).join(' ');
}

/** The lines of a model's sheets in the form that `createPricings` parses: the first, and those it changed to. */
function renderSheets(id: string, sheet: Record<string, unknown>): string[] {
	const { changes, from, perUse, tiers } = sheet as {
		changes?: Array<Record<string, unknown>>;
		from?: string;
		perUse?: Record<string, number>;
		tiers?: Array<Record<string, unknown>>;
	};
	const uses = Object.entries(perUse ?? {}).map(([name, nano]) => `${name}=${nano / 1e9}`);
	const cells = [
		from === undefined ? id : `${id} from ${from}`,
		renderRates(sheet),
		...(tiers ?? []).map((tier) => `>${tier['aboveInputTokens']}: ${renderRates(tier)}`),
		...(uses.length === 0 ? [] : [uses.join(' ')]),
	];
	return [cells.join(' | '), ...(changes ?? []).flatMap((change) => renderSheets(id, change))];
}

function renderPrices(): string {
	const prices = Object.entries(pricesBySource());
	const lines = prices.flatMap(([id, pricing]) => renderSheets(id, pricing));
	return `// Generated by scripts/generate-prices.ts from @pydantic/genai-prices (MIT, https://github.com/pydantic/genai-prices). Do not edit.
import type { Pricing } from '../contracts/index.ts';
import { createPricings } from './create-pricings.ts';

const ORIGIN = { source: '${prices[0]?.[1]['source']}', asOf: '${AS_OF}' };

/** Prices by the provider's model id, in dollars, in the form of \`createPricings\`. */
export const GENERATED_PRICES: Readonly<Record<string, Pricing>> = createPricings(
	ORIGIN,
	\`
${lines.join('\n')}
\`,
);
`;
}

if (import.meta.main)
	writeFileSync(join(import.meta.dirname, '..', 'src', 'catalog', 'generated-prices.ts'), renderPrices());
