import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { BudgetCheck, Clock, Reservation } from '../../contracts/index.ts';
import { SAMPLE_TIME, sampleEntry } from '../../testing/storage-contract/samples.ts';
import { LeasedBudgets } from '../shared/leased-budgets.ts';
import { createSqliteLeaseStore } from './create-sqlite-lease-store.ts';
import { openSqliteStorage } from './open-sqlite-storage.ts';
import { openNodeSqlite, SqliteConnection, type SqliteDatabase } from './sqlite-connection.ts';

const MINUTE_MS = 60_000;

let database: SqliteDatabase;
let connection: SqliteConnection;
let now = 0;
let processes: LeasedBudgets[] = [];
let ids = 0;

/** Time goes on where somebody waits, and every process looks after its leases twice a second. */
const clock: Clock = {
	now: () => SAMPLE_TIME + now,
	monotonic: () => now,
	sleep: (ms) => pass(ms),
};

async function pass(ms: number): Promise<void> {
	const looks = Math.floor((now + ms) / 500) - Math.floor(now / 500);
	now += ms;
	if (looks > 0) await Promise.all(processes.map((one) => one.tidy()));
}

beforeEach(async () => {
	vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
	[now, ids, processes] = [0, 0, []];
	database = await openNodeSqlite(':memory:');
	const kept: SqliteDatabase = {
		exec: (sql) => database.exec(sql),
		prepare: (sql) => database.prepare(sql),
		close: () => {},
	};
	await (await openSqliteStorage({ path: ':memory:', openDatabase: () => kept })).close();
	connection = new SqliteConnection(database, { path: ':memory:', clock, busyTimeoutMs: 1000 });
});
afterEach(() => {
	database.close();
	vi.useRealTimers();
});

function start(): LeasedBudgets {
	const createHolderId = () => {
		ids += 1;
		return `holder-${ids}`;
	};
	const one = new LeasedBudgets({ store: createSqliteLeaseStore(connection, clock.now), clock, createHolderId });
	processes.push(one);
	return one;
}

/** The process goes on without looking after its leases, as one that is stopped. */
function stop(one: LeasedBudgets): void {
	processes = processes.filter((other) => other !== one);
}

function limitOf(limitNanoUsd: number, periodKey = '2026-03-10'): BudgetCheck {
	return { scope: 'all', period: 'day', periodKey, limitNanoUsd, resetsAt: null };
}

function createHold(id: string, amountNanoUsd: number, check: BudgetCheck, model = 'opus'): Reservation {
	const expiresAt = clock.now() + 10 * MINUTE_MS;
	return { id, amountNanoUsd, checks: [check], createdAt: clock.now(), expiresAt, model };
}

const readCounter = (periodKey = '2026-03-10') =>
	connection.row(
		'SELECT settled_nano AS settled, reserved_nano AS reserved, unknown_nano AS unknown FROM budget_spend WHERE period_key = ?',
		periodKey,
	);
const readStored = () =>
	connection.rows(`SELECT model, amount_nano AS nano FROM reservations WHERE state = 'expired' ORDER BY model`);

/** Asks, and is billed a tenth of what was held. */
async function spend(one: LeasedBudgets, id: string, check: BudgetCheck): Promise<boolean> {
	const hold = createHold(id, 100, check);
	if (!(await one.reserve(hold)).granted) return false;
	await one.settle(hold, sampleEntry({ id, costNanoUsd: 10 }));
	return true;
}

it('a request costs one transaction, and none before it is sent', async () => {
	const one = start();
	const check = limitOf(1_000_000);
	await spend(one, 'first', check);
	const begin = vi.spyOn(connection, 'write');
	for (let index = 0; index < 20; index += 1) await spend(one, `r${index}`, check);
	expect(begin).toHaveBeenCalledTimes(20);
	expect(readCounter()).toMatchObject({ settled: 210 });
});

