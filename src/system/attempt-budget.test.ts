import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base';
import { afterEach, describe, expect, it } from 'vitest';
import type { BudgetRule, BudgetStore, ModelProfile, TaskInput } from '../contracts/index.ts';
import { BudgetExceededError, RequestAbortedError } from '../errors/index.ts';
import { createMeteredUsage } from '../protocol/index.ts';
import { createMemoryStorage } from '../storage/memory/index.ts';
import { ManualClock } from '../testing/index.ts';
import { sampleEntry } from '../testing/storage-contract/samples.ts';
import { createTextTokenCounter } from '../tokenizer/index.ts';
import { completeBudgetConfig, completeRouterConfig, type ExecuteOptions, type SystemPorts } from './options.ts';
import { RoutingSystem } from './routing-system.ts';

const TASK = 'Fix bug in payment processing';
const open: RoutingSystem[] = [];

type Options = {
	budget?: Parameters<typeof completeBudgetConfig>[0];
	router?: Parameters<typeof completeRouterConfig>[0];
};

function createSystem({ budget = {}, router = {} }: Options): RoutingSystem {
	const system = new RoutingSystem(
		completeRouterConfig({ candidates: ['opus', 'sonnet', 'haiku'], ...router }),
		completeBudgetConfig(budget),
		{},
	);
	open.push(system);
	return system;
}

afterEach(async () => {
	await Promise.all(open.splice(0).map((system) => system.close()));
});

function localModel(change: Partial<ModelProfile> = {}): ModelProfile {
	const [template] = completeRouterConfig({}).models;
	if (template === undefined) throw new Error('there are models');
	const { aliases: _aliases, pricing: _pricing, ...rest } = template;
	return {
		...rest,
		id: 'llama-local',
		name: 'llama-local',
		modelId: 'llama',
		provider: 'custom',
		isLocal: true,
		qualityScore: 10,
		costPer1kInputTokens: 0,
		costPer1kOutputTokens: 0,
		...change,
	};
}

async function answeredBy(system: RoutingSystem): Promise<string> {
	return await system.executeWithRouting(TASK, async (model) => model);
}

describe('the output an attempt may give is what its caller allows, where the money does', () => {
	it.each([
		['a limit of the caller', { maxOutputTokens: 777 }, 777],
		['none at all: as many as the model can give', { maxOutputTokens: null }, 64_000],
	])('%s', async (_, hooks, expected) => {
		const allowed: unknown[] = [];
		const options: ExecuteOptions = { hooks, constraints: { preferredModel: 'sonnet' } };
		await createSystem({}).executeWithRouting(
			TASK,
			async (_model, { maxOutputTokens }) => allowed.push(maxOutputTokens),
			options,
		);
		expect(allowed).toEqual([expected]);
	});
});

