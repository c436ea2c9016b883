import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { type KeyStore, omitSecretHash, type VirtualKey } from '../../contracts/index.ts';
import { createMemoryStorage } from '../../storage/memory/index.ts';
import { createKey, KeyRing, readCallerToken, rotateKey } from './index.ts';
import { createAttribution } from './key-ring.ts';

const NOW = Date.UTC(2026, 2, 10);

function withKeys(): { store: KeyStore; ring: KeyRing; lookups: string[] } {
	const { keys } = createMemoryStorage();
	const lookups: string[] = [];
	const store: KeyStore = {
		...keys,
		find: (id) => {
			lookups.push(id);
			return keys.find(id);
		},
	};
	return { store, ring: new KeyRing({ store: () => store }), lookups };
}

function refused(message: RegExp): unknown {
	return expect.objectContaining({ code: 'ROUTER_UNAUTHORIZED', message: expect.stringMatching(message) });
}

/** Another character that may stand in a key. */
function otherLetter(letter: string): string {
	return letter === 'A' ? 'B' : 'A';
}

describe('a key opens what it was made for, and nothing else does', () => {
	it('the key that was shown once is recognised; it has an id and 256 bits of secret', async () => {
		const { store, ring } = withKeys();
		const { key, token } = await createKey(store, { name: 'ci', team: 'search' }, NOW);
		expect(token).toMatch(new RegExp(`^sk-sy-${key.id}-[A-Za-z0-9_-]{43}$`));
		expect(await ring.authenticate(token, NOW)).toEqual(key);
	});

	it('a look-alike that shares all but one character is refused, wherever it differs', async () => {
		const { store, ring } = withKeys();
		const { token } = await createKey(store, { name: 'ci' }, NOW);
		await ring.authenticate(token, NOW);
		for (let at = 0; at < token.length; at += 1) {
			const other = token.slice(0, at) + otherLetter(token[at] ?? '') + token.slice(at + 1);
			// the last character of 43 carries 4 bits that count: another that decodes alike is another text all the same
			await expect(ring.authenticate(other, NOW), other).rejects.toEqual(refused(/unknown|not one of this gateway/));
		}
		for (const other of [`${token}A`, `x${token}`, token.slice(0, -1), `${token} `, token.toUpperCase(), `${token}\n`])
			await expect(ring.authenticate(other, NOW)).rejects.toEqual(refused(/not one of this gateway/));
	});

	it('a key that was right opens nothing to another, nor once it is revoked or rotated', async () => {
		const { store, ring } = withKeys();
		const rule = { isKeyRequired: true, now: NOW };
		const ask = async (token: string, now = NOW) => {
			const caller = { headers: { authorization: `Bearer ${token}` } };
			return (await ring.identify(caller, { ...rule, now }))?.id;
		};
		const { key, token } = await createKey(store, { name: 'ci' }, NOW);
		const other = await createKey(store, { name: 'other' }, NOW);
		for (let times = 0; times < 3; times += 1) expect(await ask(token)).toBe(key.id);
		for (const wrong of [
			`${token.slice(0, -1)}${otherLetter(token.at(-1) ?? '')}`,
			`sk-sy-${key.id}-${other.token.slice(-43)}`,
		])
			await expect(ask(wrong)).rejects.toEqual(refused(/unknown/));
		expect(await ask(other.token)).toBe(other.key.id);
		expect(await ask(token)).toBe(key.id);
		const rotated = await rotateKey(store, key.id);
		ring.forget(key.id);
		await expect(ask(token)).rejects.toEqual(refused(/unknown/));
		expect(await ask(rotated?.token ?? '')).toBe(key.id);
		await store.revoke(key.id, NOW + 1);
		expect(await ask(rotated?.token ?? '', NOW + 4000)).toBe(key.id);
		await expect(ask(rotated?.token ?? '', NOW + 6000)).rejects.toEqual(refused(/revoked/));
	});

	it('the id of one key with the secret of another is refused', async () => {
		const { store, ring } = withKeys();
		const one = await createKey(store, { name: 'one' }, NOW);
		const two = await createKey(store, { name: 'two' }, NOW);
		const mixed = `sk-sy-${one.key.id}-${two.token.slice(-43)}`;
		await expect(ring.authenticate(mixed, NOW)).rejects.toEqual(refused(/unknown/));
	});

	it('a key whose stored hash was cut off opens nothing, and fails as any wrong key does', async () => {
		const { key, token } = await createKey(createMemoryStorage().keys, { name: 'ci' }, NOW);
		for (const secretHash of ['', key.secretHash.slice(0, -1)]) {
			// only `find` is asked of it
			const ring = new KeyRing({
				store: () => ({ find: async () => ({ ...key, secretHash }) }) as unknown as KeyStore,
			});
			await expect(ring.authenticate(token, NOW)).rejects.toEqual(refused(/unknown/));
		}
	});

	it('SQL and other text in a key never reaches the database', async () => {
		const { ring, lookups } = withKeys();
		const hostile = ["' OR '1'='1", "sk-sy-' OR 1=1; --", `sk-sy-%${'_'.repeat(54)}`, '', 'x'.repeat(1_000_000)];
		for (const token of hostile) await expect(ring.authenticate(token, NOW)).rejects.toEqual(refused(/not one of/));
		expect(lookups).toEqual([]);
	});

	it('an unknown id and a wrong secret are told apart by nothing', async () => {
		const { store, ring } = withKeys();
		const { token } = await createKey(store, { name: 'ci' }, NOW);
		const told = async (text: string) => String(await ring.authenticate(text, NOW).catch((error: unknown) => error));
		expect(await told(`sk-sy-000000000000-${'A'.repeat(43)}`)).toBe(
			await told(`${token.slice(0, 19)}${'A'.repeat(43)}`),
		);
	});

	it('an expired and a revoked key are refused with the time, to whoever has the secret', async () => {
		const { store, ring } = withKeys();
		const { key, token } = await createKey(store, { name: 'ci', lifetimeMs: 1000 }, NOW);
		await ring.authenticate(token, NOW + 999);
		await expect(ring.authenticate(token, NOW + 1000)).rejects.toEqual(refused(/expired on 2026-03-10T00:00:01/));
		await store.revoke(key.id, NOW + 1);
		ring.forget(key.id);
		await expect(ring.authenticate(token, NOW + 2)).rejects.toEqual(refused(/was revoked on/));
		await expect(ring.authenticate(`${token.slice(0, 19)}${'A'.repeat(43)}`, NOW)).rejects.toEqual(refused(/unknown/));
	});

	it('no error repeats the secret', async () => {
		const { store, ring } = withKeys();
		const { key, token } = await createKey(store, { name: 'ci' }, NOW);
		await store.revoke(key.id, NOW);
		for (const text of [token, `${token}x`, `${token.slice(0, -3)}AAA`]) {
			const error = await ring.authenticate(text, NOW).catch((thrown: unknown) => thrown);
			expect(inspect(error, { depth: 9 })).not.toContain(token.slice(19, 40));
		}
	});
});

