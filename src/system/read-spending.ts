import type { ModelCatalog } from '../catalog/index.ts';
import type { ModelProfile, RouterStorage, SavingsEstimate, SpendForecast, TimeRange } from '../contracts/index.ts';
import { type CostOptimizer, estimateSavings, forecastCosts } from '../cost/index.ts';
import { nanoToUsd } from '../util/index.ts';

/** Rows of the ledger that savings are estimated from, newest first. */
const SAVINGS_ROWS = 100_000;
/** Days of history that a forecast looks at. */
const HISTORY_MS = 120 * 86_400_000;

/** What spending is read from. */
export interface SpendingReading {
	storage: RouterStorage;
	optimizer: CostOptimizer;
	/** Epoch milliseconds. */
	now: number;
}

/** What the next days will cost, from the ledger's days in the budget's time zone. */
export async function readForecast({ storage, optimizer, now }: SpendingReading, days: number): Promise<SpendForecast> {
	const { budget, calendar } = optimizer;
	const totals = await storage.ledger.totals({ from: now - HISTORY_MS, to: now + 1 }, 'day', budget.timezone);
	const month = await storage.budgets.spend('all', calendar.periodAt('month', now).key);
	return forecastCosts({
		daily: new Map(totals.map(({ key, costNanoUsd }) => [key, nanoToUsd(costNanoUsd)])),
		today: calendar.periodAt('day', now).key,
		days,
		month: { spent: nanoToUsd(month.settledNanoUsd), limit: budget.monthlyLimit },
	});
}

/** The specification's `opus` where it is known, else the model of the highest quality. */
function strongestOf(profiles: readonly ModelProfile[]): ModelProfile | undefined {
	const byQuality = [...profiles].sort((one, other) => other.qualityScore - one.qualityScore);
	return profiles.find(({ name }) => name === 'opus') ?? byQuality[0];
}

/** What the same work would have cost otherwise; nothing where there is no model to compare with. */
export async function readSavings(
	storage: RouterStorage,
	range: TimeRange,
	given: { catalog: ModelCatalog; candidates: readonly string[] },
): Promise<SavingsEstimate[]> {
	const entries = await storage.ledger.entries(range, SAVINGS_ROWS);
	const profiles = given.catalog.profiles();
	const used = new Set([...given.candidates, ...entries.map(({ model }) => model)]);
	const candidates = profiles.filter(({ name, lifecycle }) => used.has(name) && lifecycle?.state !== 'retired');
	const strongest = strongestOf(profiles.filter(({ lifecycle }) => lifecycle?.state !== 'retired'));
	if (strongest === undefined) return [];
	const byName = new Map(profiles.map((profile) => [profile.name, profile]));
	return estimateSavings({ entries, profiles: byName, strongest, candidates });
}
