import assert from 'node:assert/strict';
import type { VirtualKey } from '../contracts/index.ts';
import { isRouterError } from '../errors/index.ts';
import type { StorageContractCase } from './storage-contract-case.ts';
import { SAMPLE_TIME } from './storage-contract-samples.ts';

/** A key with everything set. */
function sampleKey(change: Partial<VirtualKey> = {}): VirtualKey {
	return {
		id: '7f3a9c2d1e40',
		secretHash: 'a'.repeat(64),
		name: 'Ünternehmens-"Bot" 🙂',
		scopes: ['route', 'read'],
		team: 'search',
		tags: ['nightly', 'eu'],
		limits: { requestsPerMinute: 60, tokensPerMinute: 100_000, maxParallel: 4 },
		allowedModels: ['opus', 'haiku'],
		createdAt: SAMPLE_TIME,
		expiresAt: SAMPLE_TIME + 86_400_001,
		revokedAt: null,
		...change,
	};
}

/** Promises about virtual keys. */
export const keyCases: readonly StorageContractCase[] = [
	{
		title: 'a virtual key comes back as it was made; one without limits has none',
		async run({ keys }) {
			const open = sampleKey({
				id: '000000000001',
				scopes: ['admin'],
				team: null,
				tags: [],
				limits: {},
				allowedModels: null,
				createdAt: SAMPLE_TIME + 1,
				expiresAt: null,
			});
			await keys.add(sampleKey());
			await keys.add(open);
			assert.deepEqual(await keys.find('7f3a9c2d1e40'), sampleKey());
			assert.deepEqual(await keys.find('000000000001'), open);
			assert.deepEqual(await keys.list(), [open, sampleKey()]);
		},
	},
	{
		title: 'a key is found by its whole id only: no prefix, no pattern, no SQL',
		async run({ keys }) {
			await keys.add(sampleKey());
			const lookAlikes = ['7f3a9c2d1e4', '7f3a9c2d1e40 ', '7F3A9C2D1E40', '7f3a9c2d1e4%', '%', '', "' OR '1'='1"];
			for (const id of [...lookAlikes, "7f3a9c2d1e40'; DROP TABLE api_keys; --", '7f3a9c2d1e40\u0000'])
				assert.equal(await keys.find(id), null, id);
			assert.equal(await keys.revoke("' OR '1'='1", SAMPLE_TIME), false);
			assert.deepEqual(await keys.list(), [sampleKey()]);
		},
	},
	{
		title: 'a second key with the same id is refused, and the first stays',
		async run({ keys }) {
			await keys.add(sampleKey());
			await assert.rejects(keys.add(sampleKey({ secretHash: 'b'.repeat(64) })), isRouterError);
			assert.deepEqual(await keys.list(), [sampleKey()]);
		},
	},
	{
		title: 'a revoked key stays revoked since the first time, and gets no other secret',
		async run({ keys }) {
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
	},
	{
		title: 'a reset forgets no key: nobody is locked out by it',
		async run({ keys, reset }) {
			await keys.add(sampleKey());
			await reset('all');
			assert.deepEqual(await keys.find('7f3a9c2d1e40'), sampleKey());
		},
	},
];
