import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AllModelsFailedError, AttemptTimeoutError, RequestAbortedError } from '../errors/index.ts';
import { ManualClock } from '../testing/index.ts';
import { type AttemptContext, type ExecuteChainOptions, FallbackChain } from './index.ts';

const CHAIN = ['opus', 'sonnet'];
const unhandled: unknown[] = [];
const note = (reason: unknown) => unhandled.push(reason);

beforeEach(() => {
	unhandled.length = 0;
	process.on('unhandledRejection', note);
});
afterEach(async () => {
	await new ManualClock().advance(0);
	process.off('unhandledRejection', note);
	expect(unhandled).toEqual([]);
});

function setUp(policy = {}) {
	const clock = new ManualClock();
	const chain = new FallbackChain({ clock, random: () => 0, policy });
	const contexts: AttemptContext[] = [];
	const run = <T>(task: (model: string, context: AttemptContext) => Promise<T>, options: ExecuteChainOptions = {}) =>
		chain.executeWithFallback(
			(model, context) => {
				contexts.push(context);
				return task(model, context);
			},
			CHAIN,
			options,
		);
	return { clock, chain, contexts, run };
}

const hung = () => new Promise<never>(() => undefined);
const caught = (promise: Promise<unknown>) => promise.then(() => null).catch((error: unknown) => error);

describe('a call that hangs does not hang its caller', () => {
	it('is left at its timeout, told to stop, and the next model answers', async () => {
		const { clock, contexts, run } = setUp();
		const result = await clock.settle(
			run((model) => (model === 'opus' ? hung() : Promise.resolve('fine')), { timeoutMs: 500, attemptsPerModel: 2 }),
		);
		expect(result).toMatchObject({ model: 'sonnet', attempts: 3, totalTime: 500 + 1000 + 500 });
		expect(contexts.map(({ signal }) => signal.aborted)).toEqual([true, true, false]);
		expect(contexts[0]?.signal.reason).toBeInstanceOf(AttemptTimeoutError);
		expect(result.history[0]).toMatchObject({ failure: 'timeout', durationMs: 500 });
		expect(result.errors[0]?.error).toContain('opus gave no answer within 500 ms');
	});

	it('a call that rejects or answers long after it was left is ignored and harms nobody', async () => {
		const { clock, run } = setUp({ attemptsPerModel: 1, timeoutMs: 100 });
		const late = async (model: string) => {
			await clock.sleep(model === 'opus' ? 1000 : 2000);
			if (model === 'opus') throw new Error('late');
			return 'late';
		};
		const error = await caught(clock.settle(run(late)));
		expect(error).toBeInstanceOf(AllModelsFailedError);
		await clock.advance(5000);
		expect(clock.sleeping).toBe(0);
	});

	it('no timer outlives a request, whichever way it ends', async () => {
		const { clock, run } = setUp();
		await clock.settle(run(() => Promise.resolve(1), { deadlineMs: 9000 }));
		expect(clock.sleeping).toBe(0);
		await caught(clock.settle(run(() => Promise.reject(new Error('boom')), { deadlineMs: 9000 })));
		expect(clock.sleeping).toBe(0);
		const controller = new AbortController();
		const running = caught(run(hung, { signal: controller.signal, deadlineMs: 9000 }));
		await clock.advance(1);
		controller.abort();
		await running;
		expect(clock.sleeping).toBe(0);
	});

	it('the signal of an answered call stays quiet: its answer may be a stream that still flows', async () => {
		const { clock, contexts, run } = setUp();
		const controller = new AbortController();
		await clock.settle(run(() => Promise.resolve(1), { signal: controller.signal, deadlineMs: 10 }));
		await clock.advance(100_000);
		expect(contexts[0]?.signal.aborted).toBe(false);
		controller.abort('gone');
		expect(contexts[0]?.signal.aborted).toBe(true);
	});

	it('nor does a timer that fires in the same moment stop it', async () => {
		const timer = Promise.withResolvers<void>();
		const chain = new FallbackChain({ clock: { now: () => 0, monotonic: () => 0, sleep: () => timer.promise } });
		let seen: AbortSignal | undefined;
		await chain.executeWithFallback(async (_model, { signal }) => {
			seen = signal;
		}, CHAIN);
		timer.resolve();
		await new ManualClock().advance(0);
		expect(seen?.aborted).toBe(false);
	});
});