describe('whose money it is', () => {
	it('a rule refuses the key that has spent its share, and nobody else', async () => {
		const rules: BudgetRule[] = [{ scope: 'key', of: 'ci', period: 'day', limit: 0.0001, atLimit: 'refuse' }];
		const system = createSystem({ budget: { rules } });
		const asked = system.executeWithRouting(TASK, async () => 'never', { attribution: { key: 'ci' } });
		await expect(asked).rejects.toThrow(/^Daily budget of key ci exceeded \(\$0\.00\)\n/);
		expect(await answeredBy(system)).toBe('sonnet');
	});

	it('the ledger knows whom a charge was for, and reports go by it', async () => {
		const system = createSystem({ budget: { rules: [{ scope: 'tag', period: 'week', limit: 5, kind: 'soft' }] } });
		const attribution = { key: 'ci', tags: ['nightly'], session: 's1' };
		await system.executeWithRouting(TASK, async () => 'x'.repeat(400), { attribution });
		const [entry] = (await system.exportData()).costs;
		expect(entry?.attribution).toEqual(attribution);
		const [byTag] = await system.costBy('tag', { from: 0, to: Number.MAX_SAFE_INTEGER });
		expect(byTag).toMatchObject({ key: 'nightly', requests: 1, costNanoUsd: entry?.costNanoUsd });
		const limits = await system.budgetLimits();
		expect(limits.map(({ scope, period, kind }) => [scope, period, kind])).toEqual([
			['all', 'day', 'hard'],
			['all', 'month', 'hard'],
			['tag:nightly', 'week', 'soft'],
		]);
		expect(limits[2]?.spentUsd).toBe((entry?.costNanoUsd ?? 0) / 1e9);
	});

	it('a key cannot spend what a tag or session of another key has left, unless the rule is shared', async () => {
		const spent = async (rule: Partial<BudgetRule>, key: string, names: object): Promise<string> => {
			const rules: BudgetRule[] = [{ scope: 'tag', period: 'total', limit: 1, atLimit: 'refuse', ...rule }];
			const storage = createMemoryStorage();
			const system = new RoutingSystem(completeRouterConfig({}), completeBudgetConfig({ rules }), {
				openStorage: async () => storage,
			});
			open.push(system);
			for (const check of system.costOptimizer.getChecks(Date.now(), {
				attribution: { key: 'greedy', namedBy: 'greedy', ...names },
			}))
				await storage.budgets.charge([check], sampleEntry({ id: check.scope, costNanoUsd: 1e9 }));
			const attribution = { key, namedBy: key, ...names };
			return await system.executeWithRouting(TASK, async () => 'answered', { attribution }).catch(String);
		};
		for (const [rule, names] of [
			[{}, { tags: ['nightly'] }],
			[{ of: 'nightly' }, { tags: ['nightly'] }],
			[{ scope: 'session' }, { session: 's1' }],
		] as const) {
			expect(await spent(rule, 'other', names)).toBe('answered');
			expect(await spent(rule, 'greedy', names)).toMatch(/budget of (tag nightly|session s1) of key greedy exceeded/);
			expect(await spent({ ...rule, shared: true }, 'other', names)).toMatch(
				/budget of (tag nightly|session s1) exceeded/,
			);
		}
	});

	it('a rule that nobody has spent under is shown, and every rule with what happens at it', async () => {
		const rules: BudgetRule[] = [
			{ scope: 'tag', period: 'week', limit: 5 },
			{ scope: 'key', of: 'ci', period: 'request', limit: 0.05 },
			{ scope: 'tag', of: 'nightly', period: 'request', limit: 0.02 },
		];
		const system = createSystem({ budget: { rules, atLimit: 'refuse' } });
		const limits = (await system.budgetLimits()).slice(2);
		expect(limits).toMatchObject([
			{ scope: 'tag:*', period: 'week', spentUsd: 0, limitUsd: 5, atLimit: 'refuse' },
			{ scope: 'key:ci', period: 'request', spentUsd: null, atLimit: 'refuse' },
			{ scope: 'tag:nightly', period: 'request', spentUsd: null, limitUsd: 0.02 },
		]);
	});

	it('a soft limit never stands in the way', async () => {
		const rules: BudgetRule[] = [{ scope: 'all', period: 'total', limit: 0, kind: 'soft' }];
		expect(await answeredBy(createSystem({ budget: { rules } }))).toBe('sonnet');
	});
});

