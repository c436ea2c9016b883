import { array, assert, asyncProperty, constantFrom, integer, nat, oneof, record } from 'fast-check';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { BudgetCheck, Clock, Reservation } from '../../src/contracts/index.ts';
import { LeasedBudgets } from '../../src/storage/shared/leased-budgets.ts';
import { createSqliteLeaseStore } from '../../src/storage/sqlite/create-sqlite-lease-store.ts';
import { openSqliteStorage, type SqliteDatabase } from '../../src/storage/sqlite/index.ts';
import { openNodeSqlite, SqliteConnection } from '../../src/storage/sqlite/sqlite-connection.ts';
import { SAMPLE_TIME, sampleEntry } from '../../src/testing/storage-contract/samples.ts';

/** `npm run test:leases` for the long form. */
const IS_LONG = globalThis.process.env['MODE'] === 'leases';
const TRACES = IS_LONG ? 100_000 : 2000;
const PROCESSES = 3;
const LIMIT = 1000;
const MINUTE_MS = 60_000;
const MONTH = '2026-03';

const process = nat({ max: PROCESSES - 1 });
const amount = integer({ min: 0, max: 120 });
const step = oneof(
	{
		weight: 8,
		arbitrary: record({
			do: constantFrom('reserve', 'reserve', 'reserve', 'expire and reserve'),
			process,
			amount,
			owner: nat({ max: 2 }),
			minutes: constantFrom(0, 20),
		}),
	},
	{
		weight: 6,
		arbitrary: record({ do: constantFrom('settle', 'release'), process, which: nat(), share: nat({ max: 100 }) }),
	},
	{ weight: 2, arbitrary: record({ do: constantFrom('tidy', 'expire', 'close', 'crash'), process }) },
	// a pause of the whole machine, and clocks that are set
	{ weight: 2, arbitrary: record({ do: constantFrom('wait'), ms: constantFrom(500, 5500, MINUTE_MS, 8 * MINUTE_MS) }) },
	{ weight: 1, arbitrary: record({ do: constantFrom('set-clock'), by: constantFrom(-5 * MINUTE_MS, 5 * MINUTE_MS) }) },
	{ weight: 1, arbitrary: record({ do: constantFrom('limit'), limit: constantFrom(LIMIT / 4, LIMIT / 2, LIMIT) }) },
	{ weight: 1, arbitrary: record({ do: constantFrom('new-day') }) },
);
type Step = Parameters<Parameters<typeof step.map>[0]>[0];

let connection: SqliteConnection;
let database: SqliteDatabase;
let now = { wall: SAMPLE_TIME, monotonic: 0 };
beforeAll(async () => {
	// looks after leases only where a trace says so
	vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
	database = await openNodeSqlite(':memory:');
	await (
		await openSqliteStorage({ path: ':memory:', openDatabase: () => ({ ...proxy(database), close: () => {} }) })
	).close();
	connection = new SqliteConnection(database, { path: ':memory:', clock, busyTimeoutMs: 1000 });
});
afterAll(() => {
	database.close();
	vi.useRealTimers();
});

/** The methods, bound: the connection of the storage that makes the tables is closed, the database stays. */
function proxy(opened: SqliteDatabase): SqliteDatabase {
	return { exec: (sql) => opened.exec(sql), prepare: (sql) => opened.prepare(sql), close: () => opened.close() };
}

interface Process {
	budgets: LeasedBudgets;
	held: Reservation[];
}

interface World {
	processes: Process[];
	limit: number;
	highest: number;
	day: number;
	/** What was charged by processes that were taken for dead: it counts beside the unknown spend of their leases. */
	beside: number;
	settled: number;
	next: number;
}

const clock: Clock = {
	now: () => now.wall,
	monotonic: () => now.monotonic,
	sleep: async (ms) => {
		now.monotonic += ms;
		now.wall += ms;
		await Promise.all(looked.map((one) => one.budgets.tidy()));
	},
};
/** Processes that look after their leases while another waits for money. */
let looked: readonly Process[] = [];
let holders = 0;

