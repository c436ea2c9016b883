import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { KeyLimits, VirtualKey } from '../../contracts/index.ts';
import { isRouterError, type RequestRefusedError } from '../../errors/index.ts';
import { ManualClock } from '../../testing/index.ts';
import { type KeyAdmission, KeyLimiter } from './index.ts';

function keyWith(limits: KeyLimits, id = '000000000001'): VirtualKey {
	return {
		id,
		secretHash: '',
		name: 'ci',
		scopes: ['route'],
		team: null,
		tags: [],
		limits,
		allowedModels: null,
		createdAt: 0,
		expiresAt: null,
		revokedAt: null,
	};
}

const asks = fc.array(
	fc.record({ afterMs: fc.integer({ min: 0, max: 30_000 }), tokens: fc.integer({ min: 0, max: 150 }) }),
	{ minLength: 1, maxLength: 120 },
);

function tryAdmit(limiter: KeyLimiter, key: VirtualKey, tokens: number): KeyAdmission | RequestRefusedError {
	try {
		return limiter.admit(key, tokens);
	} catch (error) {
		// the only error it throws
		return error as RequestRefusedError;
	}
}

/** The largest sum of amounts in any minute. */
function busiestMinute(events: ReadonlyArray<{ at: number; amount: number }>): number {
	return Math.max(
		0,
		...events.map(({ at }) =>
			events.filter((other) => other.at >= at && other.at <= at + 60_000).reduce((sum, other) => sum + other.amount, 0),
		),
	);
}

it('no minute, wherever it begins, holds more requests or reserved tokens than the key is allowed', async () => {
	await fc.assert(
		fc.asyncProperty(asks, async (sequence) => {
			const clock = new ManualClock();
			const limiter = new KeyLimiter({ clock });
			const key = keyWith({ requestsPerMinute: 5, tokensPerMinute: 100 });
			const requests: Array<{ at: number; amount: number }> = [];
			const tokens: Array<{ at: number; amount: number }> = [];
			for (const ask of sequence) {
				await clock.advance(ask.afterMs);
				const admission = tryAdmit(limiter, key, ask.tokens);
				if (isRouterError(admission)) continue;
				requests.push({ at: clock.monotonic(), amount: 1 });
				tokens.push({ at: clock.monotonic(), amount: Math.min(100, ask.tokens) });
				admission.release(null);
			}
			expect(busiestMinute(requests)).toBeLessThanOrEqual(5);
			expect(busiestMinute(tokens)).toBeLessThanOrEqual(100);
		}),
		{ numRuns: 60 },
	);
});

it('who waits as long as he was told is let in, at most a minute and a second', async () => {
	await fc.assert(
		fc.asyncProperty(asks, async (sequence) => {
			const clock = new ManualClock();
			const limiter = new KeyLimiter({ clock });
			const key = keyWith({ requestsPerMinute: 5, tokensPerMinute: 100 });
			for (const ask of sequence) {
				await clock.advance(ask.afterMs);
				const first = tryAdmit(limiter, key, ask.tokens);
				if (!isRouterError(first)) continue;
				expect(first.code).toBe('ROUTER_RATE_LIMITED');
				expect(first.retryAfterMs).toBeLessThanOrEqual(61_000);
				await clock.advance(first.retryAfterMs ?? 0);
				limiter.admit(key, ask.tokens);
			}
		}),
		{ numRuns: 60 },
	);
});

it('the tokens that were used count, not those that were expected', async () => {
	const clock = new ManualClock();
	const limiter = new KeyLimiter({ clock });
	const key = keyWith({ tokensPerMinute: 1000 });
	limiter.admit(key, 1000).release(100);
	limiter.admit(key, 900).release(900);
	expect(() => limiter.admit(key, 1)).toThrow(/1000 tokens a minute/);
	await clock.advance(61_000);
	// more than expected: the next one waits for it
	limiter.admit(key, 10).release(5000);
	expect(() => limiter.admit(key, 1)).toThrow(/1000 tokens a minute/);
	await clock.advance(61_000);
	// used so late that its minute is over: what is more counts from now on, what is less changes nothing
	const slow = limiter.admit(key, 500);
	await clock.advance(90_000);
	slow.release(800);
	expect(() => limiter.admit(key, 701)).toThrow(/1000 tokens a minute/);
	limiter.admit(key, 700).release(0);
});

