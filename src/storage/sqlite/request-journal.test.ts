import { copyFileSync, existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { RouterStorage } from '../../contracts/index.ts';
import { sampleCall, sampleChecks, sampleEntry } from '../../testing/storage-contract/samples.ts';
import { openSqliteStorage } from './index.ts';
import type { SqliteDatabase } from './sqlite-connection.ts';

const ALL_TIME = { from: 0, to: Number.POSITIVE_INFINITY };

let folder = '';
let path = '';
beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), 'switchyard-journal-'));
	path = join(folder, 'routing.db');
});
afterEach(() => rm(folder, { recursive: true }));

const open = (file = path) => openSqliteStorage({ path: file, retentionDays: Number.POSITIVE_INFINITY });
const charge = (storage: RouterStorage, id: string) =>
	storage.budgets.charge(sampleChecks(1), sampleEntry({ id, costNanoUsd: 3, call: sampleCall() }));

/** What the file holds, read as the sqlite3 shell reads it. */
function look(sql: string, file = path): Array<Record<string, unknown>> {
	const database = new DatabaseSync(file);
	try {
		return database
			.prepare(sql)
			.all()
			.map((row) => ({ ...row }));
	} finally {
		database.close();
	}
}

const COUNTS = `SELECT (SELECT COUNT(*) FROM request_journal) AS journal, (SELECT COUNT(*) FROM cost_tracking) AS ledger,
	(SELECT COUNT(*) FROM attempts) AS attempts, (SELECT COALESCE(SUM(requests), 0) FROM cost_hours) AS hours,
	(SELECT COUNT(*) FROM grouped_writes) AS grouping`;

it('charges reach the tables that people read within a second, without anybody asking', async () => {
	const storage = await open();
	await charge(storage, 'a');
	expect(look(COUNTS)).toMatchObject([{ journal: 1, ledger: 0 }]);
	await expect
		.poll(() => look(COUNTS), { timeout: 5000 })
		.toEqual([{ journal: 0, ledger: 1, attempts: 1, hours: 1, grouping: 0 }]);
	await storage.close();
});

it('another program that opens the file reads every charge, also while the one that made it still runs', async () => {
	const [first, second] = [await open(), await open()];
	for (let index = 0; index < 300; index += 1) void charge(first, `c${index}`);
	await charge(first, 'last');
	expect(await second.ledger.entries(ALL_TIME, 1000)).toHaveLength(301);
	await second.close();
	await charge(first, 'after');
	await first.close();
	expect(look(COUNTS)).toEqual([{ journal: 0, ledger: 302, attempts: 302, hours: 302, grouping: 0 }]);
});

it('new limits count what is still in the journal', async () => {
	const storage = await open();
	const limits = {
		dailyLimit: 10,
		monthlyLimit: 250,
		alerts: { dailyWarning: 75, monthlyWarning: 80 },
		timezone: 'UTC',
	};
	const startsAt = Date.UTC(2026, 2, 10);
	const rule = { scope: 'model' as const, of: 'opus', period: 'total' as const };
	await charge(storage, 'a');
	await storage.budgets.saveLimits(
		{ ...limits, rules: [{ ...rule, limit: 1 }] },
		{
			...{ dayKey: '2026-03-10', monthKey: '2026-03', startsAt, endsAt: startsAt + 86_400_000 },
			rules: [{ ...rule, periodKey: 'total', startsAt: 0 }],
		},
	);
	expect(await storage.budgets.spend('model:opus', 'total')).toMatchObject({ settledNanoUsd: 3 });
	await storage.close();
});

it('the log is copied into the file behind the requests, so that none of them waits for it', async () => {
	const storage = await open();
	for (let group = 0; group < 10; group += 1)
		await Promise.all(Array.from({ length: 60 }, (_, index) => charge(storage, `${group}-${index}`)));
	await storage.ledger.entries(ALL_TIME, 1);
	const withoutLog = join(folder, 'without-log.db');
	await expect
		.poll(() => {
			copyFileSync(path, withoutLog);
			return look('SELECT COUNT(*) AS n FROM cost_tracking', withoutLog);
		})
		.toEqual([{ n: 600 }]);
	await storage.close();
});

