import { describe, expect, it } from 'vitest';
import type { RouterEvent } from '../contracts/index.ts';
import { ProviderCallError } from '../errors/index.ts';
import { ManualClock } from '../testing/index.ts';
import { type AttemptContext, FallbackChain } from './index.ts';

function failure(status: number, retryAfterMs: number | null = null): ProviderCallError {
	const details = { provider: 'test', model: 'test', errorType: null, requestId: null };
	return new ProviderCallError(`Status ${status}`, { ...details, status, retryAfterMs });
}

function setUp() {
	const clock = new ManualClock();
	const events: RouterEvent[] = [];
	const calls: string[] = [];
	const chain = new FallbackChain({ clock, random: () => 0, onEvent: (event) => events.push(event) });
	const places: Record<string, string[]> = { sonnet: ['direct', 'bedrock'], haiku: ['direct'] };
	const getDeployments = (model: string) => places[model] ?? [];
	const script = (failures: Record<string, unknown[]>) => (model: string, context: AttemptContext) => {
		const place = `${model}@${context.deployment}`;
		calls.push(place);
		const next = failures[place]?.shift();
		return next === undefined ? Promise.resolve(place) : Promise.reject(next);
	};
	return { clock, events, calls, chain, script, getDeployments };
}

const MODELS = ['sonnet', 'haiku'];

describe('a model served at several places is not given up while one of them answers', () => {
	it('goes to the other deployment at once, before it waits and before another model', async () => {
		const { clock, chain, script, calls, getDeployments, events } = setUp();
		const task = script({ 'sonnet@direct': [failure(503)] });
		const result = await clock.settle(chain.executeWithFallback(task, MODELS, { getDeployments: getDeployments }));
		expect(calls).toEqual(['sonnet@direct', 'sonnet@bedrock']);
		expect(result).toMatchObject({ model: 'sonnet', usedFallback: false, totalTime: 0 });
		expect(result.history.map(({ deployment }) => deployment)).toEqual(['direct', 'bedrock']);
		expect(events.filter(({ type }) => type === 'fallback-triggered')).toEqual([]);
	});

	it('the last deployment of a model is retried with backoff, then the next model is asked', async () => {
		const { clock, chain, script, calls, getDeployments } = setUp();
		const down = () => [failure(503), failure(503), failure(503), failure(503)];
		const task = script({ 'sonnet@direct': down(), 'sonnet@bedrock': down() });
		const result = await clock.settle(chain.executeWithFallback(task, MODELS, { getDeployments: getDeployments }));
		expect(calls).toEqual(['sonnet@direct', 'sonnet@bedrock', 'sonnet@bedrock', 'sonnet@bedrock', 'haiku@direct']);
		expect(result).toMatchObject({ model: 'haiku', usedFallback: true });
	});

	it('a limit at one deployment rests that deployment only', async () => {
		const { clock, chain, script, calls, getDeployments } = setUp();
		const task = script({ 'sonnet@direct': [failure(429, 60_000)] });
		await clock.settle(chain.executeWithFallback(task, MODELS, { getDeployments: getDeployments }));
		await clock.settle(chain.executeWithFallback(task, MODELS, { getDeployments: getDeployments }));
		expect(calls).toEqual(['sonnet@direct', 'sonnet@bedrock', 'sonnet@bedrock']);
	});

	it('a refused credential is not tried again under another model', async () => {
		const { clock, chain, script, calls, getDeployments } = setUp();
		const task = script({ 'sonnet@direct': [failure(401)], 'sonnet@bedrock': [failure(401)] });
		const getCredential = (_model: string, deployment: string | null) => deployment ?? undefined;
		const options = { getDeployments, getCredential };
		const error = await clock
			.settle(chain.executeWithFallback(task, MODELS, options))
			.catch((failed: unknown) => failed);
		expect(calls).toEqual(['sonnet@direct', 'sonnet@bedrock']);
		expect(String(error)).toContain('All models failed');
	});

	it('a model that one deployment does not know is asked for at the next', async () => {
		const { clock, chain, script, calls, getDeployments } = setUp();
		const task = script({ 'sonnet@direct': [failure(404)] });
		await clock.settle(chain.executeWithFallback(task, MODELS, { getDeployments: getDeployments }));
		expect(calls).toEqual(['sonnet@direct', 'sonnet@bedrock']);
	});

	it('a limit the provider has told of is respected before it is hit', async () => {
		const { clock, chain, script, calls, getDeployments } = setUp();
		const availableAt = (_model: string, deployment: string | null) =>
			deployment === 'direct' ? clock.now() + 9e6 : 0;
		const result = await clock.settle(
			chain.executeWithFallback(script({}), MODELS, { getDeployments: getDeployments, availableAt }),
		);
		expect(calls).toEqual(['sonnet@bedrock']);
		expect(result.history[0]).toMatchObject({ outcome: 'skipped', deployment: 'direct' });
	});
});
