import { afterEach, describe, expect, it } from 'vitest';
import type { RouterEvent, RouterStorage } from '../contracts/index.ts';
import { InvalidInputError, StorageError } from '../errors/index.ts';
import { createMemoryStorage } from '../storage/memory/index.ts';
import { stableHash } from '../util/index.ts';
import { completeBudgetConfig, completeRouterConfig } from './options.ts';
import { RoutingSystem } from './routing-system.ts';

const open: RoutingSystem[] = [];

function createSystem(options: {
	budget?: Parameters<typeof completeBudgetConfig>[0];
	storage?: RouterStorage;
	router?: Parameters<typeof completeRouterConfig>[0];
}): RoutingSystem {
	const system = new RoutingSystem(
		completeRouterConfig({ candidates: ['opus', 'sonnet', 'haiku'], ...options.router }),
		completeBudgetConfig(options.budget ?? {}),
		options.storage === undefined ? {} : { openStorage: () => options.storage ?? createMemoryStorage() },
	);
	open.push(system);
	return system;
}

afterEach(async () => {
	await Promise.all(open.splice(0).map((system) => system.close()));
});

const USAGE = { prompt_tokens: 1000, completion_tokens: 500, total_tokens: 1500 };

describe('executeWithRouting', () => {
	it('returns the executor’s value itself, so code that expects a text gets a text', async () => {
		const system = createSystem({});
		expect(await system.executeWithRouting('Fix bug in payment processing', async (model) => `by ${model}`)).toBe(
			'by sonnet',
		);
	});

	it('books what the provider said, not the estimate: wrong costs are what users complain of', async () => {
		const storage = createMemoryStorage();
		const system = createSystem({ storage });
		await system.executeWithRouting('Fix bug in payment processing', async () => ({
			object: 'chat.completion',
			model: 'x',
			choices: [],
			usage: USAGE,
		}));
		const [entry] = (await system.exportData()).costs;
		// sonnet: 1000 × $3 + 500 × $15 per million = $0.0105
		expect(entry).toMatchObject({
			model: 'sonnet',
			costNanoUsd: 10_500_000,
			usage: { inputTokens: 1000, outputTokens: 500 },
		});
		expect(entry?.usage.isEstimated).not.toBe(true);
	});

	it('marks a charge as estimated where nobody told the usage', async () => {
		const system = createSystem({});
		await system.executeWithRouting('Fix bug in payment processing', async () => 'x'.repeat(400));
		const [entry] = (await system.exportData()).costs;
		expect(entry?.usage).toMatchObject({ isEstimated: true, outputTokens: 100 });
	});

	it('credits the model that answered, not the one that was chosen', async () => {
		const system = createSystem({
			router: { candidates: ['sonnet', 'gemini-3.1-flash-lite'], fallback: { enabled: true, maxAttempts: 2 } },
		});
		const unauthorized = Object.assign(new Error('bad key'), { status: 401 });
		await system.executeWithRouting('Fix bug in payment processing', async (model) => {
			if (model === 'sonnet') throw unauthorized;
			return model;
		});
		const { outcomes, fallbackEvents } = await system.exportData();
		expect(outcomes[0]?.usedFallback).toBe(true);
		expect(outcomes[0]?.answeredBy).not.toBe('sonnet');
		expect(fallbackEvents[0]).toMatchObject({ primaryModel: 'sonnet', fallbackSuccess: true });
	});

	it('uses the chain that was defined: the earlier code ignored defineFallbacks', async () => {
		const system = createSystem({});
		system.fallback.defineFallbacks('sonnet', ['opus']);
		const tried: string[] = [];
		await system.executeWithRouting('Fix bug in payment processing', async (model) => {
			if (!tried.includes(model)) tried.push(model);
			if (model === 'sonnet') throw Object.assign(new Error('no access to this model'), { status: 403 });
			return model;
		});
		expect(tried).toEqual(['sonnet', 'opus']);
	});

	it('the chain that was defined for a name is that of the model which takes its place', async () => {
		const system = new RoutingSystem(completeRouterConfig({}), completeBudgetConfig({}));
		open.push(system);
		system.fallback.defineFallbacks('sonnet', ['opus']);
		const tried: string[] = [];
		await system.executeWithRouting('Fix bug in payment processing', async (model) => {
			tried.push(model);
			if (model !== 'opus') throw Object.assign(new Error('no access to this model'), { status: 403 });
		});
		expect(tried).toEqual(['claude-sonnet-5-5', 'opus']);
	});

	it('tries no other model when fallback is off', async () => {
		const system = createSystem({ router: { fallback: { enabled: false } } });
		const failing = system.executeWithRouting('Fix bug in payment processing', async () => {
			throw Object.assign(new Error('bad key'), { status: 401 });
		});
		await expect(failing).rejects.toMatchObject({ code: 'ROUTER_ALL_MODELS_FAILED' });
	});

	it('refuses when the day’s money is gone, in the specification’s words', async () => {
		const system = createSystem({ budget: { dailyLimit: 10, monthlyLimit: 250 } });
		system.costOptimizer.trackUsage('opus', 'architecture', { input: 1, output: 1 }, 10);
		await system.flush();
		const refused = system.executeWithRouting('Fix bug in payment processing', async () => 'never');
		await expect(refused).rejects.toMatchObject({
			code: 'ROUTER_BUDGET_EXCEEDED',
			message: expect.stringMatching(/^Daily budget exceeded \(\$10\.00\)\n/),
		});
	});

	it('goes on to a cheaper model when the money left is too little for the chosen one', async () => {
		const system = createSystem({ budget: { dailyLimit: 0.02, monthlyLimit: 1 } });
		system.fallback.defineFallbacks('opus', ['haiku']);
		const answer = await system.executeWithRouting(
			'Design scalable microservices architecture',
			async (model) => model,
		);
		expect(answer).toBe('haiku');
	});

	it('never overspends with many requests at once', async () => {
		const storage = createMemoryStorage();
		const system = createSystem({ storage, budget: { dailyLimit: 0.2, monthlyLimit: 0.2, perRequestLimit: 0.1 } });
		const results = await Promise.allSettled(
			Array.from({ length: 40 }, () =>
				system.executeWithRouting('Fix bug in payment processing', async (_model, { maxOutputTokens }) => ({
					input: 1000,
					output: maxOutputTokens ?? 0,
				})),
			),
		);
		const { dailySpent } = await system.budgetStatus();
		expect(dailySpent).toBeLessThanOrEqual(0.2);
		expect(results.some((result) => result.status === 'fulfilled')).toBe(true);
		expect(results.some((result) => result.status === 'rejected')).toBe(true);
	});

	it('gives the money back when every model failed', async () => {
		const storage = createMemoryStorage();
		const system = createSystem({ storage, router: { fallback: { enabled: false } } });
		await system
			.executeWithRouting('Fix bug in payment processing', async () => {
				throw Object.assign(new Error('bad request'), { status: 400 });
			})
			.catch(() => null);
		const { dayKey } = system.costOptimizer.getBudgetKeys();
		expect(await storage.budgets.spend('all', dayKey)).toMatchObject({ settledNanoUsd: 0, reservedNanoUsd: 0 });
	});
});

