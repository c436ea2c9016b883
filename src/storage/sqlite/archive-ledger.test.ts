import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CostEntry, RouterStorage } from '../../contracts/index.ts';
import { SAMPLE_TIME, sampleEntry } from '../../testing/storage-contract/samples.ts';
import { HOUR_MS } from '../../util/index.ts';
import { openSqliteStorage } from './index.ts';

const ALL_TIME = { from: 0, to: Number.MAX_SAFE_INTEGER };
const GROUPS = ['day', 'model', 'task-type', 'key', 'team', 'session', 'tag', 'key-tag', 'key-session'] as const;
const LIMITS = { dailyLimit: 10, monthlyLimit: 250, alerts: { dailyWarning: 75, monthlyWarning: 80 }, timezone: 'UTC' };

let folder = '';
let path = '';
let archivePath = '';
beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), "switchyard-archive's-"));
	path = join(folder, 'routing.db');
	archivePath = join(folder, 'archive.db');
});
afterEach(() => rm(folder, { recursive: true }));

const open = () => openSqliteStorage({ path, retentionDays: Number.POSITIVE_INFINITY });

function shell<T>(file: string, work: (database: DatabaseSync) => T): T {
	const database = new DatabaseSync(file, { enableForeignKeyConstraints: false });
	try {
		return work(database);
	} finally {
		database.close();
	}
}

/** Charges of every kind, one an hour: priced and not, corrected, of several keys, sessions and tags. */
async function fill(storage: RouterStorage, count: number): Promise<void> {
	for (let index = 0; index < count; index += 1) {
		const entry: Partial<CostEntry> = {
			id: `e${index}`,
			at: SAMPLE_TIME + index * HOUR_MS + (index % 4) * 1000,
			model: index % 2 === 0 ? 'opus' : 'haiku',
			costNanoUsd: index % 7 === 3 ? null : 1000 + index,
			attribution: {
				key: `k${index % 3}`,
				namedBy: index % 4 === 0 ? undefined : `k${index % 3}`,
				team: 'a',
				session: `s${index % 5}`,
				tags: ['x', `t${index % 2}`, 'x'],
			},
			...(index % 11 === 5 && {
				kind: 'correction' as const,
				costNanoUsd: -3,
				reason: 'late discount',
				corrects: 'e0',
			}),
		};
		if (entry.kind === 'correction') await storage.budgets.correct([], sampleEntry(entry));
		else await storage.budgets.charge([], sampleEntry(entry));
	}
}

const readTotals = (storage: RouterStorage, timezone: string) =>
	Promise.all(GROUPS.map((by) => storage.ledger.totals(ALL_TIME, by, timezone)));

