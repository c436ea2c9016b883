import * as z from 'zod';
import { text } from './shape.ts';

/** Rates as the price file writes them, in USD per million tokens. */
export interface PriceFileRates {
	inputUsdPerMTok: number;
	outputUsdPerMTok: number;
	cacheReadUsdPerMTok?: number;
	cacheWrite5mUsdPerMTok?: number;
	cacheWrite1hUsdPerMTok?: number;
	reasoningUsdPerMTok?: number;
}

/** Rates with their long-context tiers. */
export interface PriceFileTable extends PriceFileRates {
	tiers?: Array<PriceFileRates & { aboveInputTokens: number }>;
}

/** What a model costs from one day (left out: since ever) until another (left out: for good, or until the next). */
export interface PriceFileSheet extends PriceFileTable {
	from?: string;
	until?: string;
	source: string;
	asOf: string;
	serviceTiers?: { batch?: PriceFileTable; priority?: PriceFileTable; flex?: PriceFileTable };
	/** Factor on every token rate, by region. */
	regions?: Record<string, number>;
	perUseUsd?: Record<string, number>;
}

/** Prices of one's own. */
export interface PriceFile {
	version?: string;
	models: Record<string, PriceFileSheet[]>;
}

/** USD per million tokens; a micro-dollar per million tokens is the finest there is. */
const rate = z
	.number()
	.min(0)
	.max(1_000_000)
	.refine((usd) => Math.abs(usd * 1e6 - Math.round(usd * 1e6)) < 1e-4, {
		error: 'is finer than a micro-dollar per million tokens. Round it up to six decimals',
	});

const rates = {
	inputUsdPerMTok: rate,
	outputUsdPerMTok: rate,
	cacheReadUsdPerMTok: z.exactOptional(rate),
	cacheWrite5mUsdPerMTok: z.exactOptional(rate),
	cacheWrite1hUsdPerMTok: z.exactOptional(rate),
	reasoningUsdPerMTok: z.exactOptional(rate),
};

const table = {
	...rates,
	tiers: z.exactOptional(
		z.array(z.strictObject({ aboveInputTokens: z.int().min(1).max(1_000_000_000), ...rates })).max(20),
	),
};

const service: z.ZodExactOptional<z.ZodType<PriceFileTable>> = z.exactOptional(z.strictObject(table));

const sheet: z.ZodType<PriceFileSheet> = z.strictObject({
	...table,
	from: z.exactOptional(z.iso.date()),
	until: z.exactOptional(z.iso.date()),
	source: text(500),
	asOf: z.iso.date(),
	serviceTiers: z.exactOptional(z.strictObject({ batch: service, priority: service, flex: service })),
	regions: z.exactOptional(z.record(text(), z.number().min(0.001).max(100))),
	perUseUsd: z.exactOptional(z.record(text(), z.number().min(0).max(1000))),
});

/** The shape of `prices.json`. */
export const priceFileSchema: z.ZodType<PriceFile> = z.strictObject({
	version: z.exactOptional(text()),
	models: z.record(text(), z.array(sheet).min(1).max(100)),
});
