import { describe, expect, it } from 'vitest';
import type { RouterEvent } from '../contracts/index.ts';
import { AllModelsFailedError, ProviderCallError, RequestAbortedError } from '../errors/index.ts';
import { ManualClock } from '../testing/index.ts';
import { type AttemptContext, type ExecuteChainOptions, FallbackChain } from './index.ts';

function failure(status: number, retryAfterMs: number | null = null): ProviderCallError {
	const details = { provider: 'test', model: 'test', errorType: null, requestId: null };
	return new ProviderCallError(`Status ${status}`, { ...details, status, retryAfterMs });
}

/** A chain whose models fail with the errors listed for them, and answer once there are none left. */
function setUp(failures: Record<string, unknown[]> = {}, policy = {}) {
	const clock = new ManualClock();
	const events: RouterEvent[] = [];
	const contexts: AttemptContext[] = [];
	const chain = new FallbackChain({ clock, random: () => 0, policy, onEvent: (event) => events.push(event) });
	const task = (model: string, context: AttemptContext): Promise<string> => {
		contexts.push(context);
		const left = failures[model] ?? [];
		return left.length === 0 ? Promise.resolve(model) : Promise.reject(left.shift());
	};
	const ask = (models: string[], options: ExecuteChainOptions = {}) =>
		clock.settle(chain.executeWithFallback(task, models, options));
	const fail = (models: string[], options: ExecuteChainOptions = {}) =>
		ask(models, options).then(
			() => null,
			(error: unknown) => error,
		);
	return { clock, chain, events, contexts, ask, fail };
}

describe('a call is told what it may spend, in time and money', () => {
	it('its deadline by the wall clock, and none where the request has none', async () => {
		const { clock, contexts, ask } = setUp();
		await clock.advance(700);
		await ask(['opus'], { deadlineMs: 250 });
		await ask(['opus']);
		expect(contexts.map(({ deadlineAt }) => deadlineAt)).toEqual([clock.now() + 250, undefined]);
	});

	it('the money that is held for it: 0 where nothing is', async () => {
		const { contexts, ask } = setUp();
		await ask(['opus'], { beforeAttempt: async () => ({ heldNanoUsd: 42, maxOutputTokens: 7 }) });
		await ask(['opus'], { beforeAttempt: async () => undefined });
		expect(contexts).toMatchObject([{ heldNanoUsd: 42, maxOutputTokens: 7 }, { heldNanoUsd: 0 }]);
		expect(contexts[1]?.maxOutputTokens).toBeUndefined();
	});

	it('whoever holds its money learns how long it may take: its timeout, or what is left of the deadline', async () => {
		const { clock, ask } = setUp({ opus: [new Error('boom')] }, { timeoutMs: 4000, initialDelayMs: 1000 });
		const asked: number[] = [];
		const beforeAttempt = async (_model: string, _number: number, maxDurationMs: number) => {
			asked.push(maxDurationMs);
			return undefined;
		};
		await clock.advance(100);
		await ask(['opus'], { beforeAttempt, deadlineMs: 4500 });
		expect(asked).toEqual([4000, 3500]);
	});

	it('a model answers with a signal that nothing has aborted, also where no time limit holds', async () => {
		const { contexts, ask } = setUp({}, { timeoutMs: Number.POSITIVE_INFINITY });
		const controller = new AbortController();
		await ask(['opus'], { signal: controller.signal });
		await ask(['opus']);
		expect(contexts.map(({ signal }) => signal.aborted)).toEqual([false, false]);
		controller.abort();
		expect(contexts.map(({ signal }) => signal.aborted)).toEqual([true, false]);
	});
});

