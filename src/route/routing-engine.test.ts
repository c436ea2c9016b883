import { describe, expect, it } from 'vitest';
import {
	defaultConfig,
	makeConfig,
	makeProfile,
	makeTask,
	makeWork,
	specificationConfig,
} from '../../test/support/route-models.ts';
import type { RouterConfig, TaskDescriptor } from '../contracts/index.ts';
import { DEFAULT_WEIGHTS } from './route-settings.ts';
import { RoutingEngine } from './routing-engine.ts';

const route = (
	task: TaskDescriptor,
	config: RouterConfig = specificationConfig(),
): ReturnType<RoutingEngine['route']> => new RoutingEngine(config).route(task);

describe('the routes the specification promises, and their kin', () => {
	it.each([
		['documentation', 'simple', 300, 'haiku'],
		['documentation', 'simple', 1200, 'haiku'],
		['architecture', 'complex', 3000, 'opus'],
		['architecture', 'critical', 4000, 'opus'],
		['code-generation', 'medium', 1500, 'sonnet'],
		['debugging', 'medium', 1500, 'sonnet'],
		['debugging', 'complex', 2500, 'sonnet'],
	] as const)('%s, %s, %d tokens out → %s', (type, complexity, out, model) => {
		const { name, standsFor = [] } = route(makeWork(type, complexity, out), defaultConfig()).model;
		expect([name, ...standsFor]).toContain(model);
	});

	it('a dearer model is never chosen because cost was made more important', () => {
		for (const type of ['code-generation', 'architecture', 'analysis', 'documentation'] as const)
			for (const complexity of ['simple', 'medium', 'complex', 'critical'] as const) {
				const before = route(makeWork(type, complexity), defaultConfig());
				const after = route(makeWork(type, complexity), defaultConfig({ weights: { ...DEFAULT_WEIGHTS, cost: 0.4 } }));
				expect(after.estimatedCost).toBeLessThanOrEqual(before.estimatedCost);
			}
	});

	it('a decision has everything a caller was promised', () => {
		const decision = route(makeWork('code-generation', 'medium'));
		expect(decision).toMatchObject({ cached: false, propensity: 1, policy: { name: 'weighted', version: '2' } });
		expect(String(decision.model)).toBe('sonnet');
		expect(decision.estimatedLatency).toBe(decision.estimatedLatencyMs);
		expect(decision.estimatedCompletionMs).toBeGreaterThan(0);
		expect(decision.estimatedCost).toBeCloseTo((850 * 3 + 1500 * 15) / 1e6, 6);
		expect(decision.estimatedCostRange.low).toBeCloseTo(decision.estimatedCost / 2, 6);
		expect(decision.fallbackChain[0]).toBe('sonnet');
		expect(decision.fallbackChain.length).toBeLessThanOrEqual(3);
		expect(decision.confidence).toBeGreaterThan(0);
		expect(decision.confidence).toBeLessThanOrEqual(100);
		expect(decision.reasoning).toContain('Strong capability match for code-generation tasks');
		expect(decision.reasoning).toContain('Cost-efficient option');
		expect(decision.alternatives.map((entry) => entry.reason)).toContainEqual(
			expect.stringMatching(/^High quality score \(\d+\)$/),
		);
	});

	it('a model that is gone does not compete: its successor does, for the same kinds of work, and the decision says for whom', () => {
		const catalog = new RoutingEngine(defaultConfig()).catalog;
		const { exclusions, scores } = route(makeWork('documentation', 'simple'), defaultConfig());
		expect(exclusions).toEqual([]);
		const race = Object.fromEntries(scores.map(({ model }) => [model.name, model.standsFor?.join() ?? '']));
		expect(race).toEqual({
			opus: '',
			haiku: '',
			'claude-sonnet-5-5': 'sonnet',
			'gpt-6.1-sol': 'gpt-4',
			'gpt-6.1-terra': 'gpt-3.5',
			'gemini-3.1-pro-preview': 'gemini-pro',
			'gemini-3.8-flash': 'gemini-flash',
		});
		for (const { model } of scores)
			for (const name of model.standsFor ?? []) expect(model.strengths).toEqual(catalog.get(name).strengths);
		const decision = route(makeWork('code-generation', 'medium'), defaultConfig());
		expect(decision.reasoning).toContain('Competes in the place of sonnet (retires on 2026-11-30)');
		const chain = defaultConfig({ fallbacks: { sonnet: ['haiku'] }, defaultModel: 'gpt-4' });
		expect(route(makeWork('code-generation', 'medium'), chain).fallbackChain).toEqual(['claude-sonnet-5-5', 'haiku']);
		const none = defaultConfig({ fallbacks: { sonnet: [] }, defaultModel: 'gpt-4' });
		expect(route(makeWork('code-generation', 'medium'), none).fallbackChain).toEqual(['claude-sonnet-5-5']);
	});

	it('who names a model that is gone is told so, and gets no other in its name', () => {
		const named = makeTask({ constraints: { preferredModel: 'gpt-4', allowedModels: ['gpt-4'] } });
		expect(() => route(named, defaultConfig())).toThrow(/gpt-4: retired since 2026-10-23.*use "gpt-5.6-sol" instead/);
	});
});

