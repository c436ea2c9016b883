import type { ModelName, ModelProfile, PriceSheet, Pricing } from '../contracts/index.ts';
import { stableHash } from '../util/index.ts';
import { sheetAt } from './price-usage.ts';
import { resolvePricing } from './read-profile.ts';

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

function datesOf(pricing: Pricing): string[] {
	const { changes = [], ...first } = pricing;
	return [first, ...changes].map(({ asOf }) => asOf);
}

/** The book of a catalog. */
export function priceBookOf(profiles: readonly ModelProfile[]): PriceBook {
	const models = Object.fromEntries(profiles.map((profile) => [profile.name, resolvePricing(profile)]));
	const dates = Object.values(models).flatMap((pricing) => (pricing === null ? [] : datesOf(pricing)));
	const newest = dates.sort().at(-1);
	return { version: `${newest === undefined || newest === '' ? 'undated' : newest}.${stableHash(models)}`, models };
}

/** Profiles with the rates of a book in place of their own; models the book does not name stay as they are. `at`: the day whose rates `costPer1k…` show, epoch ms. */
export function withPrices(
	profiles: readonly ModelProfile[],
	prices: ReadonlyMap<ModelName, Pricing>,
	at: number,
): ModelProfile[] {
	return profiles.map((profile) => {
		const pricing = prices.get(profile.name);
		if (pricing === undefined) return profile;
		const { input, output } = sheetAt(pricing, at);
		return { ...profile, pricing, costPer1kInputTokens: input / 1e9, costPer1kOutputTokens: output / 1e9 };
	});
}

/** Every figure of a sheet under a name of its own. */
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

function sheetsOf(pricing: Pricing | null): Map<string, PriceSheet> {
	if (pricing === null) return new Map();
	const { changes = [], ...first } = pricing;
	return new Map([first, ...changes].map((sheet) => [sheet.from ?? SINCE_EVER, sheet]));
}

/** What differs between two prices of one model, sheet by sheet; where they come from is no difference. */
function diffPricing(model: ModelName, before: Pricing | null, after: Pricing | null): PriceDifference[] {
	const [old, changed] = [sheetsOf(before), sheetsOf(after)];
	const days = [...new Set([...old.keys(), ...changed.keys()])].sort((a, b) =>
		a === SINCE_EVER ? -1 : b === SINCE_EVER ? 1 : a < b ? -1 : 1,
	);
	return days.flatMap((from) => {
		const [one, other] = [flatten(old.get(from) ?? {}), flatten(changed.get(from) ?? {})];
		const fields = [...new Set([...one.keys(), ...other.keys()])].filter((name) => !/^(source|asOf)$/.test(name));
		return fields
			.map((field) => ({ model, from, field, before: one.get(field) ?? null, after: other.get(field) ?? null }))
			.filter(({ before: then, after: now }) => then !== now);
	});
}

/** What differs between two books, by model; rates in micro-dollars per million tokens. */
export function diffPriceBooks(before: PriceBook, after: PriceBook): PriceDifference[] {
	const names = [...new Set([...Object.keys(before.models), ...Object.keys(after.models)])].sort();
	return names.flatMap((name) => diffPricing(name, before.models[name] ?? null, after.models[name] ?? null));
}
