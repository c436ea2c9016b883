import assert from 'node:assert/strict';
import {
	type AuditAuthor,
	type BudgetRule,
	formatLimitId,
	type IdempotencyStore,
	MAX_STORED_ANSWER_BYTES,
	type StoredAnswer,
	type VirtualKey,
} from '../../contracts/index.ts';
import { isRouterError } from '../../errors/index.ts';
import { createSample, SAMPLE_TIME, type StorageContractCases } from './samples.ts';

/** A key with everything set. */
const sampleKey = createSample<VirtualKey>({
	id: '7f3a9c2d1e40',
	secretHash: 'a'.repeat(64),
	name: 'Ünternehmens-"Bot" 🙂',
	scopes: ['route', 'read'],
	team: 'search',
	tags: ['nightly', 'eu'],
	limits: { requestsPerMinute: 60, tokensPerMinute: 100_000, maxParallel: 4 },
	allowedModels: ['opus', 'haiku'],
	commit: 'whole-answer',
	createdAt: SAMPLE_TIME,
	expiresAt: SAMPLE_TIME + 86_400_001,
	revokedAt: null,
});

const AUTHOR: AuditAuthor = { by: '7f3a9c2d1e40', byName: 'ops', at: SAMPLE_TIME + 7 };
const LIMIT: BudgetRule = { scope: 'tag', of: 'nightly \'"%', period: 'month', limit: 12.5, kind: 'soft' };

/** Promises about limits that are set by hand, and about the audit log. */
export const limitCases: StorageContractCases = {
	'a limit comes back as it was set, in place of the one before; cleared it is gone': async ({ limits }) => {
		await limits.set({ ...AUTHOR, rule: { ...LIMIT, limit: 3 } }, null);
		await limits.set({ ...AUTHOR, rule: LIMIT }, null);
		assert.deepEqual(await limits.list(), [{ ...AUTHOR, rule: LIMIT }]);
		assert.equal(await limits.clear('tag:% per month, soft', AUTHOR, null), false);
		assert.equal(await limits.clear(formatLimitId(LIMIT), AUTHOR, null), true);
		assert.deepEqual(await limits.list(), []);
	},
	'the audit log says who changed what, when, from what and to what, newest first': async ({ audit, keys, limits }) => {
		await limits.set({ ...AUTHOR, rule: LIMIT }, { ...LIMIT, limit: 1 });
		await limits.clear(formatLimitId(LIMIT), { ...AUTHOR, at: SAMPLE_TIME + 8 }, { ...LIMIT, limit: 1 });
		await keys.add(sampleKey(), AUTHOR);
		await keys.revoke('7f3a9c2d1e40', SAMPLE_TIME + 9, AUTHOR);
		await keys.revoke('7f3a9c2d1e40', SAMPLE_TIME + 10, AUTHOR);
		const entries = await audit.list(10);
		assert.deepEqual(
			entries.map(({ action }) => action),
			['key-revoked', 'key-created', 'limit-cleared', 'limit-set'],
		);
		const [revoked, , , set] = entries;
		assert.deepEqual(set, {
			...AUTHOR,
			id: set?.id,
			action: 'limit-set',
			target: 'tag:nightly \'"% per month, soft',
			before: { ...LIMIT, limit: 1 },
			after: LIMIT,
		});
		assert.deepEqual(Object(revoked?.after).revokedAt, SAMPLE_TIME + 9);
		assert.deepEqual(await audit.list(1, revoked?.id), entries.slice(1, 2));
	},
	'the audit log holds no hash of a secret, and nothing of changes that nobody answers for': async ({
		audit,
		keys,
	}) => {
		await keys.add(sampleKey(), AUTHOR);
		await keys.rotate('7f3a9c2d1e40', 'c'.repeat(64), AUTHOR);
		await keys.add(sampleKey({ id: '000000000001' }));
		const text = JSON.stringify(await audit.list(10));
		assert.equal(text.includes('a'.repeat(64)) || text.includes('c'.repeat(64)), false);
		assert.equal((await audit.list(10)).length, 2);
	},
	'a reset keeps limits and the audit log': async ({ audit, limits, reset }) => {
		await limits.set({ ...AUTHOR, rule: LIMIT }, null);
		await reset('all');
		assert.equal((await limits.list()).length, 1);
		assert.equal((await audit.list(10)).length, 1);
	},
};

