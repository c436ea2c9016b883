import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createTaskHasher, loadHashKey } from './secrets.ts';

it('keeps one key beside the database, readable by its owner alone, and makes do where it cannot', () => {
	const folder = mkdtempSync(join(tmpdir(), 'switchyard-key-'));
	try {
		const database = join(folder, 'db', 'routing.db');
		const key = loadHashKey(database);
		expect(key).toMatch(/^[0-9a-f]{48}$/);
		expect(loadHashKey(database)).toBe(key);
		expect(statSync(`${database}.key`).mode & 0o777).toBe(0o600);
		expect(loadHashKey('/dev/null/routing.db')).not.toBe(key);
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
});

it.each([
	['as it is made', 'f'.repeat(48)],
	['longer than a block of the hash', 'schlüssel'.repeat(20)],
])('a task has the hash that it had in every version, with a key %s', (_what, key) => {
	const folder = mkdtempSync(join(tmpdir(), 'switchyard-key-'));
	try {
		const database = join(folder, 'routing.db');
		writeFileSync(`${database}.key`, `${key}\n`);
		const hashTask = createTaskHasher(database);
		const isSame = (text: string): void => {
			expect(hashTask(text)).toBe(createHmac('sha256', key).update(text).digest('hex'));
		};
		const units = fc.array(fc.oneof(fc.integer({ max: 0xff, min: 0 }), fc.integer({ max: 0xffff, min: 0 })));
		fc.assert(
			fc.property(
				units.map((codes) => String.fromCharCode(...codes)),
				isSame,
			),
		);
		// about the length from which another way is taken, in texts of one to three bytes a character
		for (const length of [5460, 5461, 5462, 16_384, 100_000])
			for (const letter of ['a', 'ß', '漢', '\ud800']) isSame(letter.repeat(length));
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
});
