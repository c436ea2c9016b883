import type {
	BudgetCheck,
	BudgetStore,
	Clock,
	CostEntry,
	Reservation,
	ReservationResult,
} from '../../contracts/index.ts';
import { StorageError } from '../../errors/index.ts';
import { BoundedMap } from '../../util/index.ts';
import {
	type Hold,
	type HoldRequest,
	LEASE_MS,
	type Lease,
	LeaseBook,
	LeaseChange,
	listCounters,
	toName,
} from './lease-book.ts';
import type { Counter, KeptHold, LeaseStore } from './lease-store.ts';
import { requireNanoUsd } from './row-rules.ts';

/** Milliseconds between two looks after the leases. */
const TICK_MS = 500;
/** Milliseconds for which a hold waits for money that others may give back, and after which it is tried again meanwhile. */
const RECALL_WAIT_MS = 1200;
const RECALL_RETRY_MS = 100;
/** Operations that share a transaction at most: its lock keeps other processes waiting. */
const MAX_OPERATIONS = 256;
/** Holds that have ended and are remembered, so that none ends twice. */
const MAX_ENDED = 10_000;

/** How a hold has ended here; `kept`: the store has it by itself. */
type EndState = 'settled' | 'released' | 'kept';

/** How an open hold ends in the store. */
type Ending = { kind: 'settle'; hold: Hold; entry: CostEntry } | { kind: 'keep'; hold: Hold; state: KeptHold['state'] };

/** What waits for the next transaction. */
type Operation = { reject(error: unknown): void } & (
	| { kind: 'hold'; request: HoldRequest; waitsUntil: number | null; resolve(result: ReservationResult): void }
	| (Ending & { resolve(): void })
	| { kind: 'charge'; checks: readonly BudgetCheck[]; entry: CostEntry; resolve(): void }
	| { kind: 'give-back'; leases: readonly Lease[]; resolve(): void }
);

/** What the layer needs of its surroundings. */
interface LeasedBudgetOptions {
	store: LeaseStore;
	clock: Clock;
	/** A new id for each holder: one is never used again. */
	createHolderId: () => string;
}

/**
 * The money of one process: it leases a part of every limit in one durable transaction, and holds within its leases without
 * touching the store. A lease always covers the open holds, so that what a limit has settled, unknown and leased never passes it.
 */
export class LeasedBudgets implements Pick<BudgetStore, 'reserve' | 'settle' | 'release' | 'charge' | 'expire'> {
	readonly #store: LeaseStore;
	readonly #clock: Clock;
	readonly #book: LeaseBook;
	/** Holds that are asked for. */
	readonly #asked = new BoundedMap<string, Promise<ReservationResult>>(Number.POSITIVE_INFINITY);
	/** Holds whose end is being written. */
	readonly #ending = new BoundedMap<string, Promise<void>>(Number.POSITIVE_INFINITY);
	readonly #ended = new BoundedMap<string, EndState>(MAX_ENDED);
	/** Holds of an earlier storage of the same file. */
	readonly #storedHolds: ReadonlySet<string>;
	readonly #queue: Operation[] = [];
	#flushing: Promise<void> | null = null;
	#timer: ReturnType<typeof setInterval> | null = null;

	constructor({ store, clock, createHolderId }: LeasedBudgetOptions) {
		this.#store = store;
		this.#clock = clock;
		this.#book = new LeaseBook(createHolderId);
		this.#storedHolds = new Set(store.listStoredHolds());
	}

	/** What this process leases of a counter, and what it holds of that. */
	getShare(counter: Counter): { leasedNanoUsd: number; heldNanoUsd: number } {
		const [lease] = this.#book.find([counter]);
		return { leasedNanoUsd: lease?.stored ?? 0, heldNanoUsd: lease?.held ?? 0 };
	}

