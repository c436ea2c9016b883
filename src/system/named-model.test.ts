import { afterEach, describe, expect, it } from 'vitest';
import type { BudgetRule, ModelProfile } from '../contracts/index.ts';
import { requireCapabilities } from './model-router.ts';
import { completeBudgetConfig, completeRouterConfig } from './options.ts';
import { RoutingSystem } from './routing-system.ts';

const TASK = 'Fix bug in payment processing';
const NAMED = { constraints: { preferredModel: 'claude-sonnet-4-5' } };
const open: RoutingSystem[] = [];

function createSystem(budget: Parameters<typeof completeBudgetConfig>[0]): RoutingSystem {
	const system = new RoutingSystem(completeRouterConfig({}), completeBudgetConfig(budget), {});
	open.push(system);
	return system;
}

afterEach(async () => {
	await Promise.all(open.splice(0).map((system) => system.close()));
});

/** A rule that leaves nothing for sonnet. */
function nothingFor(model: string, change: Partial<BudgetRule> = {}): BudgetRule {
	return { scope: 'model', of: model, period: 'day', limit: 0, ...change };
}

describe('a model that was asked for by name', () => {
	it('is refused at a limit, not replaced by another one behind the caller’s back', async () => {
		const called: string[] = [];
		const asked = createSystem({ rules: [nothingFor('sonnet')] }).executeWithRouting(
			TASK,
			async (model) => called.push(model),
			NAMED,
		);
		await expect(asked).rejects.toMatchObject({ code: 'ROUTER_BUDGET_EXCEEDED', limitName: 'daily of model sonnet' });
		expect(called).toEqual([]);
	});

	it('is refused when the request may not cost what it is expected to, with the figures', async () => {
		const asked = createSystem({ perRequestLimit: 0.0001 }).executeWithRouting(TASK, async (model) => model, NAMED);
		await expect(asked).rejects.toThrow(/^Per-request budget exceeded \(\$0\.00\)\nthis request needs up to \$/);
	});

	it.each([
		['of the limit', { rules: [nothingFor('sonnet', { atLimit: 'downgrade' as const })] }],
		['of the budget', { rules: [nothingFor('sonnet')], atLimit: 'downgrade' as const }],
	])('is replaced where the user wrote so for it: by the action %s; the call is told', async (_, budget) => {
		const told = await createSystem(budget).executeWithRouting(
			TASK,
			async (model, { replaced }) => ({ output: model, replaced }),
			NAMED,
		);
		expect(told.output).not.toBe('sonnet');
		expect(told.replaced).toEqual({ model: 'sonnet', limit: 'daily of model sonnet' });
	});

	// what the limit that is harder to wait out says must not hide what the other one says
	it.each([
		['says nothing of it', {}],
		['refuses', { atLimit: 'refuse' as const }],
	])('is refused by a limit that %s, though another one that is reached would replace it', async (_, change) => {
		const called: string[] = [];
		const rules = [nothingFor('sonnet', { period: 'month', atLimit: 'downgrade' }), nothingFor('sonnet', change)];
		const asked = createSystem({ rules }).executeWithRouting(TASK, async (model) => called.push(model), NAMED);
		await expect(asked).rejects.toMatchObject({ limitName: 'daily of model sonnet' });
		expect(called).toEqual([]);
	});

	it('still has its fallbacks when it fails: one that a limit refuses is passed over', async () => {
		const system = createSystem({ rules: [nothingFor('haiku')] });
		system.fallback.defineFallbacks('sonnet', ['haiku', 'opus']);
		const answer = await system.executeWithRouting(
			TASK,
			async (model, { replaced }) => {
				if (model === 'sonnet') throw Object.assign(new Error('no access'), { status: 403 });
				return `${model} ${String(replaced)}`;
			},
			NAMED,
		);
		expect(answer).toBe('opus undefined');
	});

	it.each([
		['nothing is written for the limit', undefined],
		['the limit says downgrade', 'downgrade' as const],
	])('has its fallbacks too when the failed call cost so much that no second one fits: %s', async (_, atLimit) => {
		const called: string[] = [];
		const executor = async (model: string, { replaced }: { replaced?: unknown }): Promise<void> => {
			called.push(`${model} ${String(replaced)}`);
			if (model === 'haiku') return;
			const usage = { input_tokens: 1000, output_tokens: 19_600 };
			throw Object.assign(new Error('broke off'), { status: 500, usage });
		};
		const budget = { perRequestLimit: 0.5, ...(atLimit && { atLimit }) };
		const system = createSystem(budget);
		system.fallback.defineFallbacks('opus', ['haiku']);
		await system.executeWithRouting(TASK, executor, { constraints: { preferredModel: 'opus' } });
		expect(called).toEqual(['opus undefined', 'haiku undefined']);
	});

	it('is called though its profile lacks what the request needs; no fallback that lacks it is', async () => {
		const [template] = completeRouterConfig({}).models as unknown as [ModelProfile];
		const { aliases: _aliases, ...rest } = template;
		const bare = ['named', 'other'].map((name) => ({ ...rest, id: name, name, modelId: name, supportsToolUse: false }));
		const models = [...completeRouterConfig({}).models, ...bare];
		const system = new RoutingSystem(completeRouterConfig({ models, fallbacks: { named: ['other', 'haiku'] } }));
		open.push(system);
		const needs = (model: string) => requireCapabilities(['vision', 'tools'], { model }, system.router.catalog);
		expect(needs('haiku')).toEqual({ requiredCapabilities: ['vision', 'tools'] });
		const { requiredCapabilities, unservable } = needs('named');
		expect(requiredCapabilities).toEqual(['vision']);
		const constraints = { preferredModel: 'named', requiredCapabilities };
		const called: string[] = [];
		const executor = async (model: string): Promise<void> => {
			called.push(model);
			if (model !== 'haiku') throw Object.assign(new Error('no access'), { status: 403 });
		};
		await system.executeWithRouting(TASK, executor, { constraints, unservable });
		expect(called).toEqual(['named', 'haiku']);
	});
});

it('a model that the router chose is passed over at a limit, and nobody is told of a replacement', async () => {
	const answer = await createSystem({ rules: [nothingFor('sonnet')] }).executeWithRouting(
		TASK,
		async (model, { replaced }) => `${model} ${String(replaced)}`,
	);
	expect(answer).not.toMatch(/^sonnet/);
	expect(answer).toMatch(/ undefined$/);
});

it.each([
	['refuse', 'month', 'day'],
	['local-only', 'month', 'day'],
	['refuse', 'request', 'request'],
] as const)(
	'no other model is paid for when one of two limits that are reached says %s (%s, %s)',
	async (atLimit, lax, strict) => {
		const called: string[] = [];
		const limit = (period: BudgetRule['period'], usd: number): BudgetRule => ({ scope: 'all', period, limit: usd });
		// both leave too little for opus, and enough for haiku; a request's tighter limit is the lax one
		const rules: BudgetRule[] = [
			{ ...limit(lax, 0.005), atLimit: 'downgrade' },
			{ ...limit(strict, 0.006), scope: 'key', atLimit },
		];
		const asked = createSystem({ rules }).executeWithRouting(TASK, async (model) => called.push(model), {
			...NAMED,
			attribution: { key: 'ci' },
		});
		await expect(asked).rejects.toMatchObject({ code: 'ROUTER_BUDGET_EXCEEDED' });
		expect(called).toEqual([]);
	},
);
