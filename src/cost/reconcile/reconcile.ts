import type { ModelCatalog } from '../../catalog/index.ts';
import type { CostEntry, ModelProfile, NanoUsd, Reservation, ServiceTier, TimeRange } from '../../contracts/index.ts';
import { InvalidInputError } from '../../errors/index.ts';
import { DAY_MS, sum, toIsoDay } from '../../util/index.ts';
import { explainDifference, getNoon, priceTokens, type ReconcileGroup, sumCosts } from './explain-difference.ts';
import type { ReconcileDifference, ReconciledHold, ReconcileFigures, ReconcileReport } from './reconcile-report.ts';
import {
	type CountedTokens,
	subtractTokens,
	sumTokens,
	toCountedTokens,
	type UsageExport,
	type UsageExportRow,
} from './usage-export.ts';

/** Milliseconds after its end in which a provider may still add to a day. */
const EXPORT_DELAY_MS = DAY_MS;
/** Longest range that is compared, days. */
const MAX_DAYS = 3_700;

/** What is compared. */
interface ReconcileInput {
	ledger: readonly CostEntry[];
	exports: readonly UsageExport[];
	/** Expired reservations, as `BudgetStore.unsettled` lists them. */
	holds: readonly Reservation[];
}

/** How it is compared. */
interface ReconcileOptions {
	catalog: ModelCatalog;
	/** Epoch milliseconds: a day that ended less than 24 hours before is still open. */
	now: number;
	/** @default the one the files name */
	provider?: string | undefined;
	/** Days outside are left alone. @default all that the files cover */
	range?: TimeRange;
	/** Part of a cost that may differ without being worth a look, 0-1. @default 0.01 */
	tolerance?: number;
}

/**
 * Compares the ledger with a provider's exports, by UTC day and model, and says why they differ. Nothing is changed.
 * @throws InvalidInputError when the files are of several providers, of none that is known, or count the same twice
 */
export function reconcile(input: ReconcileInput, options: ReconcileOptions): ReconcileReport {
	const { tolerance = 0.01, range = { from: 0, to: Number.MAX_SAFE_INTEGER } } = options;
	const provider = resolveProvider(input.exports, options.provider);
	refuseOverlap(input.exports);
	const days = [...new Set(input.exports.flatMap((exported) => listDays(exported, range)))].sort();
	const collected = collectGroups(input, { ...options, provider, days: new Set(days) });
	const sorted = [...collected.groups].sort(([one], [other]) => (one < other ? -1 : 1));
	const compared = sorted.map(([, group]) => compareGroup(group, tolerance));
	const differences = compared.filter(({ causes }) => causes.length > 0);
	// a day that is compared as a whole holds its models already
	const wholeDays = new Set(compared.filter(({ model }) => model === null).map(({ day }) => day));
	const counted = compared.filter(({ day, model }) => model === null || !wholeDays.has(day));
	const ledgerNanoUsd = sum(counted.map(({ ledger }) => ledger.costNanoUsd));
	const providerNanoUsd = sum(counted.map((difference) => difference.provider.costNanoUsd));
	return {
		provider,
		from: days[0] ?? '',
		to: days.at(-1) ?? '',
		compared: compared.length,
		agreed: compared.length - differences.length,
		ledgerNanoUsd,
		providerNanoUsd,
		deltaNanoUsd: providerNanoUsd - ledgerNanoUsd,
		differences,
		holds: planHolds(collected, differences),
		statedCosts: compareStatedCosts(input.ledger, tolerance),
		unknownModels: [...collected.unknown].map(([model, found]) => ({ model, ...found })),
		isWithinTolerance: differences.every((difference) => difference.isWithinTolerance),
	};
}

function resolveProvider(exports: readonly UsageExport[], option: string | undefined): string {
	const names = [...new Set(exports.map(({ provider }) => provider).filter((name) => name !== null))];
	const provider = option ?? names[0];
	if (provider === undefined)
		throw new InvalidInputError('The file does not tell whose it is. Say --provider anthropic, openai or google.');
	if (names.every((name) => name === provider)) return provider;
	throw new InvalidInputError(`The files are of ${names.join(' and ')}. Reconcile one provider at a time.`);
}

/** Refuses two files that report the same of one day: it would count twice. */
function refuseOverlap(exports: readonly UsageExport[]): void {
	const claims = exports.flatMap(({ rows }) => [
		...new Set([
			...rows.filter(({ tokens }) => tokens !== null).map(({ day }) => `tokens of ${day}`),
			...rows.filter(({ costNanoUsd }) => costNanoUsd !== null).map(({ day }) => `money of ${day}`),
		]),
	]);
	const known = new Set<string>();
	const twice = claims.find((claim) => known.size === known.add(claim).size);
	if (twice !== undefined)
		throw new InvalidInputError(`Two of the files hold ${twice}: it would count twice. Give one of them.`);
}

