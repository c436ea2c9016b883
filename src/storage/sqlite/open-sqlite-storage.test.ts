import { spawnSync } from 'node:child_process';
import {
	chmodSync,
	existsSync,
	mkdirSync,
	mkdtempSync,
	readFileSync,
	rmSync,
	statSync,
	truncateSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Clock, RouterStorage } from '../../contracts/index.ts';
import type { StorageProblem } from '../../errors/index.ts';
import { sampleChecks, sampleDecision, sampleEntry } from '../../testing/storage-contract/samples.ts';
import { openSqliteStorage, type SqliteStorageOptions } from './index.ts';

let folder = '';
let path = '';
const opened: RouterStorage[] = [];

beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), 'switchyard-sqlite-'));
	chmodSync(folder, 0o755);
	path = join(folder, 'routing.db');
});
afterEach(async () => {
	for (const storage of opened.splice(0)) await storage.close();
	rmSync(folder, { recursive: true });
});

async function open(options: Partial<SqliteStorageOptions> = {}): Promise<RouterStorage> {
	const storage = await openSqliteStorage({ path, ...options });
	opened.push(storage);
	return storage;
}

function problem(kind: StorageProblem, message: RegExp): object {
	return expect.objectContaining({ code: 'ROUTER_STORAGE', problem: kind, message: expect.stringMatching(message) });
}

const decisionBatch = (count: number) =>
	Array.from({ length: count }, (_, index) => ({
		kind: 'decision' as const,
		row: sampleDecision({ id: `d${index}` }),
	}));

it('a missing folder and file are made, and what was written is there after opening again', async () => {
	path = join(folder, 'a/b/routing.db');
	const first = await open();
	await first.ledger.append(sampleEntry());
	await first.close();
	const second = await open();
	expect(await second.ledger.entries({ from: 0, to: Number.POSITIVE_INFINITY }, 9)).toEqual([sampleEntry()]);
	expect(second.location).toBe(path);
});

it('the space of removed rows can go back to the disk: the file is made for it', async () => {
	await open();
	expect(new DatabaseSync(path).prepare('PRAGMA auto_vacuum').get()).toEqual({ auto_vacuum: 2 });
});

it('a folder in place of the file is named as such', async () => {
	await expect(open({ path: folder })).rejects.toEqual(problem('unavailable', /is a folder/));
});

it('a path through a file is named as such', async () => {
	writeFileSync(path, '');
	await expect(open({ path: join(path, 'routing.db') })).rejects.toEqual(
		problem('unavailable', /is a file, not a folder/),
	);
});

it.each(['', '  ', 'a\0b'])('a path that is none (%j) is refused in plain words', async (bad) => {
	await expect(open({ path: bad })).rejects.toMatchObject({ code: 'ROUTER_INVALID_INPUT' });
});

it('a file that is no database says so, is left as it was, and names what to do', async () => {
	writeFileSync(path, 'garbage '.repeat(1000));
	await expect(open()).rejects.toEqual(problem('corrupt', /routing\.db.*\.recover/));
	expect(readFileSync(path, 'utf8')).toBe('garbage '.repeat(1000));
});

it('a database cut short says so, on opening or on the first read', async () => {
	const storage = await open();
	await storage.records.write(decisionBatch(500));
	await storage.close();
	truncateSync(path, Math.floor(statSync(path).size / 2 / 4096) * 4096);
	const read = open().then((cut) => cut.records.decisions({ from: 0, to: Number.POSITIVE_INFINITY }, 1000));
	await expect(read).rejects.toEqual(problem('corrupt', /routing\.db/));
});

it('a database of a newer release is not touched', async () => {
	await (await open()).close();
	const newer = new DatabaseSync(path);
	newer.exec(`INSERT INTO migrations (version, name, checksum) VALUES (99, 'later', 'x')`);
	newer.close();
	await expect(open()).rejects.toEqual(problem('newer-version', /version 99.*Update this package/));
});

it('a database of a changed build is not written with the wrong idea of its shape', async () => {
	await (await open()).close();
	const changed = new DatabaseSync(path);
	changed.exec(`UPDATE migrations SET checksum = 'other'`);
	changed.close();
	await expect(open()).rejects.toEqual(problem('corrupt', /changed build/));
});

it('a database that stays locked is an error after the wait, which never stops the event loop', async () => {
	let now = 0;
	const clock: Clock = {
		now: () => now,
		monotonic: () => now,
		sleep: async (ms) => {
			now += ms;
		},
	};
	const storage = await open({ busyTimeoutMs: 60, clock });
	const other = new DatabaseSync(path);
	other.exec('BEGIN IMMEDIATE');
	await expect(storage.ledger.append(sampleEntry())).rejects.toEqual(
		problem('locked', /locked by another process for 60 ms.*routing\.db/),
	);
	expect(now).toBeGreaterThanOrEqual(60);
	other.exec('COMMIT');
	await storage.ledger.append(sampleEntry());
	expect(await storage.ledger.entries({ from: 0, to: Number.POSITIVE_INFINITY }, 9)).toHaveLength(1);
	other.close();
});

it('a lock that ends in time is waited for', async () => {
	const other = new DatabaseSync(path);
	const clock: Clock = { now: () => 0, monotonic: () => 0, sleep: async () => other.exec('ROLLBACK') };
	const storage = await open({ clock });
	other.exec('BEGIN IMMEDIATE');
	await storage.ledger.append(sampleEntry());
	expect(await storage.ledger.entries({ from: 0, to: Number.POSITIVE_INFINITY }, 9)).toHaveLength(1);
	other.close();
});

