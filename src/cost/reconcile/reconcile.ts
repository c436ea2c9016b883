import type { ModelCatalog } from '../../catalog/index.ts';
import type { CostEntry, ModelProfile, NanoUsd, Reservation, ServiceTier, TimeRange } from '../../contracts/index.ts';
import { InvalidInputError } from '../../errors/index.ts';
import { DAY_MS, sum, toIsoDay } from '../../util/index.ts';
import { explainDifference, priceTokens } from './explain-difference.ts';
import {
	compareStatedCosts,
	getNoon,
	type ReconcileDifference,
	type ReconciledHold,
	type ReconcileFigures,
	type ReconcileGroup,
	type ReconcileReport,
	sumCosts,
	type UnknownExportModel,
} from './reconcile-report.ts';
import { subtractTokens, sumTokens, toCountedTokens, type UsageExport, type UsageExportRow } from './usage-export.ts';

/** Milliseconds after its end in which a provider may still add to a day. */
const EXPORT_DELAY_MS = DAY_MS;
/** The part of a day's cost that may differ without being worth a look. */
const DEFAULT_TOLERANCE = 0.01;
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
	/** Part of a cost, 0-1. @default 0.01 */
	tolerance?: number;
}

interface Comparison {
	group: ReconcileGroup;
	difference: ReconcileDifference;
	/** The day has not been over for long. */
	isOpen: boolean;
}

/**
 * Compares the ledger with a provider's exports, by UTC day and model, and says why they differ. Nothing is changed.
 * @throws InvalidInputError when the files are of several providers, of none that is known, or count the same twice
 */
export function reconcile(input: ReconcileInput, options: ReconcileOptions): ReconcileReport {
	const { catalog, now, tolerance = DEFAULT_TOLERANCE } = options;
	const provider = resolveProvider(input.exports, options.provider);
	refuseOverlap(input.exports);
	const days = [...new Set(input.exports.flatMap((exported) => listDays(exported, options.range)))].sort();
	const builder = new GroupBuilder({ catalog, provider, days: new Set(days) });
	for (const exported of input.exports) builder.addExport(exported);
	for (const entry of input.ledger) builder.addEntry(entry);
	for (const hold of input.holds) builder.addHold(hold);
	const groups = [...builder.groups].sort(([a], [b]) => (a < b ? -1 : 1));
	const comparisons = groups.map(([, group]): Comparison => {
		const isOpen = getNoon(group.day) + DAY_MS / 2 + EXPORT_DELAY_MS > now;
		return { group, difference: compareGroup(group, { isOpen, tolerance }), isOpen };
	});
	const differences = comparisons.map(({ difference }) => difference).filter(({ causes }) => causes.length > 0);
	const ledgerNanoUsd = sumSide(comparisons, 'ledger');
	const providerNanoUsd = sumSide(comparisons, 'provider');
	return {
		provider,
		from: days[0] ?? '',
		to: days.at(-1) ?? '',
		compared: comparisons.length,
		agreed: comparisons.length - differences.length,
		ledgerNanoUsd,
		providerNanoUsd,
		deltaNanoUsd: providerNanoUsd - ledgerNanoUsd,
		differences,
		holds: planHolds(builder.holdKeys, comparisons),
		statedCosts: compareStatedCosts(input.ledger, tolerance),
		unknownModels: [...builder.unknown.values()],
		isWithinTolerance: differences.every((difference) => difference.isWithinTolerance),
	};
}

function resolveProvider(exports: readonly UsageExport[], option: string | undefined): string {
	const names = [...new Set(exports.map(({ provider }) => provider).filter((name) => name !== null))];
	const provider = option ?? names[0];
	if (provider === undefined)
		throw new InvalidInputError('The file does not tell whose it is. Say --provider anthropic, openai or google.');
	if (names.some((name) => name !== provider))
		throw new InvalidInputError(`The files are of ${names.join(' and ')}. Reconcile one provider at a time.`);
	return provider;
}

/** Refuses two files that report the same of one day: it would count twice. */
function refuseOverlap(exports: readonly UsageExport[]): void {
	const claimed = new Set<string>();
	for (const { rows } of exports) {
		const tokens = rows.filter((row) => row.tokens !== null).map(({ day }) => `tokens of ${day}`);
		const money = rows.filter((row) => row.costNanoUsd !== null).map(({ day }) => `money of ${day}`);
		const claims = new Set([...tokens, ...money]);
		const twice = [...claims].find((claim) => claimed.has(claim));
		if (twice !== undefined)
			throw new InvalidInputError(`Two of the files hold ${twice}: it would count twice. Give one of them.`);
		for (const claim of claims) claimed.add(claim);
	}
}

