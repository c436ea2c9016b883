import type { CostEntry, NanoUsd, Reservation } from '../../contracts/index.ts';
import { sum } from '../../util/index.ts';
import { LEASE_GRACE_MS, LEASE_MS, listCounters, RECALL_ANSWER_MS, toName } from '../shared/lease-book.ts';
import type {
	Counter,
	CounterBalance,
	KeptHold,
	LeaseDecision,
	LeasePlan,
	LeaseStore,
	LeaseUpdate,
} from '../shared/lease-store.ts';
import { getJson, getNumber, getText, getTime, toIsoTime } from './columns.ts';
import { COSTS } from './create-sqlite-cost-ledger.ts';
import type { SqliteConnection, SqlRow } from './sqlite-connection.ts';

/** Leases, holds that are stored one by one, and the counters of both in SQLite. */
export function createSqliteLeaseStore(connection: SqliteConnection, now: () => number): LeaseStore {
	return {
		write: (createPlan) => connection.write(() => write(connection, createPlan(), now())),
		listRecalled: async (holder) => connection.rows(LIST_RECALLED, holder).map(toCounter),
		listStoredHolds: () => connection.rows(LIST_OPEN).map((row) => getText(row, 'id')),
		endStored: (reservation, entry) => connection.write(() => endStored(connection, reservation, entry)),
		async expire(at, holder) {
			// nothing overdue, the usual case, takes no lock
			const [overdue, dead] = [toIsoTime(at), toIsoTime(at - LEASE_GRACE_MS)];
			const isDue =
				connection.row(`${LIST_OVERDUE} LIMIT 1`, overdue) ??
				connection.row(`${LIST_DEAD} LIMIT 1`, dead, holder ?? '');
			if (isDue === null) return 0;
			return connection.write(() => expireHolds(connection, overdue) + expireHolders(connection, dead, holder));
		},
	};
}

const FIND_HOLDER = 'SELECT 1 FROM lease_holders WHERE id = ?';
const COUNT_HOLDERS = 'SELECT COUNT(*) AS holders FROM lease_holders WHERE id <> ?';
const PUT_HOLDER = `
INSERT INTO lease_holders (id, models, expires_at) VALUES (?, ?, ?)
ON CONFLICT (id) DO UPDATE SET models = excluded.models, expires_at = excluded.expires_at`;
const RENEW_HOLDER = `
UPDATE lease_holders SET models = COALESCE(?, models), expires_at = COALESCE(?, expires_at) WHERE id = ?`;
const DROP_HOLDER = 'DELETE FROM lease_holders WHERE id = ?';
const LIST_DEAD = 'SELECT id, models, expires_at FROM lease_holders WHERE expires_at <= ? AND id <> ?';

const PUT_LEASE = `
INSERT INTO budget_leases (scope, period_key, holder, amount_nano, recalled_at) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (scope, period_key, holder) DO UPDATE SET amount_nano = excluded.amount_nano, recalled_at = excluded.recalled_at`;
const DROP_LEASE = 'DELETE FROM budget_leases WHERE scope = ? AND period_key = ? AND holder = ?';
const LIST_LEASES = 'SELECT scope, period_key, amount_nano FROM budget_leases WHERE holder = ?';
const DROP_LEASES = 'DELETE FROM budget_leases WHERE holder = ?';
/** In place of a time: its holder has given back what it does not need. */
const ANSWERED = -1;
const LIST_RECALLED = 'SELECT scope, period_key FROM budget_leases WHERE recalled_at > 0 AND holder = ?';
const RECALL = `
UPDATE budget_leases SET recalled_at = ? WHERE scope = ? AND period_key = ? AND holder <> ? AND recalled_at IS NULL`;
const FIND_RECALLED = `
SELECT 1 FROM budget_leases
WHERE scope = ? AND period_key = ? AND holder <> ? AND recalled_at > ? AND recalled_at <= ?`;

