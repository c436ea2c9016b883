import type { ModelCatalog } from '../../catalog/index.ts';
import {
	type CostEntry,
	countOutputTokens,
	type ModelName,
	type ModelProfile,
	type NanoUsd,
	type Reservation,
	type ServiceTier,
	type TimeRange,
	type Usage,
} from '../../contracts/index.ts';
import { InvalidInputError } from '../../errors/index.ts';
import { DAY_MS } from '../../util/index.ts';
import { explainDifference, pricePerUse, priceTokens } from './explain-difference.ts';
import type {
	ReconcileDifference,
	ReconciledHold,
	ReconcileFigures,
	ReconcileReport,
	UnknownExportModel,
} from './reconcile-report.ts';
import {
	COUNTED_CLASSES,
	type CountedTokens,
	toUtcDay,
	type UsageExport,
	type UsageExportRow,
	zeroTokens,
} from './usage-export.ts';

/** Longest range that is compared, days. */
const MAX_DAYS = 3_700;
const TIERS: ReadonlySet<string> = new Set(['standard', 'batch', 'priority', 'flex']);

/** What both sides say of one UTC day and model (`null`: all models of the provider). */
export interface ReconcileGroup {
	day: string;
	profile: ModelProfile | null;
	/** Rows of the ledger, corrections too. */
	entries: CostEntry[];
	rows: UsageExportRow[];
}

/** Days and models with all that is said of them, and the models nobody knows. */
export interface ReconcileGroups {
	groups: ReconcileGroup[];
	days: ReadonlySet<string>;
	unknownModels: UnknownExportModel[];
}

/** Tokens of a ledger row in the classes of a report. */
function toCountedTokens(usage: Usage): CountedTokens {
	return {
		input: usage.inputTokens,
		cacheRead: usage.cacheReadTokens,
		cacheWrite5m: usage.cacheWrite5mTokens,
		cacheWrite1h: usage.cacheWrite1hTokens,
		output: countOutputTokens(usage),
	};
}

/** The sum, class by class. */
export function addTokens(sum: CountedTokens, more: CountedTokens, sign: 1 | -1 = 1): CountedTokens {
	const total = zeroTokens();
	for (const name of COUNTED_CLASSES) total[name] = sum[name] + sign * more[name];
	return total;
}

/** The services named, sorted. */
function getTiers(names: ReadonlyArray<string | null | undefined>): string[] {
	return [...new Set(names.filter((name): name is string => name != null && TIERS.has(name)))].sort();
}

