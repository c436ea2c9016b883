import {
	type BudgetCheck,
	type BudgetConfig,
	type BudgetKeys,
	type BudgetRule,
	type BudgetScopeKind,
	type BudgetStore,
	type CostEntry,
	formatScope,
	isOwnedByKey,
	type NanoUsd,
	type PeriodSpend,
	type Reservation,
	type ReservationResult,
	type RulePeriod,
} from '../../contracts/index.ts';
import { requireCorrection, requireNanoUsd } from '../shared/row-rules.ts';
import { getJson, getNumber, getText, getTextOrNull, getTime, toIsoTime } from './columns.ts';
import { COSTS, followJournal } from './create-sqlite-cost-ledger.ts';
import type { SqliteConnection, SqlRow, SqlValue } from './sqlite-connection.ts';

const CLAIM_ALERT = 'INSERT INTO budget_alerts (id, created_at) VALUES (?, ?) ON CONFLICT DO NOTHING';

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
				if (COSTS.insert(connection, entry) === 0) return;
				changeSpend(connection, listCounters(checks).counters, { settled: entry.costNanoUsd ?? 0 });
			});
		},
		async correct(checks, entry) {
			requireCorrection(entry);
			await connection.write(() => {
				if (COSTS.insert(connection, entry) === 0 || entry.costNanoUsd === null) return;
				correctSpend(connection, listCounters(checks).counters, entry.costNanoUsd);
			});
		},
		unsettled: async (limit) => connection.rows(LIST_EXPIRED, Math.max(0, limit)).map(toReservation),
		claimAlert: (id, at) => connection.write(() => connection.run(CLAIM_ALERT, id, toIsoTime(at)) > 0),
		spend: async (scope, periodKey) => readSpend(connection, [scope, periodKey]),
		async saveLimits(config, periods) {
			await connection.write(() => saveLimits(connection, config, periods));
		},
		async expire(now) {
			// nothing overdue, the usual case, takes no lock
			if (connection.row(`${LIST_OVERDUE} LIMIT 1`, toIsoTime(now)) === null) return 0;
			return connection.write(() => expire(connection, now));
		},
	};
}

type ReservationState = 'reserved' | 'settled' | 'released' | 'expired';

const FIND = 'SELECT state, amount_nano, periods FROM reservations WHERE id = ?';
const PUT = `
INSERT INTO reservations (id, state, amount_nano, periods, model, routing_id, created_at, expires_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET
  state = excluded.state, amount_nano = excluded.amount_nano, periods = excluded.periods, expires_at = excluded.expires_at`;
/** Stores a reservation that is new or was released. */
const PUT_UNLESS_KNOWN = `${PUT} WHERE state = 'released'`;
/** The usual end of a reservation: it is stored just as its holder has it. */
const SETTLE = `
UPDATE reservations SET state = 'settled' WHERE id = ? AND state = 'reserved' AND amount_nano = ? AND periods = ?`;
const END = 'UPDATE reservations SET state = ? WHERE id = ?';
const LIST_OVERDUE = `SELECT id, amount_nano, periods FROM reservations WHERE state = 'reserved' AND expires_at <= ?`;
const LIST_EXPIRED = `
SELECT id, amount_nano, model, routing_id, created_at, expires_at FROM reservations
WHERE state = 'expired' ORDER BY created_at, id LIMIT ?`;

/** The values of `PUT`, in order. */
function toPutValues(reservation: Reservation, state: ReservationState): SqlValue[] {
	return [
		reservation.id,
		state,
		reservation.amountNanoUsd,
		listCounters(reservation.checks).json,
		reservation.model ?? null,
		reservation.decisionId ?? null,
		toIsoTime(reservation.createdAt),
		toIsoTime(reservation.expiresAt),
	];
}

function toReservation(row: SqlRow): Reservation {
	return {
		id: getText(row, 'id'),
		amountNanoUsd: getNumber(row, 'amount_nano'),
		checks: [],
		createdAt: getTime(row, 'created_at'),
		expiresAt: getTime(row, 'expires_at'),
		model: getTextOrNull(row, 'model') ?? undefined,
		decisionId: getTextOrNull(row, 'routing_id') ?? undefined,
	};
}

function reserve(connection: SqliteConnection, reservation: Reservation): ReservationResult {
	const { amountNanoUsd, checks } = reservation;
	if (!reserveWithinLimits(connection, checks, amountNanoUsd)) return reserveByReading(connection, reservation);
	// requested twice: what was reserved a second time is released
	if (connection.run(PUT_UNLESS_KNOWN, ...toPutValues(reservation, 'reserved')) === 0)
		changeSpend(connection, listCounters(checks).counters, { reserved: -amountNanoUsd });
	return { granted: true, reservation };
}