describe('learning', () => {
	it('changes later decisions by feedback: the earlier historical score was always neutral', async () => {
		const system = createSystem({});
		const before = await system.routeTask('Fix bug in payment processing');
		const scoreOf = (decision: typeof before, model: string) =>
			decision.scores.find((score) => score.model.name === model)?.scores.historicalPerformance;
		expect(scoreOf(before, 'sonnet')).toBe(50);
		for (let index = 0; index < 10; index += 1) {
			await system.executeWithRouting('Fix bug in payment processing', async () => 'done', { judge: () => 95 });
		}
		const after = await system.routeTask('Fix bug in payment processing');
		expect(scoreOf(after, 'sonnet')).toBeGreaterThan(50);
		expect(await system.recordFeedback(after.id, { rating: 1 })).toBe(true);
		expect(await system.recordFeedback('nobody', { rating: 1 })).toBe(false);
	});

	it('twenty bad ratings of a model on a type of task send such tasks elsewhere', async () => {
		const system = createSystem({});
		const tasks = ['Fix bug in payment processing', 'Write documentation for the login endpoint'] as const;
		const [bad, other] = [await system.routeTask(tasks[0]), await system.routeTask(tasks[1])];
		for (let index = 0; index < 20; index += 1) {
			const { id } = await system.routeTask(tasks[0], { constraints: { preferredModel: bad.model.name } });
			await system.recordFeedback(id, { rating: 1 });
		}
		const after = await system.routeTask(tasks[0]);
		expect(after.model.name).not.toBe(bad.model.name);
		expect(after.scores.find(({ model }) => model.name === bad.model.name)?.scores.quality).toBeLessThan(40);
		// what was said of one type of task says little of another
		expect((await system.routeTask(tasks[1])).model.name).toBe(other.model.name);
	});

	it('a rating makes no decision wait for thousands of outcomes, and none is made without what was learned', async () => {
		const storage = createMemoryStorage();
		const { observations } = storage.performance;
		let reads = 0;
		const outcomesOf = async () => {
			const { scores } = await system.routeTask('Fix bug in payment processing');
			return scores.find(({ model }) => model.name === 'sonnet')?.predictedQuality.outcomes ?? 0;
		};
		const seen: number[] = [];
		storage.performance.observations = async (limit) => {
			reads += 1;
			if (reads > 1) seen.push(await outcomesOf());
			return await observations(limit);
		};
		const system = createSystem({ storage });
		const ids: string[] = [];
		for (let index = 0; index < 3; index += 1) {
			const decision = await system.routeTask('Fix bug in payment processing');
			await system.executeDecision(decision, async () => 'done', { fallbacks: [] });
			ids.push(decision.id);
		}
		const [first = '', second = '', third = ''] = ids;
		await system.recordFeedback(first, { rating: 5 });
		await system.recordFeedback(second, { rating: 1 });
		expect(reads, 'times that all outcomes were read').toBe(1);
		expect(await outcomesOf()).toBeCloseTo(2, 1);
		// a second rating replaces the first, and what a key says is weighed against everything
		await system.recordFeedback(second, { rating: 5 });
		await system.recordFeedback(third, { rating: 5, by: 'key' });
		expect(reads).toBe(3);
		for (const outcomes of seen) expect(outcomes, 'outcomes known while they were read').toBeCloseTo(2, 1);
		expect(seen).toHaveLength(2);
	});

	it('starts from what storage remembers, so that a restart forgets nothing', async () => {
		const storage = createMemoryStorage();
		const first = createSystem({ storage });
		for (let index = 0; index < 10; index += 1) {
			await first.executeWithRouting('Fix bug in payment processing', async () => 'done', { judge: () => 95 });
		}
		await first.flush();
		const second = createSystem({ storage });
		const decision = await second.routeTask('Fix bug in payment processing');
		expect(decision.scores.find(({ model }) => model.name === 'sonnet')?.scores.historicalPerformance).toBeGreaterThan(
			50,
		);
		expect((await second.stats()).totalDecisions).toBe(11);
	});
});