/** The UTC days that an export covers within a range. */
function listDays(exported: UsageExport, range: TimeRange): string[] {
	const from = Math.floor(Math.max(exported.from, range.from) / DAY_MS);
	const count = Math.ceil(Math.min(exported.to, range.to) / DAY_MS) - from;
	if (count > MAX_DAYS) throw new InvalidInputError(`The export spans ${count} days. Compare at most ${MAX_DAYS}.`);
	return Array.from({ length: Math.max(0, count) }, (_, index) => toIsoDay((from + index) * DAY_MS));
}

interface Scope {
	catalog: ModelCatalog;
	days: ReadonlySet<string>;
	now: number;
	provider: string;
}

interface Collected {
	/** What both sides have, by day and model. */
	groups: ReadonlyMap<string, ReconcileGroup>;
	/** The provider's reservations on these days, each with the key of its group. */
	holdKeys: ReadonlyMap<Reservation, string>;
	unknown: ReadonlyMap<string, { costNanoUsd: NanoUsd; tokens: number }>;
}

function collectGroups({ exports, holds, ledger }: ReconcileInput, { catalog, days, now, provider }: Scope): Collected {
	const groups = new Map<string, ReconcileGroup>();
	const holdKeys = new Map<Reservation, string>();
	const unknown = new Map<string, { costNanoUsd: NanoUsd; tokens: number }>();
	/** Days of which an export has no models. */
	const wholeDays = new Set<string>();
	const toKey = (day: string, profile: ModelProfile | null) => `${day} ${profile?.name ?? ''}`;
	const getGroup = (day: string, profile: ModelProfile | null): ReconcileGroup => {
		const isOpen = getNoon(day) + DAY_MS / 2 + EXPORT_DELAY_MS > now;
		const group = groups.get(toKey(day, profile)) ?? { day, profile, entries: [], rows: [], holds: [], isOpen };
		groups.set(toKey(day, profile), group);
		return group;
	};
	/** The group of a model; none on a whole day, unless another file names the model. */
	const listGroups = (day: string, profile: ModelProfile): ReconcileGroup[] =>
		groups.has(toKey(day, profile)) || !wholeDays.has(day) ? [getGroup(day, profile)] : [];
	const addUnknown = (model: string, costNanoUsd: NanoUsd | null, tokens: CountedTokens | null): void => {
		const known = unknown.get(model) ?? { costNanoUsd: 0, tokens: 0 };
		const count = known.tokens + sum(Object.values(tokens ?? {}));
		unknown.set(model, { costNanoUsd: known.costNanoUsd + (costNanoUsd ?? 0), tokens: count });
	};
	const addRow = (row: UsageExportRow, isWholeDay: boolean): void => {
		// beside rows with a model, one without is what belongs to none, e.g. web searches: not the day's total
		const whole = isWholeDay ? null : undefined;
		const profile = row.model === null ? whole : findProfile(catalog, row.model);
		if (profile === undefined) addUnknown(row.model ?? '(no model)', row.costNanoUsd, row.tokens);
		else getGroup(row.day, profile).rows.push(row);
		if (profile === null) wholeDays.add(row.day);
	};
	const addEntry = (entry: CostEntry, day: string, profile = catalog.find(entry.model)): void => {
		// a model that left the catalog: nobody knows whose it was
		if (profile === undefined)
			addUnknown(`${entry.model} (in the ledger)`, entry.costNanoUsd, toCountedTokens(entry.usage));
		if (profile?.provider !== provider) return;
		const whole = wholeDays.has(day) ? [getGroup(day, null)] : [];
		for (const group of [...whole, ...listGroups(day, profile)]) group.entries.push(entry);
	};
	for (const { rows } of exports) {
		const daysWithModels = new Set(rows.filter(({ model }) => model !== null).map(({ day }) => day));
		// a row without tokens and money has nothing that could be compared
		const filled = rows.filter(({ costNanoUsd, tokens }) => tokens !== null || costNanoUsd !== null);
		for (const row of filled.filter(({ day }) => days.has(day))) addRow(row, !daysWithModels.has(row.day));
	}
	for (const entry of ledger) if (days.has(toIsoDay(entry.at))) addEntry(entry, toIsoDay(entry.at));
	for (const hold of holds) {
		const day = toIsoDay(hold.createdAt);
		const profile = catalog.find(hold.model ?? '');
		if (profile?.provider !== provider || !days.has(day)) continue;
		holdKeys.set(hold, toKey(day, profile));
		for (const group of listGroups(day, profile)) group.holds.push(hold);
	}
	return { groups, holdKeys, unknown };
}