/**
 * Reserves the amount in every counter if all of them have room; changes nothing if one has not, or has no row yet:
 * `reserveByReading` then finds out which.
 */
function reserveWithinLimits(connection: SqliteConnection, checks: readonly BudgetCheck[], amount: NanoUsd): boolean {
	const { counters, limits } = listCounters(checks);
	for (const [index, [scope, key]] of counters.entries()) {
		if (connection.run(RESERVE_WITHIN, amount, scope, key, amount, limits[index] ?? 0) > 0) continue;
		changeSpend(connection, counters.slice(0, index), { reserved: -amount });
		return false;
	}
	return true;
}

/** Finds the limit that refuses, creates counters, and recognises a reservation that is stored already though it would no longer fit. */
function reserveByReading(connection: SqliteConnection, reservation: Reservation): ReservationResult {
	const { amountNanoUsd, checks } = reservation;
	const stored = connection.row(FIND, reservation.id);
	// requested twice (the answer got lost): reserved once; what was released must be reserved anew
	if (stored !== null && getText(stored, 'state') !== 'released') return { granted: true, reservation };
	for (const check of checks) {
		if (check.isSoft === true) continue;
		const { settledNanoUsd, reservedNanoUsd } = readSpend(connection, [check.scope, check.periodKey]);
		if (settledNanoUsd + reservedNanoUsd + amountNanoUsd > check.limitNanoUsd)
			return { granted: false, check, settledNanoUsd, reservedNanoUsd };
	}
	changeSpend(connection, listCounters(checks).counters, { reserved: amountNanoUsd });
	connection.run(PUT, ...toPutValues(reservation, 'reserved'));
	return { granted: true, reservation };
}

function settle(connection: SqliteConnection, reservation: Reservation, entry: CostEntry): void {
	const { amountNanoUsd, checks, id } = reservation;
	const { counters, json } = listCounters(checks);
	const settled = entry.costNanoUsd ?? 0;
	if (connection.run(SETTLE, id, amountNanoUsd, json) > 0) {
		changeSpend(connection, counters, { reserved: -amountNanoUsd, settled });
	} else {
		// it expired, was released, was never stored, or another process stored it
		const stored = connection.row(FIND, id);
		if (stored !== null && getText(stored, 'state') === 'settled') return;
		const stillHeld = stored === null ? counters : getCounters(stored);
		changeSpend(connection, stillHeld, { ...getRelease(stored), settled });
		endReservation(connection, reservation, 'settled');
	}
	COSTS.insert(connection, entry);
}

function release(connection: SqliteConnection, reservation: Reservation): void {
	const stored = connection.row(FIND, reservation.id);
	if (stored !== null && getText(stored, 'state') === 'settled') return;
	if (stored !== null) changeSpend(connection, getCounters(stored), getRelease(stored));
	endReservation(connection, reservation, 'released');
}

/** What releases the money that a stored reservation still holds. */
function getRelease(stored: SqlRow | null): SpendChange {
	const state = stored === null ? null : getText(stored, 'state');
	if (stored === null || (state !== 'reserved' && state !== 'expired')) return {};
	const amount = -getNumber(stored, 'amount_nano');
	return state === 'reserved' ? { reserved: amount } : { unknown: amount };
}

/** Ends a reservation; one that was never stored (made while the database was away) is stored as ended. */
function endReservation(connection: SqliteConnection, reservation: Reservation, state: ReservationState): void {
	if (connection.run(END, state, reservation.id) === 0) connection.run(PUT, ...toPutValues(reservation, state));
}

function expire(connection: SqliteConnection, now: number): number {
	const overdue = connection.rows(LIST_OVERDUE, toIsoTime(now));
	for (const row of overdue) {
		const amount = getNumber(row, 'amount_nano');
		changeSpend(connection, getCounters(row), { reserved: -amount, unknown: amount });
		connection.run(END, 'expired', getText(row, 'id'));
	}
	return overdue.length;
}

/** One row of budget_spend. */
type Counter = readonly [scope: string, periodKey: string];

/** The counters that a list of checks names, each once. */
interface CheckedCounters {
	counters: readonly Counter[];
	/** The tightest hard limit of each. */
	limits: readonly NanoUsd[];
	/** The counters as the column `periods` of a reservation has them. */
	json: string;
}

/** A reservation is made and settled with the same list. */
const countersOfChecks = new WeakMap<readonly BudgetCheck[], CheckedCounters>();

