import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { SAMPLE_TIME, sampleChecks, sampleDecision, sampleEntry } from '../../testing/storage-contract/samples.ts';
import { openSqliteStorage, renderRoutingSql } from './index.ts';
import { MIGRATIONS, MIGRATIONS_TABLE, migrationChecksum } from './migrations.ts';

let folder = '';
let path = '';
beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), 'switchyard-migrate-'));
	path = join(folder, 'routing.db');
});
afterEach(() => rm(folder, { recursive: true }));

const open = () => openSqliteStorage({ path, retentionDays: Number.POSITIVE_INFINITY });

function withDatabase<T>(work: (database: DatabaseSync) => T): T {
	const database = new DatabaseSync(path);
	try {
		return work(database);
	} finally {
		database.close();
	}
}

/** A database as the release with this version left it, with a charge in it. */
function makeDatabase(version: number): void {
	withDatabase((database) => {
		database.exec(`PRAGMA journal_mode = WAL; ${MIGRATIONS_TABLE}`);
		for (const step of MIGRATIONS.filter((migration) => migration.version <= version)) {
			database.exec(step.sql);
			database
				.prepare('INSERT INTO migrations (version, name, checksum) VALUES (?, ?, ?)')
				.run(step.version, step.name, migrationChecksum(step));
		}
		database.exec(`INSERT INTO cost_tracking (id, model, task_type, cost, tokens_input, tokens_output, created_at)
			VALUES ('before', 'opus', 'debugging', 0.5, 10, 20, '2026-03-10T12:00:00.000Z')`);
	});
}

const shape = () =>
	withDatabase((database) =>
		database
			.prepare('SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY type, name')
			.all()
			.map((row) => ({ ...row })),
	);
const versions = () =>
	withDatabase((database) => database.prepare('SELECT version FROM migrations ORDER BY 1').all()).map(
		(row) => row['version'],
	);

it('a database of every earlier version is brought up to date where it lies: its spending stays, keys can be kept', async () => {
	for (const { version } of MIGRATIONS.slice(0, -1)) {
		path = join(folder, `version-${version}.db`);
		makeDatabase(version);
		const storage = await open();
		await storage.budgets.charge(sampleChecks(1), sampleEntry());
		const totals = await storage.ledger.totals({ from: 0, to: Number.POSITIVE_INFINITY }, 'model', 'UTC');
		expect(totals).toMatchObject([{ key: 'opus', requests: 2, costNanoUsd: 515_000_001 }]);
		expect(await storage.keys.list()).toEqual([]);
		const id = { scope: 's', key: 'k', owner: 'o' };
		const claim = { ...id, requestHash: 'h', now: SAMPLE_TIME, leaseUntil: SAMPLE_TIME + 1 };
		expect(await storage.idempotency.claim(claim)).toEqual({ state: 'claimed' });
		await storage.close();
		expect(versions()).toEqual(MIGRATIONS.map((migration) => migration.version));
		const migrated = shape();
		path = join(folder, `new-${version}.db`);
		await (await open()).close();
		expect(migrated).toEqual(shape());
	}
}, 20_000);

it('several processes that open an earlier database at once bring it up to date once', async () => {
	makeDatabase(1);
	const storages = await Promise.all([open(), open(), open()]);
	for (const storage of storages) await storage.close();
	expect(versions()).toEqual(MIGRATIONS.map((migration) => migration.version));
});

it('routing.sql run on an earlier database leaves its version, and the product finishes the work', async () => {
	makeDatabase(1);
	const newest = renderRoutingSql(new DatabaseSync(':memory:'));
	withDatabase((database) => database.exec(newest));
	expect(versions()).toEqual([1]);
	await (await open()).close();
	expect(versions()).toEqual(MIGRATIONS.map((migration) => migration.version));
});

const ROUTING_SQL = readFileSync(new URL('../../../routing.sql', import.meta.url), 'utf8');
const LIMITS = { dailyLimit: 10, monthlyLimit: 250, alerts: { dailyWarning: 75, monthlyWarning: 80 }, timezone: 'UTC' };