const BALANCE = 'SELECT settled_nano, unknown_nano, reserved_nano FROM budget_spend WHERE scope = ? AND period_key = ?';
const SETTLE_WITHIN = `
UPDATE budget_spend SET settled_nano = settled_nano + ?, is_shown = ?
WHERE scope = ? AND period_key = ? AND settled_nano + unknown_nano + reserved_nano + ? <= ?`;
const SETTLE = `
INSERT INTO budget_spend (scope, period_key, settled_nano, is_shown) VALUES (?, ?, ?, ?)
ON CONFLICT (scope, period_key) DO UPDATE SET
  settled_nano = settled_nano + excluded.settled_nano, is_shown = excluded.is_shown
RETURNING settled_nano, unknown_nano, reserved_nano`;
const RESERVE = 'UPDATE budget_spend SET reserved_nano = reserved_nano + ? WHERE scope = ? AND period_key = ?';
const RESERVE_FIRST = 'INSERT INTO budget_spend (scope, period_key, reserved_nano) VALUES (?, ?, ?)';
/** Moves money from what is reserved to what is unknown. */
const EXPIRE = `
UPDATE budget_spend SET reserved_nano = reserved_nano - ?, unknown_nano = unknown_nano + ? WHERE scope = ? AND period_key = ?`;
const END_EXPIRED = `
UPDATE budget_spend SET unknown_nano = unknown_nano - ? WHERE scope = ? AND period_key = ?`;

const LIST_OPEN = `SELECT id FROM reservations WHERE state = 'reserved'`;
const LIST_OVERDUE = `SELECT id, amount_nano, periods FROM reservations WHERE state = 'reserved' AND expires_at <= ?`;
const FIND_STORED = 'SELECT state, amount_nano, periods FROM reservations WHERE id = ?';
const END_STORED = 'UPDATE reservations SET state = ? WHERE id = ?';
const PUT_STORED = `
INSERT INTO reservations (id, state, amount_nano, periods, model, routing_id, created_at, expires_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET
  state = excluded.state, amount_nano = excluded.amount_nano, periods = excluded.periods, expires_at = excluded.expires_at`;

function write(connection: SqliteConnection, plan: LeasePlan, now: number): Counter[] {
	const { charges, counters, holder, kept } = plan;
	const isStored = holder !== null && connection.row(FIND_HOLDER, holder.id) !== null;
	const isFenced = holder !== null && !holder.isNew && !isStored;
	const ceilings = new Map(counters.map(({ counter, ceiling }) => [toName(counter), ceiling]));
	const settled = settleAll(connection, charges, ceilings);
	const balances = counters.map(({ counter }) => {
		const balance = settled.get(toName(counter));
		return balance === undefined ? toBalance(connection.row(BALANCE, ...counter)) : balance;
	});
	const isNeeded = balances.some((balance) => balance !== null);
	const others = isNeeded ? getNumber(connection.row(COUNT_HOLDERS, holder?.id ?? '') ?? {}, 'holders') : 0;
	const decision = plan.decide({ isFenced, holders: isNeeded ? others + 1 : 0, balances });
	if (isFenced || holder === null) return [];
	for (const update of decision.updates) putLease(connection, update, holder.id);
	for (const hold of kept) keep(connection, hold);
	putHolder(connection, holder, { ...decision, isStored });
	return decision.recalls.filter((counter) => recall(connection, counter, { holder: holder.id, now }));
}

function putLease(connection: SqliteConnection, update: LeaseUpdate, holder: string): void {
	const { amount, before, counter, isLean } = update;
	reserve(connection, counter, amount - before);
	if (amount === 0) connection.run(DROP_LEASE, ...counter, holder);
	else connection.run(PUT_LEASE, ...counter, holder, amount, isLean ? ANSWERED : null);
}

/** Asks the other holders for what they do not need of a counter; true while one of them may still give something back. */
function recall(
	connection: SqliteConnection,
	counter: Counter,
	{ holder, now }: { holder: string; now: number },
): boolean {
	if (connection.run(RECALL, now, ...counter, holder) > 0) return true;
	return connection.row(FIND_RECALLED, ...counter, holder, now - RECALL_ANSWER_MS, now) !== null;
}

/**
 * Appends rows of the ledger, and adds them to each counter once for all. Answers what those counters hold now; `null` for one
 * that is within its ceiling.
 */