/** The profile of a model as the provider names it: as it stands, without its date, or as a display name (`Claude Haiku 4.5`). */
function findProfile(catalog: ModelCatalog, reported: string): ModelProfile | undefined {
	const name = reported.trim().replace(/^(?:models|anthropic|openai|google)\//, '');
	const names = [name, name.toLowerCase().replace(/[\s.]+/g, '-')];
	const undated = (dated: string) => dated.replace(/[-@](?:\d{8}|\d{4}-\d{2}-\d{2}|latest)$/, '');
	const found = names.flatMap((each) => [each, undated(each)]).find((each) => catalog.find(each) !== undefined);
	return found === undefined ? undefined : catalog.find(found);
}

const SERVICE_TIERS: readonly ServiceTier[] = ['batch', 'flex', 'priority', 'standard'];

function compareGroup(group: ReconcileGroup, tolerance: number): ReconcileDifference {
	const { day, entries, profile, rows } = group;
	const charges = entries.filter(({ kind }) => kind !== 'correction');
	const ledger: ReconcileFigures = {
		requests: charges.length,
		tokens: sumTokens(entries.map(({ usage }) => toCountedTokens(usage))),
		costNanoUsd: sumCosts(entries),
		tiers: SERVICE_TIERS.filter((tier) => charges.some(({ usage }) => usage.serviceTier === tier)),
	};
	const counted = rows.flatMap(({ tokens }) => tokens ?? []);
	const requests = rows.flatMap((row) => row.requests ?? []);
	const costs = rows.flatMap(({ costNanoUsd }) => costNanoUsd ?? []);
	const tiers = SERVICE_TIERS.filter((tier) => rows.some(({ serviceTier }) => serviceTier === tier));
	const tokens = counted.length === 0 ? null : sumTokens(counted);
	// without money: the ledger's cost and the price of what the tokens differ by
	const isCostDerived = costs.length === 0 && rows.length > 0;
	const derive = (): NanoUsd => {
		const tier = tiers.length === 1 ? tiers[0] : undefined;
		return Math.max(0, ledger.costNanoUsd + priceTokens(subtractTokens(tokens, ledger.tokens), group, tier));
	};
	const costNanoUsd = isCostDerived ? derive() : sum(costs);
	const provider = { requests: requests.length === 0 ? null : sum(requests), tokens, costNanoUsd, tiers };
	const deltaNanoUsd = costNanoUsd - ledger.costNanoUsd;
	return {
		day,
		model: profile?.name ?? null,
		ledger,
		provider,
		isCostDerived,
		deltaNanoUsd,
		causes: explainDifference(group, ledger, provider),
		isWithinTolerance: Math.abs(deltaNanoUsd) <= Math.max(costNanoUsd, 0) * tolerance,
	};
}

/** What becomes of each reservation: of a day that is over and in the report, everything is known. */
function planHolds({ groups, holdKeys }: Collected, differences: readonly ReconcileDifference[]): ReconciledHold[] {
	const left = new Map<string, NanoUsd>();
	for (const { causes, day, model } of differences)
		for (const { amountNanoUsd, reason } of causes)
			if (reason === 'unknown-spend') left.set(`${day} ${model}`, amountNanoUsd);
	return [...holdKeys].map(([hold, key]) => {
		const day = toIsoDay(hold.createdAt);
		if (groups.get(key)?.isOpen !== false) return { hold, day, plan: 'leave', settleNanoUsd: 0 };
		const settleNanoUsd = Math.min(left.get(key) ?? 0, hold.amountNanoUsd);
		left.set(key, (left.get(key) ?? 0) - settleNanoUsd);
		return { hold, day, plan: settleNanoUsd > 0 ? 'settle' : 'release', settleNanoUsd };
	});
}

/** The models whose stated costs differ from the ledger's by more than the tolerated part of the stated ones. */
function compareStatedCosts(ledger: readonly CostEntry[], tolerance: number): ReconcileReport['statedCosts'] {
	const stated = ledger.filter(
		({ costNanoUsd, kind, usage }) =>
			kind !== 'correction' && usage.providerCostNanoUsd !== undefined && costNanoUsd !== null,
	);
	return [...Map.groupBy(stated, ({ model }) => model)]
		.map(([model, entries]) => ({
			model,
			requests: entries.length,
			costNanoUsd: sumCosts(entries),
			statedNanoUsd: sum(entries.map(({ usage }) => usage.providerCostNanoUsd ?? 0)),
		}))
		.filter(({ costNanoUsd, statedNanoUsd }) => Math.abs(statedNanoUsd - costNanoUsd) > statedNanoUsd * tolerance)
		.sort((one, other) => (one.model < other.model ? -1 : 1));
}
