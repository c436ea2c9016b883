import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ProviderCallError } from '../errors/index.ts';
import { ManualClock } from '../testing/index.ts';
import { FallbackChain } from './index.ts';

const MODELS = ['opus', 'sonnet', 'haiku', 'gpt-4'];
const statuses = fc.constantFrom(200, 200, 400, 401, 402, 404, 429, 500, 503, 529, 0, -1);

function act(status: number, clock: ManualClock): Promise<string> {
	if (status === 200) return clock.sleep(5).then(() => 'fine');
	if (status === 0) return Promise.reject(new Error('boom'));
	if (status === -1) return new Promise(() => undefined);
	const retryAfterMs = status === 429 ? 2000 : null;
	const details = { provider: 'p', model: 'm', errorType: null, requestId: null };
	return Promise.reject(new ProviderCallError('failed', { ...details, status, retryAfterMs }));
}

const requests = fc.record({
	chain: fc.uniqueArray(fc.constantFrom(...MODELS), { minLength: 1 }),
	script: fc.array(statuses, { maxLength: 20 }),
	attemptsPerModel: fc.integer({ min: 0, max: 4 }),
	retryBudget: fc.integer({ min: 0, max: 6 }),
	deadlineMs: fc.constantFrom(50, 3000, 60_000, Number.POSITIVE_INFINITY),
});

it('whatever fails, a request ends within its limits, and every call is accounted for once', async () => {
	await fc.assert(
		fc.asyncProperty(fc.array(requests, { minLength: 1, maxLength: 4 }), async (sequence) => {
			const clock = new ManualClock();
			const chain = new FallbackChain({ clock, random: () => 0.5, policy: { timeoutMs: 700 } });
			for (const { chain: models, script, ...options } of sequence) {
				const before = clock.monotonic();
				const calls: string[] = [];
				let held = 0;
				let ended = 0;
				const queue = [...script];
				const run = chain.executeWithFallback(
					(model) => {
						calls.push(model);
						return act(queue.shift() ?? 200, clock);
					},
					models,
					{
						...options,
						beforeAttempt: async () => {
							held += 1;
							return {};
						},
						afterAttempt: async () => {
							ended += 1;
						},
					},
				);
				const result = await clock.settle(run).catch((error: unknown) => error);
				expect(clock.sleeping).toBe(0);
				expect([held, ended]).toEqual([calls.length, calls.length]);
				for (const model of models) {
					const made = calls.filter((called) => called === model).length;
					expect(made).toBeLessThanOrEqual(Math.max(1, options.attemptsPerModel));
				}
				const retries = calls.length - new Set(calls).size;
				expect(retries).toBeLessThanOrEqual(options.retryBudget);
				expect(clock.monotonic() - before).toBeLessThanOrEqual(options.deadlineMs);
				if (result instanceof Error) continue;
				expect(result).toMatchObject({ value: 'fine', model: calls.at(-1), attempts: calls.length });
			}
		}),
		{ numRuns: 60 },
	);
});