/** The UTC days that an export covers within a range. */
function listDays(exported: UsageExport, range: TimeRange = { from: 0, to: Number.MAX_SAFE_INTEGER }): string[] {
	const from = Math.max(exported.from, range.from);
	const to = Math.min(exported.to, range.to);
	if ((to - from) / DAY_MS > MAX_DAYS)
		throw new InvalidInputError(
			`The export spans ${Math.round((to - from) / DAY_MS)} days. Compare at most ${MAX_DAYS}.`,
		);
	const days: string[] = [];
	for (let at = Math.floor(from / DAY_MS) * DAY_MS; at < to; at += DAY_MS) days.push(toIsoDay(at));
	return days;
}

function toGroupKey(day: string, profile: ModelProfile | null): string {
	return `${day} ${profile?.name ?? ''}`;
}

/** Collects what both sides have of each day and model. */
class GroupBuilder {
	/** By day and model. */
	readonly groups = new Map<string, ReconcileGroup>();
	readonly unknown = new Map<string, UnknownExportModel>();
	/** The provider's reservations on these days, each with the key of its group. */
	readonly holdKeys = new Map<Reservation, string>();
	/** Days of which an export has no models. */
	readonly #wholeDays = new Set<string>();
	readonly #options: { catalog: ModelCatalog; provider: string; days: ReadonlySet<string> };

	constructor(options: { catalog: ModelCatalog; provider: string; days: ReadonlySet<string> }) {
		this.#options = options;
	}

	addExport({ rows }: UsageExport): void {
		const { catalog, days } = this.#options;
		const daysWithModels = new Set(rows.filter(({ model }) => model !== null).map(({ day }) => day));
		for (const row of rows) {
			// a row without tokens and money has nothing that could be compared
			if (!days.has(row.day) || (row.tokens === null && row.costNanoUsd === null)) continue;
			// beside rows with a model, one without is what belongs to none, e.g. web searches: not the day's total
			const whole = daysWithModels.has(row.day) ? undefined : null;
			const profile = row.model === null ? whole : findProfile(catalog, row.model);
			if (profile === undefined) this.#addUnknown(row.model ?? '(no model)', row);
			else this.#getGroup(row.day, profile).rows.push(row);
			if (profile === null) this.#wholeDays.add(row.day);
		}
	}

