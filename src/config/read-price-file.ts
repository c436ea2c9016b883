import * as z from 'zod';
import { createModelCatalog, describeUnknownModel, getModelNames } from '../catalog/index.ts';
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
import { formatPath, type ValueIssue, type ValuePath } from '../util/index.ts';
import { readJsonFile } from './config-file.ts';
import { explainIssues } from './explain-issues.ts';
import { text } from './schema/shape.ts';

/** The prices of a file. */
interface PriceFileContents {
	exists: boolean;
	/** By the catalog's names; empty when anything is wrong, so that no file is applied in part. */
	prices: Map<ModelName, Pricing>;
	issues: ConfigIssue[];
}

function createSchemas() {
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
		cacheReadUsdPerMTok: rate.optional(),
		cacheWrite5mUsdPerMTok: rate.optional(),
		cacheWrite1hUsdPerMTok: rate.optional(),
		reasoningUsdPerMTok: rate.optional(),
	};
	const tableSchema = z.strictObject({
		...rates,
		/** Long-context rates. */
		tiers: z
			.array(z.strictObject({ aboveInputTokens: z.int().min(1).max(1_000_000_000), ...rates }))
			.max(20)
			.optional(),
	});
	/** What a model costs from one day (left out: since ever) until another (left out: for good, or until the next). */
	const sheetSchema = tableSchema.extend({
		from: z.iso.date().optional(),
		until: z.iso.date().optional(),
		source: text(500),
		asOf: z.iso.date(),
		serviceTiers: z
			.strictObject({ batch: tableSchema.optional(), priority: tableSchema.optional(), flex: tableSchema.optional() })
			.optional(),
		/** Factor on every token rate, by region. */
		regions: z.record(text(), z.number().min(0.001).max(100)).optional(),
		perUseUsd: z.record(text(), z.number().min(0).max(1000)).optional(),
	});
	const priceFileSchema = z.strictObject({
		version: text().optional(),
		models: z.record(text(), z.array(sheetSchema).min(1).max(100)),
	});
	return { table: tableSchema, sheet: sheetSchema, file: priceFileSchema };
}

type Schemas = ReturnType<typeof createSchemas>;
type FileTable = z.infer<Schemas['table']>;
type FileSheet = z.infer<Schemas['sheet']>;

/** USD per million tokens → pico-dollars per token. */
function toPico(usd: number): number {
	return Math.round(usd * 1e6);
}

const RATE_FIELDS = [
	['inputUsdPerMTok', 'input'],
	['outputUsdPerMTok', 'output'],
	['cacheReadUsdPerMTok', 'cacheRead'],
	['cacheWrite5mUsdPerMTok', 'cacheWrite5m'],
	['cacheWrite1hUsdPerMTok', 'cacheWrite1h'],
	['reasoningUsdPerMTok', 'reasoning'],
] as const satisfies ReadonlyArray<readonly [keyof FileTable, keyof PricingRates]>;

function toRates(row: Omit<FileTable, 'tiers'>): PricingRates {
	const converted: PricingRates = { input: 0, output: 0 };
	for (const [name, field] of RATE_FIELDS) {
		const usd = row[name];
		if (usd !== undefined) converted[field] = toPico(usd);
	}
	return converted;
}

function toTable(row: FileTable): RateTable {
	const tiers = row.tiers?.map((tier) => ({ aboveInputTokens: tier.aboveInputTokens, ...toRates(tier) }));
	return { ...toRates(row), ...(tiers && { tiers }) };
}

/** The members of a record converted one by one; those that are missing stay missing. */
function mapMembers<Value, Result>(
	record: Readonly<Record<string, Value | undefined>>,
	convert: (value: Value) => Result,
): Record<string, Result> {
	const entries = Object.entries(record);
	return Object.fromEntries(
		entries.flatMap(([name, value]) => (value === undefined ? [] : [[name, convert(value)] as const])),
	);
}

