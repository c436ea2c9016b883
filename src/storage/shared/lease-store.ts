import type { CostEntry, ModelName, NanoUsd, Reservation } from '../../contracts/index.ts';

/** What one scope has spent in one period is one counter. */
export type Counter = readonly [scope: string, periodKey: string];

/** What a counter holds, over all processes. */
export interface CounterBalance {
	settledNanoUsd: NanoUsd;
	unknownNanoUsd: NanoUsd;
	/** All leases, and the holds that are stored one by one. */
	reservedNanoUsd: NanoUsd;
}

/** A lease as it is to be stored. */
export interface LeaseUpdate {
	counter: Counter;
	/** What it was; 0: there was none. */
	before: NanoUsd;
	/** What it is from now on; 0: it is given back. */
	amount: NanoUsd;
	/** Another process wants its money: it covers open holds and nothing more. */
	isLean: boolean;
}

/** A hold that leaves its lease and is stored by itself: it expired, or its process closes the storage before its end. */
export interface KeptHold {
	reservation: Reservation;
	counters: readonly Counter[];
	state: 'expired' | 'reserved';
}

/** One transaction for one holder of leases. */
export interface LeasePlan {
	/** `null` where nothing is leased and nothing is to be. */
	holder: {
		/** Never used again once its row is gone: a holder that was taken for dead finds no row and stops. */
		id: string;
		isNew: boolean;
		/** Epoch milliseconds from which on it counts as dead; `undefined`: as stored. */
		expiresAt?: number | undefined;
	} | null;
	/** Rows of the ledger; one that is there already counts nowhere. */
	charges: ReadonlyArray<{ entry: CostEntry; counters: readonly Counter[] }>;
	kept: readonly KeptHold[];
	/**
	 * Counters whose leases are decided on. Where the charges leave the total of one within its ceiling, all stays as it is there,
	 * and its balance need not be read; `null`: it is needed in any case.
	 */
	counters: ReadonlyArray<{ counter: Counter; ceiling: NanoUsd | null }>;
	/**
	 * Decides what is leased, from the balances after the charges and before anything else; called within the transaction and
	 * again when that had to be repeated.
	 */
	decide(view: LeaseView): LeaseDecision;
}

/** What a decision on leases is made from. */
export interface LeaseView {
	/** The holder's row is gone: its leases were taken for a dead process's. */
	isFenced: boolean;
	/** Holders of leases, this one included. */
	holders: number;
	/** In the order of the plan's counters; `null` for one that is within its ceiling. */
	balances: ReadonlyArray<CounterBalance | null>;
}

/** What becomes of the leases. */
export interface LeaseDecision {
	updates: readonly LeaseUpdate[];
	/** Counters of which others are to give back what they lease and do not need. */
	recalls: readonly Counter[];
	/** The models that holds are for and the most held for each; `undefined`: as stored. */
	models?: ReadonlyMap<ModelName, NanoUsd> | undefined;
	/** Nothing is leased any more: the holder's row goes. */
	isEmpty: boolean;
}

/** Where leases are kept, below the arithmetic that all stores share; every method is one transaction. */
export interface LeaseStore {
	/**
	 * Does what the plan says, all or nothing; resolves when it is durable. The plan is asked for when the transaction has begun,
	 * and again when it is repeated. Answers the recalled counters of which another process may still give something back.
	 */
	write(createPlan: () => LeasePlan): Promise<readonly Counter[]>;
	/** The holder's leases that others want back. */
	listRecalled(holder: string): Promise<Counter[]>;
	/** Ids of holds that are stored one by one and open: of a storage that was closed before their end. */
	listStoredHolds(): readonly string[];
	/** Ends a hold that is stored by itself; with an entry it is charged, and so is one that is not stored. */
	endStored(reservation: Reservation, entry: CostEntry | null): Promise<void>;
	/** Makes unknown spend of stored holds that are overdue at `now`, and of the leases of holders that are dead, but for this one. Answers how many. */
	expire(now: number, holder: string | null): Promise<number>;
}