/** The profile that a provider's name means: as it stands, without its date, or as a display name (`Claude Haiku 4.5`). */
function findModel(catalog: ModelCatalog, given: string): ModelProfile | undefined {
	const name = given.trim().replace(/^(?:models|anthropic|openai|google)\//, '');
	const plain = name.toLowerCase().replace(/[\s.]+/g, '-');
	const undated = (text: string) => text.replace(/[-@](?:\d{8}|\d{4}-\d{2}-\d{2}|latest)$/, '');
	const tries = [name, undated(name), plain, undated(plain)];
	for (const reference of tries) {
		const profile = catalog.find(reference);
		if (profile !== undefined) return profile;
	}
	return undefined;
}

function coveredDays(exported: UsageExport, range: { from: number; to: number }): string[] {
	const from = Math.max(exported.from, range.from);
	const to = Math.min(exported.to, range.to);
	if ((to - from) / DAY_MS > MAX_DAYS)
		throw new InvalidInputError(
			`The export spans ${Math.round((to - from) / DAY_MS)} days. Compare at most ${MAX_DAYS}.`,
		);
	const days: string[] = [];
	for (let at = Math.floor(from / DAY_MS) * DAY_MS; at < to; at += DAY_MS) days.push(toUtcDay(at));
	return days;
}

/** What a file says of its days: tokens, money, or both. */
function claimsOf(exported: UsageExport): Set<string> {
	const claims = new Set<string>();
	for (const { day, tokens, costNanoUsd } of exported.rows) {
		if (tokens !== null) claims.add(`tokens of ${day}`);
		if (costNanoUsd !== null) claims.add(`money of ${day}`);
	}
	return claims;
}

/** Refuses two files that say the same of one day: it would count twice. */
function refuseOverlap(exports: readonly UsageExport[]): void {
	const claimed = new Set<string>();
	for (const exported of exports) {
		const claims = claimsOf(exported);
		for (const claim of claims) {
			if (!claimed.has(claim)) continue;
			throw new InvalidInputError(`Two of the files hold ${claim}: it would count twice. Give one of them.`);
		}
		for (const claim of claims) claimed.add(claim);
	}
}

/** Rows by UTC day and model, while they are put together. */
class Grouping {
	readonly #catalog: ModelCatalog;
	readonly days: Set<string>;
	readonly groups = new Map<string, ReconcileGroup>();
	readonly unknown = new Map<string, UnknownExportModel>();
	readonly #wholeDays = new Set<string>();

	constructor(catalog: ModelCatalog, days: Set<string>) {
		this.#catalog = catalog;
		this.days = days;
	}

	#groupOf(day: string, profile: ModelProfile | null): ReconcileGroup {
		const key = `${day} ${profile?.name ?? ''}`;
		const group = this.groups.get(key) ?? { day, profile, entries: [], rows: [] };
		this.groups.set(key, group);
		return group;
	}

	addExport(exported: UsageExport): void {
		const named = new Set(exported.rows.filter(({ model }) => model !== null).map(({ day }) => day));
		for (const row of exported.rows) {
			// a row without tokens and money says nothing that could be compared
			if (!this.days.has(row.day) || (row.tokens === null && row.costNanoUsd === null)) continue;
			// beside rows with a model, one without is what belongs to none, e.g. web searches: not the day's total
			const whole = named.has(row.day) ? undefined : null;
			const profile = row.model === null ? whole : findModel(this.#catalog, row.model);
			if (profile === undefined) addUnknown(this.unknown, row);
			else this.#groupOf(row.day, profile).rows.push(row);
			if (profile === null) this.#wholeDays.add(row.day);
		}
	}

	addEntry(entry: CostEntry, provider: string): void {
		const day = toUtcDay(entry.at);
		if (!this.days.has(day)) return;
		const profile = this.#catalog.find(entry.model);
		if (profile === undefined) addUnknown(this.unknown, ledgerRow(entry, day));
		if (profile?.provider !== provider) return;
		const isWhole = this.#wholeDays.has(day);
		if (isWhole) this.#groupOf(day, null).entries.push(entry);
		if (!isWhole || this.groups.has(`${day} ${profile.name}`)) this.#groupOf(day, profile).entries.push(entry);
	}
}

/** Ledger rows and export rows by UTC day and model. @throws InvalidInputError for files that overlap */
function groupForReconcile(
	ledger: readonly CostEntry[],
	exports: readonly UsageExport[],
	options: { catalog: ModelCatalog; provider: string; range: { from: number; to: number } },
): ReconcileGroups {
	const { catalog, provider, range } = options;
	refuseOverlap(exports);
	const days = new Set(exports.flatMap((exported) => coveredDays(exported, range)).sort());
	const grouping = new Grouping(catalog, days);
	for (const exported of exports) grouping.addExport(exported);
	for (const entry of ledger) grouping.addEntry(entry, provider);
	const sorted = [...grouping.groups.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, group]) => group);
	return { groups: sorted, days, unknownModels: [...grouping.unknown.values()] };
}

/** A row of a model that left the catalog: nobody knows whose it was. */
function ledgerRow(entry: CostEntry, day: string): UsageExportRow {
	const figures = { requests: 1, tokens: toCountedTokens(entry.usage), costNanoUsd: entry.costNanoUsd };
	return { day, model: `${entry.model} (in the ledger)`, ...figures, precisionNanoUsd: 0, serviceTier: null };
}

function addUnknown(unknown: Map<string, UnknownExportModel>, row: UsageExportRow): void {
	const model = row.model ?? '(no model)';
	const sum = unknown.get(model) ?? { model, costNanoUsd: 0, tokens: 0 };
	sum.costNanoUsd += row.costNanoUsd ?? 0;
	sum.tokens += row.tokens === null ? 0 : COUNTED_CLASSES.reduce((total, name) => total + (row.tokens?.[name] ?? 0), 0);
	unknown.set(model, sum);
}

/** Cost of the rows that have a price. */
function sumCosts(entries: readonly CostEntry[]): NanoUsd {
	return entries.reduce((sum, { costNanoUsd }) => sum + (costNanoUsd ?? 0), 0);
}

/** The model's name; `null` for a whole day. */
function modelOfGroup({ profile }: ReconcileGroup): ModelName | null {
	return profile?.name ?? null;
}

const NOON_MS = DAY_MS / 2;

/** Milliseconds after its end in which a provider may still add to a day. */
const DEFAULT_EXPORT_DELAY_MS: number = DAY_MS;
/** The part of a day's cost that may differ without being worth a look. */
export const DEFAULT_RECONCILE_TOLERANCE = 0.01;