function limitDay(day: number): { dayKey: string; monthKey: string; startsAt: number; endsAt: number } {
	const startsAt = Date.UTC(2026, 2, day);
	return { dayKey: `2026-03-${day}`, monthKey: '2026-03', startsAt, endsAt: startsAt + 86_400_000 };
}

/** What a person with the sqlite3 shell sees and does. */
function shell<T>(work: (database: DatabaseSync) => T): T {
	const database = new DatabaseSync(path, { enableForeignKeyConstraints: false });
	try {
		return work(database);
	} finally {
		database.close();
	}
}
const rows = (sql: string) =>
	shell((database) =>
		database
			.prepare(sql)
			.all()
			.map((row) => ({ ...row })),
	);

it('routing.sql is the schema of this release (npm run generate)', () => {
	expect(renderRoutingSql(new DatabaseSync(':memory:'))).toBe(ROUTING_SQL);
});

it('a published migration is never changed: databases in use know its text', () => {
	expect(MIGRATIONS.map((migration) => [migration.version, migrationChecksum(migration)])).toEqual([
		[1, '1074e9ec91ba51'],
		[2, '17b70a54f19e3e'],
		[3, '1c2568443154f8'],
		[4, '1b555f5ed2f592'],
		[5, '0bb6cbb2985de7'],
		[6, '1e0e93a9824627'],
		[7, '08dd033836b1eb'],
		[8, '100e3de85e8c02'],
		[9, '1fc8febe61879c'],
		[10, '07c9da7cee1f47'],
		[11, '1ce427d61a3732'],
		[12, '1d0c93f3b2c283'],
		[13, '1d2ca1328757d1'],
		[16, '1996e1e0f75377'],
		[18, '13082561ebcf74'],
		[19, '14ee4e12d4bf39'],
		[20, '05e4cc86ebe63f'],
		[21, '1cd13913538f4d'],
		[22, '1e2be84a023d64'],
		[23, '1470d7f7ca206c'],
	]);
});

it('a database made with routing.sql is opened by the product, and is the same as one the product makes', async () => {
	shell((database) => database.exec(ROUTING_SQL));
	const storage = await open();
	await storage.ledger.append(sampleEntry());
	await storage.close();
	const shape = 'SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY type, name';
	const made = rows(shape);
	path = join(folder, 'product.db');
	await (await open()).close();
	expect(rows(shape)).toEqual(made);
});

it('a database of version 1 is brought up to date when it is opened, routing.sql run over it or not', async () => {
	const [first] = MIGRATIONS;
	if (first === undefined) throw new Error('there are migrations');
	shell((database) => {
		database.exec(MIGRATIONS_TABLE);
		database.exec(first.sql);
		const put = database.prepare('INSERT INTO migrations (version, name, checksum) VALUES (?, ?, ?)');
		put.run(first.version, first.name, migrationChecksum(first));
		database.exec(`INSERT INTO budget_tracking (day_key, daily_limit, monthly_limit) VALUES ('2026-03-09', 10, 250)`);
		database.exec(ROUTING_SQL);
	});
	const storage = await open();
	await storage.budgets.saveLimits(LIMITS, limitDay(10));
	await storage.close();
	expect(rows('SELECT day_key, rules, save_number FROM budget_tracking ORDER BY day_key')).toEqual([
		{ day_key: '2026-03-09', rules: null, save_number: 0 },
		{ day_key: '2026-03-10', rules: '[]', save_number: 1 },
	]);
});

it('running routing.sql again wipes no spending and no row', async () => {
	const storage = await open();
	await storage.budgets.saveLimits(LIMITS, limitDay(10));
	await storage.budgets.charge(sampleChecks(100), sampleEntry({ costNanoUsd: 1_500_000_000 }));
	await storage.records.write([{ kind: 'decision', row: sampleDecision() }]);
	await storage.close();
	const everything = () =>
		['v_budget_status', 'cost_tracking', 'budget_spend', 'routing_decisions', 'migrations'].map((name) =>
			rows(`SELECT * FROM ${name}`),
		);
	const before = everything();
	shell((database) => database.exec(ROUTING_SQL));
	expect(everything()).toEqual(before);
	expect(before[0]).toMatchObject([{ daily_spent: 1.5 }]);
});

