import type { ModelCatalog } from '../catalog/index.ts';
import {
	type Clock,
	type Feedback,
	isRunning,
	isUsersCharge,
	type LedgerArchive,
	type Logger,
	type ResetScope,
	type RouterStorage,
	type StorageCheckDepth,
	toOutcomeObservation,
} from '../contracts/index.ts';
import { InvalidInputError, StorageError, type StorageProblem } from '../errors/index.ts';
import { type EstimateCorrector, type PerformanceTracker, ratingToQuality } from '../learn/index.ts';
import { DAY_MS } from '../util/index.ts';
import type { SpendingSource } from './budget-limits.ts';
import { createJournaledStorage, StorageJournal } from './journaled-storage.ts';
import { createEstimateObservation } from './outcomes.ts';

/** Where everything is recorded, and whether that works. */
export interface StorageStatus {
	kind: string;
	location: string;
	/** Why memory replaces the configured storage; `null` when it does not. */
	degraded: string | null;
	/** Why nothing can be written to the configured storage at this moment; `null` when it can. */
	failing: { problem: StorageProblem; message: string } | null;
}

/** What was recorded and cannot be read in reports yet. */
export interface WriteBacklog {
	/** Writes in memory: the storage has not taken them. */
	waiting: number;
	/** Writes that were lost since the start, because too many waited. */
	dropped: number;
	/** Charges that are durable and not in the ledger yet, and the age of the oldest; `null` where the storage does not tell. */
	journal: { rows: number; lagMs: number } | null;
}

/** How storage is opened, and what replaces it while it cannot be. */
interface StorageSessionOptions {
	/** Opens the storage: on first use, and again after it could not be opened or was lost. */
	open: () => Promise<RouterStorage> | RouterStorage;
	/** Opens the memory storage that replaces it until it can be opened. */
	openFallback: () => RouterStorage;
	/** Called with a storage before its first use; `isFirst`: nothing of it was read so far. Must not reject. */
	prepare: (storage: RouterStorage, isFirst: boolean) => Promise<void>;
	/** Called every two seconds while the storage works, for what other processes have changed in it. Must not reject. */
	refresh: (storage: RouterStorage) => Promise<void>;
	/** Called once with the reason when memory replaces it, or when nothing can be written to it any more. */
	onDegraded: (message: string) => void;
	/** Called when it can be used again and everything that waited for it is written. */
	onRecovered: (message: string) => void;
	logger: Logger;
	clock: Pick<Clock, 'monotonic'>;
}

/** Milliseconds between two checks of a storage that works. */
const CHECK_INTERVAL_MS = 2000;
/** Milliseconds until the first attempt to use a storage again that failed; doubled after each. */
const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 5000;
/** As above where pages are damaged: reading all of them costs time. */
const LONGEST_CORRUPT_RETRY_MS = 60_000;
/** Milliseconds for which a write that succeeded stands for the next check by a caller. */
const CHECK_VALIDITY_MS = 1000;

/**
 * Opens storage on first use. Where that fails, memory replaces it and it is tried again; where it fails later, charges wait and
 * holds are refused. Either way what waits is written when it works again, before anything else is.
 */
export class StorageSession {
	readonly #options: StorageSessionOptions;
	readonly #journal: StorageJournal;
	readonly #storage: RouterStorage;
	/** What calls go to. */
	#current: RouterStorage | null = null;
	/** `#current` is memory in place of what was configured. */
	#isReplaced = false;
	#wasPrepared = false;
	#opening: Promise<RouterStorage> | null = null;
	#failure: Error | null = null;
	#healing: Promise<void> | null = null;
	#checking: Promise<void> | null = null;
	#checkedAt = Number.NEGATIVE_INFINITY;
	#isFirstCheck = true;
	#retryMs = FIRST_RETRY_MS;
	#timer: ReturnType<typeof setTimeout> | null = null;
	#isClosed = false;

