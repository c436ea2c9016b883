import * as z from 'zod';
import { createModelCatalog, type ModelCatalog } from '../catalog/index.ts';
import {
	type ModelName,
	type ModelProfile,
	type PriceSheet,
	type Pricing,
	type PricingRates,
	type RateTable,
	usdToNano,
} from '../contracts/index.ts';
import type { ConfigIssue } from '../errors/index.ts';
import { formatPath, nearestName } from '../util/index.ts';
import { readJsonFile } from './config-file.ts';
import { explainIssues } from './explain-issues.ts';
import { text } from './schema/shape.ts';

/** What a price file says. */
export interface PriceFileContents {
	exists: boolean;
	/** By the catalog's names; empty when anything is wrong: nothing is half-applied. */
	prices: Map<ModelName, Pricing>;
	issues: ConfigIssue[];
}

/** USD per million tokens → pico-dollars per token. */
function pico(usd: number): number {
	return Math.round(usd * 1e6);
}

function ratesOf(given: PriceFileRates): PricingRates {
	const { cacheReadUsdPerMTok, cacheWrite5mUsdPerMTok, cacheWrite1hUsdPerMTok, reasoningUsdPerMTok } = given;
	return {
		input: pico(given.inputUsdPerMTok),
		output: pico(given.outputUsdPerMTok),
		...(cacheReadUsdPerMTok !== undefined && { cacheRead: pico(cacheReadUsdPerMTok) }),
		...(cacheWrite5mUsdPerMTok !== undefined && { cacheWrite5m: pico(cacheWrite5mUsdPerMTok) }),
		...(cacheWrite1hUsdPerMTok !== undefined && { cacheWrite1h: pico(cacheWrite1hUsdPerMTok) }),
		...(reasoningUsdPerMTok !== undefined && { reasoning: pico(reasoningUsdPerMTok) }),
	};
}

function tableOf(given: PriceFileTable): RateTable {
	const tiers = given.tiers?.map((tier) => ({ aboveInputTokens: tier.aboveInputTokens, ...ratesOf(tier) }));
	return { ...ratesOf(given), ...(tiers && { tiers }) };
}

function mapRecord<Value, Result>(
	record: Record<string, Value>,
	map: (value: Value) => Result,
): Record<string, Result> {
	return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value)]));
}

function sheetOf(given: PriceFileSheet): PriceSheet {
	const { from, regions, perUseUsd, serviceTiers, source, asOf } = given;
	const { batch, priority, flex } = serviceTiers ?? {};
	return {
		...tableOf(given),
		...(serviceTiers && {
			serviceTiers: {
				...(batch && { batch: tableOf(batch) }),
				...(priority && { priority: tableOf(priority) }),
				...(flex && { flex: tableOf(flex) }),
			},
		}),
		...(regions && { regionPermille: mapRecord(regions, (factor) => Math.round(factor * 1000)) }),
		...(perUseUsd && { perUse: mapRecord(perUseUsd, usdToNano) }),
		source,
		asOf,
		...(from !== undefined && { from }),
	};
}

function pricingOf([first, ...later]: readonly PriceFileSheet[]): Pricing | null {
	if (first === undefined) return null;
	const changes = later.flatMap((sheet) => (sheet.from === undefined ? [] : [{ ...sheetOf(sheet), from: sheet.from }]));
	return { ...sheetOf(first), ...(changes.length > 0 && { changes }) };
}

function readModels(
	models: Record<string, PriceFileSheet[]>,
	catalog: ModelCatalog,
): Omit<PriceFileContents, 'exists'> {
	const prices = new Map<ModelName, Pricing>();
	const issues: ConfigIssue[] = [];
	for (const [name, sheets] of Object.entries(models)) {
		const path = `models.${name}`;
		const profile = catalog.find(name);
		const pricing = pricingOf(sheets);
		issues.push(...findSpanIssues(sheets, path));
		if (profile === undefined) {
			const nearest = nearestName(name, catalog.names());
			issues.push({
				path,
				message: `is no model of the catalog${nearest === null ? '' : `; did you mean "${nearest}"?`} A model of your own goes under "models" of the config file`,
			});
		} else if (prices.has(profile.name))
			issues.push({ path, message: `means ${profile.name}, which has prices already` });
		else if (pricing !== null) prices.set(profile.name, pricing);
	}
	return { prices, issues };
}

