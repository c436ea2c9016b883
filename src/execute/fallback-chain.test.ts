import { describe, expect, it } from 'vitest';
import type { RouterEvent } from '../contracts/index.ts';
import { AllModelsFailedError, BudgetExceededError, InvalidInputError, ProviderCallError } from '../errors/index.ts';
import { ManualClock } from '../testing/index.ts';
import { type AttemptContext, FallbackChain } from './index.ts';

const CHAIN = ['opus', 'sonnet', 'gpt-4'];

function failure(status: number, retryAfterMs: number | null = null): ProviderCallError {
	return new ProviderCallError(`Status ${status}`, {
		provider: 'test',
		model: 'test',
		status,
		errorType: null,
		retryAfterMs,
		requestId: null,
	});
}

function setUp(policy = {}) {
	const clock = new ManualClock();
	const events: RouterEvent[] = [];
	const calls: string[] = [];
	const chain = new FallbackChain({ clock, random: () => 0, policy, onEvent: (event) => events.push(event) });
	/** Fails for the models listed, as often as errors are listed; answers otherwise. */
	const script = (failures: Record<string, unknown[]>) => (model: string) => {
		calls.push(model);
		const next = failures[model]?.shift();
		return next === undefined ? Promise.resolve(`answer of ${model}`) : Promise.reject(next);
	};
	const failing =
		(error: unknown = new Error('boom')) =>
		(model: string) => {
			calls.push(model);
			return Promise.reject(error);
		};
	return { clock, events, calls, chain, script, failing };
}

const boom = (times: number) => Array.from({ length: times }, () => new Error('boom'));
const caught = (promise: Promise<unknown>) => promise.then(() => null).catch((error: unknown) => error);

describe('an answer comes whenever one model can give it', () => {
	it('the first model answers, nothing else is called', async () => {
		const { clock, chain, script, calls } = setUp();
		const result = await clock.settle(chain.executeWithFallback(script({}), CHAIN));
		expect(result).toMatchObject({ value: 'answer of opus', model: 'opus', usedFallback: false, attempts: 1 });
		expect([calls, result.errors]).toEqual([['opus'], []]);
	});

	it('a failing model is retried, with growing waits, and then the next one is asked', async () => {
		const { clock, chain, script, calls } = setUp();
		const result = await clock.settle(chain.executeWithFallback(script({ opus: boom(3) }), CHAIN));
		expect(calls).toEqual(['opus', 'opus', 'opus', 'sonnet']);
		expect(result).toMatchObject({ model: 'sonnet', usedFallback: true, attempts: 4, totalTime: 3000 });
		expect(result.errors.map(({ model, error }) => `${model}: ${error}`)).toEqual(Array(3).fill('opus: boom'));
		expect(result.errors[0]?.timestamp).toBeInstanceOf(Date);
		expect(result.history.map((attempt) => attempt.delayMs)).toEqual([0, 1000, 2000, 0]);
	});

	it('when nothing answers, the error is the specified one and lists every attempt', async () => {
		const { clock, chain, failing, calls } = setUp();
		const error = await caught(clock.settle(chain.executeWithFallback(failing(), CHAIN)));
		expect(error).toBeInstanceOf(AllModelsFailedError);
		expect(String(error)).toContain('All models failed after 9 attempts');
		expect(error).toMatchObject({ cause: { message: 'boom' }, attempts: { length: 9 } });
		expect(calls).toEqual(CHAIN.flatMap((model) => [model, model, model]));
	});

	it('a prompt reaches the model as it was written, unless an adapter is registered or adaptation is asked for', async () => {
		const { clock, chain } = setUp({ attemptsPerModel: 1 });
		const prompt = '<task>\nSort these.\n</task>';
		const adapt = async (model: string, adaptsPrompts?: boolean) => {
			const task = async (_model: string, context: AttemptContext) => context.adaptPrompt(prompt);
			return (await clock.settle(chain.executeWithFallback(task, [model], { adaptsPrompts }))).value;
		};
		expect(await adapt('gpt-4')).toBe(prompt);
		expect(await adapt('gpt-4', true)).toBe(`${prompt}\n\nThe XML tags in this message mark its parts.`);
		chain.registerAdapter('gpt-4', (text) => text.toUpperCase());
		expect(await adapt('gpt-4')).toBe(prompt.toUpperCase());
	});

	it('it says so every time: failures of the task itself do not close the models to the next task', async () => {
		const { clock, chain, failing } = setUp();
		for (let turn = 0; turn < 4; turn += 1) {
			const error = await caught(clock.settle(chain.executeWithFallback(failing(), CHAIN)));
			expect(String(error)).toContain('after 9 attempts');
		}
	});

	it('a function that throws at once, or throws no error, is a failure like any other', async () => {
		const { clock, chain, calls } = setUp({ attemptsPerModel: 1 });
		const task = (model: string): Promise<string> => {
			calls.push(model);
			if (model === 'opus') throw new Error('at once');
			if (model === 'sonnet') return Promise.reject(undefined);
			return Promise.resolve('fine');
		};
		const result = await clock.settle(chain.executeWithFallback(task, CHAIN));
		expect(result).toMatchObject({ model: 'gpt-4', value: 'fine', attempts: 3 });
	});
});