describe('the life of a model', () => {
	const DAY_MS = 86_400_000;
	const LAST_DAY = Date.UTC(2026, 10, 30);
	const old = makeProfile('old', {
		qualityScore: 99,
		lifecycle: { state: 'deprecated', retiresOn: '2026-11-30', replacedBy: 'new' },
	});
	const config = makeConfig(
		[old, makeProfile('new', { qualityScore: 95 }), makeProfile('weak', { qualityScore: 20 })],
		{
			candidates: ['old', 'weak'],
			defaultModel: 'old',
		},
	);
	const routerAt = (time: { now: number }) =>
		new RoutingEngine(config, { clock: { now: () => time.now, monotonic: () => 0 } });

	it('an announced retirement comes on its day: the model is not asked any more, its successor is, without a release', () => {
		const time = { now: LAST_DAY - 1 };
		const router = routerAt(time);
		expect(router.route(makeTask()).model.name).toBe('old');
		time.now = LAST_DAY;
		const after = router.route(makeTask());
		expect(after.cached).toBe(false);
		expect(after.model.name).toBe('new');
		expect(after.exclusions).toContainEqual(
			expect.objectContaining({
				model: 'old',
				reason: 'retired',
				message: 'retired since 2026-11-30, its provider no longer serves it; use "new" instead',
			}),
		);
	});

	it('a clock that goes back finds the model alive again', () => {
		const time = { now: LAST_DAY + DAY_MS };
		const router = routerAt(time);
		expect(router.route(makeTask()).model.name).toBe('new');
		time.now = LAST_DAY - DAY_MS;
		expect(router.route(makeTask()).model.name).toBe('old');
	});
});

describe('fallback chain', () => {
	it('follows the configured chain with eligible models only, and says why one was left out', () => {
		const models = [makeProfile('a', { qualityScore: 99 }), makeProfile('b'), makeProfile('c')];
		const old = makeProfile('old', { lifecycle: { state: 'retired', replacedBy: 'c' } });
		const config = makeConfig([...models, old], {
			fallbacks: { a: ['old', 'c'] },
		});
		expect(route(makeTask(), config)).toMatchObject({
			fallbackChain: ['a', 'c'],
			exclusions: [{ model: 'old', message: 'retired, its provider no longer serves it; use "c" instead' }],
		});
	});

	it('survives the outage of the chosen provider, by successors of retired models where need be', () => {
		const { fallbackChain } = route(makeWork('code-generation', 'medium'), defaultConfig());
		const catalog = new RoutingEngine(defaultConfig()).catalog;
		expect(new Set(fallbackChain.map((name) => catalog.get(name).provider)).size).toBeGreaterThan(1);
		expect(fallbackChain.every((name) => catalog.get(name).lifecycle?.state !== 'retired')).toBe(true);
	});

	it('is the chosen model alone when fallback is off', () => {
		const config = specificationConfig({ fallback: { enabled: false, maxAttempts: 3, timeout: 1 } });
		expect(route(makeWork('code-generation', 'medium'), config).fallbackChain).toEqual(['sonnet']);
	});
});

/** Edits every member, however deep, but the profiles, which are the catalog's own. */
function editAll(value: object): void {
	for (const [name, member] of Object.entries(value)) {
		if (typeof member !== 'object' || member === null) Reflect.set(value, name, 'edited');
		else if (name !== 'model') editAll(member);
	}
	if (Array.isArray(value)) value.push('edited');
}