it('what an answer shows of itself is kept with its outcome, unless that is switched off', async () => {
	for (const [observe, kept] of [
		[undefined, ['refusal']],
		[[], undefined],
	] as const) {
		const system = createSystem({ router: { learning: observe === undefined ? {} : { observe } } });
		const hooks = { observe: () => ['refusal'] as const };
		await system.executeWithRouting('Fix the login bug', async () => 'I cannot help with that', { hooks });
		expect((await system.exportData()).outcomes[0]?.observed).toEqual(kept);
	}
});

describe('storage that cannot be used', () => {
	it('routes on in memory and says so', async () => {
		const events: RouterEvent[] = [];
		const system = new RoutingSystem(completeRouterConfig({}), completeBudgetConfig({}), {
			openStorage: () => {
				throw new StorageError('read-only', 'routing.db cannot be written.');
			},
			onEvent: (event) => events.push(event),
		});
		open.push(system);
		expect((await system.routeTask('Fix bug in payment processing')).model.standsFor).toEqual(['sonnet']);
		expect((await system.storageStatus()).degraded).toContain('routing.db cannot be written.');
		expect(events.some((event) => event.type === 'storage-degraded')).toBe(true);
	});
});

describe('constraints', () => {
	it('keeps what the task itself requires beside what the caller asks', async () => {
		const system = createSystem({});
		const decision = await system.routeTask('Fix bug in payment processing', {
			constraints: { maxCost: 0.1, minQuality: 85 },
		});
		expect(decision.estimatedCost).toBeLessThanOrEqual(0.1);
		expect(decision.exclusions.some(({ model, reason }) => model === 'haiku' && reason === 'min-quality')).toBe(true);
	});
});

