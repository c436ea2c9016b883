import { describe, expect, it } from 'vitest';
import { makeProfile, makeTask } from '../../test/support/route-models.ts';
import type { RouterConfig } from '../contracts/index.ts';
import { PerformanceTracker } from '../learn/index.ts';
import { completeRouterConfig } from '../system/index.ts';
import { createSeededRandom } from '../util/index.ts';
import { RoutingEngine } from './routing-engine.ts';
import { STAND_DOWN_REASON } from './stand-down.ts';

const NOW = Date.UTC(2026, 10, 24);
const clock = { now: () => NOW, monotonic: () => 0 };

/** Chosen for its strengths alone. */
const weights = { capability: 1, cost: 0, latency: 0, quality: 0, historical: 0 };
/** `usual` is made for the work and chosen; `single` costs as much and is as good by the catalog. */
const models = [
	makeProfile('usual', { strengths: ['debugging', 'testing', 'analysis'], qualityScore: 85 }),
	makeProfile('single', { strengths: [], qualityScore: 85 }),
];

function createEngine(
	learning: RouterConfig['learning'],
	{ usual, single, random }: { usual: number; single: number; random?: () => number },
): { engine: RoutingEngine; route: (workload?: string) => ReturnType<RoutingEngine['route']> } {
	const history = new PerformanceTracker({ clock, quality: () => 85 });
	const seen = {
		complexity: 'medium',
		success: true,
		costUsd: 0,
		latencyMs: 1,
		inputTokens: 1,
		outputTokens: 1,
		at: NOW,
	} as const;
	for (const taskType of ['debugging', 'testing', 'analysis'] as const)
		for (let index = 0; index < 15; index += 1)
			for (const [model, quality] of [
				['usual', usual],
				['single', single],
			] as const)
				history.observe({ ...seen, taskType, model, quality, workload: 'nightly' });
	const config = completeRouterConfig({
		models,
		candidates: ['usual', 'single'],
		defaultModel: 'usual',
		weights,
		learning: learning ?? {},
	});
	const engine = new RoutingEngine(config, { history, clock, random: random ?? createSeededRandom(1) });
	return { engine, route: (workload) => engine.route(makeTask({ type: 'debugging', ...(workload && { workload }) })) };
}

describe('a workload in which a single model is better than routing, for no more money', () => {
	const routeMany = (learning: RouterConfig['learning'], qualities: { usual: number; single: number }) => {
		const { route } = createEngine(learning, qualities);
		return Array.from({ length: 200 }, () => route('nightly'));
	};

	it('goes to that model, which the decision says, and is routed again now and then', () => {
		const decisions = routeMany({}, { usual: 80, single: 88 });
		expect(decisions[0]?.model.name).toBe('usual');
		const last = decisions.slice(-100);
		const standing = last.filter(({ model }) => model.name === 'single');
		// 95 of 100 on average
		expect(standing.length).toBeGreaterThan(88);
		expect(standing.length).toBeLessThan(100);
		const propensities = { single: 0.95, usual: 0.05 };
		expect(standing[0]).toMatchObject({ propensity: 0.95, propensityKind: 'exact', chance: { propensities } });
		expect(standing[0]?.policy).toMatchObject({ name: 'stand-down', version: '1' });
		expect(standing[0]?.reasoning.at(-1)).toMatch(
			/^Routing stands down for single: in this workload it is \d+\.\d points better than routing at 100% of its cost, by 15 outcomes$/,
		);
		const retried = last.filter(({ model }) => model.name === 'usual');
		expect(retried[0]?.policy.name).toBe('weighted');
		expect(retried[0]).toMatchObject({ propensity: 0.05, propensityKind: 'exact', chance: { propensities } });
		expect(retried[0]?.chance?.draw).toBeLessThan(0.05);
		expect(retried[0]?.reasoning.at(-1)).toMatch(/^Routed to see whether that is still worse than always single/);
	});

	it('is only told of it where that is asked for, and not even that where it is off', () => {
		const told = routeMany({ standDown: 'report' }, { usual: 80, single: 88 }).at(-1);
		expect(told?.model.name).toBe('usual');
		expect(told?.reasoning.at(-1)).toMatch(/^Always single would be better/);
		// what reports find it by
		expect(told?.reasoning.at(-1)).toContain(STAND_DOWN_REASON);
		const off = routeMany({ standDown: 'off' }, { usual: 80, single: 88 }).at(-1);
		expect(off?.reasoning.join()).not.toMatch(/single would|stands down/);
	});

	it('stays with routing where that is better, or nearly as good', () => {
		for (const qualities of [
			{ usual: 88, single: 80 },
			{ usual: 85, single: 85.5 },
		])
			expect(routeMany({}, qualities).every(({ model }) => model.name === 'usual')).toBe(true);
	});

	it('leaves other workloads alone, and whoever names a model', () => {
		const { engine, route } = createEngine({}, { usual: 80, single: 88 });
		for (let index = 0; index < 100; index += 1) route('nightly');
		expect(route('chat').policy.name).toBe('weighted');
		expect(route().policy.name).toBe('weighted');
		const constraints = { preferredModel: 'usual' };
		expect(engine.route(makeTask({ type: 'debugging', workload: 'nightly', constraints })).model.name).toBe('usual');
	});
});