describe('the number of attempts is what the user said', () => {
	it.each([
		[0, 1],
		[1, 1],
		[2, 2],
		[3, 3],
		[5, 5],
	])('maxRetries %i makes %i calls of a model (0 once became 3)', async (maxRetries, made) => {
		const { clock, chain, failing, calls } = setUp();
		chain.defineFallbacks('opus', [], { maxRetries });
		await caught(clock.settle(chain.executeWithFallback(failing(), ['opus'])));
		expect(calls).toHaveLength(made);
	});

	it('the retry budget ends retries over all models, not the fallbacks', async () => {
		const { clock, chain, failing, calls } = setUp();
		await caught(clock.settle(chain.executeWithFallback(failing(), CHAIN, { retryBudget: 1 })));
		expect(calls).toEqual(['opus', 'opus', 'sonnet', 'gpt-4']);
	});

	it('what is said for one request is stronger than the definition, and that than the policy', async () => {
		const { clock, chain, failing } = setUp({ initialDelayMs: 10, jitter: 0 });
		chain.defineFallbacks('opus', [], { backoff: 'linear', initialDelay: 100 });
		const time = async (options: object) => {
			const before = clock.monotonic();
			await caught(clock.settle(chain.executeWithFallback(failing(), ['opus'], options)));
			return clock.monotonic() - before;
		};
		expect(await time({})).toBe(100 + 200);
		expect(await time({ initialDelayMs: 7, backoff: 'exponential' })).toBe(7 + 14);
		expect(await time({ attemptsPerModel: 1 })).toBe(0);
	});
});

