import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Clock, DecisionRecord } from '../../contracts/index.ts';
import { sampleDecision } from '../../testing/storage-contract/samples.ts';
import { DAY_MS } from '../../util/index.ts';
import { openSqliteStorage } from './index.ts';

const NOW = Date.UTC(2026, 10, 24, 12);
const REASON = 'not among allowedModels (opus, haiku)';

let folder = '';
let path = '';
let now = NOW;
beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), 'switchyard-texts-'));
	path = join(folder, 'routing.db');
	now = NOW;
});
afterEach(() => rm(folder, { recursive: true }));

const clock: Clock = { now: () => now, monotonic: () => 0, sleep: async () => {} };
const open = () => openSqliteStorage({ path, clock, retentionDays: 1, archiveDays: 5 });

function decide(id: string, message = REASON, change: Partial<DecisionRecord> = {}): DecisionRecord {
	return sampleDecision({ id, at: now, exclusions: [{ model: 'gpt-4', reason: 'not-allowed', message }], ...change });
}

/** What a person with the sqlite3 shell sees and does. */
function shell<T>(work: (database: DatabaseSync) => T): T {
	const database = new DatabaseSync(path);
	try {
		return work(database);
	} finally {
		database.close();
	}
}
const texts = () =>
	shell((database) => database.prepare('SELECT text FROM decision_texts ORDER BY text').all()).map(({ text }) => text);
const readSizes = () =>
	shell((database) =>
		database.prepare('SELECT length(evidence) AS bytes FROM routing_decisions ORDER BY rowid').all(),
	).map(({ bytes }) => Number(bytes));

it('what decisions say again and again is stored once, what one says alone stays in it', async () => {
	const storage = await open();
	const rows = [decide('a'), decide('b'), decide('c'), decide('alone', 'needs 12,850 tokens of context, has 8,192')];
	for (const row of rows) await storage.records.write([{ kind: 'decision', row }]);
	expect(texts()).toContain(REASON);
	expect(texts()).not.toContain('needs 12,850 tokens of context, has 8,192');
	const [first = 0, , third = 0] = readSizes();
	expect(third).toBeLessThan(first - REASON.length);
	for (const row of rows) expect(await storage.records.decision(row.id)).toEqual(row);
	await storage.close();
});

it('two processes refer to the same texts, and each reads what the other wrote', async () => {
	const [one, other] = [await open(), await open()];
	for (const id of ['a', 'b']) await one.records.write([{ kind: 'decision', row: decide(id) }]);
	for (const id of ['c', 'd']) await other.records.write([{ kind: 'decision', row: decide(id) }]);
	expect(texts().filter((text) => text === REASON)).toHaveLength(1);
	expect(await one.records.decision('d')).toEqual(decide('d'));
	expect(await other.records.decision('b')).toEqual(decide('b'));
	await Promise.all([one.close(), other.close()]);
});

it('a write that failed leaves nothing that later decisions refer to', async () => {
	const storage = await open();
	await storage.records.write([{ kind: 'decision', row: decide('a') }]);
	shell((database) =>
		database.exec(
			`CREATE TRIGGER refuse BEFORE INSERT ON routing_decisions WHEN NEW.id = 'b' BEGIN SELECT RAISE(ABORT, 'no'); END`,
		),
	);
	await expect(storage.records.write([{ kind: 'decision', row: decide('b') }])).rejects.toThrow();
	await storage.records.write([{ kind: 'decision', row: decide('c') }]);
	expect(await storage.records.decision('c')).toEqual(decide('c'));
	const reader = await open();
	expect(await reader.records.decision('c')).toEqual(decide('c'));
	await Promise.all([storage.close(), reader.close()]);
});

it('texts go when the last decision goes that refers to them, and not before', async () => {
	const storage = await open();
	for (const id of ['a', 'b', 'c']) await storage.records.write([{ kind: 'decision', row: decide(id) }]);
	const old = decide('c');
	now += 2.5 * DAY_MS;
	// archived by now
	for (const id of ['d', 'e', 'f']) await storage.records.write([{ kind: 'decision', row: decide(id, 'retired') }]);
	await storage.close();
	const second = await open();
	await second.records.write([{ kind: 'decision', row: decide('g', 'retired') }]);
	await second.close();
	expect(texts()).toContain(REASON);
	const third = await open();
	expect(await third.records.decision('c')).toEqual(old);
	now += 5 * DAY_MS;
	await third.records.write([{ kind: 'decision', row: decide('h', 'retired') }]);
	await third.close();
	expect(texts()).not.toContain(REASON);
	const last = await open();
	expect(await last.records.decision('h')).toEqual(decide('h', 'retired'));
	await last.close();
});

it('a process that is as old as its texts does not refer to one that another has dropped', async () => {
	const old = await open();
	for (const id of ['a', 'b', 'c']) await old.records.write([{ kind: 'decision', row: decide(id) }]);
	shell((database) => database.exec('DELETE FROM routing_decisions; DELETE FROM archives'));
	now += 3 * DAY_MS;
	const other = await open();
	for (const id of ['d', 'e']) await other.records.write([{ kind: 'decision', row: decide(id, 'else') }]);
	shell((database) => database.exec(`DELETE FROM decision_texts WHERE text = '${REASON}'`));
	// of now, and of a request that was kept in memory since then
	const late = decide('late', REASON, { at: now - 3 * DAY_MS });
	await old.records.write([
		{ kind: 'decision', row: decide('f') },
		{ kind: 'decision', row: late },
	]);
	expect(await other.records.decision('f')).toEqual(decide('f'));
	expect(await other.records.decision('late')).toEqual(late);
	await Promise.all([old.close(), other.close()]);
});

it('however many texts there are, the table stays small, and decisions that come later say theirs themselves', async () => {
	const storage = await open();
	const many = Array.from({ length: 9000 }, (_, index) => `reason ${index}`);
	for (const time of ['first', 'second']) {
		const rows = many.map((message, index) => decide(`${time} ${index}`, message));
		await storage.records.write(rows.map((row) => ({ kind: 'decision', row })));
	}
	expect(texts().length).toBeLessThanOrEqual(8192);
	expect(await storage.records.decision('second 8999')).toEqual(decide('second 8999', 'reason 8999'));
	await storage.close();
});
