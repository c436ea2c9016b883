import { describe, expect, it } from 'vitest';
import type { RouterEvent } from '../contracts/index.ts';
import { ProviderCallError } from '../errors/index.ts';
import { ManualClock } from '../testing/index.ts';
import { type ExecuteChainOptions, FallbackChain } from './index.ts';

function failure(status: number, retryAfterMs: number | null = null): ProviderCallError {
	const details = { provider: 'test', model: 'test', errorType: null, requestId: null };
	return new ProviderCallError(`Status ${status}`, { ...details, status, retryAfterMs });
}

function setUp(policy = {}) {
	const clock = new ManualClock();
	const calls: string[] = [];
	const events: RouterEvent[] = [];
	const broken = new Map<string, unknown>();
	const chain = new FallbackChain({ clock, random: () => 0, policy, onEvent: (event) => events.push(event) });
	const task = (model: string): Promise<string> => {
		calls.push(model);
		return broken.has(model) ? Promise.reject(broken.get(model)) : Promise.resolve(model);
	};
	const ask = (models: string[], options: ExecuteChainOptions = {}) =>
		clock.settle(chain.executeWithFallback(task, models, options));
	const fail = (models: string[], options: ExecuteChainOptions = {}) =>
		ask(models, options).then(
			() => null,
			(error: unknown) => error,
		);
	return { clock, calls, events, broken, chain, task, ask, fail };
}

describe('a rate limit is respected', () => {
	it('a short wait the provider asks for is waited, then the same model answers', async () => {
		const { clock, chain, calls } = setUp();
		let isFirst = true;
		const result = await clock.settle(
			chain.executeWithFallback(
				async (model) => {
					calls.push(model);
					if (isFirst) {
						isFirst = false;
						throw failure(429, 4000);
					}
					return 'fine';
				},
				['opus', 'sonnet'],
			),
		);
		expect(result).toMatchObject({ model: 'opus', attempts: 2, totalTime: 4000 });
	});

	it('a long wait is not: the next model answers, and others leave the limited one alone until its reset', async () => {
		const { clock, chain, broken, calls, ask } = setUp();
		broken.set('opus', failure(429, 120_000));
		expect((await ask(['opus', 'sonnet'])).model).toBe('sonnet');
		broken.clear();
		calls.length = 0;
		const result = await ask(['opus', 'sonnet']);
		expect(calls).toEqual(['sonnet']);
		expect(result).toMatchObject({ usedFallback: true, attempts: 1 });
		expect(result.history[0]).toMatchObject({ outcome: 'skipped', failure: 'rate-limit' });
		expect(chain.isRateLimited('opus')).toBe(true);
		expect(chain.getRateLimitInfo('opus')?.resetAt).toEqual(new Date(clock.now() + 120_000));
		await clock.advance(120_000);
		expect(chain.isRateLimited('opus')).toBe(false);
		expect((await ask(['opus', 'sonnet'])).model).toBe('opus');
	});

	it.each([429, 503, 529])(
		'a caller is not kept for an hour by a %i that says so: the next model answers now',
		async (status) => {
			const { broken, ask } = setUp();
			broken.set('opus', failure(status, 3_600_000));
			expect(await ask(['opus', 'sonnet'])).toMatchObject({ model: 'sonnet', attempts: 2, totalTime: 0 });
		},
	);

	it.each([
		[503, 'no sooner than the backoff, as an overloaded service fails again', 1000],
		[429, 'as soon as it says, as a limit’s end is known', 100],
	])('a %i that names a short wait is asked again %s', async (status, _why, totalTime) => {
		const { clock, chain } = setUp();
		let calls = 0;
		const task = async () => {
			calls += 1;
			if (calls === 1) throw failure(status, 100);
			return 'fine';
		};
		expect(await clock.settle(chain.executeWithFallback(task, ['opus']))).toMatchObject({ attempts: 2, totalTime });
	});

	it('a wait that does not fit the deadline is not begun', async () => {
		const { broken, ask } = setUp();
		broken.set('opus', failure(429, 4000));
		expect(await ask(['opus', 'sonnet'], { deadlineMs: 3000 })).toMatchObject({ model: 'sonnet', totalTime: 0 });
	});

	it('the last hope is waited for when its reset is near', async () => {
		const { chain, ask, events } = setUp();
		chain.handleRateLimit('opus', failure(429, 20_000));
		chain.handleRateLimit('sonnet', failure(429, 5000));
		expect(await ask(['opus', 'sonnet'])).toMatchObject({ model: 'sonnet', totalTime: 5000, attempts: 1 });
		expect(events.filter((event) => event.type === 'fallback-triggered')).toEqual([]);
	});

	it('a model that rested is asked when all others failed', async () => {
		const { chain, broken, calls, ask } = setUp({ attemptsPerModel: 1 });
		chain.handleRateLimit('opus', failure(429, 3000));
		broken.set('sonnet', new Error('boom'));
		expect(await ask(['opus', 'sonnet'])).toMatchObject({ model: 'opus', attempts: 2 });
		expect(calls).toEqual(['sonnet', 'opus']);
	});

	it('a reset that is far away or after the deadline fails at once and says when to come back', async () => {
		const { clock, chain, calls, fail } = setUp();
		chain.handleRateLimit('opus', failure(429, 20_000));
		const error = await fail(['opus'], { deadlineMs: 10_000 });
		expect(String(error)).toContain(`Not asked until ${new Date(clock.now() + 20_000).toISOString()}`);
		chain.handleRateLimit('opus', failure(429, 3_600_000));
		expect(String(await fail(['opus']))).toContain('All models failed after 0 attempts');
		expect([calls, clock.monotonic()]).toEqual([[], 0]);
	});

	it('a limit without a time rests the model only as a guess: with nothing else to ask, it is asked', async () => {
		const { chain, ask } = setUp();
		chain.handleRateLimit('opus', new Error('Rate limit exceeded'));
		expect((await ask(['opus', 'sonnet'])).model).toBe('sonnet');
		expect(await ask(['opus'])).toMatchObject({ model: 'opus', totalTime: 0 });
	});

	it('while a limit without a time is retried, others keep away for the backoff only', async () => {
		const { clock, chain, broken, task } = setUp();
		broken.set('opus', failure(429));
		const running = chain.executeWithFallback(task, ['opus', 'sonnet']);
		await clock.advance(1);
		expect(chain.getRateLimitInfo('opus')?.resetAt.getTime()).toBe(clock.now() - 1 + 1000);
		expect((await clock.settle(running)).model).toBe('sonnet');
		expect(chain.getRateLimitInfo('opus')?.resetAt.getTime()).toBe(clock.now() + 60_000);
	});

	it('a success ends a rest that was imposed before it', async () => {
		const { chain, ask } = setUp();
		chain.handleRateLimit('opus', new Error('Rate limit exceeded'));
		await ask(['opus']);
		expect(chain.isRateLimited('opus')).toBe(false);
	});

	it('a success of a call begun earlier does not lift a limit met since', async () => {
		const { clock, chain } = setUp();
		const slow = chain.executeWithFallback(() => clock.sleep(1000).then(() => 'fine'), ['opus']);
		await clock.advance(500);
		chain.handleRateLimit('opus', failure(429, 60_000));
		await clock.settle(slow);
		expect(chain.isRateLimited('opus')).toBe(true);
	});
});