	constructor(options: StorageSessionOptions) {
		this.#options = options;
		this.#journal = new StorageJournal(options.logger);
		this.#storage = createJournaledStorage({
			current: () => this.#use(),
			state: () => (this.#isReplaced ? 'replaced' : this.#failure === null ? 'working' : 'failing'),
			journal: this.#journal,
			onFailure: (error) => this.#fail(error),
			verify: () => void this.#check('file'),
			heal: () => this.#heal(),
		});
	}

	/** Why memory replaces the configured storage; `null` when it does not. */
	get degraded(): string | null {
		return this.#isReplaced && this.#failure !== null ? describeReplaced(this.#failure) : null;
	}

	/** Why nothing can be written to the configured storage at this moment; `null` when it can. */
	get failure(): Error | null {
		return this.#failure;
	}

	/** How far what is recorded lags behind, with the rows that a recorder has not handed over; `now`: epoch milliseconds. */
	async readBacklog(recorder: { pending: number; dropped: number }, now: number): Promise<WriteBacklog> {
		const storage = await this.get();
		// a storage that fails is what the rest is about
		const journal = await Promise.resolve(storage.journalBacklog?.()).catch(() => undefined);
		const lagMs = Math.max(0, now - (journal?.oldestAt ?? Number.POSITIVE_INFINITY));
		return {
			waiting: this.#journal.size + recorder.pending,
			dropped: this.#journal.dropped + recorder.dropped,
			journal: journal === undefined ? null : { rows: journal.rows, lagMs },
		};
	}

	/** What was opened, where, and whether it works. */
	async readStatus(): Promise<StorageStatus> {
		const { kind, location } = await this.get();
		const failure = this.#failure;
		const problem = failure instanceof StorageError ? failure.problem : 'unavailable';
		const failing = failure === null ? null : { problem, message: failure.message };
		return { kind, location, degraded: this.degraded, failing };
	}

	get isOpened(): boolean {
		return this.#opening !== null;
	}

	/** The storage, whatever is used in its place; never rejects. */
	get(): Promise<RouterStorage> {
		this.#opening ??= this.#open();
		return this.#opening;
	}

	#use(): RouterStorage {
		if (this.#current === null) throw new StorageError('unavailable', 'The storage is not open.');
		return this.#current;
	}

	async #open(): Promise<RouterStorage> {
		try {
			this.#current = await this.#openPrepared();
		} catch (error) {
			this.#current = this.#options.openFallback();
			this.#isReplaced = true;
			this.#failure = toError(error);
			this.#options.onDegraded(describeReplaced(this.#failure));
		}
		if (this.#isReplaced || this.#current.check !== undefined) this.#schedule();
		return this.#storage;
	}

	async #openPrepared(): Promise<RouterStorage> {
		const storage = await this.#options.open();
		await this.#options.prepare(storage, !this.#wasPrepared);
		this.#wasPrepared = true;
		return storage;
	}

	#fail(error: StorageError): void {
		if (this.#failure !== null || this.#isReplaced || this.#isClosed) return;
		this.#failure = error;
		this.#retryMs = FIRST_RETRY_MS;
		this.#options.onDegraded(describeFailed(error));
		this.#schedule();
	}

	/** Looks after the storage again later: soon when it fails. */
	#schedule(): void {
		if (this.#timer !== null) clearTimeout(this.#timer);
		if (this.#isClosed) return;
		const timer = setTimeout(() => void this.#watch(), this.#failure === null ? CHECK_INTERVAL_MS : this.#retryMs);
		// must not keep a finished program alive: `close` writes what waits
		if (typeof timer === 'object') timer.unref();
		this.#timer = timer;
	}

	async #watch(): Promise<void> {
		if (this.#failure === null) {
			// reading every page of a large file takes longer than the next check may wait
			if (this.#isFirstCheck) void this.#check('pages');
			this.#isFirstCheck = false;
			await this.#check('file');
			if (this.#failure === null) await this.#options.refresh(this.#storage);
		} else {
			const longest = isCorrupt(this.#failure) ? LONGEST_CORRUPT_RETRY_MS : LONGEST_RETRY_MS;
			this.#retryMs = Math.min(longest, this.#retryMs * 2);
			// its failure is known, and told by `failure`
			await this.#heal().catch(() => {});
		}
		this.#schedule();
	}

	/**
	 * Finds out whether the storage can be written now; `failure` says so. Answers what could not be checked, if anything.
	 * Of calls within a second only the first does so, and `pages` always does.
	 */
	async check(depth: StorageCheckDepth = 'write'): Promise<string | null> {
		await this.get();
		if (depth !== 'pages' && this.#options.clock.monotonic() - this.#checkedAt < CHECK_VALIDITY_MS) return null;
		if (depth === 'pages') {
			// whoever waits for it goes on after it
			const wait = setInterval(() => {}, CHECK_INTERVAL_MS);
			return await this.#check(depth).finally(() => clearInterval(wait));
		}
		this.#checking ??= this.#check(depth).then(() => {
			this.#checkedAt = this.#options.clock.monotonic();
			this.#checking = null;
		});
		await this.#checking;
		return null;
	}

	async #check(depth: StorageCheckDepth): Promise<string | null> {
		if (this.#failure !== null) {
			await this.#heal().catch(() => {});
			return null;
		}
		try {
			const before = this.#journal.recent;
			const note = await this.#use().check?.(depth);
			// what was written while it was checked may be in another file already
			this.#journal.forget(before);
			return note ?? null;
		} catch (error) {
			if (error instanceof StorageError) this.#fail(error);
			else this.#options.logger.error('The storage could not be checked', { error: String(error) });
			return null;
		}
	}

	/** Uses the storage again, after everything that waited was written. @throws StorageError when it cannot be used yet */
	#heal(): Promise<void> {
		this.#healing ??= this.#useAgain().finally(() => {
			this.#healing = null;
		});
		return this.#healing;
	}

	async #useAgain(): Promise<void> {
		if (this.#failure === null && this.#journal.size === 0) return;
		const depth = isCorrupt(this.#failure) ? 'pages' : 'write';
		let storage: RouterStorage | null = null;
		try {
			storage = this.#isReplaced ? await this.#openPrepared() : await this.#reopenIfLost(depth);
			const waiting = this.#journal.size;
			await this.#journal.replay(storage);
			// nothing is awaited from here on: what memory takes is in the journal
			this.#current = storage;
			this.#isReplaced = false;
			this.#failure = null;
			this.#retryMs = FIRST_RETRY_MS;
			await this.#options.prepare(storage, false);
			this.#options.onRecovered(describeRecovered(storage.location, waiting, this.#journal.dropped));
		} catch (error) {
			this.#failure = toError(error);
			if (this.#isReplaced) await storage?.close();
			throw error;
		}
	}

	/** The storage in use if it works, else the same one opened anew: its file may have been deleted or replaced. */
	async #reopenIfLost(depth: StorageCheckDepth): Promise<RouterStorage> {
		const before = this.#use();
		try {
			await before.check?.(depth);
			return before;
		} catch (error) {
			// a file that takes no writes is still the one that was opened, and is read on
			if (!(error instanceof StorageError) || error.problem !== 'unavailable') throw error;
			// two connections of one process to a file that was replaced would share their locks by its name
			await before.close();
			this.#journal.recall();
			this.#current = await this.#openPrepared();
			await this.#current.check?.(depth);
			return this.#current;
		}
	}

	/**
	 * Writes what waits, if the storage takes it, and closes it if it was ever opened. What it does not take goes to the
	 * successor's storage, if there is one.
	 */
	async close(successor?: RouterStorage): Promise<void> {
		if (this.#opening === null || this.#isClosed) return;
		await this.#opening;
		this.#isClosed = true;
		if (this.#timer !== null) clearTimeout(this.#timer);
		if (this.#isWorthHealing()) await this.#heal().catch(() => {});
		else await this.#healing?.catch(() => {});
		if (successor !== undefined) await this.#journal.replay(successor).catch(() => {});
		const { size, moneySize } = this.#journal;
		const lost = `${size} writes are lost, ${moneySize} of them of money: the storage never took them`;
		if (size > 0) this.#options.logger.error(lost, { reason: this.#failure?.message });
		await this.#current?.close();
	}

	/** Decisions alone are not worth waiting for a lock. */
	#isWorthHealing(): boolean {
		const { moneySize, size } = this.#journal;
		return (
			moneySize > 0 || (size > 0 && !(this.#failure instanceof StorageError && this.#failure.problem === 'locked'))
		);
	}
}

function isCorrupt(failure: Error | null): boolean {
	return failure instanceof StorageError && failure.problem === 'corrupt';
}

function toError(error: unknown): Error {
	return error instanceof Error ? error : new Error(String(error));
}

function describeReplaced({ message }: Error): string {
	return `${message}\nRouting goes on in memory, and the database is tried again: it gets what is kept meanwhile when it opens. Until then budgets count only this run.`;
}

function describeFailed({ message }: Error): string {
	return `${message}\nRequests that cost money are refused until the database works again; charges of those under way are kept in memory for it.`;
}

function describeRecovered(location: string, waiting: number, dropped: number): string {
	const lost = dropped === 0 ? '' : ` ${dropped} of the oldest writes are lost: there were too many.`;
	return `The database ${location} is in use again. ${waiting} writes that had waited for it are in it.${lost}`;
}

/** Outcomes that are learned from at the start, the newest. */
const MAX_OBSERVATIONS = 5000;
/** Days of ledger entries that suggestions are made from. */
const ADVICE_DAYS = 30;
/** Ledger entries read for suggestions, the newest. */
const MAX_ADVICE_ENTRIES = 2000;

/** Restores what all processes have spent in the current periods, and stores the limits beside it. */
export async function restoreSpend({ storage, optimizer, now }: SpendingSource): Promise<void> {
	await storage.budgets.expire(now);
	const keys = optimizer.getBudgetKeys();
	const { dayKey, monthKey } = keys;
	await storage.budgets.saveLimits(optimizer.budget, keys);
	const [day, month] = await Promise.all([
		storage.budgets.spend('all', dayKey),
		storage.budgets.spend('all', monthKey),
	]);
	optimizer.restoreSpend({ dayKey, dayNano: day.settledNanoUsd, monthKey, monthNano: month.settledNanoUsd });
}

/** Restores spending and, the first time, the outcomes that scores and suggestions are based on. Never rejects. */
export async function restoreHistory(
	start: SpendingSource & {
		/** @default true */
		isFirst?: boolean;
		tracker: PerformanceTracker;
		corrector: EstimateCorrector;
		catalog: ModelCatalog;
		isLearning: boolean;
		logger: Logger;
	},
): Promise<void> {
	try {
		await restoreSpend(start);
		if (start.isFirst === false) return;
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
	optimizer.restoreEntries((await storage.ledger.entries(range, MAX_ADVICE_ENTRIES)).filter(isUsersCharge));
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
	const quality = ratingToQuality(rating);
	const outcome = (await storage.records.trail(decisionId))?.outcome ?? null;
	const known = outcome === null ? null : toOutcomeObservation(outcome);
	if (!(await storage.records.rate(decisionId, { rating, comment, quality, ratedBy }))) return false;
	// the operator's first word on an answer is added; decisions wait while everything is learned anew
	if (ratedBy === null && known?.quality === null && tracker.rate({ ...known, previousQuality: null, quality }))
		return true;
	const observations = await storage.performance.observations(MAX_OBSERVATIONS);
	tracker.clear();
	tracker.observeAll(observations);
	return true;
}

/**
 * Moves charges from before a day of the budget's time zone into an archive file; those of the current month are never moved.
 * @throws InvalidInputError for a later day, or where the storage has no ledger to archive; StorageError
 */
export async function archiveLedgerBefore(
	{ storage, optimizer: { calendar }, now }: SpendingSource,
	day: string,
	path: string,
): Promise<LedgerArchive> {
	const { startsAt } = calendar.getDay(day);
	const month = calendar.periodAt('month', now);
	if (startsAt > month.startsAt)
		throw new InvalidInputError(
			`Charges from before ${day} cannot be archived: the current month stays in the ledger. Name a day up to ${month.key}-01.`,
		);
	if (storage.archiveLedger === undefined)
		throw new InvalidInputError(`The ledger in ${storage.location} cannot be archived. Use the SQLite storage.`);
	return await storage.archiveLedger(startsAt, path);
}

/** Removes what was recorded, but not while an experiment runs, which would lose what it has counted. @throws InvalidInputError */
export async function resetStorage(storage: RouterStorage, scope: ResetScope): Promise<void> {
	// by the storage: this process may not have heard yet of what another one has started or ended
	const running = (await storage.experiments.list()).find(isRunning);
	if (running !== undefined) {
		const { name } = running.definition;
		throw new InvalidInputError(
			`The experiment "${name}" runs, and a reset would take its units. Stop it first: switchyard experiment stop ${name}`,
		);
	}
	await storage.reset(scope);
}
