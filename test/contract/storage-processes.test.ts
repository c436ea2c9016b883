import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openSqliteStorage } from '../../src/storage/sqlite/index.ts';

/** Set to 30 for the long run; unset, the runs are bounded by their number of writes. */
const SECONDS = Number(process.env['STORAGE_TEST_SECONDS'] ?? 0);
const WRITER = fileURLToPath(new URL('../support/storage-writer.ts', import.meta.url));
const TIMEOUT_MS = 60_000 + SECONDS * 2000;

let folder = '';
let path = '';
beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), 'switchyard-processes-'));
	path = join(folder, 'routing.db');
});
afterEach(() => rm(folder, { recursive: true }));

interface Writer {
	child: ChildProcess;
	/** What it acknowledged, line by line. */
	lines: string[];
	reader: Interface;
	finished: Promise<unknown>;
}

function startWriter(name: string, kind: 'write' | 'budget' | 'claim', rounds: number): Writer {
	const args = [WRITER, path, kind, name, String(SECONDS > 0 ? 0 : rounds), String(SECONDS * 1000)];
	const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
	const lines: string[] = [];
	const reader = createInterface({ input: child.stdout });
	reader.on('line', (line) => lines.push(line));
	return { child, lines, reader, finished: Promise.all([once(reader, 'close'), once(child, 'exit')]) };
}

async function killAfter(writer: Writer, count: number): Promise<void> {
	while (writer.lines.length < count) await Promise.race([once(writer.reader, 'line'), writer.finished]);
	writer.child.kill('SIGKILL');
	await writer.finished;
}

function look<T>(work: (database: DatabaseSync) => T): T {
	const database = new DatabaseSync(path);
	try {
		return work(database);
	} finally {
		database.close();
	}
}

function expectIntact(): void {
	look((database) => {
		expect(database.prepare('PRAGMA integrity_check').all()).toEqual([{ integrity_check: 'ok' }]);
		const sums = database.prepare(`SELECT
			(SELECT COALESCE(SUM(cost_nano), 0) FROM cost_tracking) AS ledger,
			(SELECT COALESCE(SUM(cost_nano), 0) FROM cost_hours) AS hours,
			(SELECT COALESCE(SUM(settled_nano), 0) FROM budget_spend WHERE period_key = '2026-03-10') AS day`);
		const { ledger, hours, day } = sums.get() ?? {};
		expect([hours, day]).toEqual([ledger, ledger]);
	});
}

const idsOf = (table: string) =>
	new Set(
		look((database) =>
			database
				.prepare(`SELECT id FROM ${table}`)
				.all()
				.map((row) => String(row['id'])),
		),
	);

it(
	'several processes that open and write a new database at the same time lose no row',
	async () => {
		const writers = ['a', 'b', 'c'].map((name) => startWriter(name, 'write', 300));
		await Promise.all(writers.map((writer) => writer.finished));
		const acknowledged = writers.flatMap((writer) => writer.lines);
		expect(writers.map((writer) => writer.child.exitCode)).toEqual([0, 0, 0]);
		if (SECONDS === 0) expect(acknowledged).toHaveLength(900);
		else
			console.info(
				`${acknowledged.length} rounds in ${SECONDS} s: ${writers.map((writer) => writer.lines.length).join(' + ')}`,
			);
		expect(idsOf('cost_tracking')).toEqual(new Set(acknowledged));
		expect(idsOf('routing_decisions')).toEqual(new Set(acknowledged));
		expectIntact();
	},
	TIMEOUT_MS,
);

it(
	'a process killed in the middle of its writes leaves an intact database with every acknowledged charge',
	async () => {
		for (const count of [1, 40, 173]) {
			const writers = ['a', 'b'].map((name) => startWriter(`${name}${count}`, 'write', 100_000));
			await Promise.all(writers.map((writer) => killAfter(writer, count)));
			// what they left in the journal
			await (await openSqliteStorage({ path, retentionDays: Number.POSITIVE_INFINITY })).close();
			const kept = idsOf('cost_tracking');
			expect(idsOf('attempts')).toEqual(kept);
			for (const writer of writers) {
				expect(writer.lines.length).toBeGreaterThanOrEqual(count);
				expect(writer.lines.filter((id) => !kept.has(id))).toEqual([]);
			}
			expectIntact();
		}
	},
	TIMEOUT_MS,
);

it(
	'holds of several processes never pass the limit together, also when some of them are killed',
	async () => {
		const writers = ['a', 'b', 'c', 'd'].map((name) => startWriter(name, 'budget', 150));
		const [first, second, ...others] = writers;
		await Promise.all(
			[first, second].map((writer, index) => (writer === undefined ? null : killAfter(writer, 31 + index * 17))),
		);
		await Promise.all(others.map((writer) => writer.finished));
		const lines = writers.flatMap((writer) => writer.lines);
		const settled = lines.filter((line) => line.startsWith('settled')).length * 5;
		const storage = await openSqliteStorage({ path, retentionDays: Number.POSITIVE_INFINITY });
		const before = await storage.budgets.spend('all', '2026-03-10');
		expect(before.settledNanoUsd + before.reservedNanoUsd).toBeLessThanOrEqual(1000);
		expect(before.settledNanoUsd).toBeGreaterThanOrEqual(settled);
		expect(lines).toContain('refused');
		await storage.budgets.expire(Date.now() + 3_600_000);
		const after = await storage.budgets.spend('all', '2026-03-10');
		expect(after).toEqual({
			settledNanoUsd: before.settledNanoUsd + before.reservedNanoUsd,
			reservedNanoUsd: 0,
			unknownNanoUsd: before.reservedNanoUsd,
		});
		await storage.close();
		expectIntact();
	},
	TIMEOUT_MS,
);

it(
	'of two processes that are sent the same request one answers it, and both give that answer',
	async () => {
		const writers = ['a', 'b'].map((name) => startWriter(name, 'claim', 200));
		await Promise.all(writers.map((writer) => writer.finished));
		const lines = writers.flatMap((writer, index) =>
			writer.lines.map((line) => [index === 0 ? 'a' : 'b', line] as const),
		);
		const winners = new Map(
			lines.filter(([, line]) => line.startsWith('claimed')).map(([name, line]) => [line.split(' ')[1], name]),
		);
		const answers = lines.map(([, line]) => line.split(' ')).filter(([kind]) => kind === 'answered');
		expect(lines.filter(([, line]) => line.startsWith('claimed'))).toHaveLength(winners.size);
		expect(answers).toHaveLength(winners.size * 2);
		for (const [, key, by] of answers) expect(by, key).toBe(winners.get(key));
		if (SECONDS === 0) expect(winners.size).toBe(200);
	},
	TIMEOUT_MS,
);