describe('a call that was never made is not counted as one', () => {
	it('when the caller leaves while its money is being held', async () => {
		const { contexts, fail } = setUp();
		const controller = new AbortController();
		const ended: unknown[] = [];
		const error = await fail(['opus'], {
			signal: controller.signal,
			beforeAttempt: async () => {
				controller.abort('gone');
				return undefined;
			},
			afterAttempt: async (attempt, result) => {
				ended.push([attempt.wasSent, attempt.failure, 'error' in result && result.error]);
			},
		});
		expect(error).toMatchObject({ code: 'ROUTER_REQUEST_ABORTED', cause: 'gone', message: /aborted by its caller/ });
		expect([contexts, ended]).toEqual([[], [[false, 'aborted', error]]]);
	});

	it('when the deadline passes while its money is being held', async () => {
		const { clock, contexts, fail } = setUp();
		const sent: unknown[] = [];
		const error = await fail(['opus'], {
			deadlineMs: 300,
			beforeAttempt: () => clock.sleep(300).then(() => undefined),
			afterAttempt: async ({ wasSent, durationMs }) => {
				sent.push([wasSent, durationMs]);
			},
		});
		expect(error).toBeInstanceOf(RequestAbortedError);
		expect(String(error)).toContain('The deadline of the request passed');
		expect([contexts, sent]).toEqual([[], [[false, 0]]]);
	});

	it('and one that was made says nothing of it', async () => {
		const { ask } = setUp({ opus: [new Error('boom')] });
		const { history } = await ask(['opus']);
		expect(history.map((attempt) => 'wasSent' in attempt)).toEqual([false, false]);
	});
});