describe('what is remembered of keys', () => {
	it('a key in use is looked up once in five seconds, whatever happens at once', async () => {
		const { store, ring, lookups } = withKeys();
		const { token } = await createKey(store, { name: 'ci' }, NOW);
		await Promise.all(Array.from({ length: 50 }, () => ring.authenticate(token, NOW)));
		await ring.authenticate(token, NOW + 4999);
		expect(lookups).toHaveLength(1);
		await ring.authenticate(token, NOW + 5000);
		expect(lookups).toHaveLength(2);
	});

	it('what another process revoked stops working within five seconds; what it rotated works at once', async () => {
		const { store, ring } = withKeys();
		const revoked = await createKey(store, { name: 'a' }, NOW);
		const rotated = await createKey(store, { name: 'b' }, NOW);
		await ring.authenticate(revoked.token, NOW);
		await ring.authenticate(rotated.token, NOW);
		await store.revoke(revoked.key.id, NOW);
		const next = await rotateKey(store, rotated.key.id);
		expect(await ring.authenticate(next?.token ?? '', NOW + 1)).toEqual(next?.key);
		await expect(ring.authenticate(rotated.token, NOW + 1)).rejects.toEqual(refused(/unknown/));
		await expect(ring.authenticate(revoked.token, NOW + 5000)).rejects.toEqual(refused(/was revoked/));
	});

	it('neither the store nor the memory holds a secret', async () => {
		const { store, ring } = withKeys();
		const { token, key } = await createKey(store, { name: 'ci' }, NOW);
		await ring.authenticate(token, NOW);
		const secret = token.slice(19);
		const held = inspect([await store.list(), ring], { depth: 12, showHidden: true, maxStringLength: null });
		expect(held).not.toContain(secret);
		expect(Object.keys(omitSecretHash(key))).not.toContain('secretHash');
	});

	it('a flood of unknown keys pushes out nobody who is known', async () => {
		const { store, ring, lookups } = withKeys();
		const { token } = await createKey(store, { name: 'ci' }, NOW);
		await ring.authenticate(token, NOW);
		for (let count = 0; count < 20_000; count += 1) {
			const id = count.toString(16).padStart(12, '0');
			await ring.authenticate(`sk-sy-${id}-${'A'.repeat(43)}`, NOW).catch(() => null);
		}
		lookups.length = 0;
		await ring.authenticate(token, NOW);
		expect(lookups).toEqual([]);
	});

	it('no more keys are held than the ring was made for', async () => {
		const { keys } = createMemoryStorage();
		const ring = new KeyRing({ store: () => keys, capacity: 2 });
		const issued = await Promise.all(['a', 'b', 'c'].map((name) => createKey(keys, { name }, NOW)));
		const waits = issued.map(({ token }) => ring.authenticate(token, NOW));
		expect(ring.size).toBe(3);
		await Promise.all(waits);
		expect(ring.size).toBe(2);
	});

	it('keys that cannot be looked up are an error of storage, not an open door', async () => {
		const ring = new KeyRing({ store: () => Promise.reject(new Error('the database is locked')) });
		const token = `sk-sy-000000000000-${'A'.repeat(43)}`;
		await expect(ring.authenticate(token, NOW)).rejects.toThrow('the database is locked');
	});
});