/** Promises about virtual keys. */
export const keyCases: StorageContractCases = {
	'a virtual key comes back as it was made; one without limits has none': async ({ keys }) => {
		const unlimited = { team: null, tags: [], limits: {}, allowedModels: null, expiresAt: null };
		const { commit: _, ...plain } = sampleKey({ id: '000000000001', scopes: ['admin'], ...unlimited });
		const open = { ...plain, createdAt: SAMPLE_TIME + 1 };
		await keys.add(sampleKey());
		await keys.add(open);
		assert.deepEqual(await keys.find('7f3a9c2d1e40'), sampleKey());
		assert.deepEqual(await keys.find('000000000001'), open);
		assert.deepEqual(await keys.list(), [open, sampleKey()]);
		const ids = (await keys.listIds?.()) ?? [open.id, sampleKey().id];
		assert.deepEqual([...ids].sort(), [open.id, sampleKey().id].sort());
	},
	'a key is found by its whole id only: no prefix, no pattern, no SQL': async ({ keys }) => {
		await keys.add(sampleKey());
		const lookAlikes = ['7f3a9c2d1e4', '7f3a9c2d1e40 ', '7F3A9C2D1E40', '7f3a9c2d1e4%', '%', '', "' OR '1'='1"];
		for (const id of [...lookAlikes, "7f3a9c2d1e40'; DROP TABLE api_keys; --", '7f3a9c2d1e40\u0000'])
			assert.equal(await keys.find(id), null, id);
		assert.equal(await keys.revoke("' OR '1'='1", SAMPLE_TIME), false);
		assert.deepEqual(await keys.list(), [sampleKey()]);
	},
	'a second key with the same id is refused, and the first stays': async ({ keys }) => {
		await keys.add(sampleKey());
		await assert.rejects(keys.add(sampleKey({ secretHash: 'b'.repeat(64) })), isRouterError);
		assert.deepEqual(await keys.list(), [sampleKey()]);
	},
	'a revoked key stays revoked since the first time, and gets no other secret': async ({ keys }) => {
		await keys.add(sampleKey());
		assert.equal(await keys.rotate('7f3a9c2d1e40', 'c'.repeat(64)), true);
		assert.equal(await keys.revoke('7f3a9c2d1e40', SAMPLE_TIME + 5), true);
		assert.equal(await keys.revoke('7f3a9c2d1e40', SAMPLE_TIME + 9), true);
		assert.equal(await keys.rotate('7f3a9c2d1e40', 'd'.repeat(64)), false);
		const expected = sampleKey({ secretHash: 'c'.repeat(64), revokedAt: SAMPLE_TIME + 5 });
		assert.deepEqual(await keys.find('7f3a9c2d1e40'), expected);
		assert.equal(await keys.rotate('nobody', 'd'.repeat(64)), false);
		assert.equal(await keys.revoke('nobody', SAMPLE_TIME), false);
	},
	'a reset forgets no key: nobody is locked out by it': async ({ keys, reset }) => {
		await keys.add(sampleKey());
		await reset('all');
		assert.deepEqual(await keys.find('7f3a9c2d1e40'), sampleKey());
	},
};

const ID = { scope: 'key:a', key: 'order-1', owner: 'first' };
const LEASE_MS = 30_000;
const EXPIRES_AT = SAMPLE_TIME + 86_400_000;
const ANSWER: StoredAnswer = {
	status: 201,
	headers: { 'content-type': 'text/event-stream', 'x-note': 'Größe "1"' },
	// every byte, also those that are no text
	body: Uint8Array.from({ length: 256 }, (_, index) => index),
};

type Claim = Parameters<IdempotencyStore['claim']>[0];
const FIRST_CLAIM: Claim = { ...ID, requestHash: 'h1', now: SAMPLE_TIME, leaseUntil: SAMPLE_TIME + LEASE_MS };
const sampleClaim = createSample(FIRST_CLAIM);

/** The kept answer, with its bytes as a plain array. */
async function answered(store: IdempotencyStore, change: Partial<Claim> = {}): Promise<unknown> {
	const claim = await store.claim(sampleClaim(change));
	if (claim.state !== 'answered') return claim;
	return { ...claim.answer, body: Uint8Array.from(claim.answer.body) };
}

async function answerFirst(store: IdempotencyStore): Promise<void> {
	assert.deepEqual(await store.claim(sampleClaim()), { state: 'claimed' });
	assert.equal(await store.save({ ...ID, answer: ANSWER, expiresAt: EXPIRES_AT }), true);
}