it('a full disk keeps nothing of the write that did not fit and everything before it', async () => {
	let pages = 0;
	const storage = await open({
		openDatabase: (file) => {
			const database = new DatabaseSync(file);
			pages = 100;
			database.exec(`PRAGMA max_page_count = ${pages}`);
			return database;
		},
	});
	await storage.ledger.append(sampleEntry());
	await expect(storage.records.write(decisionBatch(2000))).rejects.toEqual(problem('full', /Free space/));
	expect(await storage.records.decisions({ from: 0, to: Number.POSITIVE_INFINITY }, 9)).toEqual([]);
	expect(await storage.ledger.entries({ from: 0, to: Number.POSITIVE_INFINITY }, 9)).toHaveLength(1);
});

it('a disk that fills up while the database is made leaves no half-made one', async () => {
	const openDatabase = (file: string) => {
		const database = new DatabaseSync(file);
		database.exec('PRAGMA max_page_count = 12');
		return database;
	};
	await expect(open({ openDatabase })).rejects.toEqual(problem('full', /routing\.db/));
	const left = new DatabaseSync(path);
	expect(left.prepare('SELECT COUNT(*) AS count FROM sqlite_master').get()).toEqual({ count: 0 });
	left.close();
	await open();
});

it('a row that breaks a rule of the table is refused with its batch', async () => {
	const storage = await open();
	const bad = { kind: 'decision' as const, row: sampleDecision({ id: 'bad', confidence: 101 }) };
	await expect(storage.records.write([...decisionBatch(1), bad])).rejects.toMatchObject({
		code: 'ROUTER_INVALID_INPUT',
	});
	expect(await storage.records.decisions({ from: 0, to: Number.POSITIVE_INFINITY }, 9)).toEqual([]);
});

it('a write after closing says that the database is closed', async () => {
	const storage = await open();
	await storage.close();
	await storage.close();
	await expect(storage.ledger.append(sampleEntry())).rejects.toEqual(problem('unavailable', /is closed/));
});

it('a charge that was acknowledged is complete although closing comes at once', async () => {
	const storage = await open();
	const charged = storage.budgets.charge(sampleChecks(1), sampleEntry());
	await storage.close();
	await charged;
	expect(await (await open()).ledger.entries({ from: 0, to: Number.POSITIVE_INFINITY }, 9)).toHaveLength(1);
});

const OPEN_AND_TELL = `
const { openSqliteStorage } = await import(process.argv[1]);
// root may write everywhere
if (process.getuid?.() === 0) { process.setegid(65534); process.seteuid(65534); }
try {
  const storage = await openSqliteStorage({ path: process.argv[2], isReadOnly: process.argv[3] === 'read-only' });
  console.log('opened', (await storage.ledger.entries({ from: 0, to: Number.POSITIVE_INFINITY }, 9)).length);
}
catch (error) { console.log(error.problem + ': ' + error.message); }`;

/** Opens as a user without special rights. */
function openUnprivileged(file: string, mode: 'read-only' | 'read-write' = 'read-write'): string {
	const door = new URL('./index.ts', import.meta.url).href;
	const child = spawnSync(process.execPath, ['--input-type=module', '-e', OPEN_AND_TELL, door, file, mode], {
		encoding: 'utf8',
	});
	return child.stdout + child.stderr;
}

it('a read-only file, a read-only folder and a read-only home each say so', async () => {
	await (await open()).close();
	chmodSync(path, 0o444);
	expect(openUnprivileged(path)).toMatch(/^read-only: .*routing\.db.*Give this user the right/);
	chmodSync(path, 0o666);
	chmodSync(folder, 0o555);
	expect(openUnprivileged(path)).toMatch(/^read-only: /);
	const home = join(folder, 'home');
	chmodSync(folder, 0o755);
	mkdirSync(home, { mode: 0o555 });
	expect(openUnprivileged(join(home, 'db/routing.db'))).toMatch(/^read-only: /);
	expect(existsSync(join(home, 'db'))).toBe(false);
});

it('whoever only reads sees what is there and changes no byte of it, also of a file that cannot be written', async () => {
	const writer = await open();
	await writer.ledger.append(sampleEntry());
	const before = readFileSync(path);
	const reader = await open({ isReadOnly: true });
	const all = { from: 0, to: Number.POSITIVE_INFINITY };
	expect(await reader.ledger.entries(all, 9)).toEqual([sampleEntry()]);
	await writer.ledger.append(sampleEntry({ id: 'later' }));
	expect(await reader.ledger.entries(all, 9)).toHaveLength(2);
	// as whatever opens a storage does by itself
	expect(await reader.budgets.expire(Date.now())).toBe(0);
	await reader.prices.save({ version: 'v', document: '{}', at: 0 });
	await reader.check?.('write');
	await expect(reader.ledger.append(sampleEntry({ id: 'mine' }))).rejects.toEqual(problem('read-only', /readonly/));
	await reader.close();
	expect(readFileSync(path)).toEqual(before);
	await writer.close();
	chmodSync(path, 0o444);
	chmodSync(folder, 0o777);
	expect(openUnprivileged(path, 'read-only')).toBe('opened 2\n');
});

it('whoever only reads is told which command brings an older database up to date, and makes none that is missing', async () => {
	await expect(open({ isReadOnly: true })).rejects.toEqual(
		problem('unavailable', /There is no database .*routing\.db yet/),
	);
	expect(existsSync(path)).toBe(false);
	const older = new DatabaseSync(path);
	older.exec(readFileSync(new URL('../../../test/fixtures/database/version-4.sql', import.meta.url), 'utf8'));
	older.close();
	const before = readFileSync(path);
	await expect(open({ isReadOnly: true })).rejects.toEqual(
		problem('read-only', /has version 4.*`switchyard budget` brings it up/),
	);
	expect(readFileSync(path)).toEqual(before);
	await (await open()).close();
	await open({ isReadOnly: true });
});