/** Reads a file of one's own prices; whatever is wrong with it is in `issues`, each with the file and the place. */
export function readPriceFile(path: string, profiles: readonly ModelProfile[]): PriceFileContents {
	const none = new Map<ModelName, Pricing>();
	const read = readJsonFile(path);
	if (read.text === null) return { exists: false, prices: none, issues: [] };
	const refuse = (issues: readonly ConfigIssue[]): PriceFileContents => ({
		exists: true,
		prices: none,
		issues: [...issues],
	});
	if ('problem' in read) return refuse([{ path, message: read.problem }]);
	const parsed = priceFileSchema.safeParse(read.value);
	if (!parsed.success) {
		const issues = explainIssues(parsed.error, { schema: priceFileSchema, value: read.value });
		return refuse(issues.map((issue) => ({ path: `${path}: ${formatPath(issue.path)}`, message: issue.message })));
	}
	const { prices, issues } = readModels(parsed.data.models, createModelCatalog(profiles));
	if (issues.length > 0)
		return refuse(issues.map((issue) => ({ path: `${path}: ${issue.path}`, message: issue.message })));
	return { exists: true, prices, issues: [] };
}

/** What is wrong with one span by itself. */
function checkSpan({ from, until, tiers = [] }: PriceFileSheet, at: string): ConfigIssue[] {
	const issues: ConfigIssue[] = [];
	if (until !== undefined && from !== undefined && until <= from)
		issues.push({ path: `${at}.until`, message: `is ${until}, not after its own from (${from})` });
	const borders = tiers.map(({ aboveInputTokens }) => aboveInputTokens);
	if (borders.some((border, index) => index > 0 && border <= (borders[index - 1] ?? 0)))
		issues.push({ path: `${at}.tiers`, message: 'must have rising borders, each once' });
	return issues;
}

function overlap(path: string, begins: string, reached: string): ConfigIssue {
	return { path: `${path}.from`, message: `overlaps the prices before it: ${begins} comes before ${reached}` };
}

/** What is wrong between a span and the one that follows it. */
function checkBorder(span: PriceFileSheet, next: PriceFileSheet, path: { span: string; next: string }): ConfigIssue[] {
	const { from: begins } = next;
	if (begins === undefined)
		return [{ path: `${path.next}.from`, message: 'is missing: only the first prices may hold since ever' }];
	const ends = span.until ?? begins;
	if (ends < begins)
		return [{ path: `${path.span}.until`, message: `leaves a gap: nothing holds from ${ends} to ${begins}` }];
	if (ends > begins) return [overlap(path.next, begins, ends)];
	return span.from !== undefined && begins <= span.from ? [overlap(path.next, begins, span.from)] : [];
}

/** Spans of time must follow each other without a gap and without an overlap; the last has no end. */
function findSpanIssues(sheets: readonly PriceFileSheet[], path: string): ConfigIssue[] {
	return sheets.flatMap((span, index) => {
		const [at, nextAt] = [`${path}[${index}]`, `${path}[${index + 1}]`];
		const next = sheets[index + 1];
		if (next !== undefined) return [...checkSpan(span, at), ...checkBorder(span, next, { span: at, next: nextAt })];
		const message = 'leaves no price after it: add the next prices, or leave it out';
		return [...checkSpan(span, at), ...(span.until === undefined ? [] : [{ path: `${at}.until`, message }])];
	});
}

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
const priceFileSchema: z.ZodType<PriceFile> = z.strictObject({
	version: z.exactOptional(text()),
	models: z.record(text(), z.array(sheet).min(1).max(100)),
});
