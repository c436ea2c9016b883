import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
	makeConfig,
	makeProfile,
	makeScored,
	makeTask,
	makeWork,
	specificationConfig,
} from '../../test/support/route-models.ts';
import type { RouterConfig, RoutingWeights, TaskConstraints, TaskDescriptor, TaskType } from '../contracts/index.ts';
import { InvalidConfigError } from '../errors/index.ts';
import {
	confidenceFromMargins,
	createPolicy,
	getLikelyTypes,
	isTypeGuessed,
	normalCdf,
	type PolicyContext,
	rankModels,
} from './policies.ts';
import { DEFAULT_WEIGHTS, normalizeWeights } from './route-settings.ts';
import { RoutingEngine } from './routing-engine.ts';
import type { ScoredModel } from './score-model.ts';

const route = (
	task: TaskDescriptor,
	config: RouterConfig = specificationConfig(),
): ReturnType<RoutingEngine['route']> => new RoutingEngine(config).route(task);
const constrained = (constraints: TaskConstraints, task = makeWork('code-generation', 'medium')): TaskDescriptor => ({
	...task,
	constraints,
});

describe('policies', () => {
	it('fixed to a retired model says what replaces it instead of calling a dead address', () => {
		const config = specificationConfig({ policy: { name: 'fixed', model: 'gemini-pro' } });
		expect(() => route(makeWork('analysis', 'medium'), config)).toThrow(/gemini-pro: retired.*use "[^"]+" instead/);
	});

	it('fixed never strays: no other model is planned unless it is configured', () => {
		const fixed = { name: 'fixed', model: 'opus' } as const;
		const decision = route(makeWork('documentation', 'simple'), specificationConfig({ policy: fixed }));
		expect(decision.fallbackChain).toEqual(['opus']);
		expect(decision.confidence).toBe(100);
		const chain = route(
			makeWork('documentation', 'simple'),
			specificationConfig({ policy: fixed, fallbacks: { opus: ['sonnet'] } }),
		);
		expect(chain.fallbackChain).toEqual(['opus', 'sonnet']);
	});

	it('cheapest-good-enough takes the cheapest whose lower bound meets the target, or says that none does', () => {
		const models = [
			makeProfile('cheap', { costPer1kInputTokens: 0.0001, costPer1kOutputTokens: 0.0001, qualityScore: 70 }),
			makeProfile('middle', { costPer1kInputTokens: 0.001, costPer1kOutputTokens: 0.001, qualityScore: 90 }),
			makeProfile('dear', { costPer1kInputTokens: 0.01, costPer1kOutputTokens: 0.01, qualityScore: 95 }),
		];
		const decide = (targetQuality: number): ReturnType<RoutingEngine['route']> =>
			route(makeTask(), makeConfig(models, { policy: { name: 'cheapest-good-enough', targetQuality } }));
		expect([60, 80, 86].map((target) => decide(target).model.name)).toEqual(['cheap', 'middle', 'dear']);
		expect(decide(99).model.name).toBe('dear');
		expect(decide(99).reasoning.join()).toMatch(/No eligible model is sure to reach the target quality 99/);
	});

	it('willingness to pay trades quality against money', () => {
		const worth = (willingnessToPay: number): string =>
			route(constrained({ willingnessToPay }, makeWork('architecture', 'complex'))).model.name;
		expect(worth(10)).toBe('opus');
		expect(worth(0)).toBe('haiku');
	});

	it.each([
		[
			{ policy: { name: 'wieghted' } },
			/policy\.name: must be one of weighted, .* not "wieghted"\. Did you mean "weighted"/,
		],
		[
			{ policy: { name: 'cheapest-good-enough', targetQuality: 120 } },
			/policy\.targetQuality: must be a number from 0 to 100, not 120/,
		],
		[
			{ policy: { name: 'fixed', model: 'opuss' } },
			/policy\.model: names a model nobody knows, "opuss"\. Did you mean "opus"/,
		],
		[{ defaultModel: 'sonet' }, /defaultModel: names a model nobody knows, "sonet"\. Did you mean "sonnet"/],
		[{ candidates: ['haikoo'] }, /candidates\[0\]: names a model nobody knows, "haikoo"/],
		[{ fallbacks: { opus: ['sonnett'] } }, /fallbacks\.opus\[0\]: names a model nobody knows, "sonnett"/],
		[{ cacheTTL: Number.NaN }, /cacheTTL: must be a number from 0 to 31536000, not NaN/],
		[
			{ fallback: { enabled: true, maxAttempts: 0, timeout: 1 } },
			/fallback\.maxAttempts: must be a whole number from 1 to 100, not 0/,
		],
	])('%j is refused at start, not at the first request', (changes, message) => {
		// callers without types write anything
		const build = (): unknown => new RoutingEngine(specificationConfig(changes as never));
		expect(build).toThrow(InvalidConfigError);
		expect(build).toThrow(message);
	});
});

