import type { BudgetCheck, BudgetStore, CostEntry, NanoUsd, Reservation } from '../../contracts/index.ts';
import { BoundedMap } from '../../util/index.ts';
import { requireCorrection, requireNanoUsd } from '../shared/row-rules.ts';
import { BoundedRows } from './bounded-rows.ts';

/** Claimed alerts remembered: far more than the thresholds of the current periods. */
const MAX_ALERTS = 10_000;

/** A reservation and what became of it. */
interface StoredReservation {
	state: 'reserved' | 'settled' | 'released' | 'expired';
	reservation: Reservation;
	/** Names of its counters. */
	counters: readonly string[];
}

/** Budgets of one process, exact. Remembers the last `maxReservations`; one evicted while open counts as expired. */
export function createMemoryBudgetStore(entries: BoundedRows<CostEntry>, maxReservations: number): BudgetStore {
	const spend = new SpendCounters();
	const stored = new BoundedMap<string, StoredReservation>(maxReservations);
	const alerts = new BoundedRows<{ id: string; at: number }>(MAX_ALERTS);

	const expire = (known: StoredReservation): void => {
		const { amountNanoUsd } = known.reservation;
		spend.change(known.counters, { reserved: -amountNanoUsd, unknown: amountNanoUsd });
		known.state = 'expired';
	};
	const put = (reservation: Reservation, state: StoredReservation['state']): void => {
		const counters = getCounterNames(reservation.checks);
		const evicted = stored.set(reservation.id, { state, reservation, counters })?.[1];
		if (evicted?.state === 'reserved') expire(evicted);
	};
	/** Ends a reservation, unless it is settled: releases what it holds and settles a charge. False when it was settled before. */
	const end = (reservation: Reservation, state: 'settled' | 'released', settled: NanoUsd): boolean => {
		const known = stored.peek(reservation.id);
		if (known?.state === 'settled') return false;
		// it stays where it is, so that it is not ended twice; one that was never stored is stored as ended
		spend.change(known?.counters ?? getCounterNames(reservation.checks), { ...getRelease(known), settled });
		if (known === undefined) put(reservation, state);
		else known.state = state;
		return true;
	};

	return {
		async reserve(reservation) {
			const { amountNanoUsd, checks, id } = reservation;
			requireNanoUsd(amountNanoUsd, 'The amount to reserve');
			const known = stored.peek(id);
			// requested twice: reserved once; what was released must be reserved anew
			if (known !== undefined && known.state !== 'released') return { granted: true, reservation };
			for (const check of checks) {
				if (check.isSoft === true) continue;
				const { settled, reserved, unknown } = spend.read(toCounterName(check));
				if (settled + unknown + reserved + amountNanoUsd > check.limitNanoUsd)
					return { granted: false, check, settledNanoUsd: settled + unknown, reservedNanoUsd: reserved };
			}
			spend.change(getCounterNames(checks), { reserved: amountNanoUsd });
			put(reservation, 'reserved');
			return { granted: true, reservation };
		},
		async settle(reservation, entry) {
			const cost = entry.costNanoUsd ?? 0;
			requireNanoUsd(cost, 'The charge to settle');
			if (end(reservation, 'settled', cost)) entries.add(entry);
		},
		async release(reservation) {
			end(reservation, 'released', 0);
		},
		async charge(checks, entry) {
			const cost = entry.costNanoUsd ?? 0;
			requireNanoUsd(cost, 'The charge');
			if (entries.add(entry)) spend.change(getCounterNames(checks), { settled: cost });
		},
		async correct(checks, entry) {
			requireCorrection(entry);
			if (!entries.add(entry) || entry.costNanoUsd === null) return;
			for (const name of getCounterNames(checks)) {
				const { settled } = spend.read(name);
				spend.change([name], { settled: Math.max(-settled, entry.costNanoUsd) });
			}
		},
		async unsettled(limit) {
			const expired = [...stored.values()].filter(({ state }) => state === 'expired');
			const oldest = expired.sort((a, b) => a.reservation.createdAt - b.reservation.createdAt);
			return oldest.slice(0, Math.max(0, limit)).map(({ reservation }) => ({ ...reservation, checks: [] }));
		},
		claimAlert: async (id, at) => alerts.add({ id, at }),
		async spend(scope, periodKey) {
			const { settled, reserved, unknown } = spend.read(toCounterName({ scope, periodKey }));
			return { settledNanoUsd: settled + unknown, reservedNanoUsd: reserved, unknownNanoUsd: unknown };
		},
		// the limits are for the database's view; nobody looks into this process
		async saveLimits() {},
		async expire(now) {
			const isOverdue = ({ state, reservation }: StoredReservation) =>
				state === 'reserved' && reservation.expiresAt <= now;
			const overdue = [...stored.values()].filter(isOverdue);
			for (const known of overdue) expire(known);
			return overdue.length;
		},
	};
}

/** What releases the money that a reservation still holds. */
function getRelease(known: StoredReservation | undefined): Partial<SpendCounter> {
	if (known?.state === 'reserved') return { reserved: -known.reservation.amountNanoUsd };
	if (known?.state === 'expired') return { unknown: -known.reservation.amountNanoUsd };
	return {};
}

/** No scope and no period key holds the separator. */
function toCounterName({ scope, periodKey }: Pick<BudgetCheck, 'scope' | 'periodKey'>): string {
	return `${scope}\u0000${periodKey}`;
}

/** Names of the counters of a list of checks, each once. */
function getCounterNames(checks: readonly BudgetCheck[]): string[] {
	return [...new Set(checks.map(toCounterName))];
}

/** Counters kept at once; the least recently used is evicted. A day and a month for each of 5,000 scopes. */
const MAX_COUNTERS = 10_000;
/** Counters from which on their use is tracked: below, nothing has to be evicted. */
const TRACKED_FROM = MAX_COUNTERS / 2;

/** What one scope has spent in one period, in nano-dollars. */
interface SpendCounter {
	settled: NanoUsd;
	reserved: NanoUsd;
	/** Of reservations that expired. */
	unknown: NanoUsd;
}

const NO_SPEND: Readonly<SpendCounter> = { settled: 0, reserved: 0, unknown: 0 };

/** The counters of every scope and period in use. */
class SpendCounters {
	readonly #counters = new Map<string, SpendCounter>();

	read(name: string): Readonly<SpendCounter> {
		return this.#counters.get(name) ?? NO_SPEND;
	}

	/** Adds to each named counter. */
	change(names: readonly string[], by: Partial<SpendCounter>): void {
		for (const name of names) {
			const counter = this.#use(name);
			counter.settled += by.settled ?? 0;
			counter.reserved += by.reserved ?? 0;
			counter.unknown += by.unknown ?? 0;
		}
		if (this.#counters.size > MAX_COUNTERS) this.#evict();
	}

	#use(name: string): SpendCounter {
		const known = this.#counters.get(name);
		if (known !== undefined && this.#counters.size < TRACKED_FROM) return known;
		const counter = known ?? { ...NO_SPEND };
		this.#counters.delete(name);
		this.#counters.set(name, counter);
		return counter;
	}

	#evict(): void {
		for (const [name, { reserved }] of this.#counters) {
			// a counter with open reservations stays
			if (reserved > 0) continue;
			this.#counters.delete(name);
			return;
		}
	}
}
