import { spawnSync } from 'node:child_process';
import {
	closeSync,
	copyFileSync,
	mkdirSync,
	mkdtempSync,
	openSync,
	readSync,
	renameSync,
	rmSync,
	writeFileSync,
	writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { RouterEvent } from '../../src/contracts/index.ts';
import { openSqliteStorage, type SqliteDatabase } from '../../src/storage/sqlite/index.ts';
import { RoutingSystem } from '../../src/system/index.ts';
import { completeBudgetConfig, completeRouterConfig } from '../../src/system/options.ts';
import { sampleDecision } from '../../src/testing/storage-contract/samples.ts';
import { lockDatabase } from '../support/lock-database.ts';

let folder = '';
let path = '';
const open: RoutingSystem[] = [];
let events: RouterEvent[] = [];

beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), 'switchyard-faults-'));
	path = join(folder, 'db', 'routing.db');
	events = [];
});
afterEach(async () => {
	for (const system of open.splice(0)) await system.close();
	rmSync(folder, { recursive: true });
});

function createSystem(
	options: { dailyLimit?: number; openDatabase?: (path: string) => SqliteDatabase; busyTimeoutMs?: number } = {},
): RoutingSystem {
	const { busyTimeoutMs = 30, dailyLimit = 10, openDatabase } = options;
	const system = new RoutingSystem(
		completeRouterConfig({ candidates: ['sonnet'] }),
		completeBudgetConfig({ dailyLimit }),
		{
			openStorage: () => openSqliteStorage({ path, busyTimeoutMs, ...(openDatabase && { openDatabase }) }),
			onEvent: (event) => events.push(event),
		},
	);
	open.push(system);
	return system;
}

/** A call of sonnet: 1000 × $3 + 500 × $15 per million = $0.0105. */
const ANSWER = {
	object: 'chat.completion',
	usage: { prompt_tokens: 1000, completion_tokens: 500, total_tokens: 1500 },
};
const COST_NANO = 10_500_000;
const ask = (system: RoutingSystem) => system.executeWithRouting('Fix bug in payment processing', async () => ANSWER);

const countEvents = (type: RouterEvent['type']) => events.filter((event) => event.type === type).length;
const waitFor = (isSo: () => unknown) =>
	vi.waitFor(
		async () => {
			if ((await isSo()) !== true) throw new Error('not yet');
		},
		{ timeout: 8000, interval: 20 },
	);
const isWorking = async (system: RoutingSystem) => (await system.storageStatus()).failing === null;

function query(sql: string, file = path): Array<Record<string, unknown>> {
	const database = new DatabaseSync(file);
	try {
		return database.prepare(sql).all();
	} finally {
		database.close();
	}
}

/** What the ledger, with the journal in front of it, and today's counter hold. */
function readTotals(): { rows: unknown; ledger: unknown; counted: unknown; held: unknown } {
	const [ledger] = query(`SELECT COUNT(*) AS rows, COALESCE(SUM(cost_nano), 0) AS ledger
		FROM (SELECT cost_nano FROM cost_tracking UNION ALL SELECT cost_nano FROM request_journal)`);
	const [spend] =
		query(`SELECT SUM(settled_nano + unknown_nano) AS counted, SUM(reserved_nano) AS held FROM budget_spend
		WHERE scope = 'all' AND period_key LIKE '____-__-__'`);
	return { rows: ledger?.['rows'], ledger: ledger?.['ledger'], counted: spend?.['counted'], held: spend?.['held'] };
}

/** As above when every system is closed: until then a lease stays for the next requests. */
async function closeAndRead(): Promise<ReturnType<typeof readTotals>> {
	for (const system of open.splice(0)) await system.close();
	return readTotals();
}

const spent = (calls: number) => ({ rows: calls, ledger: calls * COST_NANO, counted: calls * COST_NANO, held: 0 });

