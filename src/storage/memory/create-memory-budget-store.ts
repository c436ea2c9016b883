import type { BudgetCheck, BudgetStore, CostEntry, NanoUsd, Reservation } from '../../contracts/index.ts';
import { BoundedMap } from '../../util/index.ts';
import { requireCorrection, requireNanoUsd } from '../shared/row-rules.ts';
import { BoundedRows } from './bounded-rows.ts';

/** Counters kept at once; the one longest unused goes first. A day and a month for each of 5,000 scopes. */
const MAX_PERIODS = 10_000;
/** From here on it is watched which counters are used: below, nothing has to go. */
const WATCHED_FROM = MAX_PERIODS / 2;

/** What one period holds, in nano-dollars. */
export interface SpendCounter {
	settled: NanoUsd;
	reserved: NanoUsd;
	/** Holds that expired. */
	unknown: NanoUsd;
}

const NOTHING: Readonly<SpendCounter> = { settled: 0, reserved: 0, unknown: 0 };

/** Names a counter; no scope and no period key holds the separator. */
function periodName({ scope, periodKey }: Pick<BudgetCheck, 'scope' | 'periodKey'>): string {
	return `${scope}\u0000${periodKey}`;
}

/** Names the counters of a list of checks, each once. */
function periodNames(checks: ReadonlyArray<Pick<BudgetCheck, 'scope' | 'periodKey'>>): string[] {
	const names = checks.map(periodName);
	return new Set(names).size === names.length ? names : [...new Set(names)];
}

/** The counters of every scope and period in use. */
class MemorySpend {
	readonly #counters = new Map<string, SpendCounter>();

	read(name: string): Readonly<SpendCounter> {
		return this.#counters.get(name) ?? NOTHING;
	}

	/** Adds to each named counter. */
	change(names: readonly string[], by: Partial<SpendCounter>): void {
		for (const name of names) {
			const counter = this.#use(name);
			counter.settled += by.settled ?? 0;
			counter.reserved += by.reserved ?? 0;
			counter.unknown += by.unknown ?? 0;
		}
		if (this.#counters.size > MAX_PERIODS) this.#dropUnused();
	}

	#use(name: string): SpendCounter {
		const known = this.#counters.get(name);
		if (known !== undefined && this.#counters.size < WATCHED_FROM) return known;
		const counter = known ?? { ...NOTHING };
		this.#counters.delete(name);
		this.#counters.set(name, counter);
		return counter;
	}

	#dropUnused(): void {
		for (const [name, counter] of this.#counters) {
			// money under way keeps its counter
			if (counter.reserved > 0) continue;
			this.#counters.delete(name);
			return;
		}
	}
}

/** Claimed alerts remembered: far more than the thresholds of the periods in force. */
const MAX_ALERTS = 10_000;

interface Hold {
	state: 'reserved' | 'settled' | 'released' | 'expired';
	amount: NanoUsd;
	periods: readonly string[];
	expiresAt: number;
	reservation: Reservation;
}

function holdOf(reservation: Reservation, state: Hold['state']): Hold {
	const periods = periodNames(reservation.checks);
	return { state, amount: reservation.amountNanoUsd, periods, expiresAt: reservation.expiresAt, reservation };
}

/** What gives back the money a hold still takes. */
function giveBack(hold: Hold | undefined): Partial<SpendCounter> {
	if (hold?.state === 'reserved') return { reserved: -hold.amount };
	if (hold?.state === 'expired') return { unknown: -hold.amount };
	return {};
}

/** Budgets of one process, exact. Remembers the last `maxHolds` holds; one pushed out while open counts as expired. */
export function createMemoryBudgetStore(entries: BoundedRows<CostEntry>, maxHolds: number): BudgetStore {
	const spend = new MemorySpend();
	const holds = new BoundedMap<string, Hold>(maxHolds);
	const alerts = new BoundedRows<{ id: string; at: number }>(MAX_ALERTS);

	const expireHold = (hold: Hold): void => {
		spend.change(hold.periods, { reserved: -hold.amount, unknown: hold.amount });
		hold.state = 'expired';
	};
	const put = (id: string, hold: Hold): void => {
		const evicted = holds.set(id, hold)?.[1];
		if (evicted?.state === 'reserved') expireHold(evicted);
	};

	/** A hold that ends stays where it is, so that it is not ended twice; one that was never taken is put down as ended. */
	const end = (id: string, hold: Hold, state: Hold['state']): void => {
		hold.state = state;
		if (!holds.has(id)) put(id, hold);
	};

	return {
		async reserve(reservation) {
			requireNanoUsd(reservation.amountNanoUsd, 'The amount to reserve');
			const known = holds.peek(reservation.id);
			// asked twice: held once; what was given back must be held anew
			if (known !== undefined && known.state !== 'released') return { granted: true, reservation };
			for (const check of reservation.checks) {
				if (check.isSoft === true) continue;
				const { settled, reserved, unknown } = spend.read(periodName(check));
				if (settled + unknown + reserved + reservation.amountNanoUsd > check.limitNanoUsd)
					return { granted: false, check, settledNanoUsd: settled + unknown, reservedNanoUsd: reserved };
			}
			const hold = holdOf(reservation, 'reserved');
			spend.change(hold.periods, { reserved: hold.amount });
			put(reservation.id, hold);
			return { granted: true, reservation };
		},
		async settle(reservation, entry) {
			requireNanoUsd(entry.costNanoUsd ?? 0, 'The charge to settle');
			const known = holds.peek(reservation.id);
			if (known?.state === 'settled') return;
			const hold = known ?? holdOf(reservation, 'settled');
			spend.change(hold.periods, { ...giveBack(known), settled: entry.costNanoUsd ?? 0 });
			end(reservation.id, hold, 'settled');
			entries.add(entry);
		},
		async release(reservation) {
			const known = holds.peek(reservation.id);
			if (known?.state === 'settled') return;
			const hold = known ?? holdOf(reservation, 'released');
			spend.change(hold.periods, giveBack(known));
			end(reservation.id, hold, 'released');
		},
		async charge(checks, entry) {
			requireNanoUsd(entry.costNanoUsd ?? 0, 'The charge');
			if (entries.add(entry)) spend.change(periodNames(checks), { settled: entry.costNanoUsd ?? 0 });
		},
		async correct(checks, entry) {
			requireCorrection(entry);
			if (!entries.add(entry) || entry.costNanoUsd === null) return;
			for (const name of periodNames(checks)) {
				const { settled } = spend.read(name);
				spend.change([name], { settled: Math.max(-settled, entry.costNanoUsd) });
			}
		},
		async unsettled(limit) {
			const expired = [...holds.values()].filter(({ state }) => state === 'expired');
			const oldest = expired.sort((a, b) => a.reservation.createdAt - b.reservation.createdAt);
			return oldest.slice(0, Math.max(0, limit)).map(({ reservation }) => ({ ...reservation, checks: [] }));
		},
		claimAlert: async (id, at) => alerts.add({ id, at }),
		async spend(scope, periodKey) {
			const { settled, reserved, unknown } = spend.read(periodName({ scope, periodKey }));
			return { settledNanoUsd: settled + unknown, reservedNanoUsd: reserved, unknownNanoUsd: unknown };
		},
		// the limits are for the database's view; nobody looks into this process
		async saveLimits() {},
		async expire(now) {
			const overdue = [...holds.values()].filter((hold) => hold.state === 'reserved' && hold.expiresAt <= now);
			for (const hold of overdue) expireHold(hold);
			return overdue.length;
		},
	};
}
