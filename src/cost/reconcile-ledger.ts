import type { ModelCatalog } from '../catalog/index.ts';
import type { CostEntry, NanoUsd, Reservation, ServiceTier, TimeRange } from '../contracts/index.ts';
import { InvalidInputError } from '../errors/index.ts';
import { type CountedTokens, noTokens, type UsageExport, utcDay } from './read-usage-export-row.ts';
import { explainDifference } from './reconcile-causes.ts';
import {
	addTokens,
	countedTokens,
	groupForReconcile,
	modelOfGroup,
	pricedCost,
	type ReconcileGroup,
	tiersOf,
} from './reconcile-groups.ts';
import { priceTokens, usesCost } from './reconcile-price.ts';
import type { ReconcileDifference, ReconciledHold, ReconcileFigures, ReconcileReport } from './reconcile-report.ts';

const DAY_MS = 86_400_000;
const NOON_MS = DAY_MS / 2;

/** Milliseconds after its end in which a provider may still add to a day. */
export const DEFAULT_EXPORT_DELAY_MS: number = DAY_MS;
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
	return all.reduce((sum, tokens) => addTokens(sum, tokens), noTokens());
}

function ledgerFigures({ entries }: ReconcileGroup): ReconcileFigures {
	const charges = entries.filter(({ kind }) => kind !== 'correction');
	return {
		requests: charges.length,
		tokens: sumTokens(entries.map(({ usage }) => countedTokens(usage))),
		costNanoUsd: pricedCost(entries),
		tiers: tiersOf(charges.map(({ usage }) => usage.serviceTier)),
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
	const tiers = tiersOf(rows.map(({ serviceTier }) => serviceTier));
	const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
	const figures = { requests: requests.length === 0 ? null : sum(requests), tokens, tiers };
	const isCostDerived = costs.length === 0 && rows.length > 0;
	if (!isCostDerived) return { figures: { ...figures, costNanoUsd: sum(costs) }, isCostDerived };
	const [tier] = tiers;
	const more = addTokens(tokens ?? noTokens(), ledger.tokens ?? noTokens(), -1);
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
		estimated: { rows: estimates.length, costNanoUsd: pricedCost(estimates) },
		unpricedRows: charges.filter(({ costNanoUsd }) => costNanoUsd === null).length,
		perUseNanoUsd: usesCost(
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
		const day = utcDay(hold.createdAt);
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
		const day = utcDay(hold.createdAt);
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