/** Copies the file and its log as they are at one of the statements that change them: what a kill leaves at that moment. */
function openWithCopies(copyAt: ReadonlySet<number>, copy: (statement: number) => void) {
	let statements = 0;
	const count = () => {
		statements += 1;
		if (copyAt.has(statements)) copy(statements);
	};
	return (file: string): SqliteDatabase => {
		const database = new DatabaseSync(file);
		return {
			exec: (sql) => database.exec(sql),
			close: () => database.close(),
			prepare(sql) {
				const statement = database.prepare(sql);
				return {
					get: (...values) => statement.get(...values),
					all: (...values) => statement.all(...values),
					run(...values) {
						const result = statement.run(...values);
						count();
						return result;
					},
				};
			},
		};
	};
}

/** What is done: so many charges at once, all earlier ones again, a report, or a charge without a call. */
type Action = number | 'again' | 'report' | 'tracked';
/** A copy of the file, and which charges had been asked for and acknowledged when it was made. */
interface Copy {
	file: string;
	acknowledged: string[];
	asked: string[];
}

async function act(file: string, actions: readonly Action[], statements: readonly number[]): Promise<Copy[]> {
	const [asked, acknowledged] = [new Set<string>(), new Set<string>()];
	const copies: Copy[] = [];
	const openDatabase = openWithCopies(new Set(statements), (statement) => {
		const copied = `${file}.${statement}`;
		for (const end of ['', '-wal']) if (existsSync(file + end)) copyFileSync(file + end, copied + end);
		copies.push({ file: copied, acknowledged: [...acknowledged], asked: [...asked] });
	});
	const storage = await openSqliteStorage({ path: file, openDatabase, retentionDays: Number.POSITIVE_INFINITY });
	const put = async (id: string) => {
		asked.add(id);
		const call = id.startsWith('tracked') ? undefined : sampleCall();
		await storage.budgets.charge(sampleChecks(1), sampleEntry({ id, costNanoUsd: 3, call }));
		acknowledged.add(id);
	};
	for (const [index, action] of actions.entries()) {
		if (action === 'report') await storage.ledger.entries(ALL_TIME, 1);
		else if (action === 'again') await Promise.all([...asked].map(put));
		else if (action === 'tracked') await put(`tracked ${index}`);
		else await Promise.all(Array.from({ length: action }, (_, one) => put(`${index}-${one}`)));
	}
	await storage.close();
	return [...copies, { file, acknowledged: [...acknowledged], asked: [...asked] }];
}

async function expectWhole({ file, acknowledged, asked }: Copy): Promise<void> {
	const storage = await open(file);
	const kept = (await storage.ledger.entries(ALL_TIME, 1000)).map(({ id }) => id);
	const { settledNanoUsd } = await storage.budgets.spend('all', '2026-03-10');
	await storage.close();
	expect(kept).toEqual(expect.arrayContaining(acknowledged));
	expect(asked).toEqual(expect.arrayContaining(kept));
	expect(settledNanoUsd).toBe(3 * kept.length);
	const attempts = kept.filter((id) => !id.startsWith('tracked')).length;
	const [ledger, hours] = [kept.length, kept.length];
	expect(look(COUNTS, file)).toEqual([{ journal: 0, ledger, attempts, hours, grouping: 0 }]);
}

it('a process that dies at any of its statements has lost no acknowledged charge and counted none twice', async () => {
	const action = fc.oneof(
		{ weight: 4, arbitrary: fc.integer({ min: 1, max: 6 }) },
		{ weight: 6, arbitrary: fc.constantFrom('again' as const, 'report' as const, 'tracked' as const) },
	);
	const actions = fc.array(action, { minLength: 3, maxLength: 10 });
	const statements = fc.uniqueArray(fc.integer({ min: 1, max: 120 }), { minLength: 3, maxLength: 6 });
	let run = 0;
	const isWhole = fc.asyncProperty(actions, statements, async (done, at) => {
		run += 1;
		for (const copy of await act(join(folder, `run-${run}.db`), done, at)) await expectWhole(copy);
	});
	await fc.assert(isWhole, { numRuns: 20 });
}, 60_000);