	addEntry(entry: CostEntry): void {
		const { catalog, days, provider } = this.#options;
		const { costNanoUsd, usage } = entry;
		const day = toIsoDay(entry.at);
		if (!days.has(day)) return;
		const profile = catalog.find(entry.model);
		// a model that left the catalog: nobody knows whose it was
		if (profile === undefined)
			this.#addUnknown(`${entry.model} (in the ledger)`, { costNanoUsd, tokens: toCountedTokens(usage) });
		if (profile?.provider !== provider) return;
		const isWhole = this.#wholeDays.has(day);
		const ofModel = !isWhole || this.groups.has(toGroupKey(day, profile)) ? [this.#getGroup(day, profile)] : [];
		for (const group of isWhole ? [this.#getGroup(day, null), ...ofModel] : ofModel) {
			group.entries.push(entry);
			if (entry.kind !== 'correction') group.charges.push(entry);
		}
	}

	addHold(hold: Reservation): void {
		const { catalog, days, provider } = this.#options;
		const profile = hold.model === undefined ? undefined : catalog.find(hold.model);
		const day = toIsoDay(hold.createdAt);
		if (profile?.provider !== provider || !days.has(day)) return;
		const key = toGroupKey(day, profile);
		this.holdKeys.set(hold, key);
		if (this.groups.has(key) || !this.#wholeDays.has(day)) this.#getGroup(day, profile).holds.push(hold);
	}

	#getGroup(day: string, profile: ModelProfile | null): ReconcileGroup {
		const key = toGroupKey(day, profile);
		const group = this.groups.get(key) ?? { day, profile, entries: [], charges: [], rows: [], holds: [] };
		this.groups.set(key, group);
		return group;
	}

	#addUnknown(model: string, { costNanoUsd, tokens }: Pick<UsageExportRow, 'costNanoUsd' | 'tokens'>): void {
		const known = this.unknown.get(model) ?? { model, costNanoUsd: 0, tokens: 0 };
		known.costNanoUsd += costNanoUsd ?? 0;
		known.tokens += sum(Object.values(tokens ?? {}));
		this.unknown.set(model, known);
	}
}

/** The profile of a model as the provider names it: as it stands, without its date, or as a display name (`Claude Haiku 4.5`). */
function findProfile(catalog: ModelCatalog, reported: string): ModelProfile | undefined {
	const name = reported.trim().replace(/^(?:models|anthropic|openai|google)\//, '');
	const slug = name.toLowerCase().replace(/[\s.]+/g, '-');
	for (const candidate of [name, slug]) {
		const undated = candidate.replace(/[-@](?:\d{8}|\d{4}-\d{2}-\d{2}|latest)$/, '');
		const profile = catalog.find(candidate) ?? catalog.find(undated);
		if (profile !== undefined) return profile;
	}
	return undefined;
}

function compareGroup(group: ReconcileGroup, options: { isOpen: boolean; tolerance: number }): ReconcileDifference {
	const ledger = sumLedger(group);
	const { figures: provider, isCostDerived } = sumProvider(group, ledger);
	const deltaNanoUsd = provider.costNanoUsd - ledger.costNanoUsd;
	return {
		day: group.day,
		model: group.profile?.name ?? null,
		ledger,
		provider,
		isCostDerived,
		deltaNanoUsd,
		causes: explainDifference({ group, ledger, provider, isOpen: options.isOpen }),
		isWithinTolerance: Math.abs(deltaNanoUsd) <= Math.max(provider.costNanoUsd, 0) * options.tolerance,
	};
}

const SERVICE_TIERS: readonly ServiceTier[] = ['batch', 'flex', 'priority', 'standard'];

function sumLedger({ charges, entries }: ReconcileGroup): ReconcileFigures {
	return {
		requests: charges.length,
		tokens: sumTokens(entries.map(({ usage }) => toCountedTokens(usage))),
		costNanoUsd: sumCosts(entries),
		tiers: SERVICE_TIERS.filter((tier) => charges.some(({ usage }) => usage.serviceTier === tier)),
	};
}

/** What the provider reports; where it reports no money, the ledger's cost and the price of what the tokens differ by. */
function sumProvider(
	{ day, profile, rows }: ReconcileGroup,
	ledger: ReconcileFigures,
): { figures: ReconcileFigures; isCostDerived: boolean } {
	const counted = rows.map(({ tokens }) => tokens).filter((tokens) => tokens !== null);
	const requests = rows.map((row) => row.requests).filter((count) => count !== null);
	const costs = rows.map(({ costNanoUsd }) => costNanoUsd).filter((cost) => cost !== null);
	const tiers = SERVICE_TIERS.filter((tier) => rows.some(({ serviceTier }) => serviceTier === tier));
	const tokens = counted.length === 0 ? null : sumTokens(counted);
	const figures = { requests: requests.length === 0 ? null : sum(requests), tokens, tiers };
	const isCostDerived = costs.length === 0 && rows.length > 0;
	if (!isCostDerived) return { figures: { ...figures, costNanoUsd: sum(costs) }, isCostDerived };
	const tier = tiers.length === 1 ? tiers[0] : undefined;
	const price = priceTokens(subtractTokens(tokens, ledger.tokens), profile, { day, tier });
	return { figures: { ...figures, costNanoUsd: Math.max(0, ledger.costNanoUsd + price) }, isCostDerived };
}

/** What becomes of each reservation: of a day that is over and in the report, everything is known. */
function planHolds(keys: ReadonlyMap<Reservation, string>, comparisons: readonly Comparison[]): ReconciledHold[] {
	const explained = new Map<string, NanoUsd>();
	for (const { group, difference, isOpen } of comparisons) {
		const amount = difference.causes.find(({ reason }) => reason === 'unknown-spend')?.amountNanoUsd ?? 0;
		if (!isOpen && group.profile !== null) explained.set(toGroupKey(group.day, group.profile), amount);
	}
	return [...keys].map(([hold, key]) => {
		const left = explained.get(key);
		const day = toIsoDay(hold.createdAt);
		if (left === undefined) return { hold, day, plan: 'leave', settleNanoUsd: 0 };
		const settleNanoUsd = Math.min(left, hold.amountNanoUsd);
		explained.set(key, left - settleNanoUsd);
		return { hold, day, plan: settleNanoUsd > 0 ? 'settle' : 'release', settleNanoUsd };
	});
}

function sumSide(comparisons: readonly Comparison[], side: 'ledger' | 'provider'): NanoUsd {
	// a day that is compared as a whole holds its models already
	const wholeDays = new Set(comparisons.filter(({ group }) => group.profile === null).map(({ group }) => group.day));
	const counted = comparisons.filter(({ group }) => group.profile === null || !wholeDays.has(group.day));
	return sum(counted.map(({ difference }) => difference[side].costNanoUsd));
}