const names = (models: readonly ScoredModel[]): string[] => models.map((model) => model.candidate.profile.name);
const byTotal = (model: ScoredModel): number => model.totalScore;

describe('ranking', () => {
	it('puts the highest value first', () => {
		const models = [makeScored('low', { total: 10 }), makeScored('high', { total: 90 })];
		expect(names(rankModels(models, byTotal, 'low'))).toEqual(['high', 'low']);
	});

	it('breaks ties by default model, then the cheaper, then the name, with unknown prices last', () => {
		const models = [
			makeScored('unpriced', { costNanoUsd: null }),
			makeScored('b', { costNanoUsd: 5 }),
			makeScored('a', { costNanoUsd: 5 }),
			makeScored('cheap', { costNanoUsd: 1 }),
			makeScored('usual', { costNanoUsd: 9 }),
		];
		expect(names(rankModels(models, byTotal, 'usual'))).toEqual(['usual', 'cheap', 'a', 'b', 'unpriced']);
	});

	it('noise of floating sums does not decide', () => {
		const models = [
			makeScored('noisy', { total: 0.1 + 0.2, costNanoUsd: 9 }),
			makeScored('cheap', { total: 0.3, costNanoUsd: 1 }),
		];
		expect(names(rankModels(models, byTotal, 'none'))[0]).toBe('cheap');
	});

	it('does not depend on the order the models came in', () => {
		const models = Array.from({ length: 8 }, (_, index) =>
			makeScored(`m${index}`, { total: index % 3, costNanoUsd: index % 2 }),
		);
		const expected = names(rankModels(models, byTotal, 'm4'));
		fc.assert(
			fc.property(fc.shuffledSubarray(models, { minLength: models.length }), (shuffled) => {
				expect(names(rankModels(shuffled, byTotal, 'm4'))).toEqual(expected);
			}),
		);
	});
});

