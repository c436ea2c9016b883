import { afterEach, describe, expect, it } from 'vitest';
import type { ModelProfile } from '../contracts/index.ts';
import { completeBudgetConfig, completeRouterConfig, type ExecuteOptions } from './options.ts';
import { RoutingSystem } from './routing-system.ts';

const TASK = 'Fix bug in payment processing';
const open: RoutingSystem[] = [];

function createSystem(
	router: Parameters<typeof completeRouterConfig>[0] = {},
	budget: Parameters<typeof completeBudgetConfig>[0] = {},
): RoutingSystem {
	const system = new RoutingSystem(
		completeRouterConfig({ candidates: ['opus', 'sonnet', 'haiku'], ...router }),
		completeBudgetConfig(budget),
	);
	open.push(system);
	return system;
}

afterEach(async () => {
	await Promise.all(open.splice(0).map((system) => system.close()));
});

/** A refusal after which the next model is called, at the same provider too. */
const noAccess = () => Object.assign(new Error('no access to this model'), { status: 403 });

/** The models called, in their order, where all but `answering` refuse. */
async function calledUntil(system: RoutingSystem, answering: string, options: ExecuteOptions = {}): Promise<string[]> {
	const called: string[] = [];
	await system.executeWithRouting(
		TASK,
		async (model) => {
			called.push(model);
			if (model !== answering) throw noAccess();
		},
		options,
	);
	return called;
}

describe('fallbacks that somebody defined', () => {
	it('never lead to a model that the caller has excluded', async () => {
		const fallbacks = { sonnet: ['haiku', 'opus'] };
		expect(await calledUntil(createSystem({ fallbacks }), 'opus')).toEqual(['sonnet', 'haiku', 'opus']);
		const constraints = { excludedModels: ['haiku'] };
		expect(await calledUntil(createSystem({ fallbacks }), 'opus', { constraints })).toEqual(['sonnet', 'opus']);
	});

	it('never lead to a model that lacks a capability the request needs', async () => {
		const models = completeRouterConfig({}).models.map((model) =>
			model.name === 'haiku' ? { ...model, supportsVision: false } : model,
		);
		const system = createSystem({ models, fallbacks: { sonnet: ['haiku', 'opus'] } });
		const constraints = { requiredCapabilities: ['vision' as const] };
		expect(await calledUntil(system, 'opus', { constraints })).toEqual(['sonnet', 'opus']);
	});
});

describe('a model that cannot serve the request', () => {
	it('is attempted neither as a fallback that somebody defined nor in place of one that the budget refuses', async () => {
		const unservable = new Map([['haiku', 'it refuses what is asked']]);
		const system = createSystem({ fallbacks: { sonnet: ['haiku', 'opus'] } });
		expect(await calledUntil(system, 'opus', { unservable })).toEqual(['sonnet', 'opus']);
		const rules = ['sonnet', 'opus'].map((of) => ({ scope: 'model' as const, of, period: 'day' as const, limit: 0 }));
		const downgraded = createSystem({ fallbacks: { sonnet: ['opus'] } }, { rules, atLimit: 'downgrade' });
		expect(await calledUntil(downgraded, 'haiku')).toContain('haiku');
		await expect(calledUntil(downgraded, 'haiku', { unservable })).rejects.toThrow();
	});

	it('is not attempted when its decision is executed later without saying so again', async () => {
		const system = createSystem({ fallbacks: { sonnet: ['haiku', 'opus'] } });
		const unservable = new Map([['haiku', 'it refuses what is asked']]);
		const decision = await system.routeTask(TASK, { unservable });
		const called: string[] = [];
		const executor = async (model: string): Promise<void> => {
			called.push(model);
			if (model !== 'opus') throw noAccess();
		};
		await system.executeDecision(decision, executor);
		expect(called).toEqual(['sonnet', 'opus']);
	});
});