describe('limits handled by hand', () => {
	it('reads what the provider said, tells listeners, and can be cleared', () => {
		const { clock, chain, events } = setUp();
		const headers = { 'retry-after': '30', 'x-ratelimit-limit-requests': '60', 'x-ratelimit-remaining-requests': '0' };
		chain.handleRateLimit('opus', { status: 429, headers });
		expect(chain.getRateLimitInfo('opus')).toEqual({
			model: 'opus',
			resetAt: new Date(clock.now() + 30_000),
			remaining: 0,
			limit: 60,
		});
		expect(events).toMatchObject([{ type: 'rate-limit-hit', limit: { model: 'opus', limit: 60 } }]);
		chain.clearRateLimit('opus');
		expect([chain.isRateLimited('opus'), chain.getRateLimitInfo('opus')]).toEqual([false, undefined]);
	});

	it('an exhausted quota rests the model longer than a limit', () => {
		const { clock, chain } = setUp();
		expect(chain.handleRateLimit('opus', failure(402)).resetAt).toEqual(new Date(clock.now() + 600_000));
		expect(chain.handleRateLimit('haiku', 'whatever').resetAt).toEqual(new Date(clock.now() + 60_000));
	});

	it('a time that is told replaces a longer guess', () => {
		const { clock, chain } = setUp();
		chain.handleRateLimit('opus', new Error('Rate limit exceeded'));
		chain.handleRateLimit('opus', failure(429, 2000));
		expect(chain.getRateLimitInfo('opus')?.resetAt).toEqual(new Date(clock.now() + 2000));
	});

	it('memory stays bounded however many models are limited', () => {
		const { chain } = setUp();
		for (let index = 0; index < 5000; index += 1) chain.handleRateLimit(`model-${index}`, failure(429, 60_000));
		expect(chain.isRateLimited('model-0')).toBe(false);
		expect(chain.isRateLimited('model-4999')).toBe(true);
	});
});