function toSheet({ from, regions, perUseUsd, serviceTiers, source, asOf, ...table }: FileSheet): PriceSheet {
	return {
		...toTable(table),
		...(serviceTiers && { serviceTiers: mapMembers(serviceTiers, toTable) }),
		...(regions && { regionPermille: mapMembers(regions, (factor) => Math.round(factor * 1000)) }),
		...(perUseUsd && { perUse: mapMembers(perUseUsd, usdToNano) }),
		source,
		asOf,
		...(from !== undefined && { from }),
	};
}

/** Sheets as the catalog holds them; the first is in force until the first change. */
function toPricing([first, ...later]: readonly FileSheet[]): Pricing | null {
	if (first === undefined) return null;
	const changes = later.flatMap(({ from, ...sheet }) => (from === undefined ? [] : [{ ...toSheet(sheet), from }]));
	return { ...toSheet(first), ...(changes.length > 0 && { changes }) };
}

/** What is wrong with one span by itself. */
function findSpanIssues({ from, until, tiers = [] }: FileSheet, path: ValuePath): ValueIssue[] {
	const issues: ValueIssue[] = [];
	if (until !== undefined && from !== undefined && until <= from)
		issues.push({ path: [...path, 'until'], message: `is ${until}, not after its own from (${from})` });
	if (tiers.some((tier, index) => index > 0 && tier.aboveInputTokens <= (tiers[index - 1]?.aboveInputTokens ?? 0)))
		issues.push({ path: [...path, 'tiers'], message: 'must have rising borders, each once' });
	return issues;
}

/** Spans of time must follow each other without a gap and without an overlap; the last has no end. */
function findBorderIssues(sheets: readonly FileSheet[], path: ValuePath): ValueIssue[] {
	return sheets.flatMap(({ from, until }, index) => {
		const refuse = (place: number, field: string, message: string) => [{ path: [...path, place, field], message }];
		if (index === sheets.length - 1) {
			const message = 'leaves no price after it: add the next prices, or leave it out';
			return until === undefined ? [] : refuse(index, 'until', message);
		}
		const begins = sheets[index + 1]?.from;
		if (begins === undefined) return refuse(index + 1, 'from', 'is missing: only the first prices may hold since ever');
		const ends = until ?? begins;
		if (ends < begins) return refuse(index, 'until', `leaves a gap: nothing holds from ${ends} to ${begins}`);
		const reached = ends > begins ? ends : from;
		if (reached === undefined || reached < begins) return [];
		return refuse(index + 1, 'from', `overlaps the prices before it: ${begins} comes before ${reached}`);
	});
}

/** Reads the user's own prices. Nothing is thrown for a bad file: `issues` has each problem with the file and the path. */
export function readPriceFile(path: string, profiles: readonly ModelProfile[]): PriceFileContents {
	const prices = new Map<ModelName, Pricing>();
	const read = readJsonFile(path);
	if (read.text === null) return { exists: false, prices, issues: [] };
	if ('problem' in read) return { exists: true, prices, issues: [{ path, message: read.problem }] };
	const schema = createSchemas().file;
	const { data, error } = schema.safeParse(read.value);
	const issues = error === undefined ? [] : explainIssues(error, { schema, value: read.value });
	const catalog = createModelCatalog(profiles);
	for (const [name, sheets] of Object.entries(data?.models ?? {})) {
		const at = ['models', name];
		issues.push(
			...sheets.flatMap((sheet, index) => findSpanIssues(sheet, [...at, index])),
			...findBorderIssues(sheets, at),
		);
		const profile = catalog.find(name);
		const pricing = toPricing(sheets);
		const refuse = (message: string) => issues.push({ path: at, message });
		if (profile === undefined) refuse(describeUnknownModel(name, profiles.flatMap(getModelNames)) ?? '');
		else if (prices.has(profile.name)) refuse(`means ${profile.name}, which has prices already`);
		else if (pricing !== null) prices.set(profile.name, pricing);
	}
	const placed = issues.map((issue) => ({ path: `${path}: ${formatPath(issue.path)}`, message: issue.message }));
	return { exists: true, prices: issues.length > 0 ? new Map() : prices, issues: placed };
}