it.each([60_000, 61_000, 90_000])(
	'a call that used less, and ends %i ms later, frees what is its own and no more',
	async (ms) => {
		const clock = new ManualClock();
		const limiter = new KeyLimiter({ clock });
		const key = keyWith({ tokensPerMinute: 1000 });
		const slow = limiter.admit(key, 600);
		await clock.advance(ms);
		limiter.admit(key, 400);
		slow.release(0);
		limiter.admit(key, 600);
		expect(() => limiter.admit(key, 1)).toThrow(/1000 tokens a minute; this request is expected to use 1\./);
	},
);

it('a limit that is lifted holds no longer, and a new one counts from then on', () => {
	const limiter = new KeyLimiter({ clock: new ManualClock() });
	limiter.admit(keyWith({ requestsPerMinute: 1, tokensPerMinute: 10 }), 10).release(10);
	limiter.admit(keyWith({ maxParallel: 5 }), 10).release(999);
	const limited = keyWith({ requestsPerMinute: 2 });
	limiter.admit(limited, 0);
	expect(() => limiter.admit(limited, 0)).toThrow(/2 requests a minute, and has made them/);
	// what a call without the limit used is not counted under it
	expect(() => limiter.admit(keyWith({ tokensPerMinute: 1009 }), 1000)).toThrow(/1009 tokens/);
	limiter.admit(keyWith({ tokensPerMinute: 1010 }), 1000);
});

it('of two limits the one that is waited for longer is told, and of two that end together the requests', async () => {
	const clock = new ManualClock();
	const limiter = new KeyLimiter({ clock });
	const key = keyWith({ requestsPerMinute: 2, tokensPerMinute: 100 });
	limiter.admit(key, 10);
	await clock.advance(20_000);
	limiter.admit(key, 90);
	// the first request ends 20 s before the second one's tokens do
	expect(() => limiter.admit(key, 50)).toThrow(/100 tokens a minute; .* Ask again in 61 s/);
	expect(() => limiter.admit(key, 5)).toThrow(/2 requests a minute, and has made them\. Ask again in 41 s/);
});

it('a key without limits is released without harm; keys in use are all kept, however many', () => {
	const limiter = new KeyLimiter({ clock: new ManualClock(), capacity: 2 });
	limiter.admit(keyWith({}), 5).release(5);
	const keys = ['a', 'b', 'c', 'd'].map((id) => keyWith({ maxParallel: 1 }, id));
	for (const key of keys) limiter.admit(key, 0);
	expect(limiter.size).toBe(4);
	for (const key of keys) expect(() => limiter.admit(key, 0)).toThrow(/1 requests at once/);
});

it('a request larger than the whole minute waits for a free one and takes it whole', async () => {
	const clock = new ManualClock();
	const limiter = new KeyLimiter({ clock });
	const key = keyWith({ tokensPerMinute: 100 });
	limiter.admit(key, 1).release(null);
	expect(() => limiter.admit(key, 50_000)).toThrow(/Ask again in 61 s/);
	await clock.advance(61_000);
	limiter.admit(key, 50_000).release(null);
	expect(() => limiter.admit(key, 1)).toThrow(expect.objectContaining({ code: 'ROUTER_RATE_LIMITED' }));
});

it('of requests at once a key has no more than allowed, and a place is given back once', () => {
	const limiter = new KeyLimiter({ clock: new ManualClock() });
	const key = keyWith({ maxParallel: 2, requestsPerMinute: 4 });
	const first = limiter.admit(key, 0);
	limiter.admit(key, 0);
	for (let tries = 0; tries < 5; tries += 1)
		expect(() => limiter.admit(key, 0)).toThrow(expect.objectContaining({ retryAfterMs: 1000 }));
	first.release(null);
	first.release(null);
	// refusals counted as no request
	limiter.admit(key, 0);
	expect(() => limiter.admit(key, 0)).toThrow(/2 requests at once/);
});

it('keys do not share limits, one without any is never counted, and memory is bounded', () => {
	const limiter = new KeyLimiter({ clock: new ManualClock(), capacity: 100 });
	for (let count = 0; count < 1000; count += 1) limiter.admit(keyWith({}, 'free'), 1e9);
	expect(limiter.size).toBe(0);
	const busy = keyWith({ maxParallel: 1 }, 'busy');
	limiter.admit(busy, 0);
	for (let count = 0; count < 1000; count += 1)
		limiter.admit(keyWith({ requestsPerMinute: 1 }, `key-${count}`), 0).release(null);
	expect(limiter.size).toBe(100);
	// requests under way are never forgotten
	expect(() => limiter.admit(busy, 0)).toThrow(/1 requests at once/);
});
