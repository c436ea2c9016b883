import type {
	BudgetCheck,
	CostEntry,
	ModelName,
	NanoUsd,
	Reservation,
	ReservationResult,
} from '../../contracts/index.ts';
import { BoundedMap } from '../../util/index.ts';
import type {
	Counter,
	CounterBalance,
	KeptHold,
	LeaseDecision,
	LeasePlan,
	LeaseUpdate,
	LeaseView,
} from './lease-store.ts';

/** Milliseconds for which a lease is valid after it was written; its holder counts by a monotonic clock. */
export const LEASE_MS = 60_000;
/** A holder renews its leases when this much of their time is over. */
const RENEW_AFTER_MS = LEASE_MS / 3;
/**
 * Milliseconds after the end of its leases from which on a holder counts as dead: clocks may jump by five minutes. Nothing is
 * lost meanwhile, since the money of a dead holder stays counted, first as leased and then as unknown.
 */
export const LEASE_GRACE_MS = 360_000;
/** A lease that is not used for this long is given back. */
const IDLE_MS = 5000;
/** Milliseconds within which a process that lives gives back what others want of its leases. */
export const RECALL_ANSWER_MS = 1000;
/** After another process wanted money back, leases of that counter cover open holds alone for this long. */
const LEAN_MS = 5000;
/** A holder leases at most the part of what is left that is one by this many times the number of holders. */
const SHARES = 4;
/** Part of the most held lately that counts after the next look. */
const PEAK_DECAY = 0.9;
/** Leases kept for later use; beyond this each is given back with its last hold. */
const MAX_LEASES = 10_000;

/** No scope and no period key holds the separator. */
export function toName([scope, periodKey]: Counter): string {
	return `${scope}\u0000${periodKey}`;
}

/** The counters of a list of checks, each once. */
export function listCounters(checks: readonly BudgetCheck[]): Counter[] {
	const counters = new Map<string, Counter>();
	for (const { scope, periodKey } of checks) {
		const counter: Counter = [scope, periodKey];
		counters.set(toName(counter), counter);
	}
	return [...counters.values()];
}

/** What this process has leased of one counter. */
export interface Lease {
	counter: Counter;
	name: string;
	/** As the store has it. */
	stored: NanoUsd;
	/** What may be held: as stored, or less while that is being lowered. */
	usable: NanoUsd;
	held: NanoUsd;
	/** The limit within which it was granted: a check with a lower one asks the store. */
	limitNanoUsd: NanoUsd;
	/** The most that was held lately. */
	peak: NanoUsd;
	/** Monotonic milliseconds. */
	usedAt: number;
	leanUntil: number;
}

/** A lease within the transaction that changes it. */
interface Draft {
	lease: Lease;
	/** What ends with the transaction. */
	freed: NanoUsd;
	/** Of that, what is stored by itself from now on: it counts beside the lease. */
	kept: Record<KeptHold['state'], NanoUsd>;
	/** What will be held once everything in the transaction is done. */
	held: NanoUsd;
	/** Settled, unknown, and what others have reserved. */
	others: NanoUsd;
	/** `null`: not read, as nothing changes. */
	balance: CounterBalance | null;
	/** Hard limits of the holds that are asked for; `Infinity` for a soft one. */
	limits: NanoUsd[];
	/** Nothing is leased beside what is held. */
	isTight: boolean;
	/** A hold is asked for. */
	isAsked: boolean;
}

/** Money held for one attempt. */
export interface Hold {
	reservation: Reservation;
	counters: readonly Counter[];
	/** Empty where nothing is held, or the leases were lost. */
	leases: readonly Lease[];
}

/** A hold that is asked for, and what came of it; `null`: it was not decided. */
export interface HoldRequest {
	reservation: Reservation;
	result: ReservationResult | null;
}

