/**
 * Storage: writes a second, and every view and report at a million rows.
 * node benchmarks/storage/run.ts [rows=1000000]
 * Uses a new file in the system's temporary folder and removes it; prints the machine and every figure.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { RouterStorage, StorageRecord } from '../../src/contracts/index.ts';
import { openSqliteStorage } from '../../src/storage/sqlite/index.ts';
import { seedDatabase } from './seed-database.ts';

const ROWS = Number(process.argv[2] ?? 1_000_000);
const REPEATS = 5;
const NOW = Date.UTC(2026, 10, 24, 12);
const ALL_TIME = { from: 0, to: Number.MAX_SAFE_INTEGER };
const KEEP_ALL = { retentionDays: Number.POSITIVE_INFINITY };

const folder = mkdtempSync(join(tmpdir(), 'switchyard-bench-'));

function median(values: readonly number[]): number {
	return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

async function time(name: string, work: () => unknown): Promise<void> {
	const times: number[] = [];
	for (let repeat = 0; repeat < REPEATS; repeat += 1) {
		const start = performance.now();
		await work();
		times.push(performance.now() - start);
	}
	console.log(
		`${name.padEnd(52)} median ${median(times).toFixed(2).padStart(9)} ms   all ${times.map((value) => value.toFixed(1)).join(' ')}`,
	);
}

async function rate(name: string, count: number, work: (index: number) => Promise<unknown>): Promise<void> {
	const each: number[] = [];
	const start = performance.now();
	for (let index = 0; index < count; index += 1) {
		const before = performance.now();
		await work(index);
		each.push(performance.now() - before);
	}
	const seconds = (performance.now() - start) / 1000;
	each.sort((a, b) => a - b);
	const at = (share: number) => ((each[Math.floor(each.length * share)] ?? 0) * 1000).toFixed(0);
	console.log(
		`${name.padEnd(52)} ${(count / seconds).toFixed(0).padStart(9)} /s   p50 ${at(0.5)} µs  p99 ${at(0.99)} µs`,
	);
}

async function benchWrites(durability: 'normal' | 'full', count: number): Promise<void> {
	const storage = await openSqliteStorage({ path: join(folder, `writes-${durability}.db`), durability, ...KEEP_ALL });
	const { charge, hold, decision } = await import('./samples.ts');
	console.log(`\nWrites, durability ${durability}, one at a time, each acknowledged:`);
	await rate('ledger.append', count, (index) => storage.ledger.append(charge(`a${index}`, NOW + index)));
	await rate('budgets.reserve + settle', count, async (index) => {
		const held = hold(`r${index}`, NOW + index);
		await storage.budgets.reserve(held);
		await storage.budgets.settle(held, charge(`s${index}`, NOW + index));
	});
	for (const size of [1, 100]) {
		await rate(`records.write, decision + outcome, batches of ${size}`, Math.ceil(count / size), (index) => {
			const batch: StorageRecord[] = [];
			for (let item = 0; item < size; item += 1) batch.push(...decision(`${size}-${index}-${item}`, NOW + index));
			return storage.records.write(batch);
		});
	}
	await storage.close();
}

async function benchReports(storage: RouterStorage, path: string): Promise<void> {
	const database = new DatabaseSync(path);
	for (const view of ['v_daily_costs', 'v_model_summary', 'v_budget_status', 'v_fallback_rates'])
		await time(`SELECT * FROM ${view}`, () => database.prepare(`SELECT * FROM ${view}`).all());
	database.close();
	const month = { from: NOW - 30 * 86_400_000 + 1234, to: NOW };
	await time('ledger.totals by day, everything, Asia/Kolkata', () =>
		storage.ledger.totals(ALL_TIME, 'day', 'Asia/Kolkata'),
	);
	await time('ledger.totals by day, 30 days, Europe/Berlin', () =>
		storage.ledger.totals(month, 'day', 'Europe/Berlin'),
	);
	await time('ledger.totals by model, everything', () => storage.ledger.totals(ALL_TIME, 'model', 'UTC'));
	await time('records.counts, everything', () => storage.records.counts(ALL_TIME));
	await time('records.decisions, newest 100', () => storage.records.decisions(ALL_TIME, 100));
	await time('performance.observations, newest 5000', () => storage.performance.observations(5000));
	await time('budgets.spend', () => storage.budgets.spend('all', '2026-11-24'));
	await time('open and close', async () => (await openSqliteStorage({ path, ...KEEP_ALL })).close());
}

try {
	console.log(
		`${cpus()[0]?.model ?? 'unknown CPU'} × ${cpus().length}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, Node ${process.version}`,
	);
	await benchWrites('normal', 5000);
	await benchWrites('full', 1000);
	const path = join(folder, 'million.db');
	const storage = await openSqliteStorage({ path, ...KEEP_ALL });
	const start = performance.now();
	await seedDatabase(storage, { rows: ROWS, now: NOW });
	const seconds = (performance.now() - start) / 1000;
	console.log(
		`\n${ROWS} decisions, outcomes, charges and fallbacks each, over 90 days, written in ${seconds.toFixed(0)} s; ${(statSync(path).size / 2 ** 20).toFixed(0)} MiB`,
	);
	await benchReports(storage, path);
	await storage.close();
} finally {
	rmSync(folder, { recursive: true });
}
