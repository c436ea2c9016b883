import type { ModelCatalog } from '../catalog/index.ts';
import type { BudgetConfig, Feedback, Logger, RouterStorage } from '../contracts/index.ts';
import type { CostOptimizer } from '../cost/index.ts';
import { InvalidInputError } from '../errors/index.ts';
import { type EstimateCorrector, type PerformanceTracker, qualityOfRating } from '../learn/index.ts';
import { estimateObservation } from './estimate-outcome.ts';

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
	const keys = optimizer.budgetKeys();
	const { dayKey, monthKey } = keys;
	// by the names that calls are counted under
	const { rules } = optimizer.budget;
	await storage.budgets.saveLimits({ ...budget, ...(rules !== undefined && { rules }) }, keys);
	const [day, month] = await Promise.all([
		storage.budgets.spend('all', dayKey),
		storage.budgets.spend('all', monthKey),
	]);
	optimizer.adoptSpend({ dayKey, dayNano: day.settledNanoUsd, monthKey, monthNano: month.settledNanoUsd });
}

/** Takes over what storage remembers: spending, and the outcomes that scores and advice rest on. */
export async function adoptHistory(
	storage: RouterStorage,
	start: WarmStart & {
		tracker: PerformanceTracker;
		corrector: EstimateCorrector;
		catalog: ModelCatalog;
		isLearning: boolean;
		logger: Logger;
	},
): Promise<void> {
	try {
		await adoptSpend(storage, start);
		const observations = await storage.performance.observations(OBSERVATION_LIMIT);
		for (const observation of observations) start.optimizer.observe(observation);
		if (!start.isLearning) return;
		start.tracker.adopt(observations);
		if (observations.length > 0) await adoptEstimates(storage, start);
	} catch (error) {
		// Routing does without the past; the ledger still refuses what the budget does not allow.
		start.logger.error('What storage remembers could not be read', { error: String(error) });
	}
}

/** Answered calls that estimates are corrected by at a start, newest. */
const ESTIMATE_LIMIT = 500;

/** Takes over how estimates came out: requests answered by their first call, beside what was expected of them. */
async function adoptEstimates(
	storage: RouterStorage,
	{ corrector, catalog, now }: { corrector: EstimateCorrector; catalog: ModelCatalog; now: number },
): Promise<void> {
	const range = { from: 0, to: now + 1 };
	const [decisions, outcomes, entries] = await Promise.all([
		storage.records.decisions(range, ESTIMATE_LIMIT),
		storage.records.outcomes(range, ESTIMATE_LIMIT),
		storage.ledger.entries(range, ESTIMATE_LIMIT),
	]);
	const decided = new Map(decisions.map((decision) => [decision.id, decision]));
	const answered = new Map(
		outcomes.filter(({ success, attempts }) => success && attempts === 1).map((row) => [row.decisionId, row]),
	);
	for (const entry of entries.toReversed()) {
		const outcome = answered.get(entry.decisionId ?? '');
		if (outcome === undefined || entry.kind === 'correction') continue;
		const { decisionId } = outcome;
		// Decisions that were only asked for, not executed, may be the newest: they must not make us forget the others.
		const decision = decided.get(decisionId) ?? (await storage.records.decision(decisionId));
		if (decision === null) continue;
		const { taskType, estimatedInputTokens: inputTokens, estimatedOutputTokens: outputTokens } = decision;
		const came = { entry, durationMs: outcome.actualLatencyMs };
		const observation = estimateObservation({ taskType, inputTokens, outputTokens }, came, catalog);
		if (observation !== null) corrector.observe(observation);
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