describe('archived charges', () => {
	it.each(['UTC', 'Asia/Kathmandu'])('still count in every report of a user in %s', async (timezone) => {
		const storage = await open();
		await fill(storage, 60);
		const before = await readTotals(storage, timezone);
		const archive = await storage.archiveLedger?.(SAMPLE_TIME + 40 * HOUR_MS, archivePath);
		expect(archive?.rows).toBe(40);
		expect(await readTotals(storage, timezone)).toEqual(before);
		expect(await storage.ledger.entries(ALL_TIME, 100)).toHaveLength(20);
		await storage.close();
	});

	it('are whole in the archive, which is a routing database of its own, also after a second run', async () => {
		const storage = await open();
		await fill(storage, 30);
		const entries = await storage.ledger.entries(ALL_TIME, 100);
		const [first, second, third] = [
			await storage.archiveLedger?.(SAMPLE_TIME + 10 * HOUR_MS, archivePath),
			await storage.archiveLedger?.(SAMPLE_TIME + 20 * HOUR_MS, archivePath),
			await storage.archiveLedger?.(SAMPLE_TIME + 20 * HOUR_MS, archivePath),
		];
		expect([first?.rows, second?.rows, third?.rows]).toEqual([10, 10, 0]);
		const archive = await openSqliteStorage({ path: archivePath });
		const archived = await archive.ledger.entries(ALL_TIME, 100);
		expect([...(await storage.ledger.entries(ALL_TIME, 100)), ...archived]).toEqual(entries);
		const costNanoUsd = archived.reduce((sum, entry) => sum + (entry.costNanoUsd ?? 0), 0);
		expect((first?.costNanoUsd ?? 0) + (second?.costNanoUsd ?? 0)).toBe(costNanoUsd);
		await archive.close();
		await storage.close();
		expect(shell(path, (db) => db.prepare('SELECT rows, is_moving FROM ledger_archives').all())).toMatchObject([
			{ rows: 20, is_moving: 0 },
		]);
	});

	it('count for a rule that is written after they were moved', async () => {
		const storage = await open();
		await storage.budgets.charge([], sampleEntry({ costNanoUsd: 7000, attribution: { tags: ['nightly'] } }));
		await storage.archiveLedger?.(SAMPLE_TIME + HOUR_MS, archivePath);
		const period = { scope: 'tag' as const, of: 'nightly', period: 'total' as const, periodKey: 'total', startsAt: 0 };
		const day = { dayKey: '2026-03-10', monthKey: '2026-03', startsAt: 0, endsAt: 1 };
		await storage.budgets.saveLimits(
			{ ...LIMITS, rules: [{ scope: 'tag', of: 'nightly', period: 'total', limit: 1 }] },
			{ ...day, rules: [period] },
		);
		expect(await storage.budgets.spend('tag:nightly', 'total')).toMatchObject({ settledNanoUsd: 7000 });
		await storage.close();
	});

	it('that were copied before a crash are not counted twice, and leave with the next run', async () => {
		const storage = await open();
		await fill(storage, 10);
		const before = await readTotals(storage, 'UTC');
		const archive = await openSqliteStorage({ path: archivePath });
		const copied = await storage.ledger.entries({ from: 0, to: SAMPLE_TIME + 5 * HOUR_MS }, 100);
		for (const entry of copied) await archive.ledger.append(entry);
		await archive.close();
		expect((await storage.archiveLedger?.(SAMPLE_TIME + 8 * HOUR_MS, archivePath))?.rows).toBe(8);
		expect(await readTotals(storage, 'UTC')).toEqual(before);
		expect(shell(archivePath, (db) => db.prepare('SELECT COUNT(*) AS n FROM cost_tracking').get())).toMatchObject({
			n: 8,
		});
		await storage.close();
	});

	it('stay in the ledger where the archive holds another charge under their id', async () => {
		const storage = await open();
		await storage.ledger.append(sampleEntry({ id: 'e1', costNanoUsd: 5000 }));
		const archive = await openSqliteStorage({ path: archivePath });
		await archive.ledger.append(sampleEntry({ id: 'e1', costNanoUsd: 1 }));
		await archive.close();
		await expect(storage.archiveLedger?.(SAMPLE_TIME + HOUR_MS, archivePath)).rejects.toThrow(
			/does not hold what was copied/,
		);
		expect(await storage.ledger.entries(ALL_TIME, 9)).toMatchObject([{ id: 'e1', costNanoUsd: 5000 }]);
		await storage.close();
	});

	it('are not moved into the database itself', async () => {
		const storage = await open();
		await expect(storage.archiveLedger?.(SAMPLE_TIME, path)).rejects.toThrow(/is the database itself/);
		await storage.close();
	});
});

describe('a ledger row', () => {
	it.each([
		['changed', `UPDATE cost_tracking SET cost_nano = 1`, /rows are never changed/],
		[
			'moved to another day',
			`UPDATE cost_tracking SET created_at = '2020-01-01T00:00:00.000Z'`,
			/rows are never changed/,
		],
		['given to another key', `UPDATE OR REPLACE cost_tracking SET key_id = 'other'`, /rows are never changed/],
		['deleted', `DELETE FROM cost_tracking`, /storage archive/],
	])('cannot be %s', async (_, sql, refusal) => {
		const storage = await open();
		await storage.ledger.append(sampleEntry());
		expect(() => shell(path, (database) => database.exec(sql))).toThrow(refusal);
		await storage.close();
	});

	it('cannot be replaced by inserting another one under its id', async () => {
		const storage = await open();
		await storage.ledger.append(sampleEntry({ costNanoUsd: 5000 }));
		const replace = `INSERT OR REPLACE INTO cost_tracking (id, model, task_type, cost_nano) SELECT id, 'x', 'y', 1 FROM cost_tracking`;
		shell(path, (database) => database.exec(replace));
		expect(await storage.ledger.entries(ALL_TIME, 9)).toMatchObject([{ costNanoUsd: 5000 }]);
		await storage.close();
	});

	it('that is written by hand is still completed', async () => {
		await (await open()).close();
		const insert = `INSERT INTO cost_tracking (model, task_type, cost, created_at) VALUES ('opus', 'debugging', 0.5, '2026-03-10 09:00:00')`;
		shell(path, (database) => database.exec(insert));
		expect(shell(path, (db) => db.prepare('SELECT cost_nano, created_at FROM cost_tracking').all())).toMatchObject([
			{ cost_nano: 500_000_000, created_at: '2026-03-10T09:00:00.000Z' },
		]);
	});
});