/** Promises about answers kept for their idempotency keys. */
export const idempotencyCases: StorageContractCases = {
	'of requests with the same idempotency key at the same moment one answers, the others are told to wait': async ({
		idempotency,
	}) => {
		const owners = Array.from({ length: 20 }, (_, index) => `owner-${index}`);
		const claims = await Promise.all(owners.map((owner) => idempotency.claim(sampleClaim({ owner }))));
		assert.equal(claims.filter((claim) => claim.state === 'claimed').length, 1);
		const waiting = claims.filter((claim) => claim.state === 'running');
		assert.equal(waiting.length, 19);
		assert.ok(waiting.every(({ until }) => until === SAMPLE_TIME + LEASE_MS));
	},
	'a repeat is given the first answer to the byte, until its time is over': async ({ idempotency }) => {
		await answerFirst(idempotency);
		assert.deepEqual(await answered(idempotency, { owner: 'second' }), ANSWER);
		assert.deepEqual(await answered(idempotency, { now: EXPIRES_AT - 1 }), ANSWER);
		assert.deepEqual(await answered(idempotency, { now: EXPIRES_AT }), { state: 'claimed' });
	},
	'the same idempotency key with another request is a mismatch, while the first runs and after it': async ({
		idempotency,
	}) => {
		await idempotency.claim(sampleClaim());
		assert.deepEqual(await idempotency.claim(sampleClaim({ requestHash: 'h2' })), { state: 'mismatch' });
		await idempotency.save({ ...ID, answer: ANSWER, expiresAt: EXPIRES_AT });
		assert.deepEqual(await idempotency.claim(sampleClaim({ requestHash: 'h2' })), { state: 'mismatch' });
	},
	'nobody is given the answer of another scope, however scope and key are written': async ({ idempotency }) => {
		await answerFirst(idempotency);
		const others = [
			{ scope: 'key:b' },
			{ scope: 'key:a,order', key: '1' },
			{ scope: 'key', key: 'a:order-1' },
			{ scope: '' },
			{ key: "order-1' OR '1'='1" },
			{ key: 'order-%' },
			{ key: 'ORDER-1' },
		];
		for (const other of others) assert.deepEqual(await answered(idempotency, other), { state: 'claimed' });
	},
	'a claim that is renewed stays; one that lapsed is taken over, and its late owner changes nothing': async ({
		idempotency,
	}) => {
		await idempotency.claim(sampleClaim());
		const until = SAMPLE_TIME + 2 * LEASE_MS;
		assert.equal(await idempotency.renew({ ...ID, leaseUntil: until }), true);
		assert.deepEqual(await answered(idempotency, { now: SAMPLE_TIME + LEASE_MS }), { state: 'running', until });
		const successor = { owner: 'second', now: until, leaseUntil: until + LEASE_MS };
		assert.deepEqual(await answered(idempotency, successor), { state: 'claimed' });
		assert.equal(await idempotency.renew({ ...ID, leaseUntil: until * 2 }), false);
		assert.equal(await idempotency.save({ ...ID, answer: ANSWER, expiresAt: EXPIRES_AT }), false);
		await idempotency.abandon(ID);
		const seen = await answered(idempotency, { now: until + 1 });
		assert.deepEqual(seen, { state: 'running', until: until + LEASE_MS });
	},
	'a request that failed gives its idempotency key back; one that was answered cannot': async ({ idempotency }) => {
		await idempotency.claim(sampleClaim());
		await idempotency.abandon(ID);
		await answerFirst(idempotency);
		await idempotency.abandon(ID);
		assert.equal(await idempotency.save({ ...ID, answer: { ...ANSWER, status: 500 }, expiresAt: EXPIRES_AT }), false);
		assert.deepEqual(await answered(idempotency), ANSWER);
	},
	'what has expired is removed, answers and claims, and nothing else': async ({ idempotency }) => {
		await answerFirst(idempotency);
		await idempotency.claim(sampleClaim({ key: 'order-2' }));
		await idempotency.claim(sampleClaim({ key: 'order-3', leaseUntil: EXPIRES_AT * 2 }));
		assert.equal(await idempotency.expire(SAMPLE_TIME), 0);
		assert.equal(await idempotency.expire(SAMPLE_TIME + LEASE_MS), 1);
		assert.equal(await idempotency.expire(EXPIRES_AT), 1);
		const running = await answered(idempotency, { key: 'order-3' });
		assert.deepEqual(running, { state: 'running', until: EXPIRES_AT * 2 });
	},
	'an answer over the bound is refused, not cut': async ({ idempotency }) => {
		await idempotency.claim(sampleClaim());
		const answer = { ...ANSWER, body: new Uint8Array(MAX_STORED_ANSWER_BYTES + 1) };
		await assert.rejects(idempotency.save({ ...ID, answer, expiresAt: EXPIRES_AT }), isRouterError);
		assert.equal((await idempotency.claim(sampleClaim())).state, 'running');
	},
};