describe('what is left', () => {
	/** What each of two requests under way at the same time is offered. */
	async function offers(system: RoutingSystem): Promise<Array<number | undefined>> {
		const offered: Array<number | undefined> = [];
		await system.executeWithRouting(TASK, async (_model, first) => {
			offered.push(first.maxOutputTokens);
			await system.executeWithRouting(TASK, async (_other, second) => offered.push(second.maxOutputTokens));
		});
		return offered;
	}

	it('is not more than the caller allows, all answers together', async () => {
		const offered: Array<number | undefined> = [];
		const executor = async (_model: string, { maxOutputTokens }: { maxOutputTokens?: number | undefined }) => {
			offered.push(maxOutputTokens);
		};
		const system = createSystem({ budget: { dailyLimit: 1000, monthlyLimit: 1000, perRequestLimit: 100 } });
		await system.executeWithRouting(TASK, executor, { hooks: { maxOutputTokens: 50 } });
		await system.executeWithRouting(TASK, executor, { hooks: { maxOutputTokens: null } });
		await system.executeWithRouting(TASK, executor, { hooks: { maxOutputTokens: null, answers: 2 } });
		const [limited = 0, whole = 0, both = 0] = offered;
		expect(limited).toBe(50);
		expect(whole).toBeGreaterThan(4096);
		expect(both).toBe(2 * whole);
	});

	it('is what a second request under way is offered, rather than a refusal', async () => {
		const [wanted = 0] = await offers(createSystem({}));
		const [first = 0, second = 0] = await offers(createSystem({ budget: { dailyLimit: 0.3 } }));
		expect(first).toBe(wanted);
		expect(second).toBeGreaterThan(255);
		expect(second).toBeLessThan(first);
	});

	it('is not read before a hold that fits: it would cost every request what only the one at its limit needs', async () => {
		const storage = createMemoryStorage();
		let reads = 0;
		const budgets: BudgetStore = {
			...storage.budgets,
			spend(scope, periodKey) {
				reads += 1;
				return storage.budgets.spend(scope, periodKey);
			},
		};
		const system = new RoutingSystem(completeRouterConfig({}), completeBudgetConfig({}), {
			openStorage: async () => ({ ...storage, budgets }),
		});
		open.push(system);
		await system.routeTask(TASK);
		reads = 0;
		const [first = 0, second = 0] = await offers(system);
		expect([first > 255, second]).toEqual([true, first]);
		expect(reads).toBe(0);
	});
});

