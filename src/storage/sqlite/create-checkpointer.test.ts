import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, it, onTestFinished } from 'vitest';
import { createCheckpointer } from './create-checkpointer.ts';

function openLogged(): { database: DatabaseSync; path: string } {
	const folder = mkdtempSync(join(tmpdir(), 'checkpoint-'));
	const path = join(folder, 'routing.db');
	const database = new DatabaseSync(path);
	database.exec('PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; CREATE TABLE kept (value TEXT)');
	for (let row = 0; row < 200; row += 1)
		database.prepare('INSERT INTO kept (value) VALUES (?)').run('a charge of a request '.repeat(20));
	onTestFinished(() => {
		database.close();
		rmSync(folder, { recursive: true });
	});
	return { database, path };
}

it('the log of a database is in its file without a turn of the event loop that waits for the disk', async () => {
	const { database, path } = openLogged();
	const checkpointer = createCheckpointer(path);
	const before = statSync(path).size;
	const first = checkpointer.run();
	expect(await checkpointer.run(), 'one at a time').toBe(false);
	expect(await first).toBe(true);
	expect(statSync(path).size).toBeGreaterThan(before + 50_000);
	expect(database.prepare('SELECT COUNT(*) AS rows FROM kept').get()).toEqual({ rows: 200 });
	await checkpointer.close();
	expect(await checkpointer.run(), 'closed').toBe(false);
});

it('a file that cannot be opened leaves the copy to the connection', async () => {
	const checkpointer = createCheckpointer(join(tmpdir(), 'there-is-no-such-folder', 'routing.db'));
	expect(await checkpointer.run()).toBe(false);
	expect(await checkpointer.run()).toBe(false);
	await checkpointer.close();
});
