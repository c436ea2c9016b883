import type {
	BudgetCheck,
	BudgetStore,
	CostEntry,
	NanoUsd,
	PeriodSpend,
	Reservation,
	ReservationResult,
} from '../../contracts/index.ts';
import { requireCorrection, requireNanoUsd } from '../shared/row-rules.ts';
import { getJson, getNumber, getText, getTextOrNull, getTime, toIsoTime } from './columns.ts';
import { costValues, INSERT_COST } from './create-sqlite-cost-ledger.ts';
import { saveLimits } from './save-limits.ts';
import type { SqliteConnection, SqlRow, SqlValue } from './sqlite-connection.ts';

/** One counter of budget_spend. */
export type Period = readonly [scope: string, periodKey: string];

/** What changes in every period a hold or a charge belongs to. */
export interface SpendChange {
	settled?: NanoUsd;
	reserved?: NanoUsd;
	unknown?: NanoUsd;
}

const SPEND = 'SELECT settled_nano, reserved_nano, unknown_nano FROM budget_spend WHERE scope = ? AND period_key = ?';
const ADD = `
INSERT INTO budget_spend (scope, period_key, settled_nano, reserved_nano, unknown_nano) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (scope, period_key) DO UPDATE SET
  settled_nano = settled_nano + excluded.settled_nano,
  reserved_nano = reserved_nano + excluded.reserved_nano,
  unknown_nano = unknown_nano + excluded.unknown_nano`;
const CHANGE = `
UPDATE budget_spend SET
  settled_nano = settled_nano + ?, reserved_nano = reserved_nano + ?, unknown_nano = unknown_nano + ?
WHERE scope = ? AND period_key = ?`;
const HOLD = 'UPDATE budget_spend SET reserved_nano = reserved_nano + ? WHERE scope = ? AND period_key = ?';
const HOLD_WITHIN = `
UPDATE budget_spend SET reserved_nano = reserved_nano + ?1
WHERE scope = ?2 AND period_key = ?3 AND settled_nano + unknown_nano + reserved_nano + ?1 <= ?4`;

const CORRECT = `
UPDATE budget_spend SET settled_nano = MAX(0, settled_nano + ?) WHERE scope = ? AND period_key = ?`;

/** Changes what counters have settled by a correction, never below 0; only inside a write. */
function correctSpend(connection: SqliteConnection, periods: readonly Period[], by: NanoUsd): void {
	for (const [scope, key] of periods) {
		const changed = connection.run(CORRECT, by, scope, key);
		if (changed === 0 && by > 0) connection.run(ADD, scope, key, by, 0, 0);
	}
}

/** The counters a list of checks names, each once. */
interface CheckedPeriods {
	periods: readonly Period[];
	/** The tightest hard limit of each. */
	limits: readonly NanoUsd[];
	/** The periods as a reservation's row has them. */
	json: string;
}

/** A reservation is held and settled with the same list. */
const ofChecks = new WeakMap<readonly BudgetCheck[], CheckedPeriods>();

function readChecks(checks: readonly BudgetCheck[]): CheckedPeriods {
	const tightest = new Map<string, { period: Period; limit: NanoUsd }>();
	for (const { scope, periodKey, limitNanoUsd, isSoft } of checks) {
		const limit = isSoft === true ? Number.POSITIVE_INFINITY : limitNanoUsd;
		// no scope and no period key holds the separator
		const name = `${scope}\u0000${periodKey}`;
		const known = tightest.get(name);
		if (known === undefined) tightest.set(name, { period: [scope, periodKey], limit });
		else known.limit = Math.min(known.limit, limit);
	}
	const each = [...tightest.values()];
	const periods = each.map(({ period }) => period);
	return { periods, limits: each.map(({ limit }) => limit), json: JSON.stringify(periods) };
}

function checkedPeriods(checks: readonly BudgetCheck[]): CheckedPeriods {
	const known = ofChecks.get(checks) ?? readChecks(checks);
	ofChecks.set(checks, known);
	return known;
}

/** The counters the checks name, each once. */
function getPeriods(checks: readonly BudgetCheck[]): readonly Period[] {
	return checkedPeriods(checks).periods;
}

/** The same as the JSON of a reservation's row. */
function periodsJson(checks: readonly BudgetCheck[]): string {
	return checkedPeriods(checks).json;
}

/**
 * Holds the amount in every period where all of them have room, and changes nothing where one has not, or was never
 * used: reading then tells which. Only inside a write.
 */
function reserveWithinLimits(connection: SqliteConnection, checks: readonly BudgetCheck[], amount: NanoUsd): boolean {
	const { periods, limits } = checkedPeriods(checks);
	for (const [index, [scope, key]] of periods.entries()) {
		if (connection.run(HOLD_WITHIN, amount, scope, key, limits[index] ?? 0) > 0) continue;
		changeSpend(connection, periods.slice(0, index), { reserved: -amount });
		return false;
	}
	return true;
}

/** The counters a stored reservation holds money in. */
function periodsFromRow(row: SqlRow): Period[] {
	// written by the reservation's insert, from periodsOf
	return getJson(row, 'periods') as Period[];
}

/** What a counter holds; unknown spend counts as settled. */
function readSpend(connection: SqliteConnection, [scope, periodKey]: Period): PeriodSpend {
	const row = connection.row(SPEND, scope, periodKey);
	if (row === null) return { settledNanoUsd: 0, reservedNanoUsd: 0, unknownNanoUsd: 0 };
	const unknownNanoUsd = getNumber(row, 'unknown_nano');
	return {
		settledNanoUsd: getNumber(row, 'settled_nano') + unknownNanoUsd,
		reservedNanoUsd: getNumber(row, 'reserved_nano'),
		unknownNanoUsd,
	};
}