function start(): Process {
	const createHolderId = () => {
		holders += 1;
		return `holder-${holders}`;
	};
	return {
		budgets: new LeasedBudgets({ store: createSqliteLeaseStore(connection, clock.now), clock, createHolderId }),
		held: [],
	};
}

function listChecks({ day, limit }: World, owner: number): BudgetCheck[] {
	const check = (scope: string, periodKey: string, share: number): BudgetCheck => {
		return { scope, period: 'day', periodKey, limitNanoUsd: Math.floor(limit * share), resetsAt: null };
	};
	const checks = [check('all', `2026-03-${10 + day}`, 0.8), check('all', MONTH, 1)];
	if (owner === 1) checks.push(check('key:ci', 'total', 0.5));
	if (owner === 2) checks.push({ ...check('team:core', `2026-03-${10 + day}`, 0.1), isSoft: true });
	return checks;
}

interface Totals {
	scope: string;
	period: string;
	total: number;
	settled: number;
	unknown: number;
	reserved: number;
	leased: number;
	stored: number;
}

const TOTALS = `
SELECT scope, period_key AS period, settled_nano + unknown_nano + reserved_nano AS total, settled_nano AS settled,
	unknown_nano AS unknown, reserved_nano AS reserved,
	(SELECT total(amount_nano) FROM budget_leases AS l WHERE l.scope = s.scope AND l.period_key = s.period_key) AS leased,
	(SELECT total(amount_nano) FROM reservations, json_each(periods) AS p
		WHERE state = 'reserved' AND p.value ->> 0 = s.scope AND p.value ->> 1 = s.period_key) AS stored
FROM budget_spend AS s`;
// the columns that the statement names
const readTotals = () => connection.rows(TOTALS) as unknown as Totals[];

async function reserve(world: World, asked: Extract<Step, { amount: number }>): Promise<void> {
	world.next += 1;
	const one = world.processes[asked.process];
	if (one === undefined) return;
	const reservation: Reservation = {
		id: `r${holders}-${world.next}`,
		amountNanoUsd: asked.amount,
		checks: listChecks(world, asked.owner),
		createdAt: now.wall,
		expiresAt: now.wall + asked.minutes * MINUTE_MS,
		model: asked.owner === 0 ? 'opus' : 'haiku',
	};
	// in one transaction, where the hold needs one
	const expired = asked.do === 'reserve' ? undefined : one.budgets.expire(now.wall);
	const result = await one.budgets.reserve(reservation);
	await expired;
	if (result.granted) one.held.push(reservation);
	else expect(result.settledNanoUsd + result.reservedNanoUsd + asked.amount).toBeGreaterThan(result.check.limitNanoUsd);
}

async function end(world: World, asked: Extract<Step, { which: number }>): Promise<void> {
	const one = world.processes[asked.process];
	const [reservation] = one?.held.splice(asked.which % Math.max(1, one.held.length), 1) ?? [];
	if (one === undefined || reservation === undefined) return;
	if (asked.do === 'release') return await one.budgets.release(reservation);
	const costNanoUsd = Math.floor((reservation.amountNanoUsd * asked.share) / 100);
	const before = sumUnknown();
	await one.budgets.settle(reservation, sampleEntry({ id: `c-${reservation.id}`, costNanoUsd, at: now.wall }));
	world.settled += costNanoUsd;
	// its hold is in what is unknown now, unless that was told apart by its id
	if (before > 0 && sumUnknown() === before) world.beside += costNanoUsd;
}

function sumUnknown(): number {
	return readTotals().reduce((sum, { unknown }) => sum + unknown, 0);
}

async function apply(world: World, next: Step): Promise<void> {
	if ('amount' in next) await reserve(world, next);
	else if ('which' in next) await end(world, next);
	else if ('process' in next) await look(world, next);
	else if (next.do === 'wait') now = { wall: now.wall + next.ms, monotonic: now.monotonic + next.ms };
	else if (next.do === 'set-clock') now.wall += next.by;
	else if (next.do === 'limit') world.limit = next.limit;
	else world.day += 1;
}