describe('the hold on input is a bound', () => {
	/** $1 a million tokens in, output nearly free, so that what is held says how many tokens of input are. */
	const NANO_PER_TOKEN = 1000;
	const metered = (change: Partial<ModelProfile> = {}): ModelProfile => ({
		...localModel(),
		isLocal: false,
		name: 'metered',
		modelId: 'metered',
		contextWindow: 100_000,
		maxOutputTokens: 50_000,
		costPer1kInputTokens: 0.001,
		costPer1kOutputTokens: 0.000000001,
		supportsToolUse: true,
		...change,
	});

	function createMetered(
		budget: NonNullable<Options['budget']>,
		ports: SystemPorts = {},
		change: Partial<ModelProfile> = {},
	) {
		const router = { models: [metered(change)], candidates: ['metered'], defaultModel: 'metered' };
		const system = new RoutingSystem(completeRouterConfig(router), completeBudgetConfig(budget), ports);
		open.push(system);
		return system;
	}

	const ample = { dailyLimit: 1000, monthlyLimit: 1000, perRequestLimit: 100 };
	const heldFor = async (system: RoutingSystem, task: TaskInput, options: ExecuteOptions = {}): Promise<number> =>
		await system.executeWithRouting(task, async (_model, { heldNanoUsd }) => heldNanoUsd, options);
	const english = 'The quick brown fox jumps over the lazy dog. '.repeat(2000);
	const conversation = { messages: [{ role: 'user', content: english }] };

	it('by its bytes while money is ample, and nothing is counted for it', async () => {
		let counted = 0;
		const countTextTokens: SystemPorts['countTextTokens'] = async () => {
			counted += 1;
			return { tokens: 0, asciiTokens: 0, asciiCharacters: 0, otherBytes: 0 };
		};
		const usage = createMeteredUsage({ inputTokens: 1, outputTokens: 1 });
		const told = { hooks: { usageOf: () => usage } };
		expect(await heldFor(createMetered(ample, { countTextTokens }), conversation, told)).toBeGreaterThan(
			english.length * NANO_PER_TOKEN,
		);
		expect(counted).toBe(0);
	});

	it('and is what is charged, counted, where the provider does not say what it has read', async () => {
		const system = createMetered(ample, { countTextTokens: createTextTokenCounter() });
		await system.executeWithRouting(conversation, async () => 'an answer without usage');
		const [entry] = (await system.exportData()).costs;
		expect(entry?.usage).toMatchObject({ isEstimated: true });
		// 20,000 tokens by o200k_base, which another tokenizer may count more of
		expect(entry?.usage.inputTokens).toBeGreaterThan(20_000);
		expect(entry?.usage.inputTokens).toBeLessThan(40_000);
	});

	it('by a tokenizer where the bytes take more money than is left, before a request is refused', async () => {
		// 90,000 bytes, 20,000 tokens
		const short = { ...ample, perRequestLimit: 0.05 };
		const countTextTokens = createTextTokenCounter();
		const held = await heldFor(createMetered(short, { countTextTokens }), conversation);
		expect(held).toBeLessThanOrEqual(50_000_000);
		expect(held).toBeGreaterThan(20_000 * NANO_PER_TOKEN);
		await expect(heldFor(createMetered(short), conversation)).rejects.toThrow(BudgetExceededError);
	});

	it('and what the executor writes beside a text is expected: never less than that is held', async () => {
		const system = createMetered(ample);
		const { inputTokensInterval } = system.classifier.classify('hi');
		expect(await heldFor(system, 'hi')).toBeGreaterThanOrEqual(inputTokensInterval.high * NANO_PER_TOKEN);
	});

	it('also for the decision of an earlier call, and for a descriptor written by hand', async () => {
		const system = createMetered(ample);
		const decision = await system.routeTask(conversation);
		const { value } = await system.executeDecision(decision, async (_model, { heldNanoUsd }) => heldNanoUsd);
		expect(value).toBeGreaterThan(english.length * NANO_PER_TOKEN);
		const byHand = system.router.route({ ...decision.descriptor, task: english, estimatedInputTokens: 10 });
		const held = await system.executeDecision(byHand, async (_model, { heldNanoUsd }) => heldNanoUsd);
		expect(held.value).toBeGreaterThan(english.length * NANO_PER_TOKEN);
	});

	it('by the bound of an executor that knows better what it sends', async () => {
		const inputBound = { tokens: () => 70_000, countTokens: async () => 60_000, charges: {} };
		expect(await heldFor(createMetered(ample), 'hi', { hooks: { inputBound } })).toBeGreaterThanOrEqual(
			70_000 * NANO_PER_TOKEN,
		);
	});

	it('is all that a request may cost where tools run at the provider, or what their uses can, where that is less', async () => {
		const search = (max_uses?: number) => ({
			messages: [{ role: 'user', content: 'What is new?' }],
			tools: [{ type: 'web_search_20250305', name: 'web_search', ...(max_uses !== undefined && { max_uses }) }],
		});
		const whole = createMetered({ ...ample, perRequestLimit: 1 });
		expect(await heldFor(whole, search())).toBe(1_000_000_000);
		expect(await heldFor(whole, search(50))).toBe(1_000_000_000);
		// 100,000 tokens in each of three passes
		expect(await heldFor(whole, search(2))).toBeGreaterThanOrEqual(300_000 * NANO_PER_TOKEN);
		expect(await heldFor(whole, search(2))).toBeLessThan(301_000 * NANO_PER_TOKEN);
		const { perRequestLimit: _, ...unlimited } = completeBudgetConfig(ample);
		const system = new RoutingSystem(
			completeRouterConfig({ models: [metered()], candidates: ['metered'], defaultModel: 'metered' }),
			unlimited,
		);
		open.push(system);
		await expect(heldFor(system, search())).rejects.toThrow(/any number of times.*max_uses.*perRequestLimit/);
	});

	it('whatever a task is made of, its true usage never costs more than was held', async () => {
		const scripts = [
			english.slice(0, 900),
			'敏捷的棕色狐狸',
			'👩‍👩‍👧‍👦',
			'\u0000\u0007',
			'สวัสดี',
			'====',
			randomBytes(200).toString('base64'),
		];
		const text = fc
			.tuple(fc.constantFrom(...scripts), fc.integer({ min: 1, max: 40 }))
			.map(([part, n]) => part.repeat(n));
		const turns = fc.array(fc.array(text, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 300 });
		const limits = fc.constantFrom(100, 0.1, 0.02);
		const countTextTokens = createTextTokenCounter();
		const systems = new Map(
			[100, 0.1, 0.02].map((limit) => [
				limit,
				createMetered({ ...ample, perRequestLimit: limit }, { countTextTokens }),
			]),
		);
		let granted = 0;
		await fc.assert(
			fc.asyncProperty(turns, limits, async (messages, limit) => {
				const task = {
					messages: messages.map((texts) => ({
						role: 'user',
						content: texts.map((one) => ({ type: 'text', text: one })),
					})),
				};
				const inputTokens = messages.flat().reduce((sum, one) => sum + countTokens(one), 0);
				let held = 0;
				const asked = systems.get(limit)?.executeWithRouting(task, async (_model, context) => {
					held = context.heldNanoUsd;
					return { output: '', usage: { inputTokens, outputTokens: context.maxOutputTokens ?? 0 } };
				});
				await asked?.catch((error: unknown) => expect(String(error)).toMatch(/budget|No eligible model/i));
				if (held > 0) {
					granted += 1;
					expect(inputTokens * NANO_PER_TOKEN).toBeLessThanOrEqual(held);
				}
			}),
			{ numRuns: 60 },
		);
		expect(granted).toBeGreaterThan(20);
	}, 60_000);
});

