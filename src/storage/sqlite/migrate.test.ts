import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { SAMPLE_TIME, sampleChecks, sampleEntry } from '../../testing/storage-contract-samples.ts';
import { openSqliteStorage } from './index.ts';
import { migrationChecksum } from './migrate.ts';
import { MIGRATIONS, MIGRATIONS_TABLE } from './migrations.ts';
import { renderRoutingSql } from './routing-sql.ts';

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
});

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