async function look(world: World, next: Extract<Step, { do: 'tidy' | 'expire' | 'close' | 'crash' }>): Promise<void> {
	const one = world.processes[next.process];
	if (next.do === 'tidy') return await one?.budgets.tidy();
	if (next.do === 'expire') return void (await one?.budgets.expire(now.wall));
	if (next.do === 'close') await one?.budgets.close();
	world.processes[next.process] = start();
	looked = world.processes;
}

/** What a counter may hold: what was within a limit that was lowered stays, and a process knows of it by its next request there. */
function findLimit(world: World, next: Step, { period, scope }: Pick<Totals, 'period' | 'scope'>): number {
	const checks = 'amount' in next ? listChecks(world, next.owner) : [];
	const asked = checks.find((check) => check.scope === scope && check.periodKey === period);
	const share = scope === 'key:ci' ? 0.5 : period === MONTH ? 1 : 0.8;
	return asked?.limitNanoUsd ?? Math.floor(world.highest * share);
}

/** Nothing is leased or held beyond a limit, and the counters are what leases and stored holds say. */
function expectSound(world: World, before: readonly Totals[], next: Step): void {
	const action = JSON.stringify(next);
	world.highest = Math.max(world.highest, world.limit);
	for (const { leased, period, reserved, scope, stored, total } of readTotals()) {
		const name = `${scope} ${period} after ${action}`;
		expect(reserved, name).toBe(leased + stored);
		if (scope === 'team:core') continue;
		const earlier = before.find((one) => one.scope === scope && one.period === period)?.total ?? 0;
		if (total > earlier)
			expect(total - world.beside, name).toBeLessThanOrEqual(findLimit(world, next, { scope, period }));
	}
	for (const one of world.processes) {
		const share = one.budgets.getShare(['all', MONTH]);
		expect(share.heldNanoUsd, action).toBeLessThanOrEqual(share.leasedNanoUsd);
	}
}

async function run(steps: readonly Step[]): Promise<void> {
	for (const table of ['budget_spend', 'budget_leases', 'lease_holders', 'reservations'])
		connection.exec(`DELETE FROM ${table}`);
	now = { wall: SAMPLE_TIME, monotonic: 0 };
	const world: World = {
		processes: Array.from({ length: PROCESSES }, start),
		limit: LIMIT,
		highest: LIMIT,
		day: 1,
		beside: 0,
		settled: 0,
		next: 0,
	};
	looked = world.processes;
	for (const next of steps) {
		const before = readTotals();
		await apply(world, next);
		expectSound(world, before, next);
	}
	for (const { budgets } of world.processes) await budgets.close();
	now.wall += 40 * MINUTE_MS;
	const last = start();
	const before = readTotals();
	await last.budgets.expire(now.wall);
	for (const [index, counter] of readTotals().entries()) {
		// after all is over nothing is reserved, and what nobody ended is unknown spend, not money given back
		expect(counter.reserved).toBe(0);
		expect(counter.total).toBe(before[index]?.total);
	}
	const month = readTotals().find(({ period }) => period === MONTH);
	expect(month?.settled ?? 0).toBe(world.settled);
	// all of it is listed, so that it can be settled
	const listed = connection.rows(`SELECT total(amount_nano) AS nano FROM reservations WHERE state = 'expired'`);
	const most = sumUnknown();
	expect(Number(listed[0]?.['nano'])).toBeLessThanOrEqual(most);
	expect(Number(listed[0]?.['nano']) > 0).toBe(most > 0);
}

it(
	'whatever processes lease, hold, settle, forget or crash, paused, at any clock and limit: settled, unknown and leased never pass it',
	async () => {
		await assert(asyncProperty(array(step, { maxLength: 24 }), run), { numRuns: TRACES });
	},
	IS_LONG ? 3_600_000 : 60_000,
);