describe('a reservation under a running attempt', () => {
	/** Reservations that count as unknown spend while an attempt runs, so many milliseconds after it began. */
	async function expiredAfter(ms: number, options: ExecuteOptions, timeout = 60_000): Promise<number> {
		const storage = createMemoryStorage();
		const router = { fallback: { enabled: true, maxAttempts: 1, timeout } };
		const system = new RoutingSystem(completeRouterConfig(router), completeBudgetConfig({}), {
			openStorage: async () => storage,
		});
		open.push(system);
		let expired = -1;
		await system.executeWithRouting(
			TASK,
			async () => {
				expired = await storage.budgets.expire(Date.now() + ms);
			},
			options,
		);
		return expired;
	}

	it('is held as long as the attempt may take, though a caller allows a day', async () => {
		const hooks = { timeoutMs: Number.POSITIVE_INFINITY };
		expect(await expiredAfter(3_600_000, { deadlineMs: 3_600_000, hooks })).toBe(0);
		expect(await expiredAfter(86_400_000, { deadlineMs: 86_400_000, hooks })).toBe(0);
		expect(await expiredAfter(3_600_000, { hooks })).toBe(0);
		expect(await expiredAfter(3_600_000, {}, 3_600_000)).toBe(0);
	});

	it('of a dead process is given up soon after its attempt must have ended', async () => {
		expect(await expiredAfter(660_000, {})).toBe(1);
		expect(await expiredAfter(3_720_000, { deadlineMs: 3_600_000 }, 7_200_000)).toBe(1);
	});
});