describe('chains are what the user defined', () => {
	it('a primary alone goes on with its defined fallbacks; a chain that is given is taken as it is', async () => {
		const { clock, chain, failing, calls } = setUp({ attemptsPerModel: 1 });
		chain.defineFallbacks('opus', ['sonnet', 'opus', 'sonnet', 'gpt-4']);
		for (const given of [['opus'], 'opus', { name: 'opus' }]) {
			calls.length = 0;
			await caught(clock.settle(chain.executeWithFallback(failing(), given)));
			expect(calls).toEqual(['opus', 'sonnet', 'gpt-4']);
		}
		calls.length = 0;
		await caught(clock.settle(chain.executeWithFallback(failing(), ['opus', 'haiku', 'opus'])));
		expect(calls).toEqual(['opus', 'haiku']);
	});

	it('where fallbacks are switched off, a request has its first model only, defined or given', async () => {
		const clock = new ManualClock();
		const chain = new FallbackChain({ clock, isEnabled: false, policy: { attemptsPerModel: 1 } });
		chain.defineFallbacks('opus', ['gpt-4']);
		for (const given of ['opus', ['opus', 'sonnet']]) {
			const error = await caught(clock.settle(chain.executeWithFallback(() => Promise.reject(new Error('no')), given)));
			expect(error).toMatchObject({ attempts: [{ model: 'opus' }] });
		}
	});

	it('a model that may not be called is skipped with the reason, also when that comes true between two attempts', async () => {
		const clock = new ManualClock();
		const retiresAt = clock.now() + 500;
		const getExclusion = (model: string): string | null =>
			model === 'gone' || (model === 'going' && clock.now() >= retiresAt) ? `Not called: ${model} is retired.` : null;
		const chain = new FallbackChain({ clock, getExclusion });
		const called: string[] = [];
		const run = chain.executeWithFallback(
			async (model) => {
				called.push(model);
				if (model === 'going') throw new Error('boom');
				return 'fine';
			},
			['gone', 'going', 'served'],
		);
		const { history } = await clock.settle(run);
		expect(called).toEqual(['going', 'served']);
		expect(history.map(({ model, outcome, message }) => `${model} ${outcome} ${message ?? ''}`.trim())).toEqual([
			'gone skipped Not called: gone is retired.',
			'going failure boom',
			'going skipped Not called: going is retired.',
			'served success',
		]);
	});

	it('a definition reads back complete, and is a copy', () => {
		const { chain } = setUp();
		chain.defineFallbacks('opus', ['sonnet', 'gpt-4']);
		const configs = chain.getFallbackConfigs();
		expect(configs.get('opus')).toEqual({
			primary: 'opus',
			fallbacks: ['sonnet', 'gpt-4'],
			maxRetries: 3,
			timeout: 60_000,
			backoff: 'exponential',
			initialDelay: 1000,
		});
		configs.get('opus')?.fallbacks.push('haiku');
		configs.clear();
		expect(chain.getFallbackConfigs().get('opus')?.fallbacks).toEqual(['sonnet', 'gpt-4']);
	});

	it('what cannot be meant is refused before anything is called', async () => {
		const { chain, script, calls } = setUp();
		expect(() => chain.defineFallbacks('opus', [], { timeout: 0 })).toThrow(InvalidInputError);
		expect(() => chain.defineFallbacks('opus', [], { maxRetries: Number.NaN })).toThrow(InvalidInputError);
		expect(() => chain.defineFallbacks('', [])).toThrow(InvalidInputError);
		expect(() => new FallbackChain({ policy: { initialDelayMs: -1 } })).toThrow('initialDelayMs');
		await expect(chain.executeWithFallback(script({}), [])).rejects.toThrow('chain is empty');
		await expect(chain.executeWithFallback(script({}), CHAIN, { deadlineMs: Number.NaN })).rejects.toThrow(
			'deadlineMs',
		);
		expect(calls).toEqual([]);
	});
});