describe('a database that cannot be opened at first', () => {
	it('locked by another process: what was spent from memory is in it afterwards, once, and counts against the limits', async () => {
		const before = createSystem();
		await ask(before);
		await before.close();
		const unlock = await lockDatabase(path);
		// enough for a call, whose worst case is held, after two calls but not after three
		const system = createSystem({ dailyLimit: 0.09 });
		await ask(system);
		await ask(system);
		expect((await system.storageStatus()).degraded).toMatch(/locked by another process[\s\S]*in memory/);
		await unlock();
		await waitFor(() => countEvents('storage-recovered') === 1);
		expect(readTotals()).toEqual(spent(3));
		await system.flush();
		expect(query('SELECT COUNT(*) AS n FROM routing_decisions')).toEqual([{ n: 3 }]);
		expect(query('SELECT COUNT(*) AS n FROM routing_outcomes')).toEqual([{ n: 3 }]);
		expect(system.getStatus().budget.dailySpent).toBeCloseTo(0.0315, 9);
		const more = await Promise.allSettled([
			ask(system),
			ask(system),
			ask(system),
			ask(system),
			ask(system),
			ask(system),
		]);
		expect(more.filter(({ status }) => status === 'rejected').length).toBeGreaterThan(0);
		expect([countEvents('storage-degraded'), countEvents('storage-recovered')]).toEqual([1, 1]);
		await system.close();
		expect(readTotals()).toMatchObject({ held: 0 });
		expect(Number(readTotals().counted)).toBeLessThanOrEqual(90_000_000);
	});

	it('the limits of the configuration hold while there is only memory', async () => {
		await createSystem().storage();
		const unlock = await lockDatabase(path);
		const system = createSystem({ dailyLimit: 0.02 });
		const askOften = async () => {
			for (let call = 0; call < 20; call += 1) await ask(system);
		};
		await expect(askOften()).rejects.toMatchObject({ code: 'ROUTER_BUDGET_EXCEEDED' });
		await unlock();
	});

	it('a request under way when the database comes is charged once, and its hold counts meanwhile', async () => {
		mkdirSync(folder, { recursive: true });
		writeFileSync(dirname(path), 'no folder');
		const system = createSystem();
		let answer = (_value: typeof ANSWER): void => {};
		const calls = vi.fn(() => new Promise<typeof ANSWER>((resolve) => (answer = resolve)));
		const running = system.executeWithRouting('Fix bug in payment processing', calls);
		await waitFor(() => calls.mock.calls.length === 1);
		rmSync(dirname(path));
		await waitFor(() => isWorking(system));
		expect(readTotals()).toMatchObject({ rows: 0, counted: 0 });
		expect(Number(readTotals().held)).toBeGreaterThan(COST_NANO);
		answer(ANSWER);
		await running;
		expect(await closeAndRead()).toEqual(spent(1));
	});

	it('with a damaged page: it is left alone until it is repaired', async () => {
		const root = await fillDatabase(200);
		const page = swapPage(root, DAMAGE);
		const system = createSystem();
		await ask(system);
		expect((await system.storageStatus()).failing?.problem).toBe('corrupt');
		swapPage(root, page);
		await waitFor(() => countEvents('storage-recovered') === 1);
		expect(readTotals()).toEqual(spent(1));
	});

	it('what is still in memory at the end is written then, when the database can be opened', async () => {
		await createSystem().storage();
		const unlock = await lockDatabase(path);
		const system = createSystem();
		await ask(system);
		await unlock();
		await system.close();
		expect(readTotals()).toEqual(spent(1));
	});

	it('what it never takes goes to the database of the system that follows, as after a configuration with another path', async () => {
		mkdirSync(folder, { recursive: true });
		writeFileSync(dirname(path), 'no folder');
		const system = createSystem();
		await ask(system);
		path = join(folder, 'other.db');
		const successor = createSystem();
		await ask(successor);
		path = join(folder, 'db', 'routing.db');
		await system.close({ successor });
		path = join(folder, 'other.db');
		expect(await closeAndRead()).toEqual(spent(2));
	});

	it('a process without free file handles opens it when it has some', { timeout: 20_000 }, () => {
		const script = fileURLToPath(new URL('../support/exhaust-handles.ts', import.meta.url));
		const command = `ulimit -n 64; exec "${process.execPath}" --no-warnings "${script}" "${path}"`;
		const { stdout, stderr } = spawnSync('sh', ['-c', command], { encoding: 'utf8' });
		expect([stdout, stderr]).toEqual(['memory\nsqlite\n', '']);
		expect(readTotals()).toMatchObject({ rows: 1, held: 0 });
	});
});