it('a database of the earlier routing.sql is brought over: nothing it held is lost', async () => {
	shell((database) =>
		database.exec(`
			CREATE TABLE routing_decisions (id TEXT PRIMARY KEY, task_hash TEXT, task_text TEXT, task_type TEXT, complexity TEXT, pattern TEXT,
			  model_selected TEXT, model_id TEXT, confidence REAL, estimated_cost REAL, created_at DATETIME DEFAULT CURRENT_TIMESTAMP);
			CREATE TABLE routing_outcomes (id TEXT PRIMARY KEY, routing_id TEXT REFERENCES routing_decisions(id), success BOOLEAN, quality_score REAL,
			  actual_cost REAL, used_fallback BOOLEAN DEFAULT 0, fallback_model TEXT, created_at DATETIME DEFAULT CURRENT_TIMESTAMP);
			CREATE TABLE cost_tracking (id INTEGER PRIMARY KEY AUTOINCREMENT, model TEXT, task_type TEXT, cost REAL, created_at DATETIME DEFAULT CURRENT_TIMESTAMP);
			CREATE TABLE budget_tracking (id TEXT PRIMARY KEY, daily_limit REAL, daily_spent REAL);
			CREATE VIEW v_daily_costs AS SELECT date(created_at) AS date, SUM(cost) AS total_cost FROM cost_tracking GROUP BY 1;
			CREATE TRIGGER after_cost AFTER INSERT ON cost_tracking BEGIN UPDATE budget_tracking SET daily_spent = daily_spent + NEW.cost; END;
			INSERT INTO budget_tracking VALUES ('current-budget', 10, 0);
			INSERT INTO routing_decisions VALUES ('d', 'h', NULL, 'debugging', 'medium', 'single-shot', 'opus', 'x', 80, 0.5, '2026-03-10 12:00:00');
			INSERT INTO routing_outcomes (id, routing_id, success, quality_score, actual_cost, created_at) VALUES ('o', 'd', 1, 90, 0.25, '2026-03-10 12:00:05');
			INSERT INTO cost_tracking (model, task_type, cost, created_at) VALUES ('opus', 'debugging', 0.25, '2026-03-10 12:00:05');`),
	);
	const storage = await open();
	expect(await storage.records.decision('d')).toMatchObject({ model: 'opus', estimatedCostNanoUsd: 500_000_000 });
	expect(await storage.performance.performance()).toMatchObject([
		{ model: 'opus', meanQuality: 90, totalCostNanoUsd: 250_000_000 },
	]);
	expect(await storage.ledger.totals({ from: 0, to: Number.POSITIVE_INFINITY }, 'model', 'UTC')).toMatchObject([
		{ costNanoUsd: 250_000_000 },
	]);
	await storage.close();
	expect(rows('SELECT COUNT(*) AS count FROM earlier_cost_tracking')).toEqual([{ count: 1 }]);
});

const hasShell = spawnSync('sqlite3', ['--version']).status === 0;

it.skipIf(!hasShell)(
	'the sqlite3 shell makes a database that the product opens, and runs the file again without an error',
	async () => {
		for (const run of [1, 2]) {
			const shellRun = spawnSync('sqlite3', ['-bail', path], { input: ROUTING_SQL, encoding: 'utf8' });
			expect([run, shellRun.status, shellRun.stderr]).toEqual([run, 0, '']);
		}
		const storage = await open();
		await storage.ledger.append(sampleEntry({ costNanoUsd: 1_500_000_000 }));
		const seen = spawnSync('sqlite3', [path, 'SELECT date, model, total_cost FROM v_daily_costs'], {
			encoding: 'utf8',
		});
		expect(seen.stdout).toBe('2026-03-10|opus|1.5\n');
		await storage.close();
	},
);