function settleAll(
	connection: SqliteConnection,
	charges: LeasePlan['charges'],
	ceilings: ReadonlyMap<string, NanoUsd | null>,
): Map<string, CounterBalance | null> {
	const sums = new Map<string, { counter: Counter; nano: NanoUsd }>();
	let isJournaled = true;
	for (const { entry, counters } of charges) {
		// one that is there already was counted with it
		if (COSTS.insert(connection, entry) === 0 || entry.costNanoUsd === null) continue;
		if (entry.call === undefined) isJournaled = false;
		for (const counter of counters) {
			const name = toName(counter);
			sums.set(name, { counter, nano: (sums.get(name)?.nano ?? 0) + entry.costNanoUsd });
		}
	}
	return new Map(
		[...sums].map(([name, { counter, nano }]) => {
			// shown by whoever moves the journal on
			const isShown = isJournaled && counter[0] === 'all' ? 0 : 1;
			return [name, settle(connection, counter, { nano, isShown }, ceilings.get(name))];
		}),
	);
}

function settle(
	connection: SqliteConnection,
	counter: Counter,
	{ nano, isShown }: { nano: NanoUsd; isShown: 0 | 1 },
	ceiling: NanoUsd | null = null,
): CounterBalance | null {
	// the usual case, at a third of the cost of reading what is there
	if (ceiling !== null && connection.run(SETTLE_WITHIN, nano, isShown, ...counter, nano, ceiling) > 0) return null;
	return toBalance(connection.row(SETTLE, ...counter, nano, isShown));
}

function reserve(connection: SqliteConnection, counter: Counter, nano: NanoUsd): void {
	if (nano === 0) return;
	if (connection.run(RESERVE, nano, ...counter) === 0) connection.run(RESERVE_FIRST, ...counter, nano);
}

function toBalance(row: SqlRow | null): CounterBalance {
	if (row === null) return { settledNanoUsd: 0, unknownNanoUsd: 0, reservedNanoUsd: 0 };
	return {
		settledNanoUsd: getNumber(row, 'settled_nano'),
		unknownNanoUsd: getNumber(row, 'unknown_nano'),
		reservedNanoUsd: getNumber(row, 'reserved_nano'),
	};
}

function putHolder(
	connection: SqliteConnection,
	{ expiresAt, id }: NonNullable<LeasePlan['holder']>,
	{ isEmpty, isStored, models }: LeaseDecision & { isStored: boolean },
): void {
	const time = expiresAt === undefined ? null : toIsoTime(expiresAt);
	const json = models === undefined ? null : JSON.stringify(Object.fromEntries(models));
	if (isEmpty) {
		if (isStored) connection.run(DROP_HOLDER, id);
	} else if (!isStored) connection.run(PUT_HOLDER, id, json ?? '{}', time);
	else if (time !== null || json !== null) connection.run(RENEW_HOLDER, json, time, id);
}

/** Stores a hold by itself that its holder's lease no longer covers. */
function keep(connection: SqliteConnection, { counters, reservation, state }: KeptHold): void {
	const { amountNanoUsd, createdAt, decisionId, expiresAt, id, model } = reservation;
	for (const counter of counters) {
		reserve(connection, counter, amountNanoUsd);
		if (state === 'expired') connection.run(EXPIRE, amountNanoUsd, amountNanoUsd, ...counter);
	}
	const times = [toIsoTime(createdAt), toIsoTime(expiresAt)];
	const periods = JSON.stringify(counters);
	connection.run(PUT_STORED, id, state, amountNanoUsd, periods, model ?? null, decisionId ?? null, ...times);
}

/** What a stored hold holds of each counter. */
function getParts(row: SqlRow): Array<{ counter: Counter; nano: NanoUsd }> {
	// written by `keep` without amounts, as by earlier releases; by `expireHolder` with the amount of each
	const parts = getJson(row, 'periods') as Array<readonly [scope: string, periodKey: string, nano?: NanoUsd]>;
	const amount = getNumber(row, 'amount_nano');
	return parts.map(([scope, periodKey, nano = amount]) => ({ counter: [scope, periodKey], nano }));
}