/** Changes counters; only inside a write. */
function changeSpend(connection: SqliteConnection, periods: readonly Period[], change: SpendChange): void {
	const { settled = 0, reserved = 0, unknown = 0 } = change;
	for (const [scope, key] of periods) {
		// a hold leaves what is spent alone, so the triggers that show spending need not run
		const changed =
			settled === 0 && unknown === 0
				? connection.run(HOLD, reserved, scope, key)
				: connection.run(CHANGE, settled, reserved, unknown, scope, key);
		if (changed === 0) connection.run(ADD, scope, key, settled, reserved, unknown);
	}
}

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
	const state = getText(stored, 'state');
	if (state === 'reserved') return { reserved: -getNumber(stored, 'amount_nano') };
	if (state === 'expired') return { unknown: -getNumber(stored, 'amount_nano') };
	return {};
}

function reserve(connection: SqliteConnection, reservation: Reservation): ReservationResult {
	const { amountNanoUsd, checks } = reservation;
	if (!reserveWithinLimits(connection, checks, amountNanoUsd)) return reserveByReading(connection, reservation);
	// asked twice: what was held a second time is given back
	if (connection.run(PUT_ANEW, ...reservationValues(reservation, 'reserved')) === 0)
		changeSpend(connection, getPeriods(checks), { reserved: -amountNanoUsd });
	return { granted: true, reservation };
}

/** Finds what refuses, begins counters that are new, and knows a hold again that would no longer fit. */
function reserveByReading(connection: SqliteConnection, reservation: Reservation): ReservationResult {
	const stored = connection.row(FIND, reservation.id);
	// asked twice (the answer got lost): held once; what was given back must be held anew
	if (stored !== null && getText(stored, 'state') !== 'released') return { granted: true, reservation };
	for (const check of reservation.checks) {
		if (check.isSoft === true) continue;
		const { settledNanoUsd, reservedNanoUsd } = readSpend(connection, [check.scope, check.periodKey]);
		if (settledNanoUsd + reservedNanoUsd + reservation.amountNanoUsd > check.limitNanoUsd)
			return { granted: false, check, settledNanoUsd, reservedNanoUsd };
	}
	changeSpend(connection, getPeriods(reservation.checks), { reserved: reservation.amountNanoUsd });
	connection.run(PUT, ...reservationValues(reservation, 'reserved'));
	return { granted: true, reservation };
}

function settle(connection: SqliteConnection, reservation: Reservation, entry: CostEntry): void {
	const { amountNanoUsd, checks, id } = reservation;
	if (connection.run(SETTLE, id, amountNanoUsd, periodsJson(checks)) === 0) {
		settleByReading(connection, reservation, entry);
		return;
	}
	changeSpend(connection, getPeriods(checks), { reserved: -amountNanoUsd, settled: entry.costNanoUsd ?? 0 });
	connection.run(INSERT_COST, ...costValues(entry));
}

/** Settles a hold that expired, was released or never stored, or that somebody else took; one that is settled stays so. */
function settleByReading(connection: SqliteConnection, reservation: Reservation, entry: CostEntry): void {
	const stored = connection.row(FIND, reservation.id);
	if (stored !== null && getText(stored, 'state') === 'settled') return;
	const periods = stored === null ? getPeriods(reservation.checks) : periodsFromRow(stored);
	changeSpend(connection, periods, { ...giveBack(stored), settled: entry.costNanoUsd ?? 0 });
	endReservation(connection, reservation, 'settled');
	connection.run(INSERT_COST, ...costValues(entry));
}

function release(connection: SqliteConnection, reservation: Reservation): void {
	const stored = connection.row(FIND, reservation.id);
	if (stored !== null && getText(stored, 'state') === 'settled') return;
	if (stored !== null) changeSpend(connection, periodsFromRow(stored), giveBack(stored));
	endReservation(connection, reservation, 'released');
}

function expire(connection: SqliteConnection, now: number): number {
	const overdue = connection.rows(OVERDUE, toIsoTime(now));
	for (const row of overdue) {
		const amount = getNumber(row, 'amount_nano');
		changeSpend(connection, periodsFromRow(row), { reserved: -amount, unknown: amount });
		connection.run(END, 'expired', getText(row, 'id'));
	}
	return overdue.length;
}

const UNSETTLED = `
SELECT id, amount_nano, model, routing_id, created_at, expires_at FROM reservations
WHERE state = 'expired' ORDER BY created_at, id LIMIT ?`;
const CLAIM = 'INSERT INTO budget_alerts (id, created_at) VALUES (?, ?) ON CONFLICT DO NOTHING';

function reservationFromRow(row: SqlRow): Reservation {
	const model = getTextOrNull(row, 'model');
	const decisionId = getTextOrNull(row, 'routing_id');
	return {
		id: getText(row, 'id'),
		amountNanoUsd: getNumber(row, 'amount_nano'),
		checks: [],
		createdAt: getTime(row, 'created_at'),
		expiresAt: getTime(row, 'expires_at'),
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
				if (isNew) changeSpend(connection, getPeriods(checks), { settled: entry.costNanoUsd ?? 0 });
			});
		},
		async correct(checks, entry) {
			requireCorrection(entry);
			await connection.write(() => {
				const isNew = connection.run(INSERT_COST, ...costValues(entry)) > 0;
				if (isNew && entry.costNanoUsd !== null) correctSpend(connection, getPeriods(checks), entry.costNanoUsd);
			});
		},
		unsettled: async (limit) => connection.rows(UNSETTLED, Math.max(0, limit)).map(reservationFromRow),
		claimAlert: (id, at) => connection.write(() => connection.run(CLAIM, id, toIsoTime(at)) > 0),
		spend: async (scope, periodKey) => readSpend(connection, [scope, periodKey]),
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
