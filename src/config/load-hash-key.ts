import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

const KEY_BYTES = 24;

function readKey(path: string): string | null {
	try {
		const key = readFileSync(path, 'utf8').trim();
		return key === '' ? null : key;
	} catch {
		// Not there yet, or not to be read: the caller makes one.
		return null;
	}
}

/**
 * The key of the hashes that stand for tasks, kept beside the database: without it nobody finds a short task by hashing
 * guesses. Where it cannot be kept a new one is made for this process, and its hashes compare with no others.
 */
export function loadHashKey(databaseFile: string): string {
	const path = `${databaseFile}.key`;
	const fresh = randomBytes(KEY_BYTES).toString('hex');
	if (databaseFile === ':memory:') return fresh;
	const known = readKey(path);
	if (known !== null) return known;
	try {
		mkdirSync(dirname(path), { recursive: true });
		// `wx`: of several processes that start at once, one writes and the others read what it wrote.
		writeFileSync(path, `${fresh}\n`, { flag: 'wx', mode: 0o600 });
		return fresh;
	} catch {
		return readKey(path) ?? fresh;
	}
}
