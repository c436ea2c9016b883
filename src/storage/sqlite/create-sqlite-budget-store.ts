import {
	type BudgetCheck,
	type BudgetConfig,
	type BudgetKeys,
	type BudgetRule,
	type BudgetScopeKind,
	type BudgetStore,
	type Clock,
	formatScope,
	isOwnedByKey,
	type NanoUsd,
	type Reservation,
	type RulePeriod,
} from '../../contracts/index.ts';
import { createUuidSource } from '../../util/index.ts';
import { listCounters } from '../shared/lease-book.ts';
import { LeasedBudgets } from '../shared/leased-budgets.ts';
import { requireCorrection } from '../shared/row-rules.ts';
import { getNumber, getText, getTextOrNull, getTime, toIsoTime, toSqlLimit } from './columns.ts';
import { COSTS, followJournal } from './create-sqlite-cost-ledger.ts';
import { createSqliteLeaseStore } from './create-sqlite-lease-store.ts';
import type { SqliteConnection, SqlRow } from './sqlite-connection.ts';

const CLAIM_ALERT = 'INSERT INTO budget_alerts (id, created_at) VALUES (?, ?) ON CONFLICT DO NOTHING';

/** Budgets in SQLite. A process leases a part of each limit, and holds within its leases. */
export function createSqliteBudgetStore(
	connection: SqliteConnection,
	clock: Clock,
): BudgetStore & { close(): Promise<void> } {
	let leased: LeasedBudgets | null = null;
	/** Made when money is first held or charged: most commands only read. */
	const open = (): LeasedBudgets => {
		leased ??= createLeasedBudgets(connection, clock);
		return leased;
	};
	return {
		reserve: async (reservation) => await open().reserve(reservation),
		settle: async (reservation, entry) => await open().settle(reservation, entry),
		release: async (reservation) => await open().release(reservation),
		charge: async (checks, entry) => await open().charge(checks, entry),
		async correct(checks, entry) {
			requireCorrection(entry);
			await connection.write(() => {
				if (COSTS.insert(connection, entry) === 0 || entry.costNanoUsd === null) return;
				correctSpend(connection, checks, entry.costNanoUsd);
			});
		},
		unsettled: async (limit) => connection.rows(LIST_EXPIRED, toSqlLimit(limit)).map(toReservation),
		claimAlert: (id, at) => connection.write(() => connection.run(CLAIM_ALERT, id, toIsoTime(at)) > 0),
		async spend(scope, periodKey) {
			const row = connection.row(SPEND, scope, periodKey);
			if (row === null) return { settledNanoUsd: 0, reservedNanoUsd: 0, unknownNanoUsd: 0 };
			const unknownNanoUsd = getNumber(row, 'unknown_nano');
			const { heldNanoUsd = 0, leasedNanoUsd = 0 } = leased?.getShare([scope, periodKey]) ?? {};
			// of its own leases a process knows what is held, of others' what they may hold; its own may have been taken over
			const ofOthers = Math.max(0, getNumber(row, 'reserved_nano') - leasedNanoUsd);
			return {
				settledNanoUsd: getNumber(row, 'settled_nano') + unknownNanoUsd,
				reservedNanoUsd: ofOthers + heldNanoUsd,
				unknownNanoUsd,
				...(ofOthers > 0 && { leasedNanoUsd: ofOthers }),
			};
		},
		async saveLimits(config, periods) {
			await connection.write(() => saveLimits(connection, config, periods));
		},
		expire: async (now) => (leased === null && connection.row(FIND_OPEN) === null ? 0 : await open().expire(now)),
		async close() {
			await leased?.close();
		},
	};
}

function createLeasedBudgets(connection: SqliteConnection, clock: Clock): LeasedBudgets {
	const ids = createUuidSource(() => clock.now());
	const store = createSqliteLeaseStore(connection, () => clock.now());
	return new LeasedBudgets({ store, clock, createHolderId: () => ids.next() });
}

/** Whether anything is held or leased that may be overdue. */
const FIND_OPEN = `SELECT 1 FROM lease_holders UNION ALL SELECT 1 FROM reservations WHERE state = 'reserved' LIMIT 1`;
const LIST_EXPIRED = `
SELECT id, amount_nano, model, routing_id, created_at, expires_at FROM reservations
WHERE state = 'expired' ORDER BY created_at, id LIMIT ?`;

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

const SPEND = 'SELECT settled_nano, reserved_nano, unknown_nano FROM budget_spend WHERE scope = ? AND period_key = ?';
const CORRECT = `
UPDATE budget_spend SET settled_nano = MAX(0, settled_nano + ?) WHERE scope = ? AND period_key = ?`;
const CORRECT_FIRST = 'INSERT INTO budget_spend (scope, period_key, settled_nano) VALUES (?, ?, ?)';

/** Changes what counters have settled by a correction, never below 0. */
function correctSpend(connection: SqliteConnection, checks: readonly BudgetCheck[], by: NanoUsd): void {
	for (const counter of listCounters(checks)) {
		const changed = connection.run(CORRECT, by, ...counter);
		if (changed === 0 && by > 0) connection.run(CORRECT_FIRST, ...counter, by);
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