describe('an attempt whose caller leaves', () => {
	it('in its middle is booked as an estimate: the provider bills what it has read and written', async () => {
		const system = createSystem();
		const caller = new AbortController();
		const asked = system.executeWithRouting(
			TASK,
			() => {
				caller.abort();
				return new Promise<never>(() => {});
			},
			{ signal: caller.signal },
		);
		await expect(asked).rejects.toMatchObject({ code: 'ROUTER_REQUEST_ABORTED' });
		const { costs } = await system.exportData();
		expect(costs).toMatchObject([{ model: 'sonnet', usage: { isEstimated: true } }]);
		expect(costs[0]?.usage.inputTokens).toBeGreaterThan(0);
		expect(costs[0]?.costNanoUsd).toBeGreaterThan(0);
	});

	it.each(['in the middle of a call', 'while the next call is waited for', 'by the deadline that it set'])(
		'%s costs the model neither its score nor an outcome',
		async (when) => {
			const system = createSystem();
			const caller = new AbortController();
			if (when.startsWith('while')) system.onEvent(({ type }) => type === 'attempt-end' && caller.abort());
			const limits = when.startsWith('by') ? { deadlineMs: 1 } : { signal: caller.signal };
			const asked = system.executeWithRouting(
				TASK,
				async () => {
					if (when.startsWith('while')) throw Object.assign(new Error('Overloaded'), { status: 529 });
					if (when.startsWith('in')) caller.abort();
					return await new Promise<never>(() => {});
				},
				limits,
			);
			await expect(asked).rejects.toMatchObject({ code: 'ROUTER_REQUEST_ABORTED' });
			expect((await system.exportData()).outcomes).toEqual([]);
			const { performance } = await system.flush();
			expect(await performance.performance()).toEqual([]);
		},
	);

	it('before its call is not booked', async () => {
		const system = createSystem();
		const asked = system.executeWithRouting(TASK, async () => 'never', { signal: AbortSignal.abort() });
		await expect(asked).rejects.toMatchObject({ code: 'ROUTER_REQUEST_ABORTED' });
		expect((await system.exportData()).costs).toEqual([]);
	});
});

describe('a request that its provider refuses for what is in it', () => {
	const refused = (status: number, message: string) => Object.assign(new Error(message), { status });

	it.each([
		['a parameter that is not known here', refused(400, "Unrecognized request argument supplied: 'frobnicate'")],
		['a schema', refused(400, "Invalid schema for function 'f': 'additionalProperties' is required to be false.")],
		['its size', refused(413, 'Request exceeds the maximum allowed number of bytes.')],
		['a field of the wrong type', refused(422, 'messages.0.content: Input should be a valid string')],
		['its length', refused(400, 'prompt is too long: 250000 tokens > 200000 maximum')],
		[
			'a parameter of which the message says that it is deprecated',
			refused(400, 'Model x: parameter top_k is deprecated'),
		],
	])('costs the model neither its score nor its turn: %s', async (_what, error) => {
		const system = createSystem();
		const asked: string[] = [];
		// as many failures of the service would open the circuit
		for (let time = 0; time < 6; time += 1) {
			const refusing = async (model: string, { attempt }: { attempt: number }): Promise<never> => {
				if (attempt === 1) asked.push(model);
				throw error;
			};
			await expect(system.executeWithRouting(TASK, refusing)).rejects.toThrow();
		}
		await system.executeWithRouting(TASK, async (model) => asked.push(model));
		expect(asked).toEqual(Array(7).fill(asked[0]));
		const { performance } = await system.flush();
		const rows = await performance.performance();
		expect(rows).toMatchObject([{ model: asked[0], totalRequests: 1, successfulRequests: 1 }]);
	});
});

describe('where the budget refuses every model of the chain', () => {
	const [template] = completeRouterConfig({}).models as unknown as [ModelProfile];
	/** A model that no plan prefers, at so many USD per thousand tokens. */
	function model(name: string, price: number, change: Partial<ModelProfile> = {}): ModelProfile {
		const { aliases: _aliases, pricing: _pricing, ...rest } = template;
		const prices = { costPer1kInputTokens: price, costPer1kOutputTokens: price };
		return { ...rest, id: name, name, modelId: name, provider: 'custom', qualityScore: 10, ...prices, ...change };
	}
	const fallbacks = { sonnet: ['opus'] };

	it('downgrade calls the cheapest model that fits, not the dearest', async () => {
		const cheap = [model('cheap', 0.0001), model('cheapest', 0.000_01), model('less-cheap', 0.0002)];
		const chain = completeRouterConfig({}).models.filter(({ name }) => name === 'sonnet' || name === 'opus');
		const rules = chain.map(({ name }) => ({ scope: 'model' as const, of: name, period: 'day' as const, limit: 0 }));
		const system = createSystem(
			{ models: [...chain, ...cheap], candidates: ['opus', 'sonnet'], fallbacks },
			{ rules, atLimit: 'downgrade' },
		);
		expect(await calledUntil(system, 'less-cheap')).toEqual(['cheapest', 'cheap', 'less-cheap']);
	});

	it('local-only calls no local model that the caller has excluded', async () => {
		const local = ['private', 'shared'].map((name) => model(name, 0, { isLocal: true }));
		const router = { models: [...completeRouterConfig({}).models, ...local], fallbacks };
		const budget = { dailyLimit: 0, monthlyLimit: 1, atLimit: 'local-only' as const };
		expect(await calledUntil(createSystem(router, budget), 'shared')).toEqual(['private', 'shared']);
		const constraints = { excludedModels: ['private'] };
		expect(await calledUntil(createSystem(router, budget), 'shared', { constraints })).toEqual(['shared']);
	});
});