describe('whose request it is', () => {
	const look = (ring: KeyRing, headers: Record<string, string>, isKeyRequired: boolean): Promise<VirtualKey | null> =>
		ring.identify({ headers }, { isKeyRequired, now: NOW });

	it('without a key nobody comes in where one is required, and anybody where none is', async () => {
		const { ring } = withKeys();
		await expect(look(ring, {}, true)).rejects.toEqual(refused(/names no key.*Send one/));
		expect(await look(ring, {}, false)).toBeNull();
		// SDKs insist on some key
		expect(await look(ring, { authorization: 'Bearer unused' }, false)).toBeNull();
		await expect(look(ring, { authorization: 'Bearer unused' }, true)).rejects.toEqual(refused(/not one of/));
	});

	it('a wrong key of this gateway is refused also where none is required: its budget and limits would not hold', async () => {
		const { store, ring } = withKeys();
		const { token, key } = await createKey(store, { name: 'ci' }, NOW);
		expect(await look(ring, { 'x-api-key': token }, false)).toEqual(key);
		await store.revoke(key.id, NOW);
		ring.forget(key.id);
		await expect(look(ring, { 'x-api-key': token }, false)).rejects.toEqual(refused(/revoked/));
	});
});

const OWN = `sk-sy-0123456789ab-${'A'.repeat(43)}`;
const OTHER = `sk-sy-0123456789ab-${'B'.repeat(43)}`;

it('every client’s way of sending its key is read', () => {
	expect(readCallerToken({ authorization: `Bearer ${OWN}` })).toBe(OWN);
	expect(readCallerToken({ authorization: `bearer   ${OWN} ` })).toBe(OWN);
	for (const name of ['x-api-key', 'x-goog-api-key', 'api-key']) expect(readCallerToken({ [name]: OWN })).toBe(OWN);
	expect(readCallerToken({}, `?alt=sse&key=${OWN}`)).toBe(OWN);
	expect(readCallerToken({}, '?monkey=1')).toBeNull();
	expect(readCallerToken({ authorization: 'Basic abc', 'x-api-key': '' })).toBeNull();
	for (const authorization of [`Basic Bearer ${OWN}`, `Bearer ${OWN} more`, `Bearer${OWN}`])
		expect(readCallerToken({ authorization })).toBeNull();
});

it('of a provider’s key and a key of this gateway the latter counts, wherever it stands', () => {
	expect(readCallerToken({ authorization: 'Bearer sk-ant-oat01-xyz', 'x-api-key': OWN })).toBe(OWN);
	expect(readCallerToken({ authorization: `Bearer ${OWN}`, 'x-api-key': OWN }, `?key=${OWN}`)).toBe(OWN);
	expect(readCallerToken({ 'x-api-key': 'sk-ant-1' })).toBe('sk-ant-1');
});

it('two different keys of this gateway are refused: a proxy may have checked the other one', () => {
	const refusal = expect.objectContaining({ code: 'ROUTER_UNAUTHORIZED' });
	expect(() => readCallerToken({ authorization: `Bearer ${OWN}`, 'api-key': OTHER })).toThrow(refusal);
	expect(() => readCallerToken({ 'x-api-key': OWN }, `?key=${OTHER}`)).toThrow(/two different keys/);
	expect(() => readCallerToken({}, `?key=${OWN}&key=${OTHER}`)).toThrow(refusal);
});

it('a request is booked to its key, team, tags and session, and to nothing it does not have', async () => {
	const { keys } = createMemoryStorage();
	const { key } = await createKey(keys, { name: 'ci', team: 'search', tags: ['a', 'b'] }, NOW);
	const { key: bare } = await createKey(keys, { name: 'ci' }, NOW);
	const caller = (of: VirtualKey | null) => ({ owner: of?.id ?? 'local', key: of });
	const booked = [
		createAttribution(caller(key), { tags: ['b', 'c'], session: 's1' }),
		createAttribution(caller(key), {}),
		createAttribution(caller(bare), { session: null }),
		createAttribution(caller(null), { tags: ['c'], session: 's1' }),
		createAttribution(caller(null), {}),
	];
	expect(booked).toStrictEqual([
		{ key: key.id, namedBy: key.id, team: 'search', tags: ['a', 'b', 'c'], session: 's1' },
		{ key: key.id, namedBy: key.id, team: 'search', tags: ['a', 'b'] },
		{ key: bare.id, namedBy: bare.id },
		{ tags: ['c'], session: 's1' },
		{},
	]);
});
