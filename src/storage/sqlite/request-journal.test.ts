import { copyFileSync, existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { RouterStorage } from '../../contracts/index.ts';
import { InvalidInputError } from '../../errors/index.ts';
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

const SHOWN = 'SELECT daily_spent_nano AS day, monthly_spent_nano AS month FROM budget_tracking';
const SPENT = `SELECT GROUP_CONCAT(settled_nano) AS spent FROM budget_spend`;

it('a person sees in v_budget_status what was spent within a second, as does whoever opens the file of a killed process', async () => {
	const storage = await open();
	const limits = {
		dailyLimit: 10,
		monthlyLimit: 250,
		alerts: { dailyWarning: 75, monthlyWarning: 80 },
		timezone: 'UTC',
	};
	const [day, month] = sampleChecks(1);
	const startsAt = Date.parse(day.periodKey);
	const keys = { dayKey: day.periodKey, monthKey: month.periodKey, startsAt, endsAt: startsAt + 86_400_000 };
	await storage.budgets.saveLimits(limits, keys);
	await charge(storage, 'a');
	// what counts is there at once, in the transaction of the charge
	expect(look(SPENT)).toEqual([{ spent: '3,3' }]);
	await expect.poll(() => look(SHOWN), { timeout: 5000 }).toEqual([{ day: 3, month: 3 }]);
	await charge(storage, 'b');
	const left = join(folder, 'killed.db');
	for (const end of ['', '-wal']) copyFileSync(`${path}${end}`, `${left}${end}`);
	await storage.close();
	expect(look(SHOWN)).toEqual([{ day: 6, month: 6 }]);
	const next = await open(left);
	expect(look(SHOWN, left)).toEqual([{ day: 6, month: 6 }]);
	// and by hand, which nobody moves on
	look(
		`INSERT INTO cost_tracking (model, task_type, cost, created_at) VALUES ('opus', 'debugging', 1e-9, '${day.periodKey}T12:00:00.000Z') RETURNING id`,
		left,
	);
	expect(look(SHOWN, left)).toEqual([{ day: 7, month: 7 }]);
	await next.close();
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

it('a row that a table refuses stops no other row, ends no process and leaves the database one that opens; it is said once', async () => {
	const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
	const storage = await open();
	const rule = new DatabaseSync(path);
	rule.exec(`CREATE TRIGGER own_rule BEFORE INSERT ON cost_tracking WHEN NEW.id LIKE 'bad%'
		BEGIN SELECT RAISE(ABORT, 'not in my ledger'); END`);
	// more than a slice at the head of the journal
	const ids = Array.from({ length: 200 }, (_, index) => `bad${index}`);
	await Promise.all([...ids, 'a', 'z'].map((id) => charge(storage, id)));
	const skipped = { journal: 200, ledger: 2, attempts: 2, hours: 2, grouping: 0 };
	await expect.poll(() => look(COUNTS), { timeout: 5000 }).toEqual([skipped]);
	await charge(storage, 'later');
	expect((await storage.ledger.entries(ALL_TIME, 1000)).map(({ id }) => id).sort()).toEqual(['a', 'later', 'z']);
	expect(await storage.budgets.spend('all', '2026-03-10')).toMatchObject({ settledNanoUsd: 3 * 203 });
	await storage.reset('stats');
	await storage.close();
	expect(warn.mock.calls).toEqual([
		[expect.stringMatching(/"bad0".*not in my ledger.*request_journal/), expect.anything()],
	]);
	await (await open()).close();
	rule.exec('DROP TRIGGER own_rule');
	rule.close();
	await (await open()).close();
	expect(look(COUNTS)).toMatchObject([{ journal: 0, ledger: 203, hours: 203 }]);
	warn.mockRestore();
});

it.each([
	['attempt 0', { attempt: 0 }],
	['no attempt', { attempt: null }],
	['a negative part of its cost', { inputCostNanoUsd: -1 }],
	['a negative cost by its provider', { usage: { ...sampleEntry().usage, providerCostNanoUsd: -1 } }],
])('a charge that the tables would refuse (%s) is refused at once, and those beside it are kept', async (_, bad) => {
	const storage = await open();
	const entry = sampleEntry({ id: 'bad', costNanoUsd: 3, call: sampleCall(), ...bad });
	const refused = storage.budgets.charge(sampleChecks(1), entry);
	const kept = charge(storage, 'good');
	await expect(refused).rejects.toThrow(InvalidInputError);
	await expect(refused).rejects.toThrow('"bad"');
	await kept;
	expect((await storage.ledger.entries(ALL_TIME, 10)).map(({ id }) => id)).toEqual(['good']);
	await storage.close();
});

it('what a killed process left reaches the tables while another one that charges nothing has the file open', async () => {
	const [idle, killed] = [await open(), await open()];
	await charge(killed, 'a');
	// as the file is when it is killed
	const copied = join(folder, 'copied.db');
	for (const end of ['', '-wal']) copyFileSync(path + end, copied + end);
	const journal = look('SELECT * FROM request_journal', copied)[0] ?? {};
	await killed.close();
	const database = new DatabaseSync(path);
	const names = Object.keys(journal);
	const values = Object.values({ ...journal, id: 'b' }) as string[];
	database.prepare(`INSERT INTO request_journal (${names}) VALUES (${names.map(() => '?')})`).run(...values);
	database.close();
	await expect.poll(() => look(COUNTS), { timeout: 8000, interval: 200 }).toMatchObject([{ journal: 0, ledger: 2 }]);
	await idle.close();
}, 15_000);

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
