import type { BudgetConfig, Feedback, Logger, RouterStorage } from '../contracts/index.ts';
import type { CostOptimizer } from '../cost/index.ts';
import { InvalidInputError } from '../errors/index.ts';
import { type PerformanceTracker, qualityOfRating } from '../learn/index.ts';

/** Outcomes that a start learns from, newest first. */
const OBSERVATION_LIMIT = 1000;
/** Days of ledger entries that advice is made from. */
const ADVICE_DAYS = 30;
/** Ledger entries read for advice at most. */
const ENTRY_LIMIT = 2000;
const DAY_MS = 86_400_000;

/** Who takes over what storage remembers. */
export interface WarmStart {
	optimizer: CostOptimizer;
	budget: BudgetConfig;
	now: number;
}

/** Takes over what the periods in force have spent, over all processes, and remembers the limits beside it. */
export async function adoptSpend(storage: RouterStorage, { optimizer, budget, now }: WarmStart): Promise<void> {
	await storage.budgets.expire(now);
	const { dayKey, monthKey, startsAt, endsAt } = optimizer.budgetKeys();
	const [day, month] = await Promise.all([
		storage.budgets.spend('all', dayKey),
		storage.budgets.spend('all', monthKey),
	]);
	optimizer.adoptSpend({ dayKey, dayNano: day.settledNanoUsd, monthKey, monthNano: month.settledNanoUsd });
	await storage.budgets.saveLimits(budget, { dayKey, monthKey, startsAt, endsAt });
}

/** Takes over what storage remembers: spending, and the outcomes that scores and advice rest on. */
export async function adoptHistory(
	storage: RouterStorage,
	start: WarmStart & { tracker: PerformanceTracker; isLearning: boolean; logger: Logger },
): Promise<void> {
	try {
		await adoptSpend(storage, start);
		const observations = await storage.performance.observations(OBSERVATION_LIMIT);
		for (const observation of observations) start.optimizer.observe(observation);
		if (start.isLearning) start.tracker.adopt(observations);
	} catch (error) {
		// Routing does without the past; the ledger still refuses what the budget does not allow.
		start.logger.error('What storage remembers could not be read', { error: String(error) });
	}
}

/** Takes over the ledger's recent entries: what advice is made from. Only reports need it. */
export async function adoptEntries(storage: RouterStorage, optimizer: CostOptimizer, now: number): Promise<void> {
	optimizer.adoptEntries(await storage.ledger.entries({ from: now - ADVICE_DAYS * DAY_MS, to: now + 1 }, ENTRY_LIMIT));
}

/** Adds a rating to storage and to what was learnt. @throws InvalidInputError for a rating that is not 1 to 5. */
export async function recordFeedback(
	storage: RouterStorage,
	tracker: PerformanceTracker,
	{ decisionId, feedback }: { decisionId: string; feedback: Feedback },
): Promise<boolean> {
	const { rating, comment } = feedback;
	if (!Number.isInteger(rating) || rating < 1 || rating > 5) {
		throw new InvalidInputError(
			`The rating is ${String(rating).slice(0, 20)}. Give a whole number from 1 (bad) to 5 (good).`,
		);
	}
	if (!(await storage.records.rate(decisionId, rating, comment ?? null, qualityOfRating(rating)))) return false;
	// Storage knows whether the rating is new or takes the place of an earlier one: learn it from there.
	tracker.clear();
	tracker.adopt(await storage.performance.observations(OBSERVATION_LIMIT));
	return true;
}