function listCounters(checks: readonly BudgetCheck[]): CheckedCounters {
	const known = countersOfChecks.get(checks);
	if (known !== undefined) return known;
	const tightest = new Map<string, { counter: Counter; limit: NanoUsd }>();
	for (const { scope, periodKey, limitNanoUsd, isSoft } of checks) {
		// no scope and no period key holds the separator
		const name = `${scope}\u0000${periodKey}`;
		const entry = tightest.get(name) ?? { counter: [scope, periodKey], limit: Number.POSITIVE_INFINITY };
		if (isSoft !== true) entry.limit = Math.min(entry.limit, limitNanoUsd);
		tightest.set(name, entry);
	}
	const entries = [...tightest.values()];
	const counters = entries.map(({ counter }) => counter);
	const listed = { counters, limits: entries.map(({ limit }) => limit), json: JSON.stringify(counters) };
	countersOfChecks.set(checks, listed);
	return listed;
}

/** The counters in which a stored reservation holds money. */
function getCounters(row: SqlRow): Counter[] {
	// written by `PUT`, from `listCounters`
	return getJson(row, 'periods') as Counter[];
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
const RESERVE = 'UPDATE budget_spend SET reserved_nano = reserved_nano + ? WHERE scope = ? AND period_key = ?';
const RESERVE_WITHIN = `
UPDATE budget_spend SET reserved_nano = reserved_nano + ?
WHERE scope = ? AND period_key = ? AND settled_nano + unknown_nano + reserved_nano + ? <= ?`;
const CORRECT = `
UPDATE budget_spend SET settled_nano = MAX(0, settled_nano + ?) WHERE scope = ? AND period_key = ?`;

/** What a counter holds; unknown spend counts as settled. */
function readSpend(connection: SqliteConnection, [scope, periodKey]: Counter): PeriodSpend {
	const row = connection.row(SPEND, scope, periodKey);
	if (row === null) return { settledNanoUsd: 0, reservedNanoUsd: 0, unknownNanoUsd: 0 };
	const unknownNanoUsd = getNumber(row, 'unknown_nano');
	return {
		settledNanoUsd: getNumber(row, 'settled_nano') + unknownNanoUsd,
		reservedNanoUsd: getNumber(row, 'reserved_nano'),
		unknownNanoUsd,
	};
}

/** What is added to each counter that a reservation or a charge belongs to. */
type SpendChange = Partial<Record<'settled' | 'reserved' | 'unknown', NanoUsd>>;

function changeSpend(connection: SqliteConnection, counters: readonly Counter[], change: SpendChange): void {
	const { settled = 0, reserved = 0, unknown = 0 } = change;
	for (const [scope, key] of counters) {
		// a reservation changes nothing that is spent, so the triggers that show spending need not run
		const changed =
			settled === 0 && unknown === 0
				? connection.run(RESERVE, reserved, scope, key)
				: connection.run(CHANGE, settled, reserved, unknown, scope, key);
		if (changed === 0) connection.run(ADD, scope, key, settled, reserved, unknown);
	}
}

/** Changes what counters have settled by a correction, never below 0. */
function correctSpend(connection: SqliteConnection, counters: readonly Counter[], by: NanoUsd): void {
	for (const [scope, key] of counters) {
		const changed = connection.run(CORRECT, by, scope, key);
		if (changed === 0 && by > 0) connection.run(ADD, scope, key, by, 0, 0);
	}
}

const SAVE = `
INSERT INTO budget_tracking (
  id, scope, day_key, month_key, daily_limit, monthly_limit, per_request_limit,
  daily_warning_threshold, monthly_warning_threshold, period_start, period_end, timezone, rules, save_number)
VALUES (?, 'all', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, (SELECT COALESCE(MAX(save_number), 0) + 1 FROM budget_tracking))
ON CONFLICT (scope, day_key) DO UPDATE SET
  month_key = excluded.month_key, daily_limit = excluded.daily_limit, monthly_limit = excluded.monthly_limit,
  per_request_limit = excluded.per_request_limit, daily_warning_threshold = excluded.daily_warning_threshold,
  monthly_warning_threshold = excluded.monthly_warning_threshold,
  period_start = excluded.period_start, period_end = excluded.period_end, timezone = excluded.timezone,
  rules = excluded.rules, save_number = excluded.save_number, updated_at = excluded.updated_at`;

const IN_FORCE = `
SELECT timezone, rules FROM budget_tracking WHERE scope = 'all' ORDER BY save_number DESC, updated_at DESC LIMIT 1`;
const IN_LEDGER = 'SELECT COALESCE(SUM(cost_nano), 0) AS nano FROM v_charges WHERE created_at >= ?';

/** Writes the day's row of budget_tracking: new limits, spending untouched but for a change of zone or rules. Only inside a write. */
function saveLimits(connection: SqliteConnection, config: BudgetConfig, keys: BudgetKeys): void {
	// what is recounted is read from the ledger
	followJournal(connection, Number.POSITIVE_INFINITY);
	recountChanges(connection, config, keys);
	connection.run(
		SAVE,
		`all:${keys.dayKey}`,
		keys.dayKey,
		keys.monthKey,
		config.dailyLimit,
		config.monthlyLimit,
		config.perRequestLimit ?? null,
		config.alerts.dailyWarning,
		config.alerts.monthlyWarning,
		toIsoTime(keys.startsAt),
		toIsoTime(keys.endsAt),
		config.timezone,
		// said outright: builds before keys owned limits counted all keys in one
		JSON.stringify((config.rules ?? []).map((rule) => (isOwnedByKey(rule) ? { ...rule, shared: false } : rule))),
	);
}

/**
 * Makes the current periods count at least what the ledger holds since they began, after a change: of the time zone
 * (spending is not forgotten because days begin elsewhere), or a new rule (what was spent before it counts too).
 */
function recountChanges(connection: SqliteConnection, config: BudgetConfig, keys: BudgetKeys): void {
	const { dayKey, monthKey, startsAt, monthStartsAt = startsAt, rules = [] } = keys;
	const before = connection.row(IN_FORCE);
	const isMoved = before !== null && getText(before, 'timezone') !== config.timezone;
	if (isMoved) {
		recountPeriod(connection, dayKey, startsAt);
		recountPeriod(connection, monthKey, monthStartsAt);
	}
	const known = before === null || isMoved ? new Set<string>() : getRuleNames(before);
	for (const rule of rules) if (!known.has(toRuleName(rule))) recountRule(connection, rule);
}

/** Names of the rules that a row has; none of a row from before rules were kept. */
function getRuleNames(row: SqlRow): ReadonlySet<string> {
	const rules = getTextOrNull(row, 'rules');
	// written by SAVE
	return new Set(rules === null ? [] : (JSON.parse(rules) as BudgetRule[]).map(toRuleName));
}

function toRuleName(rule: Pick<BudgetRule, 'scope' | 'of' | 'period' | 'shared'>): string {
	const { scope, of, period, shared } = rule;
	return JSON.stringify([scope, of ?? null, period, shared ?? null]);
}

function recountPeriod(connection: SqliteConnection, periodKey: string, since: number): void {
	const nano = getNumber(connection.row(IN_LEDGER, toIsoTime(since)) ?? {}, 'nano');
	if (nano > 0) connection.run(RAISE, 'all', periodKey, nano);
}

function recountRule(connection: SqliteConnection, rule: RulePeriod): void {
	const { scope: kind, of, periodKey, startsAt } = rule;
	const sums = toOwnerSums(kind, isOwnedByKey(rule));
	for (const row of connection.rows(sums, toIsoTime(Math.max(0, startsAt)), of ?? null)) {
		const scope = formatScope(kind, getText(row, 'owner'), getTextOrNull(row, 'key_id'));
		connection.run(RAISE, scope, periodKey, getNumber(row, 'nano'));
	}
}

/** Raises a counter to an amount, unless it holds more. */
const RAISE = `
INSERT INTO budget_spend (scope, period_key, settled_nano) VALUES (?, ?, ?)
ON CONFLICT (scope, period_key) DO UPDATE SET settled_nano = MAX(settled_nano, excluded.settled_nano)`;

/** Columns of the ledger that name whose a charge is. */
const OWNER_COLUMN: Readonly<Record<Exclude<BudgetScopeKind, 'tag'>, string>> = {
	all: `''`,
	key: 'key_id',
	team: 'team',
	session: 'session_id',
	model: 'model',
	'task-type': 'task_type',
};

/**
 * SQL for the sums of each owner, or of the one that is asked for. A rule that belongs to keys has a sum for each key whose
 * caller named the owner, and one of what the program itself did; rows of builds that did not tell the two apart count as both.
 */
function toOwnerSums(kind: BudgetScopeKind, isByKey: boolean): string {
	const from = kind === 'tag' ? 'v_charges, json_each(tags) AS tag' : 'v_charges';
	const owner = kind === 'tag' ? 'tag.value' : OWNER_COLUMN[kind];
	// a tag given twice on a row counts once
	const select = (key: string, condition: string) =>
		`SELECT DISTINCT v_charges.id AS charge, ${key} AS key_id, cost_nano, created_at, ${owner} AS owner FROM ${from} WHERE ${condition}`;
	const rows = isByKey
		? `${select('NULL', 'named_by IS NULL')} UNION ALL ${select('COALESCE(named_by, key_id)', 'COALESCE(named_by, key_id) IS NOT NULL')}`
		: select('NULL', 'true');
	return `SELECT owner, key_id, SUM(cost_nano) AS nano FROM (${rows})
WHERE created_at >= ? AND owner IS NOT NULL AND owner = COALESCE(?, owner) GROUP BY owner, key_id HAVING SUM(cost_nano) > 0`;
}