/** What is compared. */
export interface ReconcileInput {
	ledger: readonly CostEntry[];
	exports: readonly UsageExport[];
	/** Expired holds, as `BudgetStore.unsettled` lists them. */
	holds: readonly Reservation[];
}

/** How it is compared. */
export interface ReconcileOptions {
	catalog: ModelCatalog;
	/** Epoch milliseconds: days that ended less than `exportDelayMs` before are not held against anyone. */
	now: number;
	/** @default what the files say */
	provider?: string;
	/** Days outside are left alone. @default all that the files cover */
	range?: TimeRange;
	/** Part of a cost, 0-1. @default 0.01 */
	tolerance?: number;
	/** @default 86400000 */
	exportDelayMs?: number;
}

function noonOf(day: string): number {
	return Date.parse(`${day}T00:00:00Z`) + NOON_MS;
}

function sumTokens(all: readonly CountedTokens[]): CountedTokens {
	return all.reduce((sum, tokens) => addTokens(sum, tokens), zeroTokens());
}

function ledgerFigures({ entries }: ReconcileGroup): ReconcileFigures {
	const charges = entries.filter(({ kind }) => kind !== 'correction');
	return {
		requests: charges.length,
		tokens: sumTokens(entries.map(({ usage }) => toCountedTokens(usage))),
		costNanoUsd: sumCosts(entries),
		tiers: getTiers(charges.map(({ usage }) => usage.serviceTier)),
	};
}

/** What the provider says; where it says no money, the ledger's cost and the price of what the tokens differ by. */
function providerFigures(
	group: ReconcileGroup,
	ledger: ReconcileFigures,
): { figures: ReconcileFigures; isCostDerived: boolean } {
	const { rows, profile, day } = group;
	const counted = rows.flatMap(({ tokens }) => (tokens === null ? [] : [tokens]));
	const requests = rows.flatMap((row) => (row.requests === null ? [] : [row.requests]));
	const costs = rows.flatMap(({ costNanoUsd }) => (costNanoUsd === null ? [] : [costNanoUsd]));
	const tokens = counted.length === 0 ? null : sumTokens(counted);
	const tiers = getTiers(rows.map(({ serviceTier }) => serviceTier));
	const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
	const figures = { requests: requests.length === 0 ? null : sum(requests), tokens, tiers };
	const isCostDerived = costs.length === 0 && rows.length > 0;
	if (!isCostDerived) return { figures: { ...figures, costNanoUsd: sum(costs) }, isCostDerived };
	const [tier] = tiers;
	const more = addTokens(tokens ?? zeroTokens(), ledger.tokens ?? zeroTokens(), -1);
	const only = tiers.length === 1 && tier !== undefined ? { tier: tier as ServiceTier } : {}; // tiersOf keeps only those
	const price = profile === null ? 0 : (priceTokens(more, profile, { time: noonOf(day), ...only }) ?? 0);
	return { figures: { ...figures, costNanoUsd: Math.max(0, ledger.costNanoUsd + price) }, isCostDerived };
}

/** Everything said of one group, compared. */
interface ComparedGroup {
	group: ReconcileGroup;
	difference: ReconcileDifference;
	isOpen: boolean;
}

function compareGroup(
	group: ReconcileGroup,
	holds: readonly Reservation[],
	options: { isOpen: boolean; tolerance: number },
): ComparedGroup {
	const ledger = ledgerFigures(group);
	const { figures: provider, isCostDerived } = providerFigures(group, ledger);
	const charges = group.entries.filter(({ kind }) => kind !== 'correction');
	const estimates = charges.filter(({ usage }) => usage.isEstimated === true);
	const deltaNanoUsd = provider.costNanoUsd - ledger.costNanoUsd;
	const causes = explainDifference({
		deltaNanoUsd,
		ledger,
		provider,
		profile: group.profile,
		time: noonOf(group.day),
		hasLedger: charges.length > 0,
		hasProvider: group.rows.length > 0,
		isOpen: options.isOpen,
		estimated: { rows: estimates.length, costNanoUsd: sumCosts(estimates) },
		unpricedRows: charges.filter(({ costNanoUsd }) => costNanoUsd === null).length,
		perUseNanoUsd: pricePerUse(
			charges.map(({ usage }) => usage),
			group.profile,
			noonOf(group.day),
		),
		heldNanoUsd: holds.reduce((sum, { amountNanoUsd }) => sum + amountNanoUsd, 0),
		holds: holds.length,
		precisionNanoUsd: charges.length + group.rows.reduce((sum, row) => sum + row.precisionNanoUsd, 0),
	});
	const isWithinTolerance = Math.abs(deltaNanoUsd) <= Math.max(provider.costNanoUsd, 0) * options.tolerance;
	const model = modelOfGroup(group);
	const difference = {
		day: group.day,
		model,
		ledger,
		provider,
		isCostDerived,
		deltaNanoUsd,
		causes,
		isWithinTolerance,
	};
	return { group, difference, isOpen: options.isOpen };
}

