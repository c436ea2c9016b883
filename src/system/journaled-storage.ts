import type {
	BudgetCheck,
	BudgetStore,
	CostEntry,
	CostLedger,
	JournalBacklog,
	Logger,
	RecordStore,
	Reservation,
	RouterStorage,
	StorageRecord,
	StoredFeedback,
} from '../contracts/index.ts';
import { StorageError } from '../errors/index.ts';

/** Writes of money, and rows of all else, kept at most; beyond this the oldest are dropped and counted. */
const MAX_ENTRIES = 50_000;
/** Writes and rows that were taken after which the file is looked at: until then they are kept in memory. */
const MAX_RECENT = 200;
/** Writes handed to the database at once: they share transactions. */
const ENTRIES_PER_STEP = 64;

/** A write that the database has not taken; written twice it counts once. */
type PendingWrite = (storage: RouterStorage) => Promise<unknown>;

/** The writes of one kind, oldest first. */
class PendingWrites {
	readonly #limit: number;
	#entries = new Map<string, PendingWrite>();
	dropped = 0;

	constructor(limit: number) {
		this.#limit = limit;
	}

	get size(): number {
		return this.#entries.size;
	}

	add(id: string, write: PendingWrite): void {
		const [oldest] = this.#entries.keys();
		if (this.#entries.size >= this.#limit && oldest !== undefined) {
			this.#entries.delete(oldest);
			this.dropped += 1;
		}
		this.#entries.set(id, write);
	}

	/** Takes a write back; false when it is not there (any more). */
	remove(id: string): boolean {
		return this.#entries.delete(id);
	}

	take(count: number): Array<[id: string, write: PendingWrite]> {
		const taken: Array<[string, PendingWrite]> = [];
		for (const entry of this.#entries) {
			if (taken.length === count) break;
			taken.push(entry);
		}
		for (const [id] of taken) this.#entries.delete(id);
		return taken;
	}

	/** Puts writes that failed back to where they were. */
	restore(entries: ReadonlyArray<[string, PendingWrite]>): void {
		this.#entries = new Map([...entries, ...this.#entries]);
	}
}

/**
 * Writes that a database could not take, in order, to be written when it can: charges and holds, then decisions, outcomes and
 * events. Each may be written twice, as after a failure whose outcome is unknown.
 */
export class StorageJournal {
	readonly #logger: Logger;
	readonly #money = new PendingWrites(MAX_ENTRIES);
	readonly #rows = new PendingWrites(MAX_ENTRIES);
	/** Adds each write again that the database has taken since its file was last seen to be the one that is open. */
	#recent: Array<() => void> = [];
	#unseen = 0;
	#number = 0;

	constructor(logger: Logger) {
		this.#logger = logger;
	}

	/** Writes of money that wait. */
	get moneySize(): number {
		return this.#money.size;
	}

	get size(): number {
		return this.#money.size + this.#rows.size;
	}

	/** Writes dropped because there were too many. */
	get dropped(): number {
		return this.#money.dropped + this.#rows.dropped;
	}

