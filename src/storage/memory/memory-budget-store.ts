import type { BudgetStore, CostEntry, NanoUsd, Reservation } from '../../contracts/index.ts';
import { createDropOldest } from '../../util/index.ts';
import { requireCorrection, requireNanoUsd } from '../shared/index.ts';
import { BoundedRows } from './bounded-rows.ts';
import { MemorySpend, periodName, periodNames, type SpendCounter } from './memory-spend.ts';

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
	const holds = new Map<string, Hold>();
	const dropOldest = createDropOldest(holds);
	const alerts = new BoundedRows<{ id: string; at: number }>(MAX_ALERTS);

	const expireHold = (hold: Hold): void => {
		spend.change(hold.periods, { reserved: -hold.amount, unknown: hold.amount });
		hold.state = 'expired';
	};
	const put = (id: string, hold: Hold): void => {
		holds.delete(id);
		holds.set(id, hold);
		if (holds.size <= maxHolds) return;
		const oldest = dropOldest()?.[1];
		if (oldest?.state === 'reserved') expireHold(oldest);
	};

	/** A hold that ends stays where it is, so that it is not ended twice; one that was never taken is put down as ended. */
	const end = (id: string, hold: Hold, state: Hold['state']): void => {
		hold.state = state;
		if (!holds.has(id)) put(id, hold);
	};

	return {
		async reserve(reservation) {
			requireNanoUsd(reservation.amountNanoUsd, 'The amount to reserve');
			const known = holds.get(reservation.id);
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
			const known = holds.get(reservation.id);
			if (known?.state === 'settled') return;
			const hold = known ?? holdOf(reservation, 'settled');
			spend.change(hold.periods, { ...giveBack(known), settled: entry.costNanoUsd ?? 0 });
			end(reservation.id, hold, 'settled');
			entries.add(entry);
		},
		async release(reservation) {
			const known = holds.get(reservation.id);
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
