import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { array, assert, asyncProperty, constantFrom, integer, nat, oneof, record } from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import type { BudgetCheck, Reservation, RouterStorage } from '../../src/contracts/index.ts';
import { createMemoryStorage } from '../../src/storage/memory/index.ts';
import { openSqliteStorage } from '../../src/storage/sqlite/index.ts';
import { SAMPLE_TIME, sampleEntry } from '../../src/testing/storage-contract/samples.ts';
import { HOUR_MS } from '../../src/util/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'switchyard-interleavings-'));
afterAll(() => rmSync(folder, { recursive: true }));

const PROCESSES = 3;
/** Hard limits that hold together for every request; the soft one is only counted. */
const LIMITS = { all: 100, 'key:ci': 60, 'tag:nightly': 40 };
const SOFT = { 'team:core': 20 };
const process = nat({ max: PROCESSES - 1 });
const step = oneof(
	{
		weight: 6,
		arbitrary: record({
			do: constantFrom('reserve'),
			process,
			amount: integer({ min: 1, max: 50 }),
			key: nat({ max: 1 }),
			tag: nat({ max: 1 }),
		}),
	},
	{
		weight: 4,
		arbitrary: record({
			do: constantFrom('settle', 'release'),
			process,
			which: nat(),
			share: integer({ min: 0, max: 100 }),
		}),
	},
	{ weight: 1, arbitrary: record({ do: constantFrom('expire', 'crash'), process }) },
	// a clock that goes on, over midnight too, and one that is set back
	{ weight: 1, arbitrary: record({ do: constantFrom('clock'), by: constantFrom(1, 5, 11, -3, -13) }) },
);
type Step = Parameters<Parameters<typeof step.map>[0]>[0];

interface World {
	/** Each process's own view of the one storage. */
	processes: RouterStorage[];
	/** What each process still means to settle or release. */
	held: Reservation[][];
	now: number;
	nextId: number;
	settled: Map<string, number>;
	reopen: (index: number) => Promise<RouterStorage>;
}

function checksAt(now: number, given: { key: number; tag: number }): BudgetCheck[] {
	const day = new Date(now).toISOString().slice(0, 10);
	const limited = ['all', ...(given.key === 1 ? ['key:ci'] : []), ...(given.tag === 1 ? ['tag:nightly'] : [])];
	const check = (scope: string, limitNanoUsd: number): BudgetCheck => {
		return { scope, period: 'day', periodKey: day, limitNanoUsd, resetsAt: null };
	};
	const hard = Object.entries(LIMITS).filter(([scope]) => limited.includes(scope));
	const soft = Object.entries(SOFT).map(([scope, limit]) => ({ ...check(scope, limit), isSoft: true }));
	return [...hard.map(([scope, limit]) => check(scope, limit)), ...soft];
}

async function reserve(world: World, asked: Extract<Step, { amount: number }>): Promise<void> {
	world.nextId += 1;
	const reservation: Reservation = {
		id: `r${world.nextId}`,
		amountNanoUsd: asked.amount,
		checks: checksAt(world.now, asked),
		createdAt: world.now,
		expiresAt: world.now + 2 * HOUR_MS,
	};
	const result = await world.processes[asked.process]?.budgets.reserve(reservation);
	if (result?.granted) world.held[asked.process]?.push(reservation);
}

/** Ends one hold of the process: never for more than was held, as a worst case promises. */
async function end(world: World, asked: Extract<Step, { which: number }>): Promise<void> {
	const held = world.held[asked.process] ?? [];
	const [reservation] = held.splice(asked.which % Math.max(1, held.length), 1);
	const budgets = world.processes[asked.process]?.budgets;
	if (reservation === undefined || budgets === undefined) return;
	if (asked.do === 'release') return await budgets.release(reservation);
	const costNanoUsd = Math.floor((reservation.amountNanoUsd * asked.share) / 100);
	await budgets.settle(reservation, sampleEntry({ id: `c-${reservation.id}`, costNanoUsd, at: world.now }));
	world.settled.set(`c-${reservation.id}`, costNanoUsd);
}

async function apply(world: World, next: Step): Promise<void> {
	if ('by' in next) world.now += next.by * HOUR_MS;
	else if ('amount' in next) await reserve(world, next);
	else if ('which' in next) await end(world, next);
	else if (next.do === 'expire') await world.processes[next.process]?.budgets.expire(world.now);
	else {
		// what the process held is forgotten by everybody but the storage
		world.held[next.process] = [];
		world.processes[next.process] = await world.reopen(next.process);
	}
}

async function expectWithinLimits(world: World, days: ReadonlySet<string>): Promise<void> {
	const [first] = world.processes;
	for (const day of days) {
		for (const [scope, limit] of Object.entries(LIMITS)) {
			const spend = await first?.budgets.spend(scope, day);
			const parts = [spend?.settledNanoUsd ?? 0, spend?.reservedNanoUsd ?? 0, spend?.unknownNanoUsd ?? 0];
			expect((parts[0] ?? 0) + (parts[1] ?? 0), `${scope} ${day}`).toBeLessThanOrEqual(limit);
			expect(Math.min(...parts)).toBeGreaterThanOrEqual(0);
		}
	}
}

async function run(world: World, steps: readonly Step[]): Promise<void> {
	const days = new Set<string>();
	for (const next of steps) {
		await apply(world, next);
		days.add(new Date(world.now).toISOString().slice(0, 10));
		await expectWithinLimits(world, days);
	}
	const [first] = world.processes;
	const rows = (await first?.ledger.entries({ from: 0, to: Number.MAX_SAFE_INTEGER }, 1000)) ?? [];
	expect(new Map(rows.map(({ id, costNanoUsd }) => [id, costNanoUsd]))).toEqual(world.settled);
	let counted = 0;
	for (const day of days) {
		const spend = await first?.budgets.spend('all', day);
		counted += (spend?.settledNanoUsd ?? 0) - (spend?.unknownNanoUsd ?? 0);
	}
	expect(counted).toBe([...world.settled.values()].reduce((sum, cost) => sum + cost, 0));
}

function createWorld(processes: RouterStorage[], reopen: World['reopen']): World {
	const held = processes.map(() => []);
	// 20:00, so that the clock soon goes over midnight
	return { processes, held, now: SAMPLE_TIME + 8 * HOUR_MS, nextId: 0, settled: new Map(), reopen };
}

const steps = array(step, { maxLength: 40 });

it('SQLite, several processes: whatever is reserved, settled, released, expires or crashes, at whatever time, no limit is passed at any step', async () => {
	let files = 0;
	await assert(
		asyncProperty(steps, async (sequence) => {
			files += 1;
			const path = join(folder, `${files}.db`);
			const open = () => openSqliteStorage({ path, retentionDays: Number.POSITIVE_INFINITY });
			const opened: RouterStorage[] = [];
			const openOne = async () => {
				const storage = await open();
				opened.push(storage);
				return storage;
			};
			const world = createWorld([await openOne(), await openOne(), await openOne()], openOne);
			try {
				await run(world, sequence);
			} finally {
				for (const storage of opened) await storage.close();
			}
		}),
		{ numRuns: 40 },
	);
}, 60_000);

it('memory: the same promises, for one process that forgets its holds', async () => {
	await assert(
		asyncProperty(steps, async (sequence) => {
			const storage = createMemoryStorage();
			await run(
				createWorld([storage, storage, storage], async () => storage),
				sequence,
			);
		}),
		{ numRuns: 200 },
	);
});