describe('what is recorded of a request says what happened', () => {
	it('the error itself reaches whoever settles the money, and its first line the history', async () => {
		const thrown = new Error('boom');
		const { ask } = setUp({ opus: [thrown, 'a text', undefined] }, { attemptsPerModel: 3, initialDelayMs: 0 });
		const settled: unknown[] = [];
		const result = await ask(['opus', 'sonnet'], {
			afterAttempt: async (_attempt, ended) => {
				settled.push('error' in ended ? ended.error : ended.value);
			},
		});
		expect(settled).toEqual([thrown, 'a text', undefined, 'sonnet']);
		expect(result.history.map(({ number, outcome, message }) => [number, outcome, message])).toEqual([
			[1, 'failure', 'boom'],
			[2, 'failure', 'a text'],
			[3, 'failure', 'The call failed without a message.'],
			[4, 'success', undefined],
		]);
	});

	it('how long it took by the monotonic clock, from when, and after which wait', async () => {
		const clock = new ManualClock();
		const chain = new FallbackChain({ clock, random: () => 0 });
		await clock.advance(5000);
		const began = clock.now();
		let calls = 0;
		const task = async () => {
			calls += 1;
			await clock.sleep(30 * calls);
			if (calls === 1) throw new Error('boom');
			return 'fine';
		};
		const { history, totalTime } = await clock.settle(chain.executeWithFallback(task, ['opus']));
		expect(history.map(({ startedAt, durationMs, delayMs }) => [startedAt - began, durationMs, delayMs])).toEqual([
			[0, 30, 0],
			[1030, 60, 1000],
		]);
		expect(totalTime).toBe(1090);
	});

	it('a model that was passed over, with its number and why', async () => {
		const { clock, chain, ask } = setUp();
		chain.handleRateLimit('opus', failure(429, 60_000));
		const { history, usedFallback } = await ask(['opus', 'sonnet']);
		const until = new Date(clock.now() + 60_000).toISOString();
		expect(history[0]).toEqual({
			number: 1,
			model: 'opus',
			deployment: undefined,
			startedAt: clock.now(),
			durationMs: 0,
			delayMs: 0,
			outcome: 'skipped',
			failure: 'rate-limit',
			message: `Not asked until ${until}, because of its last failure (rate-limit).`,
		});
		expect([history[1]?.number, usedFallback]).toEqual([2, true]);
	});

	it('of a model without a failure of its own: a limit that its provider told of, or calls that kept failing', async () => {
		const { clock, ask } = setUp({ opus: Array(5).fill(failure(503)) }, { attemptsPerModel: 1 });
		const told = await ask(['haiku', 'sonnet'], {
			availableAt: (model) => (model === 'haiku' ? clock.now() + 9e6 : 0),
		});
		for (let turn = 0; turn < 5; turn += 1) await ask(['opus', 'sonnet']);
		const broken = await ask(['opus', 'sonnet'], { availableAt: () => clock.now() });
		expect([told, broken].map(({ history }) => history[0]?.message?.split(', because ')[1])).toEqual([
			'its provider has said that the limit is used up.',
			'its calls kept failing.',
		]);
		expect(broken.history[0]?.failure).toBeUndefined();
	});

	it('of a window that is too small and a credential that was refused: which', async () => {
		const tooLong = new ProviderCallError('prompt is too long', failure(400).details);
		const windows: Record<string, number> = { opus: 200, sonnet: 201, haiku: 200 };
		const long = await setUp({ opus: [tooLong] }).ask(['opus', 'haiku', 'unknown'], {
			getContextWindow: (model) => windows[model],
		});
		expect(long).toMatchObject({ model: 'unknown', history: [{}, { failure: 'context-too-long' }, {}] });
		expect(long.history[1]?.message).toBe('The request does not fit the 200 tokens of haiku.');
		const refused = await setUp({ opus: [failure(402)] }).ask(['opus', 'sonnet', 'gpt-4'], {
			getCredential: (model) => (model === 'gpt-4' ? undefined : 'anthropic'),
		});
		expect(refused.model).toBe('gpt-4');
		expect(refused.history[1]?.message).toBe('The credential or quota of anthropic failed earlier in this request.');
	});

	it('which decision it belongs to, in every event; a refused key is no limit', async () => {
		const { events, ask, chain } = setUp({ opus: [failure(429, 90_000)], haiku: [failure(401)] });
		await ask(['opus', 'sonnet'], { decisionId: 'd1' });
		expect(events.map(({ type, ...rest }) => [type, 'decisionId' in rest && rest.decisionId])).toEqual([
			['attempt-end', 'd1'],
			['rate-limit-hit', 'd1'],
			['fallback-triggered', 'd1'],
			['attempt-end', 'd1'],
		]);
		events.length = 0;
		await ask(['haiku', 'sonnet']);
		chain.handleRateLimit('opus', failure(429));
		expect(events.map(({ type, ...rest }) => [type, 'decisionId' in rest && rest.decisionId])).toEqual([
			['attempt-end', null],
			['fallback-triggered', null],
			['attempt-end', null],
			['rate-limit-hit', null],
		]);
	});

	it('a chain that ran out of time says so, with the last failure as cause', async () => {
		const clock = new ManualClock();
		const chain = new FallbackChain({ clock, random: () => 0, policy: { attemptsPerModel: 1 } });
		const last = new Error('boom');
		const task = () => clock.sleep(100).then(() => Promise.reject(last));
		const outcome = (models: string[]) =>
			clock
				.settle(chain.executeWithFallback(task, models, { deadlineMs: 100, timeoutMs: 500 }))
				.catch((error) => error);
		for (const models of [['opus'], ['opus', 'sonnet']]) {
			const error = await outcome(models);
			expect(error).toBeInstanceOf(RequestAbortedError);
			expect(error.message).toContain('deadline');
		}
	});
});