it('charges that wait at the same time change each counter once', async () => {
	const one = start();
	const check = limitOf(1_000_000);
	const holds = Array.from({ length: 50 }, (_, index) => createHold(`r${index}`, 100, check));
	await Promise.all(holds.map((hold) => one.reserve(hold)));
	const run = vi.spyOn(connection, 'run');
	await Promise.all(holds.map((hold) => one.settle(hold, sampleEntry({ id: hold.id, costNanoUsd: 10 }))));
	expect(run.mock.calls.filter(([sql]) => sql.includes('UPDATE budget_spend'))).toHaveLength(1);
	expect(readCounter()).toMatchObject({ settled: 500 });
});

it('one busy process and three that rest spend a limit of 20 requests to the last one, and then all are refused', async () => {
	const [hot, ...cold] = [start(), start(), start(), start()];
	const check = limitOf(290);
	for (const [index, one] of cold.entries()) expect(await spend(one, `cold-${index}`, check)).toBe(true);
	let granted = cold.length;
	while (await spend(hot, `hot-${granted}`, check)) granted += 1;
	// the last hold of 100 begins with 190 settled
	expect(granted).toBe(20);
	for (const [index, one] of cold.entries()) expect(await spend(one, `late-${index}`, check)).toBe(false);
	await pass(6000);
	expect(readCounter()).toEqual({ settled: 200, reserved: 0, unknown: 0 });
});

it('of a large limit 99 % is spent before the first request is refused, though others had leased some of it', async () => {
	const [hot, ...cold] = [start(), start(), start(), start()];
	const check = limitOf(50_000);
	for (const [index, one] of cold.entries()) {
		const holds = Array.from({ length: 8 }, (_, at) => createHold(`cold-${index}-${at}`, 100, check));
		await Promise.all(holds.map((hold) => one.reserve(hold)));
		for (const hold of holds) await one.release(hold);
	}
	let granted = 0;
	while (await spend(hot, `hot-${granted}`, check)) granted += 1;
	expect(granted * 10).toBeGreaterThanOrEqual(49_500);
});

it('once others have given back what they can, a refusal does not wait for them again', async () => {
	const [one, other] = [start(), start()];
	const check = limitOf(150);
	await other.reserve(createHold('open', 100, check));
	expect((await one.reserve(createHold('first', 100, check))).granted).toBe(false);
	const before = now;
	expect((await one.reserve(createHold('second', 100, check))).granted).toBe(false);
	expect(now).toBe(before);
});

it('what is not used for five seconds is given back, and a hold stays covered for as long as it is open', async () => {
	const one = start();
	const hold = createHold('long', 100, limitOf(10_000));
	await one.reserve(hold);
	expect(Number(readCounter()?.['reserved'])).toBeGreaterThan(100);
	for (let seconds = 0; seconds < 8 * 60; seconds += 1) await pass(1000);
	expect(readCounter()).toEqual({ settled: 0, reserved: 100, unknown: 0 });
	await one.settle(hold, sampleEntry({ costNanoUsd: 30 }));
	await pass(10_000);
	expect(readCounter()).toEqual({ settled: 30, reserved: 0, unknown: 0 });
});

it('the leases of a process that died are unknown spend, told apart by model, until each is settled', async () => {
	const [dead, other] = [start(), start()];
	const check = limitOf(10_000);
	await dead.reserve(createHold('a', 100, check, 'opus'));
	await dead.reserve(createHold('b', 300, check, 'haiku'));
	stop(dead);
	const leased = Number(readCounter()?.['reserved']);
	// its clock may be five minutes wrong
	now += 6 * MINUTE_MS;
	expect(await other.expire(clock.now())).toBe(0);
	now += 2 * MINUTE_MS;
	expect(await other.expire(clock.now())).toBe(1);
	expect(readCounter()).toEqual({ settled: 0, reserved: 0, unknown: leased });
	const [haiku, opus] = readStored();
	expect([haiku?.['model'], opus?.['model']]).toEqual(['haiku', 'opus']);
	expect(Number(haiku?.['nano']) + Number(opus?.['nano'])).toBe(leased);
	const id = String(connection.row(`SELECT id FROM reservations WHERE model = 'opus'`)?.['id']);
	await other.settle({ ...createHold(id, 0, check), checks: [] }, sampleEntry({ costNanoUsd: 7 }));
	expect(readCounter()).toEqual({ settled: 7, reserved: 0, unknown: Number(haiku?.['nano']) });
});