	async reserve(reservation: Reservation): Promise<ReservationResult> {
		requireNanoUsd(reservation.amountNanoUsd, 'The amount to reserve');
		const { id } = reservation;
		const asked = this.#asked.peek(id);
		if (asked !== undefined) return asked;
		const ended = this.#ended.peek(id);
		// requested twice (the answer got lost): held once; what was released must be held anew
		const isKnown = this.#book.holds.has(id) || ended === 'settled' || ended === 'kept' || this.#storedHolds.has(id);
		if (isKnown || this.#book.tryHold(reservation, this.#clock.monotonic())) return { granted: true, reservation };
		const request = { reservation, result: null };
		const result = this.#enqueue<ReservationResult>((settle) => ({
			kind: 'hold',
			request,
			waitsUntil: null,
			...settle,
		}));
		this.#asked.set(id, result);
		return await result.finally(() => this.#asked.delete(id));
	}

	async settle(reservation: Reservation, entry: CostEntry): Promise<void> {
		requireNanoUsd(entry.costNanoUsd ?? 0, 'The charge to settle');
		const { id } = reservation;
		const ending = this.#ending.peek(id);
		if (ending !== undefined) await ending;
		const hold = this.#book.holds.peek(id);
		if (hold !== undefined) return await this.#finish({ kind: 'settle', hold, entry });
		const ended = this.#ended.peek(id);
		if (ended === 'settled') return;
		if (ended === 'released') await this.charge(reservation.checks, entry);
		else await this.#settleStored(reservation, entry);
		this.#ended.set(id, 'settled');
	}

	/** Charges beside the leases, so that what they have to spare may no longer fit: it is given back. */
	async #settleStored(reservation: Reservation, entry: CostEntry): Promise<void> {
		const counters = listCounters(reservation.checks);
		for (const lease of this.#book.find(counters)) lease.usable = Math.min(lease.usable, lease.held);
		await this.#store.endStored(reservation, entry);
		const leases = this.#book.find(counters);
		if (leases.length > 0) await this.#giveBack(leases);
	}

	async release(reservation: Reservation): Promise<void> {
		const { id } = reservation;
		const ending = this.#ending.peek(id);
		if (ending !== undefined) await ending;
		const hold = this.#book.holds.peek(id);
		const ended = hold === undefined ? this.#ended.peek(id) : undefined;
		if (hold !== undefined) this.#book.end(hold);
		else if (ended === 'settled' || ended === 'released') return;
		else await this.#store.endStored(reservation, null);
		this.#ended.set(id, 'released');
	}

	async charge(checks: readonly BudgetCheck[], entry: CostEntry): Promise<void> {
		requireNanoUsd(entry.costNanoUsd ?? 0, 'The charge');
		await this.#enqueue<void>((settle) => ({ kind: 'charge', checks, entry, ...settle }));
	}

	async expire(now: number): Promise<number> {
		const { holderId, holds, isHolding } = this.#book;
		const overdue = [...holds.values()].filter(
			({ reservation }) => reservation.expiresAt <= now && !this.#ending.has(reservation.id),
		);
		await Promise.all(overdue.map((hold) => this.#finish({ kind: 'keep', hold, state: 'expired' })));
		return overdue.length + (await this.#store.expire(now, isHolding ? holderId : null));
	}

	/** Gives back what is leased and not held. Holds that are open are stored by themselves, so that they can still be ended. */
	async close(): Promise<void> {
		this.#book.isClosing = true;
		this.#stopTimer();
		while (this.#flushing !== null) await this.#flushing;
		if (this.#book.leases.size === 0) return;
		const holds = [...this.#book.holds.values()];
		const kept = holds.map((hold) => this.#finish({ kind: 'keep', hold, state: 'reserved' }));
		await Promise.all([...kept, this.#giveBack([...this.#book.leases.values()])]);
	}

	/**
	 * Renews the leases in time, gives back those that others want or that are not used, and looks for processes that died. Called
	 * every half second while anything is leased.
	 */
	async tidy(): Promise<void> {
		const now = this.#clock.monotonic();
		const recalled = this.#book.hasSpare ? await this.#store.listRecalled(this.#book.holderId) : [];
		const due = this.#book.listDue(recalled, now);
		const isToRenew = this.#book.isHolding && this.#book.isToRenew(now);
		if (due.length > 0 || isToRenew) await this.#giveBack(due);
		if (isToRenew) await this.#store.expire(this.#clock.now(), this.#book.holderId);
	}

	#finish(how: Ending): Promise<void> {
		const { id } = how.hold.reservation;
		const ending = this.#enqueue<void>((settle) => ({ ...how, ...settle })).finally(() => this.#ending.delete(id));
		this.#ending.set(id, ending);
		return ending;
	}

	#giveBack(leases: readonly Lease[]): Promise<void> {
		return this.#enqueue<void>((settle) => ({ kind: 'give-back', leases, ...settle }));
	}

	#enqueue<Result>(
		create: (settle: { resolve(result: Result): void; reject(error: unknown): void }) => Operation,
	): Promise<Result> {
		return new Promise((resolve, reject) => this.#push(create({ resolve, reject })));
	}

	#push(operation: Operation): void {
		this.#queue.push(operation);
		this.#flushing ??= this.#flush();
	}

	/** Does what waits, everything that is there at a time in one transaction. */
	async #flush(): Promise<void> {
		while (this.#queue.length > 0) await this.#commit(() => this.#queue.splice(0, MAX_OPERATIONS));
		this.#flushing = null;
	}

	async #commit(take: () => Operation[]): Promise<void> {
		let operations: Operation[] = [];
		let change: LeaseChange | undefined;
		try {
			const recalled = await this.#store.write(() => {
				change?.undo();
				// as late as possible: what comes while another process holds the lock is done too
				if (change === undefined) operations = take();
				change = this.#createChange(operations);
				return change.createPlan(this.#clock.now() + LEASE_MS);
			});
			if (change !== undefined) this.#apply(operations, change, recalled);
		} catch (error) {
			change?.undo();
			if (change === undefined) operations = take();
			await this.#fail(operations, error);
		}
	}

	/** One operation that cannot be done must not fail the others. */
	async #fail(operations: readonly Operation[], error: unknown): Promise<void> {
		const isAlone = operations.length === 1 || (error instanceof StorageError && error.problem === 'locked');
		for (const operation of operations) {
			if (isAlone) operation.reject(error);
			else await this.#commit(() => [operation]);
		}
	}

	#createChange(operations: readonly Operation[]): LeaseChange {
		const change = new LeaseChange(this.#book, this.#clock.monotonic());
		for (const operation of operations) {
			if (operation.kind === 'settle') change.settle(operation.hold, operation.entry);
			else if (operation.kind === 'keep') change.keep(operation.hold, operation.state);
			else if (operation.kind === 'charge') change.charge(operation.checks, operation.entry);
			else if (operation.kind === 'hold') change.hold(operation.request);
			else change.giveBack(operation.leases);
		}
		return change;
	}

	/** Takes over what has become durable, and answers whoever waits for it. */
	#apply(operations: readonly Operation[], change: LeaseChange, recalled: readonly Counter[]): void {
		change.commit();
		const wanted = new Set(recalled.map(toName));
		for (const operation of operations) {
			if (operation.kind === 'hold') this.#answer(operation, wanted);
			else {
				if (operation.kind === 'settle') this.#end(operation.hold, 'settled');
				if (operation.kind === 'keep') this.#end(operation.hold, 'kept');
				operation.resolve();
			}
		}
		change.dropEmpty();
		if (this.#book.leases.size === 0) this.#stopTimer();
		else this.#startTimer();
	}

	#end(hold: Hold, state: EndState): void {
		this.#book.end(hold);
		this.#ended.set(hold.reservation.id, state);
	}

	#answer(operation: Extract<Operation, { kind: 'hold' }>, wanted: ReadonlySet<string>): void {
		const { reservation, result } = operation.request;
		// its holder was taken for dead: the next one is asked
		if (result === null) this.#push(operation);
		else if (result.granted) {
			this.#ended.delete(reservation.id);
			operation.resolve(result);
		} else {
			const { periodKey, scope } = result.check;
			const now = this.#clock.monotonic();
			operation.waitsUntil ??= now + RECALL_WAIT_MS;
			// another process may give money back
			const isToWait = wanted.has(toName([scope, periodKey])) && now < operation.waitsUntil && !this.#book.isClosing;
			if (isToWait) void this.#clock.sleep(RECALL_RETRY_MS).then(() => this.#push(operation), operation.reject);
			else operation.resolve(result);
		}
	}

	#startTimer(): void {
		if (this.#timer !== null || this.#book.isClosing) return;
		// a storage that cannot be written is found out by the next request; leases that are not renewed are not used
		const timer = setInterval(() => void this.tidy().catch(() => {}), TICK_MS);
		// must not keep a finished program alive
		if (typeof timer === 'object') timer.unref();
		this.#timer = timer;
	}

	#stopTimer(): void {
		if (this.#timer !== null) clearInterval(this.#timer);
		this.#timer = null;
	}
}