describe('what helps is done, and what does not is left', () => {
	it('a conversation too long for the first model is told as that, though a larger one refuses it for its shape', async () => {
		const { clock, chain, script } = setUp();
		const tooLong = Object.assign(failure(400), { message: 'prompt is too long: 300000 tokens > 200000 maximum' });
		const failures = { opus: [tooLong], sonnet: [failure(400)] };
		const error = await clock.settle(caught(chain.executeWithFallback(script(failures), CHAIN)));
		expect(error).toBeInstanceOf(AllModelsFailedError);
		expect(error).toMatchObject({ attempts: [{ failure: 'context-too-long' }, { failure: 'invalid-request' }] });
		// what is wrong with the request alone is told as it was said
		const alone = setUp();
		const refused = failure(400);
		expect(
			await alone.clock.settle(caught(alone.chain.executeWithFallback(alone.script({ opus: [refused] }), CHAIN))),
		).toBe(refused);
	});

	it.each([400, 413, 422])('%i ends the request with the failure itself: no model would cure it', async (status) => {
		const { clock, chain, script, calls } = setUp();
		const error = failure(status);
		expect(await caught(clock.settle(chain.executeWithFallback(script({ opus: [error] }), CHAIN)))).toBe(error);
		expect(calls).toEqual(['opus']);
	});

	it.each([404, 410])('%i is about the model, retired or unknown: the next one answers', async (status) => {
		const { clock, chain, script, calls } = setUp();
		await clock.settle(chain.executeWithFallback(script({ opus: [failure(status)] }), CHAIN));
		expect(calls).toEqual(['opus', 'sonnet']);
	});

	it('a model whose id is unknown is passed over by the next request', async () => {
		const { clock, chain, script } = setUp();
		await caught(clock.settle(chain.executeWithFallback(script({ opus: [failure(404)] }), CHAIN)));
		const result = await clock.settle(chain.executeWithFallback(script({}), CHAIN));
		expect(result).toMatchObject({ model: 'sonnet', attempts: 1, usedFallback: true });
		expect(result.history[0]).toMatchObject({ model: 'opus', outcome: 'skipped', failure: 'not-found' });
	});

	it.each([401, 402, 403])('%i goes to the next model without a retry', async (status) => {
		const { clock, chain, script, calls } = setUp();
		await clock.settle(chain.executeWithFallback(script({ opus: [failure(status)] }), CHAIN));
		expect(calls).toEqual(['opus', 'sonnet']);
	});

	it('a refused credential is not tried again on other models of its provider', async () => {
		const { clock, chain, script, calls } = setUp();
		const getCredential = (model: string) => (model === 'gpt-4' ? 'openai' : 'anthropic');
		const result = await clock.settle(
			chain.executeWithFallback(script({ opus: [failure(401)] }), CHAIN, { getCredential: getCredential }),
		);
		expect(calls).toEqual(['opus', 'gpt-4']);
		expect(result.history[1]).toMatchObject({ model: 'sonnet', outcome: 'skipped', failure: 'authentication' });
	});

	it('a model that is forbidden says nothing of the other models of its provider', async () => {
		const { clock, chain, script, calls } = setUp();
		const options = { getCredential: () => 'anthropic' };
		await clock.settle(chain.executeWithFallback(script({ opus: [failure(403)] }), CHAIN, options));
		expect(calls).toEqual(['opus', 'sonnet']);
	});

	it('a key that was refused once is tried when nothing else is left: it may be repaired', async () => {
		const { clock, chain, script } = setUp();
		await caught(clock.settle(chain.executeWithFallback(script({ opus: [failure(401)] }), ['opus'])));
		const result = await clock.settle(chain.executeWithFallback(script({}), ['opus']));
		expect(result).toMatchObject({ value: 'answer of opus', totalTime: 0 });
	});

	it('an empty answer, which is billed, is asked for once more and not for as often as an outage', async () => {
		const { clock, chain, script, calls } = setUp();
		const empty = new ProviderCallError('empty', { ...failure(502).details, errorType: 'empty_answer' });
		await clock.settle(chain.executeWithFallback(script({ opus: [empty, empty, empty] }), CHAIN));
		expect(calls).toEqual(['opus', 'opus', 'sonnet']);
	});

	it('a request too long for one model goes to a larger one, not to a smaller', async () => {
		const { clock, chain, script, calls } = setUp();
		const tooLong = new ProviderCallError('prompt is too long: 9 tokens > 8 maximum', failure(400).details);
		const windows: Record<string, number> = { opus: 200, sonnet: 200, 'gpt-4': 128, 'gemini-pro': 1000 };
		const result = await clock.settle(
			chain.executeWithFallback(script({ opus: [tooLong] }), [...CHAIN, 'gemini-pro'], {
				getContextWindow: (model) => windows[model],
			}),
		);
		expect(calls).toEqual(['opus', 'gemini-pro']);
		expect(result.history.map((attempt) => attempt.outcome)).toEqual(['failure', 'skipped', 'skipped', 'success']);
	});

	it('a refusal on grounds of content is never routed around, unless the user turned that on', async () => {
		const { clock, chain, script, calls } = setUp();
		const refused = new ProviderCallError('refused', { ...failure(400).details, errorType: 'content_filter' });
		expect(await caught(clock.settle(chain.executeWithFallback(script({ opus: [refused] }), CHAIN)))).toBe(refused);
		expect(calls).toEqual(['opus']);
		const options = { isContentPolicyFallbackEnabled: true };
		await clock.settle(chain.executeWithFallback(script({ opus: [refused] }), CHAIN, options));
		expect(calls).toEqual(['opus', 'opus', 'sonnet']);
	});

	it('the user may judge a failure otherwise', async () => {
		const { clock, chain, script, calls } = setUp();
		await clock.settle(
			chain.executeWithFallback(script({ opus: boom(1) }), CHAIN, {
				classify: (_error, seen) => ({ ...seen, action: 'next-model' }),
			}),
		);
		expect(calls).toEqual(['opus', 'sonnet']);
	});
});

