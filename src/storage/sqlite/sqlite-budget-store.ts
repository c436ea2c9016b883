import type { BudgetStore, CostEntry, Reservation, ReservationResult } from '../../contracts/index.ts';
import { requireCorrection, requireNanoUsd } from '../shared/index.ts';
import {
	changeSpend,
	correctSpend,
	holdWithin,
	periodsFromRow,
	periodsJson,
	periodsOf,
	type SpendChange,
	spendOf,
} from './budget-periods.ts';
import { number, text, textOrNull, time } from './columns.ts';
import { costValues, INSERT_COST } from './cost-row.ts';
import { toIsoTime } from './iso-time.ts';
import { saveLimits } from './save-limits.ts';
import type { SqliteConnection } from './sqlite-connection.ts';
import type { SqlRow, SqlValue } from './sqlite-driver.ts';

type ReservationState = 'reserved' | 'settled' | 'released' | 'expired';

const FIND = 'SELECT state, amount_nano, periods FROM reservations WHERE id = ?';
const PUT = `
INSERT INTO reservations (id, state, amount_nano, periods, model, routing_id, created_at, expires_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET
  state = excluded.state, amount_nano = excluded.amount_nano, periods = excluded.periods, expires_at = excluded.expires_at`;
/** A hold that is new, or was given back. */
const PUT_ANEW = `${PUT} WHERE state = 'released'`;
/** The usual end of a hold: it is stored just as its holder knows it. */
const SETTLE = `
UPDATE reservations SET state = 'settled' WHERE id = ? AND state = 'reserved' AND amount_nano = ? AND periods = ?`;
const END = 'UPDATE reservations SET state = ? WHERE id = ?';
const OVERDUE = `SELECT id, amount_nano, periods FROM reservations WHERE state = 'reserved' AND expires_at <= ?`;

/** The values of `PUT`, in order. */
function reservationValues(reservation: Reservation, state: ReservationState): SqlValue[] {
	return [
		reservation.id,
		state,
		reservation.amountNanoUsd,
		periodsJson(reservation.checks),
		reservation.model ?? null,
		reservation.decisionId ?? null,
		toIsoTime(reservation.createdAt),
		toIsoTime(reservation.expiresAt),
	];
}

/** Ends a hold; one that was never stored (taken while the database was away) is stored as ended. */
function endReservation(connection: SqliteConnection, reservation: Reservation, state: ReservationState): void {
	if (connection.run(END, state, reservation.id) === 0) connection.run(PUT, ...reservationValues(reservation, state));
}

/** What gives back the money a stored reservation still holds. */
function giveBack(stored: SqlRow | null): SpendChange {
	if (stored === null) return {};
	const state = text(stored, 'state');
	if (state === 'reserved') return { reserved: -number(stored, 'amount_nano') };
	if (state === 'expired') return { unknown: -number(stored, 'amount_nano') };
	return {};
}

function reserve(connection: SqliteConnection, reservation: Reservation): ReservationResult {
	const { amountNanoUsd, checks } = reservation;
	if (!holdWithin(connection, checks, amountNanoUsd)) return reserveByReading(connection, reservation);
	// asked twice: what was held a second time is given back
	if (connection.run(PUT_ANEW, ...reservationValues(reservation, 'reserved')) === 0)
		changeSpend(connection, periodsOf(checks), { reserved: -amountNanoUsd });
	return { granted: true, reservation };
}

/** Finds what refuses, begins counters that are new, and knows a hold again that would no longer fit. */
function reserveByReading(connection: SqliteConnection, reservation: Reservation): ReservationResult {
	const stored = connection.row(FIND, reservation.id);
	// asked twice (the answer got lost): held once; what was given back must be held anew
	if (stored !== null && text(stored, 'state') !== 'released') return { granted: true, reservation };
	for (const check of reservation.checks) {
		if (check.isSoft === true) continue;
		const { settledNanoUsd, reservedNanoUsd } = spendOf(connection, [check.scope, check.periodKey]);
		if (settledNanoUsd + reservedNanoUsd + reservation.amountNanoUsd > check.limitNanoUsd)
			return { granted: false, check, settledNanoUsd, reservedNanoUsd };
	}
	changeSpend(connection, periodsOf(reservation.checks), { reserved: reservation.amountNanoUsd });
	connection.run(PUT, ...reservationValues(reservation, 'reserved'));
	return { granted: true, reservation };
}

