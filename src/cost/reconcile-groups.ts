import type { ModelCatalog } from '../catalog/index.ts';
import type { CostEntry, ModelName, ModelProfile, NanoUsd, Usage } from '../contracts/index.ts';
import { InvalidInputError } from '../errors/index.ts';
import {
	COUNTED_CLASSES,
	type CountedTokens,
	noTokens,
	type UsageExport,
	type UsageExportRow,
	utcDay,
} from './read-usage-export-row.ts';
import type { UnknownExportModel } from './reconcile-report.ts';

const DAY_MS = 86_400_000;
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
export function countedTokens(usage: Usage): CountedTokens {
	return {
		input: usage.inputTokens,
		cacheRead: usage.cacheReadTokens,
		cacheWrite5m: usage.cacheWrite5mTokens,
		cacheWrite1h: usage.cacheWrite1hTokens,
		output: usage.outputTokens + usage.reasoningTokens,
	};
}

/** The sum, class by class. */
export function addTokens(sum: CountedTokens, more: CountedTokens, sign: 1 | -1 = 1): CountedTokens {
	const total = noTokens();
	for (const name of COUNTED_CLASSES) total[name] = sum[name] + sign * more[name];
	return total;
}

/** The services named, sorted. */
export function tiersOf(names: ReadonlyArray<string | null | undefined>): string[] {
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
	for (let at = Math.floor(from / DAY_MS) * DAY_MS; at < to; at += DAY_MS) days.push(utcDay(at));
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
		const day = utcDay(entry.at);
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
export function groupForReconcile(
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
	const figures = { requests: 1, tokens: countedTokens(entry.usage), costNanoUsd: entry.costNanoUsd };
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
export function pricedCost(entries: readonly CostEntry[]): NanoUsd {
	return entries.reduce((sum, { costNanoUsd }) => sum + (costNanoUsd ?? 0), 0);
}

/** The model's name; `null` for a whole day. */
export function modelOfGroup({ profile }: ReconcileGroup): ModelName | null {
	return profile?.name ?? null;
}