describe('a model whose service is down is left alone', () => {
	it('after five failures in a row it is passed over, and after its rest one probe decides', async () => {
		const { clock, broken, calls, ask } = setUp({ attemptsPerModel: 1 });
		broken.set('opus', failure(503));
		for (let turn = 0; turn < 5; turn += 1) await ask(['opus', 'sonnet']);
		calls.length = 0;
		await ask(['opus', 'sonnet']);
		expect(calls).toEqual(['sonnet']);
		await clock.advance(30_000);
		await ask(['opus', 'sonnet']);
		expect(calls).toEqual(['sonnet', 'opus', 'sonnet']);
		await ask(['opus', 'sonnet']);
		expect(calls.slice(3)).toEqual(['sonnet']);
		await clock.advance(30_000);
		broken.clear();
		expect((await ask(['opus', 'sonnet'])).model).toBe('opus');
		expect((await ask(['opus', 'sonnet'])).model).toBe('opus');
	});

	it('while the probe is under way nobody else waits behind it', async () => {
		const { clock, chain, broken, ask, calls } = setUp({ attemptsPerModel: 1 });
		broken.set('opus', failure(503));
		for (let turn = 0; turn < 5; turn += 1) await ask(['opus', 'sonnet']);
		await clock.advance(30_000);
		const probe = chain.executeWithFallback(() => clock.sleep(5000).then(() => 'probe'), ['opus']);
		await clock.advance(1);
		calls.length = 0;
		expect((await ask(['opus', 'sonnet'])).model).toBe('sonnet');
		expect(calls).toEqual(['sonnet']);
		expect((await clock.settle(probe)).value).toBe('probe');
		broken.clear();
		expect((await ask(['opus', 'sonnet'])).model).toBe('opus');
	});

	it('a probe whose caller leaves does not keep the model closed', async () => {
		const { clock, chain, broken, ask } = setUp({ attemptsPerModel: 1 });
		broken.set('opus', failure(503));
		for (let turn = 0; turn < 5; turn += 1) await ask(['opus', 'sonnet']);
		await clock.advance(30_000);
		const controller = new AbortController();
		const probe = chain
			.executeWithFallback(() => new Promise(() => undefined), ['opus'], { signal: controller.signal })
			.catch(() => 'left');
		await clock.advance(1);
		controller.abort();
		expect(await probe).toBe('left');
		broken.clear();
		expect((await ask(['opus', 'sonnet'])).model).toBe('opus');
	});

	it('a success in between starts the count again', async () => {
		const { broken, ask, calls } = setUp({ attemptsPerModel: 1 });
		for (let turn = 0; turn < 9; turn += 1) {
			if (turn % 4 === 3) broken.clear();
			else broken.set('opus', failure(500));
			await ask(['opus', 'sonnet']);
		}
		expect(calls.filter((model) => model === 'opus')).toHaveLength(9);
	});

	it('a failure of the task itself neither counts nor starts the count again', async () => {
		const { broken, ask, calls } = setUp({ attemptsPerModel: 1 });
		for (const error of [503, 503, 503, 503, null, 503]) {
			broken.set('opus', error === null ? new Error('boom') : failure(error));
			await ask(['opus', 'sonnet']);
		}
		calls.length = 0;
		await ask(['opus', 'sonnet']);
		expect(calls).toEqual(['sonnet']);
	});

	it('answers of any kind, a wrong request included, say that the service is up', async () => {
		const { broken, calls, fail } = setUp({ attemptsPerModel: 1 });
		broken.set('opus', failure(422));
		for (let turn = 0; turn < 9; turn += 1) await fail(['opus', 'sonnet']);
		expect(calls).toHaveLength(9);
	});
});

it('requests at the same time do not disturb each other', async () => {
	const { clock, chain } = setUp();
	const one = async (index: number) => {
		let failures = index % 3;
		const result = await chain.executeWithFallback(
			async (model, { attempt }) => {
				await clock.sleep(10 + index);
				if (failures > 0) {
					failures -= 1;
					throw new Error(`boom ${index}`);
				}
				return `${index} by ${model} in ${attempt}`;
			},
			['opus'],
		);
		expect(result.value).toBe(`${index} by opus in ${(index % 3) + 1}`);
		expect(result.errors.every(({ error }) => error === `boom ${index}`)).toBe(true);
	};
	await clock.settle(Promise.all(Array.from({ length: 60 }, (_, index) => one(index))));
	expect(clock.sleeping).toBe(0);
});