describe('models that are nearly tied with the choice are tried', () => {
	const exploring = (changes: object, random: () => number) =>
		createEngine(
			{ exploration: { share: 0.1, dailyCost: 10, dailyPoints: 1000, ...changes } },
			{ usual: 85, single: 85, random },
		);
	const tied = [makeProfile('one', { qualityScore: 85 }), makeProfile('two', { qualityScore: 84 })];
	const createTied = (exploration: object, random: () => number, now = { at: NOW }) => {
		const config = completeRouterConfig({
			models: tied,
			candidates: ['one', 'two'],
			defaultModel: 'one',
			learning: { exploration },
		});
		const history = new PerformanceTracker({ clock, quality: () => 85 });
		return new RoutingEngine(config, { history, clock: { now: () => now.at, monotonic: () => 0 }, random });
	};
	const ON = { share: 0.1, dailyCost: 10, dailyPoints: 1000 };

	it('only where that is asked for, as often as that, with the probability in the decision', () => {
		let draws = 0;
		const random = () => {
			draws += 1;
			return (draws % 100) / 100;
		};
		const engine = createTied(ON, random);
		const decisions = Array.from({ length: 1000 }, () => engine.route(makeTask()));
		const tried = decisions.filter(({ model }) => model.name === 'two');
		expect(tried).toHaveLength(100);
		expect(tried[0]).toMatchObject({ propensity: 0.1, propensityKind: 'exact' });
		expect(tried[0]?.chance).toEqual({ propensities: { one: 0.9, two: 0.1 }, draw: 0.01 });
		expect(tried[0]?.reasoning.at(-1)).toBe('Tried in place of one, as they are nearly tied');
		expect(decisions.find(({ model }) => model.name === 'one')).toMatchObject({
			propensity: 0.9,
			propensityKind: 'exact',
		});
		const off = createTied({}, random);
		expect(off.route(makeTask())).toMatchObject({ propensity: 1, propensityKind: 'deterministic' });
	});

	it('no further than the day’s budget of quality goes, which is there again the next day', () => {
		const now = { at: NOW };
		const engine = createTied({ ...ON, share: 0.5, dailyPoints: 10 }, () => 0, now);
		const countTried = () =>
			Array.from({ length: 100 }, () => engine.route(makeTask())).filter(({ model }) => model.name === 'two').length;
		expect(countTried()).toBe(10);
		expect(engine.route(makeTask())).toMatchObject({ propensity: 1, propensityKind: 'deterministic' });
		now.at += 86_400_000;
		expect(countTried()).toBe(10);
	});

	it('however far behind, where each is to be tried with a probability of its own, which the log is then worth something by', () => {
		const behind = [...tied, makeProfile('far', { qualityScore: 40 })];
		const learning = { exploration: { ...ON, floor: 0.05 } };
		const names = behind.map(({ name }) => name);
		const config = completeRouterConfig({ models: behind, candidates: names, defaultModel: 'one', learning });
		const history = new PerformanceTracker({ clock, quality: () => 85 });
		const engine = new RoutingEngine(config, { history, clock, random: createSeededRandom(4) });
		const decisions = Array.from({ length: 1000 }, () => engine.route(makeTask()));
		const tried = decisions.filter(({ model }) => model.name === 'far');
		expect(tried[0]?.reasoning.at(-1)).toBe('Tried in place of one, to see what it is worth');
		expect(tried[0]?.chance?.propensities['far']).toBe(0.05);
		expect(tried[0]?.chance?.propensities['two']).toBeCloseTo(0.15, 12);
		// 45 points a time: the day's thousand allow 22 at most, and then it is not tried any more
		expect(tried.length).toBeGreaterThan(15);
		expect(tried.length).toBeLessThanOrEqual(22);
		expect(decisions.at(-1)?.chance?.propensities ?? {}).not.toHaveProperty('far');
	});

	it('never for a critical task, one with a cached prefix, or one that names a model', () => {
		const engine = createTied({ ...ON, share: 0.5 }, () => 0);
		expect(engine.route(makeTask()).model.name).toBe('two');
		for (const change of [
			{ complexity: 'critical' as const },
			{ cachedPrefix: { model: 'one', tokens: 10_000 } },
			{ constraints: { preferredModel: 'one' } },
		])
			expect(engine.route(makeTask(change)).model.name).toBe('one');
	});

	it('never a model that is surely worse, or far behind in the sum', () => {
		expect(exploring({}, () => 0).route().model.name).toBe('usual');
	});
});
