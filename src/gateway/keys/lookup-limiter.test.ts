import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { KeyStore, RouterStorage } from '../../contracts/index.ts';
import { openSqliteStorage } from '../../storage/sqlite/index.ts';
import { createKey, KeyRing } from './index.ts';
import { createToken, formatToken } from './key-ring.ts';

const NOW = Date.UTC(2026, 2, 10);
let folder = '';
/** The gateway's storage, and that of another process over the same file. */
let own: RouterStorage;
let other: RouterStorage;
let reads = { find: 0, listIds: 0, list: 0 };
beforeEach(async () => {
	folder = mkdtempSync(join(tmpdir(), 'keys-'));
	own = await openSqliteStorage({ path: join(folder, 'routing.db') });
	other = await openSqliteStorage({ path: join(folder, 'routing.db') });
	reads = { find: 0, listIds: 0, list: 0 };
});
afterEach(async () => {
	await own.close();
	await other.close();
	rmSync(folder, { recursive: true, force: true });
});

/** A ring over the gateway's storage, whose reads are counted. */
function createRing(without: Partial<KeyStore> = {}): KeyRing {
	const { keys } = own;
	const count = (name: keyof typeof reads) => {
		reads[name] += 1;
		return keys;
	};
	const store: KeyStore = {
		...keys,
		find: (id) => count('find').find(id),
		list: () => count('list').list(),
		listIds: async () => (await count('listIds').listIds?.()) ?? [],
		...without,
	};
	return new KeyRing({ store: () => store });
}

/** Tries keys that do not exist, evenly over some milliseconds from `from` on; every one must be refused. */
async function flood(
	ring: KeyRing,
	{ from, keys, overMs }: { from: number; keys: number; overMs: number },
): Promise<void> {
	for (let sent = 0; sent < keys; sent += 1) {
		const now = from + Math.floor((sent * overMs) / keys);
		const error = await ring.authenticate(formatToken(createToken()), now).catch((reason: unknown) => reason);
		expect(error).toMatchObject({ code: 'ROUTER_UNAUTHORIZED', message: expect.stringContaining('unknown') });
	}
}

it('a flood of keys that do not exist costs no read each: requests of others would wait for the database', async () => {
	const ring = createRing();
	await flood(ring, { from: NOW, keys: 5000, overMs: 4000 });
	// 50 at once and 50 a second, and a list of the ids every two seconds
	expect(reads.find).toBeLessThanOrEqual(250);
	expect(reads.listIds).toBeLessThanOrEqual(3);
	expect(ring.size).toBe(0);
});

it('a key that another process makes works within five seconds in the midst of a flood, at once without one', async () => {
	const ring = createRing();
	const before = await createKey(other.keys, { name: 'before' }, NOW);
	expect(await ring.authenticate(before.token, NOW)).toMatchObject({ name: 'before' });
	await flood(ring, { from: NOW, keys: 1000, overMs: 500 });
	const made = await createKey(other.keys, { name: 'made' }, NOW);
	let workedAfterMs = Number.POSITIVE_INFINITY;
	for (let ms = 500; ms <= 5000 && workedAfterMs > ms; ms += 250) {
		await flood(ring, { from: NOW + ms, keys: 200, overMs: 0 });
		const key = await ring.authenticate(made.token, NOW + ms).catch(() => null);
		if (key !== null) workedAfterMs = ms - 500;
	}
	expect(workedAfterMs).toBeLessThanOrEqual(2250);
});

it('a key that this process makes, or that is known already, works in the midst of a flood', async () => {
	const ring = createRing();
	const known = await createKey(own.keys, { name: 'known' }, NOW);
	await ring.authenticate(known.token, NOW);
	await flood(ring, { from: NOW, keys: 500, overMs: 100 });
	expect(await ring.authenticate(known.token, NOW + 100)).toMatchObject({ name: 'known' });
	const made = await createKey(own.keys, { name: 'made' }, NOW);
	ring.forget(made.key.id);
	expect(await ring.authenticate(made.token, NOW + 100)).toMatchObject({ name: 'made' });
});

it('the id of a key with wrong secrets costs no read each either', async () => {
	const ring = createRing();
	const { key, token } = await createKey(own.keys, { name: 'known' }, NOW);
	await ring.authenticate(token, NOW);
	for (let sent = 0; sent < 2000; sent += 1) {
		const guess = formatToken({ id: key.id, secret: createToken().secret });
		await expect(ring.authenticate(guess, NOW + sent)).rejects.toMatchObject({ code: 'ROUTER_UNAUTHORIZED' });
	}
	expect(reads.find).toBeLessThanOrEqual(160);
	expect(await ring.authenticate(token, NOW + 2000)).toMatchObject({ name: 'known' });
});

it('a storage of one’s own that lists whole keys only will do', async () => {
	const ring = createRing({ listIds: undefined } as object);
	await createKey(own.keys, { name: 'known' }, NOW);
	await flood(ring, { from: NOW, keys: 300, overMs: 0 });
	expect([reads.find, reads.list]).toEqual([50, 1]);
});