describe('what happens at the limit', () => {
	const tight = (atLimit: 'refuse' | 'downgrade' | 'local-only'): BudgetRule[] => [
		{ scope: 'model', of: 'sonnet', period: 'day', limit: 0, atLimit },
	];

	it('downgrade goes on with a model that fits', async () => {
		const by = await answeredBy(createSystem({ budget: { rules: tight('downgrade') } }));
		expect(by).not.toBe('sonnet');
	});

	it('downgrade finds a model beyond the chain when nothing of the chain fits', async () => {
		const router = { models: [...completeRouterConfig({}).models, localModel()], fallbacks: { sonnet: ['opus'] } };
		const system = createSystem({ router, budget: { dailyLimit: 0.0001, monthlyLimit: 1 } });
		expect(await answeredBy(system)).toBe('llama-local');
	});

	it('refuse ends the request with the limit that refused, before anything is called', async () => {
		const asked = answeredBy(createSystem({ budget: { rules: tight('refuse') } }));
		await expect(asked).rejects.toBeInstanceOf(BudgetExceededError);
	});

	it('local-only goes on with what runs on hardware of one’s own', async () => {
		const router = { models: [...completeRouterConfig({}).models, localModel()] };
		const system = createSystem({ router, budget: { dailyLimit: 0, monthlyLimit: 1, atLimit: 'local-only' } });
		expect(await answeredBy(system)).toBe('llama-local');
	});

	it('local-only calls nobody else’s model once a limit was met, though a cheaper one of the chain would fit', async () => {
		const models = [...completeRouterConfig({}).models, localModel()];
		const rules = tight('local-only');
		expect(await answeredBy(createSystem({ router: { models }, budget: { rules } }))).toBe('llama-local');
		const asked = answeredBy(createSystem({ budget: { rules } }));
		await expect(asked).rejects.toThrow(/^Daily budget of model sonnet exceeded/);
	});

	it('a model without a price in the chain is passed over, not the end of the request', async () => {
		const unpriced = localModel({ costPer1kInputTokens: Number.NaN, costPer1kOutputTokens: Number.NaN });
		const router = { models: [...completeRouterConfig({}).models, unpriced], allowUnpriced: [] };
		const system = createSystem({ router });
		system.fallback.defineFallbacks('sonnet', ['llama-local', 'opus']);
		const answer = await system.executeWithRouting(TASK, async (model) => {
			if (model === 'sonnet') throw Object.assign(new Error('no access'), { status: 403 });
			return model;
		});
		expect(answer).toBe('opus');
	});
});