describe('targets that rest are asked as late as they may be, and as soon as they should', () => {
	it('of two that rest, the other is still asked when the first fails after its rest', async () => {
		const { chain, ask, contexts } = setUp({ sonnet: [new Error('boom')] }, { attemptsPerModel: 1 });
		chain.handleRateLimit('opus', failure(429, 9000));
		chain.handleRateLimit('sonnet', failure(429, 5000));
		const result = await ask(['opus', 'sonnet']);
		expect(result).toMatchObject({ model: 'opus', totalTime: 9000 });
		expect(contexts.map(({ model }) => model)).toEqual(['sonnet', 'opus']);
		// waits of the request before each of the two calls
		expect(result.history.filter(({ outcome }) => outcome !== 'skipped').map(({ delayMs }) => delayMs)).toEqual([
			5000, 4000,
		]);
	});

	it('a wait as long as the longest is made, a longer one is not', async () => {
		const wait = async (ms: number, options: ExecuteChainOptions = {}) => {
			const { chain, ask, clock } = setUp({}, { maxDelayMs: 10_000 });
			chain.handleRateLimit('opus', failure(429, ms));
			return ask(['opus'], options).then(
				({ totalTime }) => totalTime,
				(error) => [error.constructor, clock.monotonic()],
			);
		};
		expect(await wait(10_000)).toBe(10_000);
		expect(await wait(10_001)).toEqual([AllModelsFailedError, 0]);
		expect(await wait(5000, { deadlineMs: 5000 })).toEqual([AllModelsFailedError, 0]);
	});

	it('a limit told by headers is waited for when near, and tried anyway when far: the provider decides', async () => {
		const wait = async (ms: number) => {
			const { clock, ask } = setUp({}, { maxDelayMs: 10_000 });
			const at = clock.now() + ms;
			return (await ask(['opus'], { availableAt: () => at })).totalTime;
		};
		expect([await wait(4000), await wait(10_000), await wait(10_001), await wait(-5)]).toEqual([4000, 10_000, 0, 0]);
	});

	it('a retry as late as the longest wait is made, at the deadline it is not', async () => {
		const ask = (retryAfterMs: number, options: ExecuteChainOptions = {}) =>
			setUp({ opus: [failure(429, retryAfterMs)] }, { maxDelayMs: 10_000 }).ask(['opus', 'sonnet'], options);
		expect((await ask(10_000)).model).toBe('opus');
		expect((await ask(10_001)).model).toBe('sonnet');
		expect((await ask(9000, { deadlineMs: 9001 })).model).toBe('opus');
		expect((await ask(9000, { deadlineMs: 9000 })).model).toBe('sonnet');
	});

	it('a model whose circuit opened is not retried by the request that opened it', async () => {
		const { contexts, ask } = setUp({ opus: Array(9).fill(failure(503)) }, { breakerFailures: 2 });
		await ask(['opus', 'sonnet']);
		expect(contexts.map(({ model }) => model)).toEqual(['opus', 'opus', 'sonnet']);
	});

	it('an id that no deployment knows leads to the next model; a request that is wrong ends', async () => {
		const getDeployments = () => ['direct', 'bedrock'];
		const unknown = setUp({ sonnet: [failure(404), failure(404)] });
		expect((await unknown.ask(['sonnet', 'haiku'], { getDeployments })).model).toBe('haiku');
		expect(unknown.contexts.map(({ deployment }) => deployment)).toEqual(['direct', 'bedrock', 'direct']);
		const wrong = setUp({ sonnet: [failure(400)] });
		await expect(wrong.ask(['sonnet', 'haiku'], { getDeployments })).rejects.toThrow('Status 400');
		const resting = setUp({ sonnet: [failure(404)] });
		const availableAt = (_model: string, place: string | null) => (place === 'bedrock' ? resting.clock.now() + 9e6 : 0);
		const answered = await resting.ask(['sonnet', 'haiku'], { getDeployments, availableAt });
		expect(answered.model).toBe('haiku');
		expect(resting.contexts.map(({ model }) => model)).toEqual(['sonnet', 'haiku']);
	});
});