/** What becomes of each hold: of a day that is over and in the report, everything is known. */
function planHolds(holds: ReadonlyMap<Reservation, string>, compared: readonly ComparedGroup[]): ReconciledHold[] {
	const known = new Map<string, number>();
	for (const { difference, isOpen } of compared) {
		const amount = difference.causes.find(({ reason }) => reason === 'unknown-spend')?.amountNanoUsd ?? 0;
		if (!isOpen && difference.model !== null) known.set(`${difference.day} ${difference.model}`, amount);
	}
	return [...holds].map(([hold, key]) => {
		const left = known.get(key);
		const day = toUtcDay(hold.createdAt);
		if (left === undefined) return { hold, day, plan: 'leave', settleNanoUsd: 0 };
		const settleNanoUsd = Math.min(left, hold.amountNanoUsd);
		known.set(key, left - settleNanoUsd);
		return { hold, day, plan: settleNanoUsd > 0 ? 'settle' : 'release', settleNanoUsd };
	});
}

function providerOf(exports: readonly UsageExport[], said: string | undefined): string {
	const names = [...new Set(exports.flatMap(({ provider }) => (provider === null ? [] : [provider])))];
	const provider = said ?? names[0];
	if (provider === undefined)
		throw new InvalidInputError('The file does not tell whose it is. Say --provider anthropic, openai or google.');
	if (names.some((name) => name !== provider))
		throw new InvalidInputError(`The files are of ${names.join(' and ')}. Reconcile one provider at a time.`);
	return provider;
}

function sumOf(compared: readonly ComparedGroup[], side: 'ledger' | 'provider'): NanoUsd {
	// a day that is compared as a whole holds its models already
	const whole = new Set(compared.filter(({ group }) => group.profile === null).map(({ group }) => group.day));
	const counted = compared.filter(({ group }) => group.profile === null || !whole.has(group.day));
	return counted.reduce((sum, { difference }) => sum + difference[side].costNanoUsd, 0);
}

/**
 * Compares the ledger with a provider's exports, by UTC day and model, and says why they differ. Nothing is changed.
 * @throws InvalidInputError when the files are of several providers, of none that is known, or count the same twice
 */
export function reconcile(input: ReconcileInput, options: ReconcileOptions): ReconcileReport {
	const { catalog, now, range = { from: 0, to: Number.MAX_SAFE_INTEGER } } = options;
	const { tolerance = DEFAULT_RECONCILE_TOLERANCE, exportDelayMs = DEFAULT_EXPORT_DELAY_MS } = options;
	const provider = providerOf(input.exports, options.provider);
	const { groups, days, unknownModels } = groupForReconcile(input.ledger, input.exports, { catalog, provider, range });
	const keys = new Map<Reservation, string>();
	for (const hold of input.holds) {
		const profile = hold.model === undefined ? undefined : catalog.find(hold.model);
		const day = toUtcDay(hold.createdAt);
		if (profile?.provider !== provider || !days.has(day)) continue;
		keys.set(hold, `${day} ${profile.name}`);
		const isThere = groups.some((group) => group.day === day && group.profile === profile);
		if (!isThere && !groups.some((group) => group.day === day && group.profile === null))
			groups.push({ day, profile, entries: [], rows: [] });
	}
	const compared = groups.map((group) => {
		const isOpen = noonOf(group.day) + NOON_MS + exportDelayMs > now;
		const own = [...keys].filter(([, key]) => key === `${group.day} ${modelOfGroup(group)}`).map(([hold]) => hold);
		return compareGroup(group, own, { isOpen, tolerance });
	});
	const differences = compared.map(({ difference }) => difference).filter(({ causes }) => causes.length > 0);
	const sorted = [...days].sort();
	const [ledgerNanoUsd, providerNanoUsd] = [sumOf(compared, 'ledger'), sumOf(compared, 'provider')];
	return {
		provider,
		from: sorted[0] ?? '',
		to: sorted.at(-1) ?? '',
		compared: compared.length,
		agreed: compared.length - differences.length,
		ledgerNanoUsd,
		providerNanoUsd,
		deltaNanoUsd: providerNanoUsd - ledgerNanoUsd,
		differences,
		holds: planHolds(keys, compared),
		unknownModels,
		isWithinTolerance: differences.every((difference) => difference.isWithinTolerance),
	};
}