describe('what a policy ranks by, how sure it is and what it says', () => {
	const context = (constraints: TaskConstraints = {}, change: Partial<PolicyContext> = {}): PolicyContext => ({
		task: makeTask({ constraints }),
		defaultModel: 'none',
		weights: DEFAULT_WEIGHTS,
		likelyTypes: [{ type: 'debugging', probability: 1 }],
		scoreAs: (model) => model,
		...change,
	});
	const money = (name: string, nanoUsd: number, laterLossNanoUsd: number, value: number): ScoredModel => {
		const model = makeScored(name, { quality: value });
		const cost = { nanoUsd, lowNanoUsd: nanoUsd, highNanoUsd: nanoUsd, laterLossNanoUsd };
		return { ...model, cost, predictedQuality: { value, low: value - 6, high: value + 6 } };
	};
	const weighted = createPolicy();

	it('quality less its price at the rate the caller gives: the loss on later turns is a part of the price', () => {
		// a point is worth a cent: 80 for 10 cents is worth 70, 90 for 19 cents 71, 90 for 21 cents 69
		const base = money('base', 100_000_000, 0, 80);
		const order = (other: ScoredModel) => names(weighted.rank([base, other], context({ willingnessToPay: 0.01 })));
		expect(order(money('other', 190_000_000, 0, 90))).toEqual(['other', 'base']);
		expect(order(money('other', 210_000_000, 0, 90))).toEqual(['base', 'other']);
		expect(order(money('other', 190_000_000, 20_000_000, 90))).toEqual(['base', 'other']);
		expect(order({ ...money('other', 0, 0, 100), cost: null })).toEqual(['base', 'other']);
		expect(weighted.explain(base, [base], context({ willingnessToPay: 0.01 }))).toEqual([
			'Ranked by quality at $0.01 a point instead of by the weighted sum',
		]);
		expect(weighted.explain(base, [base], context())).toEqual([]);
	});

	it('a large request is ranked by value, so that nobody pays for a model that another beats', () => {
		// 50,000 tokens in: 15 cents at the reference price. 17 points better for 20 cents more is 1.2 cents a point.
		const base = money('base', 100_000_000, 0, 80);
		const models = [base, { ...money('better', 300_000_000, 0, 97), totalScore: 40 }];
		const order = (task: Partial<TaskDescriptor>, weights: Partial<RoutingWeights> = {}) =>
			names(
				weighted.rank(
					models,
					context({}, { task: makeTask(task), weights: normalizeWeights({ ...DEFAULT_WEIGHTS, ...weights }) }),
				),
			)[0];
		const large = { estimatedInputTokens: 50_000, estimatedOutputTokens: 0 };
		expect(order({ ...large, complexity: 'simple' })).toBe('base');
		expect(order({ ...large, complexity: 'medium' })).toBe('better');
		expect(order({ ...large, estimatedInputTokens: 49_999, complexity: 'critical' })).toBe('base');
		const task: Partial<TaskDescriptor> = { ...large, complexity: 'medium' };
		expect(order({ ...task, constraints: { willingnessToPay: 0.001 } })).toBe('base');
		expect(order(task, { cost: 0.4 })).toBe('base');
		expect(order({ ...large, complexity: 'simple' }, { cost: 0.1 })).toBe('better');
		expect(order({ ...large, complexity: 'simple' }, { cost: 0 })).toBe('better');
		expect(order(task, { latency: 0.4 })).toBe('base');
		expect(order(task, { cost: 0, capability: 0, quality: 0 })).toBe('base');
		expect(weighted.explain(base, models, context({}, { task: makeTask(task) }))).toEqual([
			'A request of this size is ranked by quality at $0.02 a point instead of by the weighted sum',
		]);
		const weights = normalizeWeights({ ...DEFAULT_WEIGHTS, cost: 0, latency: 0 });
		expect(weighted.explain(base, models, context({}, { task: makeTask(task), weights }))).toEqual([
			'A request of this size is ranked by quality alone instead of by the weighted sum',
		]);
	});

	it('is the likelihood that the choice stays the best, over the types the task may be of', () => {
		const [a, b] = [makeScored('a', { total: 50 }), makeScored('b', { total: 46 })];
		const alone = weighted.confidence(a, [a], context({}, { likelyTypes: [] }));
		expect(alone).toBe(1);
		const expected = 1 / (1 + Math.exp(-1));
		expect(weighted.confidence(a, [a, b], context())).toBeCloseTo(expected, 12);
		const likelyTypes = [
			{ type: 'debugging' as const, probability: 0.75 },
			{ type: 'analysis' as const, probability: 0.25 },
		];
		const scoreAs: PolicyContext['scoreAs'] = (model, type) =>
			type === 'analysis' ? { ...model, totalScore: 96 - model.totalScore } : model;
		expect(weighted.confidence(a, [a, b], context({}, { likelyTypes, scoreAs }))).toBeCloseTo(
			0.75 * expected + 0.25 * (1 / (1 + Math.exp(1))),
			12,
		);
		expect(confidenceFromMargins(0, [0, 0, 0, 0])).toBe(0.25);
		expect(confidenceFromMargins(8, [8, 0], 8)).toBeCloseTo(expected, 12);
		expect(confidenceFromMargins(Number.NEGATIVE_INFINITY, [Number.NEGATIVE_INFINITY])).toBe(1);
		expect(confidenceFromMargins(0, [])).toBe(1);
	});

	it('the cheapest that is good enough: an equal bound is, later losses count, and the rest follow by their bound', () => {
		const policy = createPolicy({ name: 'cheapest-good-enough', targetQuality: 80 });
		const models = [
			money('exact', 5, 0, 86),
			money('loses later', 1, 10, 90),
			money('best of the rest', 1, 0, 85),
			money('rest', 1, 0, 70),
		];
		expect(names(policy.rank(models, context()))).toEqual(['exact', 'loses later', 'best of the rest', 'rest']);
		expect([policy.name, policy.version, createPolicy({ name: 'fixed', model: 'a' }).version]).toEqual([
			'cheapest-good-enough',
			'2:80',
			'1',
		]);
		const [exact, , nearest] = models;
		if (exact === undefined || nearest === undefined) throw new Error('no models');
		expect(policy.explain(exact, models, context())).toEqual(['Quality of at least 80 expected, the target is 80']);
		const low = { ...nearest, predictedQuality: { value: 70, low: 64.26, high: 76 } };
		expect(policy.explain(low, models, context())[0]).toMatch(/target quality 80; this one comes nearest \(64\.3\)/);
	});

	it('the cheapest that is good enough is never one that another beats in both: a wider interval alone costs no money', () => {
		const policy = createPolicy({ name: 'cheapest-good-enough', targetQuality: 80 });
		const known = { ...money('known', 5, 0, 84), predictedQuality: { value: 84, low: 82, high: 86 } };
		const better = { ...money('better', 3, 0, 88), predictedQuality: { value: 88, low: 79, high: 97 } };
		expect(names(policy.rank([known, better], context()))).toEqual(['better', 'known']);
		const unpriced = { ...money('unpriced', 0, 0, 95), cost: null };
		expect(names(policy.rank([known, unpriced], context()))).toEqual(['known', 'unpriced']);
	});

	it('utility takes what quality is left when the bill is paid, so that a point never costs more than it is worth', () => {
		const models = [money('cheap', 1e9, 0, 70), money('middle', 2e9, 0, 80), money('dear', 12e9, 0, 84)];
		const best = (pointWorthUsd: number, constraints: TaskConstraints = {}) =>
			names(createPolicy({ name: 'utility', pointWorthUsd }).rank(models, context(constraints)))[0];
		expect([0, 0.05, 0.2, 5].map((worth) => best(worth))).toEqual(['cheap', 'cheap', 'middle', 'dear']);
		expect(best(5, { willingnessToPay: 0.2 })).toBe('middle');
		const left = [money('leaves', 1e9, 5e9, 80), money('holder', 2e9, 0, 80)];
		const policy = createPolicy({ name: 'utility', pointWorthUsd: 1 });
		expect(names(policy.rank(left, context()))).toEqual(['holder', 'leaves']);
		expect(policy.explain(left[0] as ScoredModel, left, context())).toEqual(['Ranked by quality at $1.00 a point']);
	});

	it('fitted weights rank in the place of the configured ones, and a mistake in them is named by its place', () => {
		const models = [
			makeProfile('cheap', { costPer1kInputTokens: 0.0001, costPer1kOutputTokens: 0.0001, qualityScore: 70 }),
			makeProfile('dear', { costPer1kInputTokens: 0.01, costPer1kOutputTokens: 0.01, qualityScore: 95 }),
		];
		const decide = (weights: RoutingWeights) =>
			route(makeTask(), makeConfig(models, { policy: { name: 'learned', version: 3, weights } }));
		const none = { capability: 0, cost: 0, latency: 0, quality: 0, historical: 0 };
		expect(decide({ ...none, cost: 1 }).model.name).toBe('cheap');
		const decision = decide({ ...none, quality: 1 });
		expect(decision.model.name).toBe('dear');
		expect(decision.policy).toMatchObject({ name: 'learned', version: '3' });
		expect(decision.policy.hash).not.toBe(decide({ ...none, cost: 1 }).policy.hash);
		expect(() => decide(none)).toThrow(/policy\.weights/);
	});

	it('its likelihood: the choice meets the target and nothing cheaper does', () => {
		const policy = createPolicy({ name: 'cheapest-good-enough', targetQuality: 80 });
		const chance = (value: number) => normalCdf((value - 80) / (12 / (2 * 1.2816)));
		const [cheap, equal, chosen] = [money('cheap', 1, 0, 78), money('equal', 5, 0, 99), money('chosen', 3, 2, 90)];
		const unpriced = { ...money('unpriced', 0, 0, 99), cost: null };
		expect(policy.confidence(chosen, [chosen], context())).toBe(1);
		expect(policy.confidence(chosen, [chosen, equal, unpriced], context())).toBeCloseTo(chance(90), 12);
		expect(policy.confidence(chosen, [chosen, cheap], context())).toBeCloseTo(chance(90) * (1 - chance(78)), 12);
		const certain = { ...chosen, predictedQuality: { value: 81, low: 81, high: 81 } };
		expect(policy.confidence(certain, [certain, equal], context())).toBeCloseTo(normalCdf(1 / 0.1), 12);
		expect([normalCdf(0), normalCdf(1), normalCdf(-1)].map((value) => value.toFixed(3))).toEqual([
			'0.500',
			'0.841',
			'0.159',
		]);
	});

	it('and falls with the confidence in the type: what is not known of the task is not known of the choice', () => {
		const [a, b] = [makeScored('a', { total: 50 }), makeScored('b', { total: 40 })];
		const good = createPolicy({ name: 'cheapest-good-enough', targetQuality: 60 });
		for (const policy of [weighted, good]) {
			const confidences = [1, 0.6, 0.2].map((probability) =>
				policy.confidence(a, [a, b], context({}, { likelyTypes: [{ type: 'debugging', probability }] })),
			);
			expect(confidences).toEqual(confidences.toSorted((x, y) => y - x));
			expect(confidences[2]).toBeLessThan((confidences[0] ?? 0) - 0.2);
			expect(confidences[2]).toBeGreaterThan(0.5);
		}
	});

	it('the types a task may be of are its own and those from a tenth on, in whole percents', () => {
		const likely = (given: object) =>
			getLikelyTypes(makeTask({ typeProbabilities: given as Record<TaskType, number> }))
				.map(({ type, probability }) => `${type} ${probability.toFixed(9)}`)
				.toSorted();
		const given = { 'code-generation': 0.01, debugging: 0.601, analysis: 0.2, creative: 0.0949, testing: 0.1 };
		expect(likely(given)).toEqual([
			'analysis 0.200000000',
			'code-generation 0.010000000',
			'debugging 0.600000000',
			'testing 0.100000000',
		]);
		expect(likely({})).toEqual(['code-generation 1.000000000']);
	});

	it('a type is a guess below 40 %, and where a word or two say nothing of it, however sure a model is of such words', () => {
		const given = (
			probability: number,
			task = 'Fix the login bug in the app',
			features: TaskDescriptor['features'] = [],
		) =>
			isTypeGuessed(
				makeTask({ task, features, typeProbabilities: { 'code-generation': probability } as Record<TaskType, number> }),
			);
		expect([0.39, 0.4].map((probability) => given(probability))).toEqual([true, false]);
		expect(['hi', 'help me', 'hi there you', '12345678901234567890 12345'].map((text) => given(0.9, text))).toEqual([
			true,
			true,
			false,
			false,
		]);
		expect(given(0.9, 'hola', [{ name: 'hola', target: 'type:simple-task', weight: 3 }])).toBe(false);
		expect(given(0.9, 'hi', [{ name: 'hi', target: 'type:simple-task', weight: 1.559 }])).toBe(true);
		// one word to who counts spaces
		expect(given(0.9, '登录页面的错误怎么修复')).toBe(false);
		expect(given(0.9, '好')).toBe(true);
		expect(given(0.9, 'hi now', [{ name: 'now', target: 'urgency', weight: 1 }])).toBe(true);
		expect(isTypeGuessed(makeTask({ task: 'hi', features: [] }))).toBe(false);
	});

	it('fixed says so, and keeps the order of what is left', () => {
		const fixed = createPolicy({ name: 'fixed', model: 'a' });
		const models = [makeScored('b', { total: 1 }), makeScored('a', { total: 9 })];
		expect([fixed.name, fixed.only, names(fixed.rank(models, context()))]).toEqual(['fixed', 'a', ['b', 'a']]);
		const [any] = models;
		if (any !== undefined) expect(fixed.explain(any, models, context())).toEqual(['The policy is fixed to a']);
	});
});