describe('money is asked for before each call and accounted for after it', () => {
	it('hooks enclose every call, and the offer reaches it', async () => {
		const { clock, chain } = setUp({ attemptsPerModel: 1 });
		const log: string[] = [];
		await clock.settle(
			chain.executeWithFallback(
				async (model, context) => {
					log.push(`call ${model} ${context.attempt} ${context.maxOutputTokens}`);
					if (model === 'opus') throw new Error('boom');
					return 'fine';
				},
				CHAIN,
				{
					beforeAttempt: async (model, number) => {
						log.push(`hold ${model} ${number}`);
						return { maxOutputTokens: 100 * number };
					},
					afterAttempt: async (attempt, ended) => {
						attempt.costNanoUsd = 7;
						log.push(`${'value' in ended ? `settle ${ended.value}` : 'release'} ${attempt.model}`);
					},
				},
			),
		);
		expect(log).toEqual([
			'hold opus 1',
			'call opus 1 100',
			'release opus',
			'hold sonnet 2',
			'call sonnet 2 200',
			'settle fine sonnet',
		]);
	});

	it('a refused budget ends the request and calls nothing', async () => {
		const { clock, chain, script, calls } = setUp();
		const refusal = new BudgetExceededError({
			period: 'day',
			limitUsd: 10,
			spentUsd: 10,
			reservedUsd: 0,
			neededUsd: 1,
			resetsAt: null,
		});
		const run = chain.executeWithFallback(script({}), CHAIN, { beforeAttempt: () => Promise.reject(refusal) });
		expect(await caught(clock.settle(run))).toBe(refusal);
		expect(calls).toEqual([]);
	});

	it('a model that is too dear may be passed over', async () => {
		const { clock, chain, script, calls } = setUp();
		const result = await clock.settle(
			chain.executeWithFallback(script({}), CHAIN, {
				beforeAttempt: async (model) => (model === 'opus' ? { skip: 'opus is too dear' } : {}),
			}),
		);
		expect(calls).toEqual(['sonnet']);
		expect(result.history[0]).toMatchObject({ model: 'opus', outcome: 'skipped', message: 'opus is too dear' });
	});
});

describe('what happens is told', () => {
	it('attempts with their money, fallbacks and limits are events; a listener that throws harms nobody', async () => {
		const { clock, chain, script, events } = setUp({ attemptsPerModel: 1 });
		await clock.settle(
			chain.executeWithFallback(script({ opus: [failure(429, 5000)] }), CHAIN, {
				decisionId: 'd1',
				afterAttempt: async (attempt) => {
					attempt.costNanoUsd = 7;
				},
			}),
		);
		expect(events.map((event) => event.type)).toEqual([
			'attempt-end',
			'rate-limit-hit',
			'fallback-triggered',
			'attempt-end',
		]);
		expect(events[0]).toMatchObject({
			decisionId: 'd1',
			attempt: { model: 'opus', failure: 'rate-limit', status: 429, costNanoUsd: 7 },
		});
		expect(events[2]).toMatchObject({ from: 'opus', to: 'sonnet', attempt: { number: 1 } });
		const loud = new FallbackChain({
			clock,
			onEvent: () => {
				throw new Error('listener');
			},
		});
		expect((await clock.settle(loud.executeWithFallback(script({}), CHAIN))).model).toBe('opus');
	});

	it('no key in a message reaches the history, the errors or the final text', async () => {
		const { clock, chain, failing } = setUp();
		const key = 'sk-ant-api03-AAAAbbbbCCCC_dddd-1234';
		const error = await caught(clock.settle(chain.executeWithFallback(failing(new Error(`bad key ${key}`)), CHAIN)));
		expect(JSON.stringify(error) + String(error)).not.toContain(key);
		expect(String(error)).toContain('[masked]');
	});
});
