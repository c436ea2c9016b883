import type { ModelProfile, NanoUsd, PriceSheet, Pricing, PricingRates, RateTable } from '../contracts/index.ts';
import { findRevised, omitRevision, resolvePricing } from './model-catalog.ts';

/** Words that say how far a model's release is, not which line it is of. */
const STAGES: ReadonlySet<string> = new Set(['preview', 'exp', 'experimental', 'beta']);

/** The words of a model's id, without its maker, versions, numbers and stage: `gpt-6.2-sol-preview` has `gpt` and `sol`. */
function readWords(id: string): string[] {
	const words = omitRevision(id).match(/[a-z]+/g) ?? [];
	return [...new Set(words.filter((word) => !STAGES.has(word)))].sort();
}

function isRetired({ lifecycle }: ModelProfile): boolean {
	return lifecycle?.state === 'retired';
}

/** What ids of models are made of: an unknown one is sent on as it was written, in addresses too. */
const ID = /^[a-z\d](?:[\w.:@-]|\/(?!\/))*(?:\[1m\])?$/i;

/**
 * The models that an unknown id is taken to belong to: the one that it is a revision of (`claude-sonnet-5-5-20260901`), else
 * those of the same words, else those that have all of its words.
 */
export function findModelFamily(id: string, profiles: readonly ModelProfile[]): ModelProfile[] {
	const words = readWords(id);
	if (words.length === 0 || !ID.test(id) || id.includes('..')) return [];
	const revised = findRevised(id, profiles);
	if (revised !== undefined) return [revised];
	const listed = profiles
		.filter(({ kind }) => kind !== 'embedding')
		.map((profile) => [profile, readWords(profile.modelId)] as const);
	const same = listed.filter(([, others]) => others.join() === words.join());
	// `o5-mini` is of no line here: the letter in the middle of `gpt-4o-mini` is no line's name
	const isPart = words.every((word) => word.length > 1);
	const parts = isPart ? listed.filter(([, others]) => words.every((word) => others.includes(word))) : [];
	const related = same.length > 0 ? same : parts;
	// `fable` may stand in one family only: where it is a word of several, nobody can tell which is meant
	const families = new Set(related.map(([{ provider }, others]) => `${provider} ${others.join()}`));
	const members = families.size === 1 ? related.map(([profile]) => profile) : [];
	const served = members.filter((profile) => !isRetired(profile));
	return served.length > 0 ? served : members;
}

function readVersion({ modelId }: ModelProfile): number[] {
	return (omitRevision(modelId).match(/\d+/g) ?? []).map(Number);
}

function isNewer(one: ModelProfile, other: ModelProfile): boolean {
	const [version, base] = [readVersion(one), readVersion(other)];
	const at = version.findIndex((number, place) => number !== base[place]);
	return at >= 0 && (version[at] ?? 0) > (base[at] ?? 0);
}

/** An id without any number (`fable`): no provider has it, and who writes it means the family's newest model. */
function namesNoVersion(id: string): boolean {
	return !/\d|-latest$/.test(id);
}

/**
 * A profile for an id that the catalog does not know, after the family it belongs to: the newest member's abilities, since
 * what is not known yet came out after all of them, the family's smallest limits, and the dearest rate that any member has
 * for each class of tokens. The newest member itself for an id without a version; `null` without a family.
 */
export function assumeModel(id: string, profiles: readonly ModelProfile[]): ModelProfile | null {
	const family = findModelFamily(id, profiles);
	if (family.length === 0) return null;
	const newest = family.reduce((found, member) => (isNewer(member, found) ? member : found));
	if (namesNoVersion(id)) return newest;
	const { aliases: _aliases, lifecycle: _lifecycle, ...member } = newest;
	const pricings = family.map(resolvePricing).filter((pricing) => pricing !== null);
	const [own = null] = pricings;
	const pricing = pricings.length > 1 ? findDearestPricing(pricings) : own;
	return {
		...member,
		id,
		name: id,
		modelId: id,
		assumedFrom: member.name,
		pricing: pricing ?? 'unpriced',
		contextWindow: Math.min(...family.map(({ contextWindow }) => contextWindow)),
		maxOutputTokens: Math.min(...family.map(({ maxOutputTokens }) => maxOutputTokens)),
	};
}

/** Every table of rates that may apply, by date, length and service. */
function listTables(pricing: Pricing): PricingRates[] {
	const sheets: PriceSheet[] = [pricing, ...(pricing.changes ?? [])];
	const tables: RateTable[] = sheets.flatMap((sheet) => [sheet, ...Object.values(sheet.serviceTiers ?? {})]);
	return tables.flatMap((table) => [table, ...(table.tiers ?? [])]);
}

/** One sheet with the highest rate of each class. A model without a rate of its own for a class is billed at the whole's. */
function findDearestPricing(pricings: readonly Pricing[]): Pricing {
	const tables = pricings.flatMap(listTables);
	const max = (getRate: (rates: PricingRates) => number): number => Math.max(...tables.map(getRate));
	const sheets = pricings.flatMap((pricing) => [pricing, ...(pricing.changes ?? [])]);
	return {
		input: max(({ input }) => input),
		output: max(({ output }) => output),
		cacheRead: max(({ cacheRead, input }) => cacheRead ?? input),
		cacheWrite5m: max(({ cacheWrite5m, input }) => cacheWrite5m ?? input),
		cacheWrite1h: max(({ cacheWrite1h, cacheWrite5m, input }) => cacheWrite1h ?? cacheWrite5m ?? input),
		reasoning: max(({ reasoning, output }) => reasoning ?? output),
		regionPermille: findHighest(sheets.map(({ regionPermille }) => regionPermille)),
		perUse: findHighest(sheets.map(({ perUse }) => perUse)),
		source: `the dearest rates of its family: ${[...new Set(pricings.map(({ source }) => source))].join('; ')}`,
		asOf: pricings.map(({ asOf }) => asOf).sort()[0] ?? '',
	};
}

function findHighest(records: ReadonlyArray<Readonly<Record<string, NanoUsd>> | undefined>): Record<string, NanoUsd> {
	const highest: Record<string, NanoUsd> = {};
	for (const record of records)
		for (const [name, value] of Object.entries(record ?? {})) highest[name] = Math.max(highest[name] ?? 0, value);
	return highest;
}