	/** Remembers a write of some rows that was taken; `keep` adds it again. False when it is time to look whether they are safe. */
	remember(keep: () => void, rows: number): boolean {
		if (this.#recent.length < MAX_ENTRIES) this.#recent.push(keep);
		this.#unseen += rows;
		if (this.#unseen < MAX_RECENT) return true;
		this.#unseen = 0;
		return false;
	}

	/** Writes that are remembered. */
	get recent(): number {
		return this.#recent.length;
	}

	/** Forgets the oldest of the writes that are remembered: they are safe. */
	forget(count: number): void {
		this.#recent.splice(0, count);
	}

	/** Adds the writes again that are remembered: the file that took them is gone. */
	recall(): void {
		for (const keep of this.#recent.splice(0)) keep();
	}

	/** A hold that was granted elsewhere counts here whatever the limits say. */
	hold(reservation: Reservation): void {
		const checks = reservation.checks.map((check) => ({ ...check, isSoft: true }));
		this.#money.add(`hold ${reservation.id}`, ({ budgets }) => budgets.reserve({ ...reservation, checks }));
	}

	settle(reservation: Reservation, entry: CostEntry): void {
		// a hold that was not written yet is settled as one that was never stored
		this.#money.remove(`hold ${reservation.id}`);
		this.#money.add(`end ${reservation.id}`, ({ budgets }) => budgets.settle(reservation, entry));
	}

	release(reservation: Reservation): void {
		if (this.#money.remove(`hold ${reservation.id}`)) return;
		this.#money.add(`end ${reservation.id}`, ({ budgets }) => budgets.release(reservation));
	}

	charge(checks: readonly BudgetCheck[], entry: CostEntry): void {
		this.#money.add(`entry ${entry.id}`, ({ budgets }) => budgets.charge(checks, entry));
	}

	correct(checks: readonly BudgetCheck[], entry: CostEntry): void {
		this.#money.add(`entry ${entry.id}`, ({ budgets }) => budgets.correct(checks, entry));
	}

	append(entry: CostEntry): void {
		this.#money.add(`entry ${entry.id}`, ({ ledger }) => ledger.append(entry));
	}

	claimAlert(id: string, at: number): void {
		this.#money.add(`alert ${id}`, ({ budgets }) => budgets.claimAlert(id, at));
	}

	write(records: readonly StorageRecord[]): void {
		for (const record of records) this.#addRow(({ records: store }) => store.write([record]));
	}

	rate(decisionId: string, feedback: StoredFeedback): void {
		this.#addRow(({ records }) => records.rate(decisionId, feedback));
	}

	#addRow(write: PendingWrite): void {
		this.#number += 1;
		this.#rows.add(String(this.#number), write);
	}

	/**
	 * Writes everything, also what is added meanwhile; nothing waits when it resolves. A write that the database refuses for
	 * what it says is logged and dropped.
	 * @throws StorageError when the database cannot take them: those that it has not taken stay
	 */
	async replay(storage: RouterStorage): Promise<void> {
		while (this.size > 0) {
			const writes = this.#money.size > 0 ? this.#money : this.#rows;
			const taken = writes.take(ENTRIES_PER_STEP);
			const results = await Promise.allSettled(taken.map(([, write]) => write(storage)));
			const failed = results.map((result) => (result.status === 'rejected' ? result.reason : null));
			const isToRepeat = (error: unknown) => error instanceof StorageError;
			writes.restore(taken.filter((_, index) => isToRepeat(failed[index])));
			const storageError = failed.find(isToRepeat);
			if (storageError !== undefined) throw storageError;
			for (const error of failed) {
				if (error !== null) this.#logger.error('A write kept in memory was refused', { error: String(error) });
			}
		}
	}
}

/** What decides where a call goes and what follows its failure. */
interface JournaledStorageOptions {
	/** The storage in use at this moment. */
	current: () => RouterStorage;
	/**
	 * `replaced`: memory is in use in place of a database, so that what is written belongs into the journal too; `failing`: nothing
	 * can be written, or what is written would be lost.
	 */
	state: () => 'working' | 'failing' | 'replaced';
	journal: StorageJournal;
	/** Called with every failure of the storage. */
	onFailure: (error: StorageError) => void;
	/** Looks whether the file is still the one that is open, and has the journal forget what it holds. */
	verify: () => void;
	/** Writes what waits in the journal. @throws StorageError when it cannot be written yet */
	heal: () => Promise<void>;
}

/**
 * One storage in front of whichever is in use. Charges and rows that it cannot take go into the journal, so that what was billed
 * is not lost; holds are refused until the journal is written, so that limits count it.
 */
export function createJournaledStorage(options: JournaledStorageOptions): RouterStorage {
	const { current } = options;
	const watch = createWatch(options);
	return {
		get kind() {
			return current().kind;
		},
		get location() {
			return current().location;
		},
		records: createJournaledRecords(options, watch),
		ledger: createJournaledLedger(options, watch),
		budgets: createJournaledBudgets(options, watch),
		performance: delegate(() => current().performance, watch),
		prices: delegate(() => current().prices, watch),
		keys: delegate(() => requireDatabase(options, 'keys are').keys, watch),
		limits: delegate(() => requireDatabase(options, 'limits are').limits, watch, {
			// memory in its place has none: the configured ones hold
			list: () => watch(() => current().limits.list()),
		}),
		audit: delegate(() => requireDatabase(options, 'audit log is').audit, watch),
		evaluations: delegate(() => requireDatabase(options, 'evaluations are').evaluations, watch),
		shadow: delegate(() => requireDatabase(options, 'shadow comparisons are').shadow, watch),
		experiments: delegate(() => requireDatabase(options, 'experiments are').experiments, watch, {
			// none runs while memory is in its place
			list: () => watch(() => current().experiments.list()),
			request: (id) => watch(() => current().experiments.request(id)),
		}),
		idempotency: delegate(() => current().idempotency, watch),
		archiveBefore: (time) => watch(() => current().archiveBefore(time)),
		get archiveLedger() {
			const storage = current();
			// a failure may be one of the archive's file
			return storage.archiveLedger?.bind(storage);
		},
		flush: () => watch(async () => await current().flush?.()),
		journalBacklog: () => watch(async () => (await current().journalBacklog?.()) ?? NO_BACKLOG),
		reset: (scope) => watch(() => current().reset(scope)),
		close: () => current().close(),
	};
}

const NO_BACKLOG: JournalBacklog = { rows: 0, oldestAt: null };

/** Does something with the storage, and tells when that fails. */
type Watch = <T>(work: () => Promise<T>) => Promise<T>;

function createWatch({ onFailure }: JournaledStorageOptions): Watch {
	return async (work) => {
		try {
			return await work();
		} catch (error) {
			if (error instanceof StorageError) onFailure(error);
			throw error;
		}
	};
}

/** A store whose methods, but for its own, are those of the store in use when they are called. */
function delegate<Store extends object>(getStore: () => Store, watch: Watch, own: Partial<Store> = {}): Store {
	// every method of a store answers a promise
	type Methods = Record<string, (...values: unknown[]) => Promise<unknown>>;
	const get = (_: object, name: string | symbol): unknown =>
		Reflect.get(own, name) ??
		// a store is no promise: it may be answered by one
		(typeof name === 'symbol' || name === 'then'
			? undefined
			: (...values: unknown[]) => watch(async () => await (getStore() as Methods)[name]?.(...values)));
	// it has every method: `get` answers for each
	return new Proxy({}, { get }) as Store;
}

/** Memory in place of the database holds none of them, and what is changed there would be lost. @throws StorageError */
function requireDatabase({ current, state }: JournaledStorageOptions, what: string): RouterStorage {
	if (state() !== 'replaced') return current();
	const message = `The ${what} in the database, which cannot be used. See the log, and \`switchyard doctor\`.`;
	throw new StorageError('unavailable', message);
}

/** Writes to the storage in use; adds to the journal what it cannot take, or takes only in place of another. */
async function writeJournaled(
	options: JournaledStorageOptions,
	watch: Watch,
	{ write, keep, rows = 1 }: { write: () => Promise<unknown>; keep: () => void; rows?: number },
): Promise<void> {
	// before anything is awaited: when the database takes over, everything memory has taken is in the journal
	const before = options.state();
	const isKept = before !== 'working';
	if (isKept) keep();
	if (before === 'failing') return;
	try {
		await watch(write);
		if (!isKept) remember(options, keep, rows);
	} catch (error) {
		if (!(error instanceof StorageError)) throw error;
		if (!isKept) keep();
	}
}

/** Remembers a write that a file has taken. */
function remember({ current, journal, verify }: JournaledStorageOptions, keep: () => void, rows = 1): void {
	if (current().check !== undefined && !journal.remember(keep, rows)) verify();
}

function createJournaledRecords(options: JournaledStorageOptions, watch: Watch): RecordStore {
	const { current, journal, state } = options;
	return delegate(() => current().records, watch, {
		write: (records) =>
			writeJournaled(options, watch, {
				write: () => current().records.write(records),
				keep: () => journal.write(records),
				rows: records.length,
			}),
		async rate(decisionId, feedback) {
			const isKept = state() === 'replaced';
			const isKnown = await watch(() => current().records.rate(decisionId, feedback));
			if (isKnown && isKept) journal.rate(decisionId, feedback);
			return isKnown;
		},
	});
}

function createJournaledLedger(options: JournaledStorageOptions, watch: Watch): CostLedger {
	const { current, journal } = options;
	return delegate(() => current().ledger, watch, {
		append: (entry) =>
			writeJournaled(options, watch, {
				write: () => current().ledger.append(entry),
				keep: () => journal.append(entry),
			}),
	});
}

function createJournaledBudgets(options: JournaledStorageOptions, watch: Watch): BudgetStore {
	const { current, heal, journal, state } = options;
	const budgets = () => current().budgets;
	return delegate(budgets, watch, {
		async reserve(reservation) {
			if (state() !== 'replaced') {
				if (state() === 'failing' || journal.moneySize > 0) await heal();
				const result = await watch(() => budgets().reserve(reservation));
				if (result.granted) remember(options, () => journal.hold(reservation));
				return result;
			}
			journal.hold(reservation);
			const result = await watch(() => budgets().reserve(reservation));
			if (!result.granted) journal.release(reservation);
			return result;
		},
		settle: (reservation, entry) =>
			writeJournaled(options, watch, {
				write: () => budgets().settle(reservation, entry),
				keep: () => journal.settle(reservation, entry),
			}),
		// what any reader brings up to date waits while nothing can be written: reading goes on
		expire: async (now) => (state() === 'failing' ? 0 : await watch(() => budgets().expire(now))),
		async saveLimits(config, keys) {
			if (state() !== 'failing') await watch(() => budgets().saveLimits(config, keys));
		},
		release: (reservation) =>
			writeJournaled(options, watch, {
				write: () => budgets().release(reservation),
				keep: () => journal.release(reservation),
			}),
		charge: (checks, entry) =>
			writeJournaled(options, watch, {
				write: () => budgets().charge(checks, entry),
				keep: () => journal.charge(checks, entry),
			}),
		correct: (checks, entry) =>
			writeJournaled(options, watch, {
				write: () => budgets().correct(checks, entry),
				keep: () => journal.correct(checks, entry),
			}),
		async claimAlert(id, at) {
			const isKept = state() === 'replaced';
			const isFirst = await watch(() => budgets().claimAlert(id, at));
			if (isFirst && isKept) journal.claimAlert(id, at);
			return isFirst;
		},
	});
}