function endStored(connection: SqliteConnection, reservation: Reservation, entry: CostEntry | null): void {
	const stored = connection.row(FIND_STORED, reservation.id);
	const state = stored === null ? null : getText(stored, 'state');
	if (state === 'settled') return;
	const parts = stored === null ? [] : getParts(stored);
	for (const { counter, nano } of parts) {
		if (state === 'reserved') reserve(connection, counter, -nano);
		if (state === 'expired') connection.run(END_EXPIRED, nano, ...counter);
	}
	if (stored !== null) connection.run(END_STORED, entry === null ? 'released' : 'settled', reservation.id);
	if (entry === null) return;
	const counters = stored === null ? listCounters(reservation.checks) : parts.map(({ counter }) => counter);
	settleAll(connection, [{ entry, counters }], new Map());
}

function expireHolds(connection: SqliteConnection, overdue: string): number {
	const rows = connection.rows(LIST_OVERDUE, overdue);
	for (const row of rows) {
		for (const { counter, nano } of getParts(row)) connection.run(EXPIRE, nano, nano, ...counter);
		connection.run(END_STORED, 'expired', getText(row, 'id'));
	}
	return rows.length;
}

function expireHolders(connection: SqliteConnection, dead: string, holder: string | null): number {
	const rows = connection.rows(LIST_DEAD, dead, holder ?? '');
	for (const row of rows) expireHolder(connection, row);
	return rows.length;
}

/**
 * Makes unknown spend of a dead holder's leases: a stored hold for each model that its holds were for, in proportion to the
 * most held for each, so that it can be compared with what the model's provider billed.
 */
function expireHolder(connection: SqliteConnection, row: SqlRow): void {
	const id = getText(row, 'id');
	const leases = connection.rows(LIST_LEASES, id).map((lease) => ({
		counter: toCounter(lease),
		nano: getNumber(lease, 'amount_nano'),
	}));
	connection.run(DROP_LEASES, id);
	connection.run(DROP_HOLDER, id);
	for (const { counter, nano } of leases) connection.run(EXPIRE, nano, nano, ...counter);
	const models = Object.entries(getJson(row, 'models') as Record<string, NanoUsd>);
	const expiresAt = getText(row, 'expires_at');
	// when it was last known to live
	const createdAt = toIsoTime(getTime(row, 'expires_at') - LEASE_MS);
	const shares = splitLeases(leases, models.length === 0 ? [['', 1]] : models);
	for (const { model, parts } of shares) {
		const amount = getMost(parts);
		if (amount === 0) continue;
		const name = models.length > 1 ? `${id} ${model}` : id;
		const periods = JSON.stringify(parts);
		connection.run(
			PUT_STORED,
			name,
			'expired',
			amount,
			periods,
			model === '' ? null : model,
			null,
			createdAt,
			expiresAt,
		);
	}
}

/**
 * The most that can have been spent of leases. Every hold counts in a day and in a month of all spending, so that the smaller of
 * the two bounds it: the larger one was leased for later.
 */
function getMost(parts: ReadonlyArray<readonly [scope: string, periodKey: string, nano: NanoUsd]>): NanoUsd {
	const ofAll = parts.filter(([scope]) => scope === 'all');
	const byPeriod = Map.groupBy(ofAll, ([, periodKey]) => periodKey.length);
	const sums = [...byPeriod.values()].map((group) => sum(group.map(([, , nano]) => nano)));
	return sums.length > 0 ? Math.min(...sums) : Math.max(0, ...parts.map(([, , nano]) => nano));
}

function splitLeases(
	leases: ReadonlyArray<{ counter: Counter; nano: NanoUsd }>,
	models: ReadonlyArray<readonly [model: string, weight: NanoUsd]>,
): Array<{ model: string; parts: Array<[scope: string, periodKey: string, nano: NanoUsd]> }> {
	const left = leases.map(({ nano }) => nano);
	let weights = models.reduce((sum, [, weight]) => sum + weight, 0);
	return models.map(([model, weight]) => {
		const part = weights === 0 ? 1 : weight / weights;
		weights -= weight;
		const parts = leases.map(({ counter: [scope, periodKey] }, index): [string, string, NanoUsd] => {
			// the last one gets all that is left
			const nano = Math.floor((left[index] ?? 0) * part);
			left[index] = (left[index] ?? 0) - nano;
			return [scope, periodKey, nano];
		});
		return { model, parts };
	});
}

function toCounter(row: SqlRow): Counter {
	return [getText(row, 'scope'), getText(row, 'period_key')];
}