describe('cache, counts, and what changes them', () => {
	it('the same task is answered from the cache with a new id, and an edited decision does not reach the next caller', () => {
		let now = 1000;
		const ids = [1, 2, 3];
		const clock = { now: () => now, monotonic: () => now };
		const router = new RoutingEngine(specificationConfig(), { clock, ids: { next: () => `id-${ids.shift()}` } });
		const first = router.route(makeTask());
		first.reasoning.length = 0;
		now += 3_599_000;
		const second = router.route(makeTask({ task: 'other words' }));
		expect(second).toMatchObject({ cached: true, id: 'id-2', descriptor: { task: 'other words' } });
		expect(second.timestamp.getTime()).toBe(3_600_000);
		expect(second.reasoning.length).toBeGreaterThan(0);
		now += 2000;
		expect(router.route(makeTask()).cached).toBe(false);
	});

	it('whatever a caller edits in its decision, the next one gets the decision as it was made', () => {
		const router = new RoutingEngine(specificationConfig());
		const task = () => makeTask({ constraints: { excludedModels: ['haiku'] } });
		router.route(task());
		const intact = structuredClone(router.route(task()));
		const edited = router.route(task());
		for (const list of [edited.exclusions, edited.alternatives, edited.scores, edited.fallbackChain, edited.reasoning])
			expect(list.length).toBeGreaterThan(0);
		const { model: _model, descriptor: _descriptor, timestamp: _timestamp, ...lists } = edited;
		editAll(lists);
		const next = router.route(task());
		const fresh = { id: next.id, timestamp: next.timestamp, decisionTimeMs: next.decisionTimeMs };
		expect(structuredClone(next)).toEqual({ ...intact, ...fresh });
	});

	it('a corrected estimate decides anew: a model that turned out dear is not chosen for an hour more', () => {
		const correction = { revision: 1, factors: () => null };
		const router = new RoutingEngine(specificationConfig(), { correction });
		router.route(makeTask());
		expect(router.route(makeTask()).cached).toBe(true);
		correction.revision = 2;
		expect(router.route(makeTask()).cached).toBe(false);
	});

	it('new evidence, a changed model or a cleared cache decide anew', () => {
		const history = {
			revision: 1,
			score: 50,
			historicalScore(model: string) {
				return model === 'opus'
					? { score: this.score, sampleSize: 50, quality: null }
					: { score: 0, sampleSize: 50, quality: null };
			},
		};
		const router = new RoutingEngine(specificationConfig(), { history });
		router.route(makeTask());
		expect(router.route(makeTask()).cached).toBe(true);
		history.revision = 2;
		history.score = 100;
		const taught = router.route(makeTask());
		expect(taught).toMatchObject({ cached: false, model: { name: 'opus' } });
		expect(taught.reasoning).toContain('Strong historical performance on similar tasks');
		router.updateModel('opus', { qualityScore: 20 });
		expect(router.route(makeTask()).cached).toBe(false);
		expect(router.getModel('opus')?.qualityScore).toBe(20);
		router.clearCache();
		expect(router.route(makeTask()).cached).toBe(false);
	});

	it('counts what was decided, for the statistics', () => {
		const router = new RoutingEngine(specificationConfig());
		router.route(makeTask());
		router.route(makeTask());
		router.route(makeWork('documentation', 'simple'));
		const seen = router.statistics();
		expect(seen).toMatchObject({ totalDecisions: 3, cacheHits: 1 });
		expect(seen.totalDecisionTimeMs).toBeGreaterThan(0);
		expect(seen.counts).toContainEqual(
			expect.objectContaining({
				model: 'haiku',
				taskType: 'documentation',
				complexity: 'simple',
				count: 1,
				cachedCount: 0,
			}),
		);
		router.resetStatistics();
		expect(router.statistics()).toEqual({
			totalDecisions: 0,
			cacheHits: 0,
			totalDecisionTimeMs: 0,
			counts: [],
		});
	});

	it('learning switched off leaves history out', () => {
		const history = { revision: 1, historicalScore: () => ({ score: 100, sampleSize: 9, quality: null }) };
		const decision = new RoutingEngine(specificationConfig({ enableLearning: false }), { history }).route(makeTask());
		expect(decision.scores.every((score) => score.scores.historicalPerformance === 50)).toBe(true);
	});
});
