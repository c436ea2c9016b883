import { describe, expect, it } from 'vitest';
import type { VirtualKey } from '../../contracts/index.ts';
import { ManualClock } from '../../testing/index.ts';
import { ConversationMemory } from '../generation/conversation-memory.ts';
import { KeyRing } from '../keys/index.ts';
import { KeyLimiter } from './index.ts';

const STRANGERS = 25_000;
const MOST = 10_000;

function keyOf(id: string): VirtualKey {
	return {
		id,
		secretHash: '0'.repeat(64),
		name: id,
		scopes: ['route'],
		team: null,
		tags: [],
		limits: { requestsPerMinute: 10, maxParallel: 2 },
		allowedModels: null,
		createdAt: 0,
		expiresAt: null,
		revokedAt: null,
	};
}

describe('a gateway that is asked by ever new strangers does not grow', () => {
	it('by conversations, however many names they are given', () => {
		const memory = new ConversationMemory();
		const turn = { model: 'opus', tokens: 1, at: 1 };
		for (let at = 0; at < STRANGERS; at += 1) memory.remember({ owner: 'a', session: `s${at}` }, turn);
		expect(memory.size).toBe(MOST);
	});

	it('nor is a conversation another key’s that gives it the same name', () => {
		const memory = new ConversationMemory();
		memory.remember({ owner: 'a', session: 'b' }, { model: 'opus', tokens: 1, at: 1 });
		expect(memory.getCachedPrefix({ owner: 'a', session: 'b' }, 2, false)?.model).toBe('opus');
		for (const other of [
			{ owner: 'b', session: 'b' },
			{ owner: 'a,b', session: '' },
			{ owner: '', session: 'a","b' },
			{ owner: 'local', session: 'b' },
		])
			expect(memory.getCachedPrefix(other, 2, false)).toBeUndefined();
	});

	it('by keys that nobody knows, of which few are looked up at once, and all forgotten', async () => {
		let lookUps = 0;
		const find = async () => {
			lookUps += 1;
			return null;
		};
		// Only looking up is asked of it.
		const ring = new KeyRing({ store: () => ({ find, listIds: async () => [] }) as never });
		const token = (at: number) => `sk-sy-${at.toString(16).padStart(12, '0')}-${'A'.repeat(43)}`;
		let refused = 0;
		for (let at = 0; at < STRANGERS; at += 1) {
			await ring.authenticate(token(at), 1).catch(({ code }: { code: string }) => {
				if (code === 'ROUTER_UNAUTHORIZED') refused += 1;
			});
		}
		expect([refused, ring.size]).toEqual([STRANGERS, 0]);
		expect(lookUps).toBeLessThan(STRANGERS / 100);
	});

	it('by keys that are counted', () => {
		const limiter = new KeyLimiter({ clock: new ManualClock() });
		for (let at = 0; at < STRANGERS; at += 1) limiter.admit(keyOf(`k${at}`), 1).release(1);
		expect(limiter.size).toBe(MOST);
	});
});