/** What this process leases and holds, and as which holder. */
export class LeaseBook {
	readonly #createHolderId: () => string;
	/** Limited by `MAX_LEASES`, beside those with open holds. */
	readonly leases: Map<string, Lease> = new Map();
	/** Open holds: one for each attempt under way. */
	readonly holds: BoundedMap<string, Hold> = new BoundedMap(Number.POSITIVE_INFINITY);
	holderId: string;
	/** The holder's row is stored. */
	isHolding = false;
	/** Monotonic milliseconds at which the leases were renewed; nothing is held from them `LEASE_MS` later. */
	renewedAt: number = Number.NEGATIVE_INFINITY;
	/** The most held for each model, as stored. Bounded by the catalog. */
	models: ReadonlyMap<ModelName, NanoUsd> = new Map();
	/** How many holders there were lately. */
	holders = 1;
	/** Nothing is leased for later any more. */
	isClosing = false;

	constructor(createHolderId: () => string) {
		this.#createHolderId = createHolderId;
		this.holderId = createHolderId();
	}

	/** Holds within what is leased; false where the store must be asked. */
	tryHold(reservation: Reservation, now: number): boolean {
		const { amountNanoUsd, checks } = reservation;
		if (checks.length > 0 && !this.#isUsable(reservation, now)) return false;
		const leases: Lease[] = [];
		for (const check of checks) {
			const lease = this.leases.get(toName([check.scope, check.periodKey]));
			if (lease === undefined || !covers(lease, check, amountNanoUsd)) return false;
			if (!leases.includes(lease)) leases.push(lease);
		}
		for (const lease of leases) addHeld(lease, amountNanoUsd, now);
		this.open(reservation, leases);
		return true;
	}

	/** The leases are valid, and those who find them know of the model. */
	#isUsable({ model }: Reservation, now: number): boolean {
		return this.isHolding && now < this.renewedAt + LEASE_MS && (model === undefined || this.models.has(model));
	}

	open(reservation: Reservation, leases: readonly Lease[]): void {
		const counters = leases.map(({ counter }) => counter);
		// one of nothing does not keep its leases
		this.holds.set(reservation.id, { reservation, counters, leases: reservation.amountNanoUsd === 0 ? [] : leases });
	}

	/** Frees what a hold holds. */
	end({ leases, reservation }: Hold): void {
		for (const lease of leases) lease.held -= reservation.amountNanoUsd;
		this.holds.delete(reservation.id);
	}

	find(counters: readonly Counter[]): Lease[] {
		return counters.flatMap((counter) => this.leases.get(toName(counter)) ?? []);
	}

	getOrAdd(counter: Counter, now: number): Lease {
		const name = toName(counter);
		let lease = this.leases.get(name);
		if (lease === undefined) {
			const nothing = { stored: 0, usable: 0, held: 0, peak: 0, leanUntil: Number.NEGATIVE_INFINITY };
			lease = { counter, name, ...nothing, limitNanoUsd: Number.POSITIVE_INFINITY, usedAt: now };
			this.leases.set(name, lease);
		}
		return lease;
	}

	get hasSpare(): boolean {
		for (const lease of this.leases.values()) if (lease.stored > lease.held) return true;
		return false;
	}

	/** The leases that are to be given back, as far as they are not held: they are recalled, or not used. */
	listDue(recalled: readonly Counter[], now: number): Lease[] {
		for (const lease of this.find(recalled)) lease.leanUntil = now + LEAN_MS;
		const leases = [...this.leases.values()];
		for (const lease of leases) lease.peak = Math.max(lease.held, Math.floor(lease.peak * PEAK_DECAY));
		const isUnused = (lease: Lease) => now - lease.usedAt >= IDLE_MS || isLean(lease, now);
		return leases.filter((lease) => (lease.stored > lease.held || lease.stored === 0) && isUnused(lease));
	}

	isToRenew(now: number): boolean {
		return !this.isHolding || now - this.renewedAt >= RENEW_AFTER_MS;
	}