describe('a caller who leaves is let go at once', () => {
	it('before the first call: nothing is called', async () => {
		const { contexts, run } = setUp();
		await expect(run(hung, { signal: AbortSignal.abort('gone') })).rejects.toThrow(RequestAbortedError);
		expect(contexts).toEqual([]);
	});

	it('during a call, also one that ignores its signal: no further attempt is made', async () => {
		const { clock, contexts, run } = setUp();
		const controller = new AbortController();
		const ended: string[] = [];
		const running = caught(
			run(hung, {
				signal: controller.signal,
				afterAttempt: async (attempt) => {
					ended.push(`${attempt.failure} ${attempt.durationMs}`);
				},
			}),
		);
		await clock.advance(40);
		controller.abort('gone');
		const error = await running;
		expect(error).toBeInstanceOf(RequestAbortedError);
		expect(error).toMatchObject({ cause: 'gone' });
		expect([contexts.length, ended, clock.monotonic()]).toEqual([1, ['aborted 40'], 40]);
	});

	it('during a call that notices first: the error is the same', async () => {
		const { clock, run } = setUp();
		const controller = new AbortController();
		const running = caught(
			run(
				(_model, { signal }) =>
					new Promise((_resolve, reject) => {
						signal.addEventListener('abort', () => reject(new DOMException('stopped', 'AbortError')));
					}),
				{ signal: controller.signal },
			),
		);
		await clock.advance(1);
		controller.abort('gone');
		expect(await running).toBeInstanceOf(RequestAbortedError);
	});

	it('during a wait between attempts', async () => {
		const { clock, contexts, run } = setUp();
		const controller = new AbortController();
		const running = caught(run(() => Promise.reject(new Error('boom')), { signal: controller.signal }));
		await clock.advance(500);
		controller.abort();
		expect(await running).toBeInstanceOf(RequestAbortedError);
		expect([contexts.length, clock.monotonic(), clock.sleeping]).toEqual([1, 500, 0]);
	});

	it("a call's own abort, which the caller did not ask for, ends the request with it", async () => {
		const { clock, contexts, run } = setUp();
		const own = new DOMException('mine', 'AbortError');
		expect(await caught(clock.settle(run(() => Promise.reject(own))))).toBe(own);
		expect(contexts).toHaveLength(1);
	});
});

describe('one deadline holds for everything', () => {
	it('a hung call ends at the deadline, not at its longer timeout', async () => {
		const { clock, contexts, run } = setUp();
		const error = await caught(clock.settle(run(hung, { deadlineMs: 300 })));
		expect(error).toBeInstanceOf(RequestAbortedError);
		expect(String(error)).toContain('deadline');
		expect([clock.monotonic(), contexts.length]).toEqual([300, 1]);
		expect(contexts[0]?.deadlineAt).toBe(clock.now());
	});

	it('a wait that would end after it is not begun: the next model is asked at once', async () => {
		const { clock, run } = setUp();
		const result = await clock.settle(
			run((model) => (model === 'opus' ? Promise.reject(new Error('boom')) : Promise.resolve('fine')), {
				deadlineMs: 900,
			}),
		);
		expect(result).toMatchObject({ model: 'sonnet', attempts: 2, totalTime: 0 });
	});

	it('time spent on the first model is missing for the second', async () => {
		const { clock, run } = setUp({ attemptsPerModel: 1 });
		const error = await caught(clock.settle(run(hung, { deadlineMs: 150, timeoutMs: 100 })));
		expect(error).toBeInstanceOf(RequestAbortedError);
		expect(clock.monotonic()).toBe(150);
	});

	it('a corrected wall clock neither ends nor extends a request', async () => {
		const { clock, run } = setUp({ attemptsPerModel: 1 });
		const running = run(() => clock.sleep(200).then(() => 'fine'), { deadlineMs: 300 });
		await clock.advance(100);
		clock.setNow(clock.now() + 86_400_000);
		expect(await clock.settle(running)).toMatchObject({ value: 'fine', totalTime: 200 });
	});
});