describe('a database that fails later', () => {
	it('deleted: noticed within seconds, said once, and a new one is made', async () => {
		const system = createSystem();
		await ask(system);
		await system.checkStorage();
		for (const name of [path, `${path}-wal`, `${path}-shm`]) rmSync(name);
		await ask(system);
		await waitFor(() => countEvents('storage-degraded') === 1);
		await waitFor(() => countEvents('storage-recovered') === 1);
		await ask(system);
		// the one before went with its file; the one that SQLite wrote into the file without a name is there
		expect(await closeAndRead()).toEqual(spent(2));
		expect([countEvents('storage-degraded'), countEvents('storage-recovered')]).toEqual([1, 1]);
	});

	it('replaced by another file: that one is used, sound, and holds nothing of the log of the one before', async () => {
		const other = createSystem();
		await ask(other);
		await other.close();
		const copy = join(folder, 'backup.db');
		copyFileSync(path, copy);
		const system = createSystem();
		await ask(system);
		await system.checkStorage();
		renameSync(copy, path);
		await ask(system);
		await system.flush();
		await system.checkStorage('pages');
		await waitFor(() => countEvents('storage-recovered') === 1);
		await ask(system);
		await system.close();
		// of the copy, and of what came after it
		expect(readTotals()).toEqual(spent(3));
		expect(query('PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }]);
	});

	it('full: what is under way is charged when there is space, and nothing new is begun before', async () => {
		const databases: SqliteDatabase[] = [];
		const system = createSystem({
			openDatabase: (file) => {
				const database = new DatabaseSync(file) as unknown as SqliteDatabase;
				databases.push(database);
				return database;
			},
		});
		await ask(system);
		const limit = (pages: number) => databases.at(-1)?.exec(`PRAGMA max_page_count = ${pages}`);
		const finished = system.executeWithRouting('Fix bug in payment processing', async () => {
			limit(1);
			// fills the free space of the last page of the ledger, and all others
			for (let index = 0; index < 400 && (await isWorking(system)); index += 1)
				await system.routeTask(`Fix bug ${index}`);
			await system.flush();
			return ANSWER;
		});
		await finished;
		await waitFor(async () => !(await isWorking(system)));
		expect((await system.storageStatus()).failing?.problem).toBe('full');
		expect(countEvents('storage-degraded')).toBe(1);
		limit(1_000_000);
		await waitFor(() => isWorking(system));
		await ask(system);
		expect(await closeAndRead()).toEqual(spent(3));
	});

	it('damaged pages of a large file are found beside everything else, and their repair too', {
		timeout: 20_000,
	}, async () => {
		const root = await fillDatabase(5000);
		const system = createSystem();
		await system.storage();
		const page = swapPage(root, DAMAGE);
		expect(await system.checkStorage('pages')).toBeNull();
		expect((await system.storageStatus()).failing).toMatchObject({
			problem: 'corrupt',
			message: expect.stringMatching(/routing\.db.*\.recover/),
		});
		swapPage(root, page);
		await waitFor(() => countEvents('storage-recovered') === 1);
	});
});

const DAMAGE = Buffer.alloc(4096, 7);

/** Makes a database with so many decisions; answers a page of theirs. */
async function fillDatabase(rows: number): Promise<number> {
	const storage = await openSqliteStorage({ path });
	const batch = Array.from({ length: rows }, (_, index) => ({
		kind: 'decision' as const,
		row: sampleDecision({ id: `d${index}`, reasoning: ['x'.repeat(900)] }),
	}));
	await storage.records.write(batch);
	await storage.close();
	const [table] = query(`SELECT rootpage FROM sqlite_master WHERE name = 'routing_decisions'`);
	return Number(table?.['rootpage']);
}

/** Writes a page of the file, past SQLite; answers what it held. */
function swapPage(number: number, page: Buffer): Buffer {
	const file = openSync(path, 'r+');
	const before = Buffer.alloc(4096);
	readSync(file, before, 0, 4096, (number - 1) * 4096);
	writeSync(file, page, 0, 4096, (number - 1) * 4096);
	closeSync(file);
	return before;
}