	/** Another process took this one for dead: its leases are unknown spend now. What is still charged counts beside that. */
	lose(): void {
		for (const hold of this.holds.values()) hold.leases = [];
		this.leases.clear();
		this.models = new Map();
		this.isHolding = false;
		this.holderId = this.#createHolderId();
	}
}

/**
 * One transaction on the leases of a book. What makes less happens in the book when it is decided, what makes more when it is
 * durable, so that nothing is ever held that is not leased.
 */
export class LeaseChange {
	readonly #book: LeaseBook;
	/** Monotonic milliseconds, from before anything is written. */
	readonly #at: number;
	readonly #drafts = new Map<string, Draft>();
	readonly #charges: Array<{ entry: CostEntry; counters: readonly Counter[] }> = [];
	readonly #kept: KeptHold[] = [];
	readonly #requests: HoldRequest[] = [];
	/** The most held for each model, with the holds that are granted. */
	#models = new Map<ModelName, NanoUsd>();
	readonly #undo: Array<() => void> = [];
	/** The holder's row was gone: nothing was decided. */
	isFenced = false;
	#isEmpty = false;

	constructor(book: LeaseBook, at: number) {
		this.#book = book;
		this.#at = at;
	}

	settle({ counters, leases, reservation }: Hold, entry: CostEntry): void {
		for (const lease of leases) this.#use(lease).freed += reservation.amountNanoUsd;
		this.#charges.push({ entry, counters });
	}

	keep({ counters, leases, reservation }: Hold, state: KeptHold['state']): void {
		for (const lease of leases) {
			const draft = this.#use(lease);
			draft.freed += reservation.amountNanoUsd;
			draft.kept[state] += reservation.amountNanoUsd;
		}
		// one that lost its leases is unknown spend already
		if (leases.length > 0) this.#kept.push({ reservation, counters, state });
	}

	charge(checks: readonly BudgetCheck[], entry: CostEntry): void {
		const counters = listCounters(checks);
		this.#charges.push({ entry, counters });
		for (const lease of this.#book.find(counters)) this.#use(lease);
	}

	hold(request: HoldRequest): void {
		request.result = null;
		for (const counter of listCounters(request.reservation.checks))
			this.#use(this.#book.getOrAdd(counter, this.#at)).isAsked = true;
		this.#requests.push(request);
	}

	/** Gives back what is not held. */
	giveBack(leases: readonly Lease[]): void {
		// one that is no longer there is another one now
		for (const lease of leases) if (this.#book.leases.get(lease.name) === lease) this.#use(lease).isTight = true;
	}

	#use(lease: Lease): Draft {
		const { isClosing, leases } = this.#book;
		const isTight = isClosing || leases.size > MAX_LEASES || isLean(lease, this.#at);
		const draft = this.#drafts.get(lease.name) ?? {
			lease,
			freed: 0,
			kept: { expired: 0, reserved: 0 },
			held: 0,
			others: 0,
			balance: null,
			limits: [],
			isTight,
			isAsked: false,
		};
		this.#drafts.set(lease.name, draft);
		return draft;
	}

	get #isHolding(): boolean {
		return this.#book.isHolding || this.#requests.length > 0;
	}