function settle(connection: SqliteConnection, reservation: Reservation, entry: CostEntry): void {
	const { amountNanoUsd, checks, id } = reservation;
	if (connection.run(SETTLE, id, amountNanoUsd, periodsJson(checks)) === 0) {
		settleByReading(connection, reservation, entry);
		return;
	}
	changeSpend(connection, periodsOf(checks), { reserved: -amountNanoUsd, settled: entry.costNanoUsd ?? 0 });
	connection.run(INSERT_COST, ...costValues(entry));
}

/** Settles a hold that expired, was released or never stored, or that somebody else took; one that is settled stays so. */
function settleByReading(connection: SqliteConnection, reservation: Reservation, entry: CostEntry): void {
	const stored = connection.row(FIND, reservation.id);
	if (stored !== null && text(stored, 'state') === 'settled') return;
	const periods = stored === null ? periodsOf(reservation.checks) : periodsFromRow(stored);
	changeSpend(connection, periods, { ...giveBack(stored), settled: entry.costNanoUsd ?? 0 });
	endReservation(connection, reservation, 'settled');
	connection.run(INSERT_COST, ...costValues(entry));
}

function release(connection: SqliteConnection, reservation: Reservation): void {
	const stored = connection.row(FIND, reservation.id);
	if (stored !== null && text(stored, 'state') === 'settled') return;
	if (stored !== null) changeSpend(connection, periodsFromRow(stored), giveBack(stored));
	endReservation(connection, reservation, 'released');
}

function expire(connection: SqliteConnection, now: number): number {
	const overdue = connection.rows(OVERDUE, toIsoTime(now));
	for (const row of overdue) {
		const amount = number(row, 'amount_nano');
		changeSpend(connection, periodsFromRow(row), { reserved: -amount, unknown: amount });
		connection.run(END, 'expired', text(row, 'id'));
	}
	return overdue.length;
}

const UNSETTLED = `
SELECT id, amount_nano, model, routing_id, created_at, expires_at FROM reservations
WHERE state = 'expired' ORDER BY created_at, id LIMIT ?`;
const CLAIM = 'INSERT INTO budget_alerts (id, created_at) VALUES (?, ?) ON CONFLICT DO NOTHING';

function reservationFromRow(row: SqlRow): Reservation {
	const model = textOrNull(row, 'model');
	const decisionId = textOrNull(row, 'routing_id');
	return {
		id: text(row, 'id'),
		amountNanoUsd: number(row, 'amount_nano'),
		checks: [],
		createdAt: time(row, 'created_at'),
		expiresAt: time(row, 'expires_at'),
		...(model === null ? {} : { model }),
		...(decisionId === null ? {} : { decisionId }),
	};
}

/** Budgets in SQLite: every method is one transaction that holds the write lock from its start. */
export function createSqliteBudgetStore(connection: SqliteConnection): BudgetStore {
	return {
		async reserve(reservation) {
			requireNanoUsd(reservation.amountNanoUsd, 'The amount to reserve');
			return connection.write(() => reserve(connection, reservation));
		},
		async settle(reservation, entry) {
			requireNanoUsd(entry.costNanoUsd ?? 0, 'The charge to settle');
			await connection.write(() => settle(connection, reservation, entry));
		},
		async release(reservation) {
			await connection.write(() => release(connection, reservation));
		},
		async charge(checks, entry) {
			requireNanoUsd(entry.costNanoUsd ?? 0, 'The charge');
			await connection.write(() => {
				const isNew = connection.run(INSERT_COST, ...costValues(entry)) > 0;
				if (isNew) changeSpend(connection, periodsOf(checks), { settled: entry.costNanoUsd ?? 0 });
			});
		},
		async correct(checks, entry) {
			requireCorrection(entry);
			await connection.write(() => {
				const isNew = connection.run(INSERT_COST, ...costValues(entry)) > 0;
				if (isNew && entry.costNanoUsd !== null) correctSpend(connection, periodsOf(checks), entry.costNanoUsd);
			});
		},
		unsettled: async (limit) => connection.rows(UNSETTLED, Math.max(0, limit)).map(reservationFromRow),
		claimAlert: (id, at) => connection.write(() => connection.run(CLAIM, id, toIsoTime(at)) > 0),
		spend: async (scope, periodKey) => spendOf(connection, [scope, periodKey]),
		async saveLimits(config, periods) {
			await connection.write(() => saveLimits(connection, config, periods));
		},
		async expire(now) {
			// nothing overdue, the usual case, takes no lock
			if (connection.row(`${OVERDUE} LIMIT 1`, toIsoTime(now)) === null) return 0;
			return connection.write(() => expire(connection, now));
		},
	};
}