describe('whether a model may be called is asked, cleared and handed on', () => {
	it('the cause that holds longer is told: a cooldown, or an open circuit', async () => {
		const { clock, chain, ask } = setUp({ opus: Array(5).fill(failure(503)) }, { attemptsPerModel: 1 });
		expect(chain.getCooldown('opus')).toBeNull();
		for (let turn = 0; turn < 5; turn += 1) await ask(['opus', 'sonnet']);
		const until = clock.now() + 30_000;
		expect(chain.getCooldown({ name: 'opus' })).toEqual({ cause: 'circuit-open', until });
		expect(chain.getCooldown('opus', 'bedrock')).toBeNull();
		chain.handleRateLimit('opus', failure(429, 29_999));
		expect(chain.getCooldown('opus')).toEqual({ cause: 'circuit-open', until });
		chain.handleRateLimit('opus', failure(429, 30_000));
		expect(chain.getCooldown('opus')).toEqual({ cause: 'rate-limit', until });
		await clock.advance(30_000);
		expect(chain.getCooldown('opus')).toBeNull();
		chain.clearRateLimit('opus');
		expect(chain.getCooldown('opus')).toBeNull();
	});

	it('clearing a model closes its circuit too', async () => {
		const { chain, ask } = setUp({ opus: Array(5).fill(failure(503)) }, { attemptsPerModel: 1 });
		for (let turn = 0; turn < 5; turn += 1) await ask(['opus', 'sonnet']);
		chain.clearRateLimit('opus');
		expect([chain.getCooldown('opus'), (await ask(['opus', 'sonnet'])).model]).toEqual([null, 'opus']);
	});

	it('a new configuration does not call at once what has just failed, except where a deployment is gone or another', async () => {
		const { clock, chain, ask } = setUp({ opus: Array(5).fill(failure(503)) }, { attemptsPerModel: 1 });
		for (let turn = 0; turn < 5; turn += 1) await ask(['opus', 'sonnet']);
		chain.handleRateLimit('haiku', failure(429, 60_000));
		const getDeployments = (model: string) => (model === 'gpt-4' ? ['east', 'west'] : []);
		const refuse = () => Promise.reject(failure(401));
		await clock.settle(chain.executeWithFallback(refuse, ['gpt-4'], { getDeployments })).catch(() => undefined);
		const next = new FallbackChain({ clock });
		next.shareAvailability(chain, ['east']);
		const causes = ['opus', 'haiku', 'sonnet'].map((model) => next.getCooldown(model)?.cause);
		expect(causes).toEqual(['circuit-open', 'rate-limit', undefined]);
		const deployed = ['east', 'west'].map((deployment) => next.getCooldown('gpt-4', deployment)?.cause);
		expect(deployed).toEqual([undefined, 'authentication']);
	});

	it('what fails of the requests still in flight over a reload counts in the new configuration too', async () => {
		const { clock, chain } = setUp();
		const { promise, reject } = Promise.withResolvers<never>();
		const inFlight = chain.executeWithFallback(() => promise, ['opus'], { attemptsPerModel: 1 }).catch(() => undefined);
		const next = new FallbackChain({ clock });
		next.shareAvailability(chain, []);
		reject(failure(429, 60_000));
		await clock.settle(inFlight);
		expect(next.getCooldown('opus')?.cause).toBe('rate-limit');
		expect((await clock.settle(next.executeWithFallback(async (model) => model, ['opus', 'sonnet']))).value).toBe(
			'sonnet',
		);
	});

	it('a date that an error names is compared with the chain’s clock, and its policy says how long a guess lasts', () => {
		const { clock, chain } = setUp({}, { rateLimitCooldownMs: 1234 });
		const at = new Date(Math.ceil(clock.now() / 1000) * 1000 + 5000);
		const { resetAt } = chain.handleRateLimit('opus', { status: 429, headers: { 'retry-after': at.toUTCString() } });
		expect(resetAt).toEqual(at);
		expect(chain.handleRateLimit('haiku', failure(429)).resetAt).toEqual(new Date(clock.now() + 1234));
	});

	it('fallbacks that were defined are told, and no more can be defined than memory is meant for', () => {
		const { chain } = setUp();
		expect(chain.getFallbacks('opus')).toBeUndefined();
		for (let index = 0; index < 10_000; index += 1) chain.defineFallbacks(`model-${index}`, ['opus', `model-${index}`]);
		expect(chain.getFallbacks('model-9999')).toEqual(['opus']);
		expect(() => chain.defineFallbacks('one-more', [])).toThrow(/already 10000 fallback chains\. Reuse a name/);
		chain.defineFallbacks('model-7', ['sonnet']);
		expect(chain.getFallbacks('model-7')).toEqual(['sonnet']);
	});

	it('a model without a name and an attempt without time are refused with what to give', () => {
		const { chain } = setUp();
		for (const model of [{ name: 5 }, {}, null, undefined, ''])
			expect(() => chain.isRateLimited(model as never)).toThrow(/without a name\. Give its name, e\.g\. "sonnet"/);
		expect(() => new FallbackChain({ policy: { timeoutMs: 0 } })).toThrow(/Give a timeout of more than 0/);
	});
});
