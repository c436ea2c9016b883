import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../testing/manual-clock.ts';
import { SqliteConnection } from './sqlite-connection.ts';

let connection: SqliteConnection;
beforeEach(() => {
	const database = new DatabaseSync(':memory:');
	database.exec('CREATE TABLE kept (value TEXT NOT NULL)');
	connection = new SqliteConnection(database, { path: ':memory:', clock: new ManualClock(), busyTimeoutMs: 10 });
});
afterEach(() => connection.close());

const keep = (value: string | null) => connection.write(() => connection.run('INSERT INTO kept VALUES (?)', value));
const kept = () => connection.rows('SELECT value FROM kept ORDER BY rowid').map((row) => row['value']);

describe('writes that wait together', () => {
	it('one that fails tells its own caller and takes nothing from the others', async () => {
		const ended = await Promise.allSettled([keep('a'), keep(null), keep('b')]);
		expect(ended.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
		expect(kept()).toEqual(['a', 'b']);
	});

	it('what a failing write did before it failed is undone', async () => {
		const half = connection.write(() => {
			connection.run('INSERT INTO kept VALUES (?)', 'half');
			throw new Error('in the middle');
		});
		const ended = await Promise.allSettled([keep('a'), half, keep('b')]);
		expect(ended.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
		expect(kept()).toEqual(['a', 'b']);
	});

	it('keep their order, around work that must be outside of a transaction too', async () => {
		const order: string[] = [];
		const note = (name: string) => () => {
			order.push(name);
		};
		const alone = connection.runOutsideTransaction(() => connection.exec('PRAGMA optimize')).then(note('alone'));
		await Promise.all([keep('a').then(note('a')), alone, ...['b', 'c'].map((name) => keep(name).then(note(name)))]);
		expect(kept()).toEqual(['a', 'b', 'c']);
		expect(order).toHaveLength(4);
	});

	it('closing waits for all of them', async () => {
		const written = Array.from({ length: 200 }, (_, index) => keep(String(index)));
		const closed = connection.close();
		await expect(Promise.all(written)).resolves.toHaveLength(200);
		await closed;
	});
});

it('statements have plain parameters: Node 22 binds no numbered ones by position, and every write would fail there', () => {
	const files = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'));
	// the placeholder itself may be named in a comment
	const code = (name: string) =>
		readFileSync(join(import.meta.dirname, name), 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, '');
	expect(files.length).toBeGreaterThan(5);
	expect(files.filter((name) => /\?\d/.test(code(name)))).toEqual([]);
});