describe('names that a request is attributed to are kept with every charge', () => {
	it.each([
		[
			'two hundred tags and one',
			{ tags: Array.from({ length: 201 }, (_, at) => `t${at}`) },
			'attribution.tags has 201',
		],
		['a long tag', { tags: ['short', 'x'.repeat(513)] }, 'attribution.tags[1] has 513'],
		['a long session', { session: 'x'.repeat(513) }, 'attribution.session has 513'],
		['a long team', { team: 'x'.repeat(513) }, 'attribution.team has 513'],
	])('so that %s are refused before anything is called', async (_name, attribution, message) => {
		const system = createSystem({});
		let calls = 0;
		const run = system.executeWithRouting('Fix the login bug', async () => (calls += 1), { attribution });
		await expect(run).rejects.toThrow(InvalidInputError);
		await expect(run).rejects.toThrow(message);
		expect(calls).toBe(0);
	});
});

describe('the workload of a request is kept with its decision and outcome, so that learning can tell it from others', () => {
	const hashTask = (text: string): string => stableHash(text).padEnd(64, '0');
	const conversation = {
		system: 'You review pull requests.',
		messages: [{ role: 'user', content: 'Look at this one' }],
	};

	it('as it was named, else as the request shows it, else as the configuration names that', async () => {
		const system = new RoutingSystem(completeRouterConfig({}), completeBudgetConfig({}), { hashTask });
		open.push(system);
		const { descriptor: named } = await system.routeTask('Fix the login bug', { workload: 'nightly' });
		const { descriptor: bare } = await system.routeTask('Fix the login bug');
		const { descriptor: shown } = await system.routeTask(conversation, { app: 'reviewer' });
		expect([named.workload, bare.workload]).toEqual(['nightly', undefined]);
		expect(shown.workload).toMatch(/^[0-9a-f]{16}$/);
		const learning = { workloads: { [shown.workload ?? '']: 'reviews' } };
		const renamed = new RoutingSystem(completeRouterConfig({ learning }), completeBudgetConfig({}), { hashTask });
		open.push(renamed);
		expect((await renamed.routeTask(conversation, { app: 'reviewer' })).descriptor.workload).toBe('reviews');
	});

	it('in storage, for the learning of later runs', async () => {
		const system = createSystem({});
		await system.executeWithRouting('Fix the login bug', async () => 'done', { workload: 'nightly' });
		const { decisions, outcomes } = await system.exportData();
		expect([decisions[0]?.workload, outcomes[0]?.workload]).toEqual(['nightly', 'nightly']);
	});

	it.each(['', 'x'.repeat(65), 'a\u0007b', '0123456789abcdef'])(
		'a name that is none is refused: %j',
		async (workload) => {
			const routed = createSystem({}).routeTask('Fix the login bug', { workload });
			await expect(routed).rejects.toThrow(/^workload is ".*it must be a name|^workload is ".*looks like the id/s);
		},
	);
});