it('a process that was paused for so long that it was taken for dead spends nothing that was given to others', async () => {
	const [paused, other] = [start(), start()];
	const check = limitOf(1000);
	const hold = createHold('open', 100, check);
	await paused.reserve(hold);
	stop(paused);
	const leased = Number(readCounter()?.['reserved']);
	now += 8 * MINUTE_MS;
	await other.expire(clock.now());
	expect((await other.reserve(createHold('rest', 1000 - leased, check))).granted).toBe(true);
	// it finds its lease gone, whatever it believes to have left
	expect((await paused.reserve(createHold('more', 10, check))).granted).toBe(false);
	// what was billed is counted beside the unknown spend
	await paused.settle(hold, sampleEntry({ costNanoUsd: 5 }));
	expect(readCounter()).toEqual({ settled: 5, reserved: 1000 - leased, unknown: leased });
});

it('after a pause of more than a minute a lease is not used before the store has renewed it', async () => {
	const one = start();
	const check = limitOf(10_000);
	await one.reserve(createHold('a', 100, check));
	const write = vi.spyOn(connection, 'write');
	await one.reserve(createHold('b', 100, check));
	expect(write).not.toHaveBeenCalled();
	now += MINUTE_MS;
	await one.reserve(createHold('c', 100, check));
	expect(write).toHaveBeenCalledTimes(1);
});

it('a limit that is lowered counts for the next request, also where more is leased', async () => {
	const one = start();
	const hold = createHold('a', 100, limitOf(10_000));
	await one.reserve(hold);
	expect((await one.reserve(createHold('b', 50, limitOf(120)))).granted).toBe(false);
	expect((await one.reserve(createHold('c', 20, limitOf(120)))).granted).toBe(true);
	expect((await one.reserve(createHold('d', 500, limitOf(10_000)))).granted).toBe(true);
});

it('a hold from before midnight is settled in the day it was held in', async () => {
	const one = start();
	const hold = createHold('a', 100, limitOf(1000));
	await one.reserve(hold);
	await one.reserve(createHold('b', 100, limitOf(1000, '2026-03-11')));
	await one.settle(hold, sampleEntry({ costNanoUsd: 40 }));
	expect(readCounter()).toMatchObject({ settled: 40 });
	expect(readCounter('2026-03-11')).toMatchObject({ settled: 0 });
});

it('a hold that is open when its storage is closed can be ended by the next one', async () => {
	const [first, next] = [start(), start()];
	const check = limitOf(1000);
	const hold = createHold('a', 100, check);
	await first.reserve(hold);
	await first.close();
	expect(readCounter()).toEqual({ settled: 0, reserved: 100, unknown: 0 });
	await next.settle(hold, sampleEntry({ costNanoUsd: 40 }));
	await next.settle(hold, sampleEntry({ costNanoUsd: 40 }));
	expect(readCounter()).toEqual({ settled: 40, reserved: 0, unknown: 0 });
});

it('a row that cannot be written fails alone, and its hold stays', async () => {
	const one = start();
	const check = limitOf(10_000);
	const holds = ['a', 'b', 'c'].map((id) => createHold(id, 100, check));
	for (const hold of holds) await one.reserve(hold);
	const [a, b, c] = holds.map((hold) => {
		const entry = sampleEntry({ id: hold.id, costNanoUsd: 10 });
		return one.settle(hold, hold.id === 'b' ? { ...entry, model: null as never } : entry);
	});
	await expect(b).rejects.toThrow();
	await Promise.all([a, c]);
	expect(readCounter()).toMatchObject({ settled: 20 });
	expect(one.getShare(['all', '2026-03-10']).heldNanoUsd).toBe(100);
});
