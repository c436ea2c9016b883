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

const CORRECT = `
UPDATE budget_spend SET settled_nano = MAX(0, settled_nano + ?) WHERE scope = ? AND period_key = ?`;

/** Changes what counters have settled by a correction, never below 0; only inside a write. */
export function correctSpend(connection: SqliteConnection, periods: readonly Period[], by: NanoUsd): void {
	for (const [scope, key] of periods) {
		const changed = connection.run(CORRECT, by, scope, key);
		if (changed === 0 && by > 0) connection.run(ADD, scope, key, by, 0, 0);
	}
}

/** The counters the checks name, each once. */
export function periodsOf(checks: readonly BudgetCheck[]): Period[] {
	const periods = new Map<string, Period>();
	for (const { scope, periodKey } of checks) periods.set(JSON.stringify([scope, periodKey]), [scope, periodKey]);
	return [...periods.values()];
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
