import type { BudgetCheck, NanoUsd, PeriodSpend } from '../../contracts/index.ts';
import { json, number } from './columns.ts';
import type { SqliteConnection } from './sqlite-connection.ts';
import type { SqlRow } from './sqlite-driver.ts';

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
export function correctSpend(connection: SqliteConnection, periods: readonly Period[], by: NanoUsd): void {
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
export function periodsOf(checks: readonly BudgetCheck[]): readonly Period[] {
	return checkedPeriods(checks).periods;
}

/** The same as the JSON of a reservation's row. */
export function periodsJson(checks: readonly BudgetCheck[]): string {
	return checkedPeriods(checks).json;
}

/**
 * Holds the amount in every period where all of them have room, and changes nothing where one has not, or was never
 * used: reading then tells which. Only inside a write.
 */
export function holdWithin(connection: SqliteConnection, checks: readonly BudgetCheck[], amount: NanoUsd): boolean {
	const { periods, limits } = checkedPeriods(checks);
	for (const [index, [scope, key]] of periods.entries()) {
		if (connection.run(HOLD_WITHIN, amount, scope, key, limits[index] ?? 0) > 0) continue;
		changeSpend(connection, periods.slice(0, index), { reserved: -amount });
		return false;
	}
	return true;
}

/** The counters a stored reservation holds money in. */
export function periodsFromRow(row: SqlRow): Period[] {
	// written by the reservation's insert, from periodsOf
	return json(row, 'periods') as Period[];
}

/** What a counter holds; unknown spend counts as settled. */
export function spendOf(connection: SqliteConnection, [scope, periodKey]: Period): PeriodSpend {
	const row = connection.row(SPEND, scope, periodKey);
	if (row === null) return { settledNanoUsd: 0, reservedNanoUsd: 0, unknownNanoUsd: 0 };
	const unknownNanoUsd = number(row, 'unknown_nano');
	return {
		settledNanoUsd: number(row, 'settled_nano') + unknownNanoUsd,
		reservedNanoUsd: number(row, 'reserved_nano'),
		unknownNanoUsd,
	};
}

/** Changes counters; only inside a write. */
export function changeSpend(connection: SqliteConnection, periods: readonly Period[], change: SpendChange): void {
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
