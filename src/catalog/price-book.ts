import type { CostEntry, ModelName, ModelProfile, NanoUsd, PriceSheet, Pricing } from '../contracts/index.ts';
import { stableHash } from '../util/index.ts';
import { resolvePricing, toUsdPer1k } from './model-catalog.ts';
import { priceUsage, resolvePriceSheet } from './price-usage.ts';

/** What every model costs, by name; `null`: unpriced. */
export interface PriceBook {
	/** Newest day its rates were read, and a hash of all of them: equal versions hold equal rates. */
	version: string;
	models: Readonly<Record<string, Pricing | null>>;
}

/** One difference between two books. */
export interface PriceDifference {
	model: ModelName;
	/** First day it is about, or `since ever`. */
	from: string;
	field: string;
	/** `null`: not there. */
	before: string | number | null;
	after: string | number | null;
}

const SINCE_EVER = 'since ever';

/** The first sheet and those it changed to; none without a price. */
function listSheets(pricing: Pricing | null): PriceSheet[] {
	if (pricing === null) return [];
	const { changes = [], ...first } = pricing;
	return [first, ...changes];
}

/** The book of a catalog. */
export function createPriceBook(profiles: readonly ModelProfile[]): PriceBook {
	const models = Object.fromEntries(profiles.map((profile) => [profile.name, resolvePricing(profile)]));
	const dates = Object.values(models).flatMap((pricing) => listSheets(pricing).map(({ asOf }) => asOf));
	const newest = dates.sort().at(-1);
	return { version: `${newest || 'undated'}.${stableHash(models)}`, models };
}

/**
 * Profiles with the rates of a price book; models that it does not name keep their own.
 * @param at the day whose rates `costPer1k…` show, epoch milliseconds
 */
export function withPrices(
	profiles: readonly ModelProfile[],
	prices: ReadonlyMap<ModelName, Pricing>,
	at: number,
): ModelProfile[] {
	return profiles.map((profile) => {
		const pricing = prices.get(profile.name);
		if (pricing === undefined) return profile;
		const { input, output } = resolvePriceSheet(pricing, at);
		return { ...profile, pricing, costPer1kInputTokens: toUsdPer1k(input), costPer1kOutputTokens: toUsdPer1k(output) };
	});
}

/** Every figure of a sheet by its path. */
function flatten(value: object, path = ''): Map<string, string | number> {
	const flat = new Map<string, string | number>();
	for (const [name, member] of Object.entries(value)) {
		const at = path === '' ? name : `${path}.${name}`;
		if (typeof member === 'object' && member !== null) {
			for (const [inner, figure] of flatten(member, at)) flat.set(inner, figure);
		} else if (typeof member === 'number' || (typeof member === 'string' && name !== 'from')) flat.set(at, member);
	}
	return flat;
}

function getSheetsByDay(pricing: Pricing | null): Map<string, PriceSheet> {
	return new Map(listSheets(pricing).map((sheet) => [sheet.from ?? SINCE_EVER, sheet]));
}

/** The differences between two prices of one model, sheet by sheet; sources are not compared. */
function diffPricing(model: ModelName, before: Pricing | null, after: Pricing | null): PriceDifference[] {
	const [oldSheets, newSheets] = [getSheetsByDay(before), getSheetsByDay(after)];
	const days = [...new Set([...oldSheets.keys(), ...newSheets.keys()])].sort((a, b) =>
		a === SINCE_EVER ? -1 : b === SINCE_EVER ? 1 : a < b ? -1 : 1,
	);
	return days.flatMap((from) => {
		const [oldFigures, newFigures] = [flatten(oldSheets.get(from) ?? {}), flatten(newSheets.get(from) ?? {})];
		const fields = new Set([...oldFigures.keys(), ...newFigures.keys()]);
		return [...fields].flatMap((field) => {
			const [figure, newFigure] = [oldFigures.get(field) ?? null, newFigures.get(field) ?? null];
			if (figure === newFigure || field === 'source' || field === 'asOf') return [];
			return [{ model, from, field, before: figure, after: newFigure }];
		});
	});
}

/** The differences between two books, by model; rates in micro-dollars per million tokens. */
export function diffPriceBooks(before: PriceBook, after: PriceBook): PriceDifference[] {
	const names = [...new Set([...Object.keys(before.models), ...Object.keys(after.models)])].sort();
	return names.flatMap((name) => diffPricing(name, before.models[name] ?? null, after.models[name] ?? null));
}

/** One model's past costs under another book; money in nano-dollars. */
export interface RepricedModel {
	model: ModelName;
	rows: number;
	/** What the ledger says. */
	recordedNanoUsd: NanoUsd;
	/** What the same usage costs by the book; rows it has no price for are left out of both sums. */
	repricedNanoUsd: NanoUsd;
	/** Rows whose cost differs. */
	changedRows: number;
	/** Rows that the ledger, or the book, has no price for. */
	unpricedRows: number;
	/** What the rows without a price in the ledger cost by the book; in neither sum. */
	newlyPricedNanoUsd: NanoUsd;
}

const NO_SUMS = {
	rows: 0,
	recordedNanoUsd: 0,
	repricedNanoUsd: 0,
	changedRows: 0,
	unpricedRows: 0,
	newlyPricedNanoUsd: 0,
};

/**
 * Prices the usage of ledger rows at the rates of a book on each row's day; largest difference first. Corrections are left
 * out: they have no usage.
 */
export function repriceEntries(entries: readonly CostEntry[], book: PriceBook): RepricedModel[] {
	const models = new Map<ModelName, RepricedModel>();
	for (const entry of entries) {
		if (entry.kind === 'correction') continue;
		const { model } = entry;
		const sums: RepricedModel = models.get(model) ?? { model, ...NO_SUMS };
		models.set(model, sums);
		sums.rows += 1;
		const pricing = book.models[model] ?? null;
		const totalNanoUsd = pricing === null ? null : priceUsage(entry.usage, pricing, entry.at).totalNanoUsd;
		if (totalNanoUsd === null || entry.costNanoUsd === null) {
			sums.unpricedRows += 1;
			sums.newlyPricedNanoUsd += totalNanoUsd ?? 0;
			continue;
		}
		sums.recordedNanoUsd += entry.costNanoUsd;
		sums.repricedNanoUsd += totalNanoUsd;
		if (totalNanoUsd !== entry.costNanoUsd) sums.changedRows += 1;
	}
	const difference = (row: RepricedModel): number => Math.abs(row.repricedNanoUsd - row.recordedNanoUsd);
	return [...models.values()].sort((a, b) => difference(b) - difference(a) || (a.model < b.model ? -1 : 1));
}