describe('attempts that were cut', () => {
	it('a call that ran into its timeout is booked as metered and marked estimated: the provider may bill it', async () => {
		const system = createSystem({ router: { fallback: { enabled: false, maxAttempts: 1, timeout: 30 } } });
		const asked = system.executeWithRouting(TASK, () => new Promise<never>(() => {}));
		await expect(asked).rejects.toThrow();
		const [entry] = (await system.exportData()).costs;
		expect(entry?.usage.isEstimated).toBe(true);
		expect(entry?.costNanoUsd).toBeGreaterThan(0);
	});

	describe('is charged for what its provider may have written, and never for more than was held', () => {
		/** The row of a call of `sonnet` that ends after so long, and what was held for it. */
		async function cutAfter(ms: number, hooks: ExecuteOptions['hooks'], budget: NonNullable<Options['budget']> = {}) {
			const clock = new ManualClock();
			const router = { fallback: { enabled: false, maxAttempts: 1, timeout: ms } };
			const system = new RoutingSystem(completeRouterConfig(router), completeBudgetConfig(budget), { clock });
			open.push(system);
			let held = 0;
			const options = { constraints: { preferredModel: 'sonnet' }, hooks: { getDeployments: () => ['d'], ...hooks } };
			const asked = system.executeWithRouting(
				TASK,
				(_model, { heldNanoUsd }) => {
					held = heldNanoUsd;
					return new Promise<never>(() => {});
				},
				options,
			);
			await expect(clock.settle(asked)).rejects.toThrow();
			const [entry] = (await system.exportData()).costs;
			return { outputTokens: entry?.usage.outputTokens, costNanoUsd: entry?.costNanoUsd ?? Infinity, held };
		}

		it('before its first token: what was under way', async () => {
			expect(await cutAfter(1, { maxOutputTokens: 4000 })).toMatchObject({ outputTokens: 512 });
			expect(await cutAfter(1, { maxOutputTokens: 100 })).toMatchObject({ outputTokens: 100 });
		});

		it('after minutes, with little money: what the money paid for', async () => {
			const { costNanoUsd, held } = await cutAfter(600_000, { maxOutputTokens: null }, { perRequestLimit: 0.02 });
			expect(held).toBeLessThanOrEqual(20_000_000);
			expect(costNanoUsd).toBeLessThanOrEqual(held);
		});

		it('where the provider bills to the end: the whole answer', async () => {
			const hooks = { maxOutputTokens: 3000, billsAfterDisconnect: (id: string) => id === 'd' };
			expect(await cutAfter(1, hooks)).toMatchObject({ outputTokens: 3000 });
		});

		it('though its provider tells nothing, and tools that ran there may have read whole windows', async () => {
			const ports = { countTextTokens: createTextTokenCounter() };
			const system = new RoutingSystem(completeRouterConfig({}), completeBudgetConfig({ perRequestLimit: 0.5 }), ports);
			open.push(system);
			const tools = [{ type: 'web_search_20250305', name: 'web_search', max_uses: 5 }];
			const task = { messages: [{ role: 'user', content: 'What is new?' }], tools } as TaskInput;
			let held = 0;
			const executor: Parameters<typeof system.executeWithRouting>[1] = async (_model, { heldNanoUsd }) => {
				held = heldNanoUsd;
				return 'text without usage';
			};
			await system.executeWithRouting(task, executor, { constraints: { preferredModel: 'sonnet' } });
			const [entry] = (await system.exportData()).costs;
			expect(entry?.costNanoUsd).toBeGreaterThan(held * 0.9);
			expect(entry?.costNanoUsd).toBeLessThanOrEqual(held);
		});

		it('at the dearest service that the request allows', async () => {
			const priority = { input: 6_000_000, output: 30_000_000 };
			const pricing = {
				input: 3_000_000,
				output: 15_000_000,
				serviceTiers: { priority },
				source: 'test',
				asOf: '2026-01-01',
			};
			const models = [localModel({ isLocal: false, pricing })];
			const charge = async (service_tier: string) => {
				const system = createSystem({ router: { models, candidates: ['llama-local'], defaultModel: 'llama-local' } });
				const task = { messages: [{ role: 'user', content: 'hi' }], service_tier } as TaskInput;
				await system.executeWithRouting(task, async () => 'text without usage');
				return (await system.exportData()).costs[0];
			};
			const [any, standard] = [await charge('auto'), await charge('default')];
			expect(any?.usage.serviceTier).toBe('priority');
			expect(standard?.usage.serviceTier).toBeUndefined();
			expect(any?.costNanoUsd).toBe(2 * (standard?.costNanoUsd ?? 0));
		});
	});

	it('usage that cannot be is not booked: an estimate is, beside the figure that was refused', async () => {
		const system = createSystem({});
		const usage = { prompt_tokens: 100, completion_tokens: -5 };
		await system.executeWithRouting(TASK, async () => ({ object: 'chat.completion', choices: [], usage }));
		const [entry] = (await system.exportData()).costs;
		expect(entry?.usage.isEstimated).toBe(true);
		expect(entry?.usage.unknownFields?.['refusedUsage']).toMatch(/^usage\.completion_tokens is -5; /);
		expect(entry?.costNanoUsd).toBeGreaterThan(0);
	});

	it('usage far beyond what the call allows is not booked either, and the caller has its answer', async () => {
		const system = createSystem({});
		const answer = { object: 'chat.completion', usage: { prompt_tokens: 100, completion_tokens: 1e15 } };
		expect(await system.executeWithRouting(TASK, async () => answer)).toBe(answer);
		const [entry] = (await system.exportData()).costs;
		expect(entry?.usage).toMatchObject({ inputTokens: 100, isEstimated: true });
		expect(entry?.usage.outputTokens).toBeLessThan(100_000);
		expect(entry?.usage.unknownFields?.['refusedUsage']).toMatch(
			/1000000000000000 output tokens, when the call allows/,
		);
	});

	it('what a provider says that a call costs is the price of a model without one, and marked so', async () => {
		const unpriced = localModel({ costPer1kInputTokens: Number.NaN, costPer1kOutputTokens: Number.NaN });
		const system = createSystem({
			router: {
				models: [unpriced],
				candidates: [unpriced.name],
				defaultModel: unpriced.name,
				allowUnpriced: [unpriced.name],
			},
		});
		const usage = { prompt_tokens: 100, completion_tokens: 5, cost: 0.0025 };
		await system.executeWithRouting(TASK, async () => ({ object: 'chat.completion', usage }));
		const [entry] = (await system.exportData()).costs;
		expect(entry).toMatchObject({ costNanoUsd: 2_500_000, priceVersion: 'provider' });
		expect((await system.budgetLimits())[0]).toMatchObject({ spentUsd: 0.0025 });
	});

	it('a call the provider refused costs nothing', async () => {
		const system = createSystem({ router: { fallback: { enabled: false } } });
		const refused = async () => {
			throw Object.assign(new Error('bad request'), { status: 400 });
		};
		await expect(system.executeWithRouting(TASK, refused)).rejects.toThrow();
		expect((await system.exportData()).costs).toEqual([]);
		expect((await system.budgetLimits())[0]).toMatchObject({ spentUsd: 0, heldUsd: 0 });
	});
});