	get #isRenewed(): boolean {
		return this.#book.isToRenew(this.#at);
	}

	/** `expiresAt`: epoch milliseconds, for leases that are renewed. */
	createPlan(expiresAt: number): LeasePlan {
		const { holderId: id, isHolding } = this.#book;
		return {
			holder: this.#isHolding
				? {
						id,
						isNew: !isHolding,
						expiresAt: this.#isRenewed ? expiresAt : undefined,
					}
				: null,
			charges: this.#charges,
			kept: this.#kept,
			counters: [...this.#drafts.values()].map((draft) => ({
				counter: draft.lease.counter,
				ceiling: getCeiling(draft, this.#book.holders),
			})),
			decide: (view) => this.#decide(view),
		};
	}

	#decide(view: LeaseView): LeaseDecision {
		this.isFenced = view.isFenced;
		if (view.isFenced) return { updates: [], recalls: [], isEmpty: false };
		for (const [index, draft] of [...this.#drafts.values()].entries()) {
			const { lease } = draft;
			draft.balance = addKept(view.balances[index] ?? null, draft.kept);
			draft.held = lease.held - draft.freed;
			if (draft.balance !== null) draft.others = sumBalance(draft.balance) - lease.stored;
		}
		if (view.holders > 0) this.#book.holders = view.holders;
		const recalls: Counter[] = [];
		const granted = this.#requests.filter((request) => {
			const { recall, result } = decideHold(request.reservation, this.#drafts);
			request.result = result;
			if (recall !== null) recalls.push(recall);
			return result.granted;
		});
		const decided = [...this.#drafts.values()].filter(({ balance }) => balance !== null);
		const updates = decided.flatMap((draft) => this.#update(draft, view.holders) ?? []);
		this.#models = new Map(this.#book.models);
		for (const { reservation } of granted) {
			const { amountNanoUsd, checks, model } = reservation;
			if (model !== undefined && amountNanoUsd > (this.#models.get(model) ?? -1))
				this.#models.set(model, amountNanoUsd);
			for (const lease of this.#book.find(listCounters(checks))) {
				addHeld(lease, amountNanoUsd, this.#at);
				this.#undo.push(() => {
					lease.held -= amountNanoUsd;
				});
			}
		}
		const isNew = granted.some(({ reservation: { amountNanoUsd, model } }) =>
			model === undefined ? false : amountNanoUsd > (this.#book.models.get(model) ?? -1),
		);
		this.#isEmpty = [...this.#book.leases.values()].every(({ stored }) => stored === 0);
		return { updates, recalls, models: isNew ? this.#models : undefined, isEmpty: this.#isEmpty };
	}

	#update(draft: Draft, holders: number): LeaseUpdate | null {
		const { lease } = draft;
		const { limitNanoUsd, stored, usable } = lease;
		this.#undo.push(() => Object.assign(lease, { limitNanoUsd, stored, usable }));
		lease.limitNanoUsd = getLimit(draft);
		lease.stored = size(draft, holders);
		lease.usable = Math.min(usable, lease.stored);
		const isToAnswer = isLean(lease, this.#at);
		if (lease.stored === stored && !(isToAnswer && stored > 0)) return null;
		return { counter: lease.counter, before: stored, amount: lease.stored, isLean: isToAnswer };
	}

	/** Takes back what was decided: it did not become durable. */
	undo(): void {
		for (const undo of this.#undo.splice(0)) undo();
	}

	/** Takes over what is durable. */
	commit(): void {
		const book = this.#book;
		if (this.isFenced) {
			book.lose();
			return;
		}
		const isRenewed = this.#isRenewed;
		for (const { lease } of this.#drafts.values()) lease.usable = lease.stored;
		for (const { reservation, result } of this.#requests)
			if (result?.granted === true) book.open(reservation, book.find(listCounters(reservation.checks)));
		book.isHolding = this.#isHolding && !this.#isEmpty;
		if (isRenewed) book.renewedAt = this.#at;
		if (!book.isHolding) book.models = new Map();
		else book.models = this.#models;
	}

	/** Forgets leases of which nothing is left; after the holds that end with the change were ended. */
	dropEmpty(): void {
		for (const { lease } of this.#drafts.values())
			if (lease.stored === 0 && lease.held === 0) this.#book.leases.delete(lease.name);
	}
}

function sumBalance({ reservedNanoUsd, settledNanoUsd, unknownNanoUsd }: CounterBalance): NanoUsd {
	return settledNanoUsd + unknownNanoUsd + reservedNanoUsd;
}

/** The balance with the holds that leave their leases in this transaction: the store adds them after the decision. */
function addKept(balance: CounterBalance | null, { expired, reserved }: Draft['kept']): CounterBalance | null {
	if (balance === null) return null;
	const { reservedNanoUsd, unknownNanoUsd } = balance;
	return { ...balance, reservedNanoUsd: reservedNanoUsd + reserved, unknownNanoUsd: unknownNanoUsd + expired };
}

function addHeld(lease: Lease, amountNanoUsd: NanoUsd, now: number): void {
	lease.held += amountNanoUsd;
	lease.peak = Math.max(lease.peak, lease.held);
	lease.usedAt = now;
}

function covers(lease: Lease, { isSoft, limitNanoUsd }: BudgetCheck, amountNanoUsd: NanoUsd): boolean {
	return (isSoft === true || limitNanoUsd >= lease.limitNanoUsd) && lease.usable - lease.held >= amountNanoUsd;
}

function isLean({ leanUntil }: Lease, now: number): boolean {
	return now < leanUntil;
}

/** Grants a hold in every counter, or in none: the first check that it does not fit refuses it. */
function decideHold(
	reservation: Reservation,
	drafts: ReadonlyMap<string, Draft>,
): { result: ReservationResult; recall: Counter | null } {
	const { amountNanoUsd, checks } = reservation;
	const own = checks.flatMap((check) => {
		const draft = drafts.get(toName([check.scope, check.periodKey]));
		return draft === undefined ? [] : [{ check, draft }];
	});
	for (const { check, draft } of own)
		draft.limits.push(check.isSoft === true ? Number.POSITIVE_INFINITY : check.limitNanoUsd);
	for (const { check, draft } of own) {
		if (check.isSoft === true || draft.others + draft.held + amountNanoUsd <= check.limitNanoUsd) continue;
		const settledNanoUsd = (draft.balance?.settledNanoUsd ?? 0) + (draft.balance?.unknownNanoUsd ?? 0);
		const reservedNanoUsd = draft.others - settledNanoUsd + draft.held;
		const mayFit = settledNanoUsd + draft.held + amountNanoUsd <= check.limitNanoUsd;
		const result: ReservationResult = { granted: false, check, settledNanoUsd, reservedNanoUsd };
		return { result, recall: mayFit ? draft.lease.counter : null };
	}
	for (const draft of new Set(own.map(({ draft }) => draft))) draft.held += amountNanoUsd;
	return { result: { granted: true, reservation }, recall: null };
}

/** The limit a lease is within: the tightest that is asked for, or what is counted already where that is more. */
function getLimit({ held, lease, limits, others }: Draft): NanoUsd {
	return limits.length === 0 ? lease.limitNanoUsd : Math.max(Math.min(...limits), others + held);
}

/**
 * What to lease: the open holds, and beside them the most that was held lately, but no more than a fourth of this
 * holder's share of what is left, so that near its limit every hold asks the store. What is leased stays as it is where it is
 * about right.
 */
function size({ held, isTight, lease, others }: Draft, holders: number): NanoUsd {
	if (isTight) return held;
	const share = Math.floor((lease.limitNanoUsd - others - held) / (SHARES * Math.max(1, holders)));
	const spare = Math.max(0, Math.min(Math.max(lease.peak, held), share));
	return isAboutRight(lease.stored - held, spare) ? lease.stored : held + spare;
}

function isAboutRight(spare: NanoUsd, wanted: NanoUsd): boolean {
	return spare >= wanted / 2 && spare <= 2 * wanted;
}

/** The total of a counter up to which its lease stays as it is; `null`: it changes, or nobody knows yet. */
function getCeiling({ freed, isAsked, isTight, kept, lease }: Draft, holders: number): NanoUsd | null {
	const spare = lease.stored - lease.held + freed;
	if (isAsked || isTight || kept.expired + kept.reserved > 0 || !isAboutRight(spare, lease.peak)) return null;
	return Math.min(Number.MAX_SAFE_INTEGER, lease.limitNanoUsd - SHARES * holders * spare);
}
