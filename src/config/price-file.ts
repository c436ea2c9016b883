import { createModelCatalog, type ModelCatalog } from '../catalog/index.ts';
import type { ModelName, ModelProfile, PriceSheet, Pricing, PricingRates, RateTable } from '../contracts/index.ts';
import type { ConfigIssue } from '../errors/index.ts';
import { nearestName, usdToNano } from '../util/index.ts';
import { formatPath } from './config-path.ts';
import { explainIssues } from './explain-issues.ts';
import { findSpanIssues } from './price-spans.ts';
import { readJsonFile } from './read-json-file.ts';
import { type PriceFileRates, type PriceFileSheet, type PriceFileTable, priceFileSchema } from './schema/price-file.ts';

/** What a price file says. */
export interface PriceFileReading {
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

function readModels(models: Record<string, PriceFileSheet[]>, catalog: ModelCatalog): Omit<PriceFileReading, 'exists'> {
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
export function readPriceFile(path: string, profiles: readonly ModelProfile[]): PriceFileReading {
	const none = new Map<ModelName, Pricing>();
	const read = readJsonFile(path);
	if (read.text === null) return { exists: false, prices: none, issues: [] };
	const refuse = (issues: readonly ConfigIssue[]): PriceFileReading => ({
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
