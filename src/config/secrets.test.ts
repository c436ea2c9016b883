import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { loadHashKey } from './secrets.ts';

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
