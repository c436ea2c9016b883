import type { ModelCatalog } from '../catalog/index.ts';
import type { BudgetConfig, Feedback, Logger, RouterStorage } from '../contracts/index.ts';
import { InvalidInputError } from '../errors/index.ts';
import { type EstimateCorrector, type PerformanceTracker, ratingToQuality } from '../learn/index.ts';
import { DAY_MS } from '../util/index.ts';
import type { SpendingSource } from './budget-limits.ts';
import { createEstimateObservation } from './outcomes.ts';

/** How storage is opened, and what replaces it when it cannot be. */
interface StorageSessionOptions {
	/** Opens the storage; called once, on first use. */
	open: () => Promise<RouterStorage> | RouterStorage;
	/** Opens the memory storage that replaces it. */
	openFallback: () => RouterStorage;
	/** Called with the reason when memory replaces it. */
	onDegraded: (message: string) => void;
}

/** Opens storage on first use. When that fails, memory replaces it and `onDegraded` is called. */
export class StorageSession {
	readonly #options: StorageSessionOptions;
	#opening: Promise<RouterStorage> | null = null;
	#degraded: string | null = null;

	constructor(options: StorageSessionOptions) {
		this.#options = options;
	}

	/** Why memory replaces the configured storage; `null` when it does not. */
	get degraded(): string | null {
		return this.#degraded;
	}

	/** The storage; never rejects. */
	get(): Promise<RouterStorage> {
		this.#opening ??= this.#open();
		return this.#opening;
	}

	async #open(): Promise<RouterStorage> {
		try {
			return await this.#options.open();
		} catch (error) {
			const reason = error instanceof Error ? error.message : String(error);
			this.#degraded = `${reason}\nRouting goes on in memory: nothing of this run is remembered, and budgets count only this run.`;
			this.#options.onDegraded(this.#degraded);
			return this.#options.openFallback();
		}
	}

	/** Closes the storage if it was ever opened. */
	async close(): Promise<void> {
		if (this.#opening === null) return;
		const storage = await this.#opening;
		await storage.close();
	}
}

/** Outcomes that are learned from at the start, the newest. */
const MAX_OBSERVATIONS = 1000;
/** Days of ledger entries that suggestions are made from. */
const ADVICE_DAYS = 30;
/** Ledger entries read for suggestions, the newest. */
const MAX_ADVICE_ENTRIES = 2000;

/** Restores what all processes have spent in the current periods, and stores the limits beside it. */
export async function restoreSpend({ storage, optimizer, now }: SpendingSource, budget: BudgetConfig): Promise<void> {
	await storage.budgets.expire(now);
	const keys = optimizer.getBudgetKeys();
	const { dayKey, monthKey } = keys;
	// the optimizer's rules name models as calls are counted: by catalog name
	const { rules } = optimizer.budget;
	await storage.budgets.saveLimits({ ...budget, ...(rules !== undefined && { rules }) }, keys);
	const [day, month] = await Promise.all([
		storage.budgets.spend('all', dayKey),
		storage.budgets.spend('all', monthKey),
	]);
	optimizer.restoreSpend({ dayKey, dayNano: day.settledNanoUsd, monthKey, monthNano: month.settledNanoUsd });
}

/** Restores spending, and the outcomes that scores and suggestions are based on. */
export async function restoreHistory(
	start: SpendingSource & {
		budget: BudgetConfig;
		tracker: PerformanceTracker;
		corrector: EstimateCorrector;
		catalog: ModelCatalog;
		isLearning: boolean;
		logger: Logger;
	},
): Promise<void> {
	try {
		await restoreSpend(start, start.budget);
		const observations = await start.storage.performance.observations(MAX_OBSERVATIONS);
		for (const observation of observations) start.optimizer.observe(observation);
		if (!start.isLearning) return;
		start.tracker.observeAll(observations);
		if (observations.length > 0) await restoreEstimates(start);
	} catch (error) {
		// Routing works without history; reservations still enforce the budget.
		start.logger.error('What storage remembers could not be read', { error: String(error) });
	}
}

/** Answered calls that estimates are corrected by at the start, the newest. */
const MAX_ESTIMATE_ENTRIES = 500;

/** Restores the errors of estimates: requests answered by their first call, beside what was expected of them. */
async function restoreEstimates({
	storage,
	corrector,
	catalog,
	now,
}: Parameters<typeof restoreHistory>[0]): Promise<void> {
	const range = { from: 0, to: now + 1 };
	const [decisions, outcomes, entries] = await Promise.all([
		storage.records.decisions(range, MAX_ESTIMATE_ENTRIES),
		storage.records.outcomes(range, MAX_ESTIMATE_ENTRIES),
		storage.ledger.entries(range, MAX_ESTIMATE_ENTRIES),
	]);
	const decided = new Map(decisions.map((decision) => [decision.id, decision]));
	const answered = new Map(
		outcomes.filter(({ success, attempts }) => success && attempts === 1).map((row) => [row.decisionId, row]),
	);
	for (const entry of entries.toReversed()) {
		const outcome = answered.get(entry.decisionId ?? '');
		if (outcome === undefined || entry.kind === 'correction') continue;
		const { decisionId } = outcome;
		// The newest decisions may be ones that were never executed: older ones are read one by one.
		const decision = decided.get(decisionId) ?? (await storage.records.decision(decisionId));
		if (decision === null) continue;
		const observation = createEstimateObservation(decision, { entry, durationMs: outcome.actualLatencyMs }, catalog);
		if (observation !== null) corrector.observe(observation);
	}
}

/** Restores the ledger's recent entries, which suggestions are made from. Only reports need them. */
export async function restoreEntries({ storage, optimizer, now }: SpendingSource): Promise<void> {
	const range = { from: now - ADVICE_DAYS * DAY_MS, to: now + 1 };
	optimizer.restoreEntries(await storage.ledger.entries(range, MAX_ADVICE_ENTRIES));
}

/** Adds a rating to storage and to what was learned; false for an unknown decision. @throws InvalidInputError for a rating that is not 1 to 5. */
export async function recordFeedback(
	storage: RouterStorage,
	tracker: PerformanceTracker,
	{ decisionId, feedback }: { decisionId: string; feedback: Feedback },
): Promise<boolean> {
	const { rating, comment = null, by: ratedBy = null } = feedback;
	if (!Number.isInteger(rating) || rating < 1 || rating > 5) {
		throw new InvalidInputError(
			`The rating is ${String(rating).slice(0, 20)}. Give a whole number from 1 (bad) to 5 (good).`,
		);
	}
	if (!(await storage.records.rate(decisionId, { rating, comment, quality: ratingToQuality(rating), ratedBy })))
		return false;
	// Only storage knows whether the rating replaces an earlier one: learn from there.
	tracker.clear();
	tracker.observeAll(await storage.performance.observations(MAX_OBSERVATIONS));
	return true;
}