it('a key in a provider’s message reaches neither the database nor an event', async () => {
	const canary = `sk-ant-${'canary'.repeat(4)}`;
	const system = createSystem({ router: { fallback: { enabled: true, maxAttempts: 2 } } });
	const heard: string[] = [];
	system.onEvent((event) => heard.push(JSON.stringify(event)));
	const failing = async () => {
		throw Object.assign(new Error(`invalid x-api-key ${canary}\nand the prompt: secret plans`), { status: 401 });
	};
	await expect(system.executeWithRouting(TASK, failing)).rejects.toThrow();
	const stored = JSON.stringify(await system.exportData());
	expect(stored).toContain('invalid x-api-key [masked]');
	expect(stored + heard.join('')).not.toContain(canary);
	expect(stored).not.toContain('secret plans');
});

describe('calls that were never made', () => {
	it('an attempt whose deadline passes while its money is being reserved costs nothing', async () => {
		let monotonic = 0;
		const clock = {
			now: () => 1_764_000_000_000 + monotonic,
			// a busy process: time passes between any two readings
			monotonic: () => (monotonic += 2),
			sleep: () => new Promise<void>(() => {}),
		};
		const storage = createMemoryStorage();
		const reserve: BudgetStore['reserve'] = async (reservation) => {
			const held = await storage.budgets.reserve(reservation);
			monotonic += 100;
			return held;
		};
		const openStorage = () => ({ ...storage, budgets: { ...storage.budgets, reserve } });
		const system = new RoutingSystem(completeRouterConfig({}), completeBudgetConfig({}), { clock, openStorage });
		open.push(system);
		let calls = 0;
		const executor = async () => {
			calls += 1;
			return 'never';
		};
		await expect(system.executeWithRouting(TASK, executor, { deadlineMs: 50 })).rejects.toThrow(RequestAbortedError);
		expect(calls).toBe(0);
		expect((await system.exportData()).costs).toEqual([]);
	});
});

it('a request that runs over midnight counts in one day, in the budget as in the ledger', async () => {
	const clock = new ManualClock(Date.parse('2026-11-24T23:59:50Z'));
	const system = new RoutingSystem(completeRouterConfig({}), completeBudgetConfig({}), { clock });
	open.push(system);
	await system.executeWithRouting(TASK, async () => {
		await clock.advance(15_000);
		return { output: 'ok', usage: { inputTokens: 1000, outputTokens: 1000 } };
	});
	const { budgets, ledger } = await system.storage();
	const [entry] = await ledger.entries({ from: 0, to: Number.MAX_SAFE_INTEGER }, 9);
	expect(new Date(entry?.at ?? 0).toISOString()).toBe('2026-11-24T23:59:50.000Z');
	expect(await budgets.spend('all', '2026-11-24')).toMatchObject({ settledNanoUsd: entry?.costNanoUsd });
	expect(await budgets.spend('all', '2026-11-25')).toMatchObject({ settledNanoUsd: 0, reservedNanoUsd: 0 });
	expect(await ledger.totals({ from: 0, to: Number.MAX_SAFE_INTEGER }, 'day', 'UTC')).toMatchObject([
		{ key: '2026-11-24' },
	]);
});
