import { describe, expect, it } from 'vitest';
import { makeFacts, makeProfile, makeTask, makeWork, specificationConfig } from '../../test/support/route-models.ts';
import { DEFAULT_MODEL_PROFILES } from '../catalog/index.ts';
import type { RouterConfig, TaskDescriptor, TaskType } from '../contracts/index.ts';
import { RoutingEngine } from './routing-engine.ts';
import {
	estimateModel,
	NEUTRAL_HISTORY,
	predictQuality,
	scoreCapability,
	scoreModel,
	scoreQuality,
	valueCachedPrefix,
} from './score-model.ts';

it('what judgements say of a model is added to the catalog’s figure', () => {
	const [profile] = DEFAULT_MODEL_PROFILES;
	if (profile === undefined) throw new Error('the catalog is empty');
	const history = { score: 60, sampleSize: 101, quality: { shift: -12, doubt: 0.5, outcomes: 7 } };
	expect(predictQuality(profile, 'debugging', { quality: 90, history })).toMatchObject({ value: 78, outcomes: 7 });
});

const route = (
	task: TaskDescriptor,
	config: RouterConfig = specificationConfig(),
): ReturnType<RoutingEngine['route']> => new RoutingEngine(config).route(task);

describe('a cached prefix', () => {
	const task = makeWork('code-generation', 'medium');
	const prefix = { model: 'opus', tokens: 100_000, expectedTurns: 5 };

	it('keeps a long conversation where it is when leaving costs more', () => {
		expect(route(task).model.name).toBe('sonnet');
		const decision = route({ ...task, cachedPrefix: { ...prefix, model: 'sonnet' } });
		expect(decision.model.name).toBe('sonnet');
		expect(decision.reasoning.join()).toMatch(
			/Staying on sonnet saves \$1\.35 on 100000 cached tokens over 5 expected turns/,
		);
		expect(decision.estimatedCost).toBeCloseTo((100_000 * 0.3 + 1500 * 15) / 1e6, 4);
	});

	it('makes every other model pay the whole prefix and the lost discount in its cost score', () => {
		const costOf = (changes: Partial<TaskDescriptor>, model: string): number =>
			route({ ...task, ...changes }).scores.find((score) => score.model.name === model)?.scores.costEfficiency ??
			Number.NaN;
		const short = costOf({ cachedPrefix: { ...prefix, expectedTurns: 1 } }, 'sonnet');
		expect(costOf({ cachedPrefix: prefix }, 'sonnet')).toBeLessThan(short);
		expect(costOf({ cachedPrefix: prefix }, 'opus')).toBeGreaterThan(costOf({ estimatedInputTokens: 100_000 }, 'opus'));
	});

	it('with reasoning only one model can read: no other may continue it', () => {
		const decision = route({ ...task, cachedPrefix: { ...prefix, boundToModel: true } });
		expect(decision.model.name).toBe('opus');
		expect(decision.fallbackChain).toEqual(['opus']);
		expect(decision.exclusions).toContainEqual(expect.objectContaining({ model: 'sonnet', reason: 'bound-reasoning' }));
	});
});

/** $3 and $15 per million tokens, $0.30 from the cache; 2 s to the first token, 70 tokens a second. */
const pricing = { input: 3_000_000, output: 15_000_000, cacheRead: 300_000, source: 'test', asOf: '2026-11-24' };
const priced = (change: Parameters<typeof makeProfile>[1] = {}) => ({
	...makeFacts(makeProfile('a', change)),
	pricing,
});

describe('what a request is expected to cost and take', () => {
	const candidate = priced();
	const expected = (task: Partial<TaskDescriptor> = {}, options: Partial<Parameters<typeof estimateModel>[2]> = {}) =>
		estimateModel(candidate, makeTask(task), { prefix: null, ...options });

	it('its tokens at the day’s prices, between half and one and a half of them where no interval is given', () => {
		expect(expected({ estimatedInputTokens: 1001, estimatedOutputTokens: 101 }).cost).toEqual({
			nanoUsd: 1001 * 3000 + 101 * 15_000,
			lowNanoUsd: 500 * 3000 + 50 * 15_000,
			highNanoUsd: 1502 * 3000 + 152 * 15_000,
			laterLossNanoUsd: 0,
		});
		const interval = expected({
			estimatedInputTokens: 100,
			estimatedOutputTokens: 10,
			inputTokensInterval: { low: 90, high: 300 },
			outputTokensInterval: { low: 20, high: 5 },
		}).cost;
		// an interval always holds the estimate
		expect(interval).toMatchObject({ lowNanoUsd: 90 * 3000 + 10 * 15_000, highNanoUsd: 300 * 3000 + 10 * 15_000 });
	});

	it('corrected by what was seen of the model on the type of task', () => {
		const factor = (value: number) => ({ factor: value, low: value / 2, high: value * 2 });
		const asked: string[] = [];
		const correction = {
			revision: 1,
			factors: (model: string, type: TaskType) => {
				asked.push(`${model} ${type}`);
				return { cost: factor(2), latency: factor(3), completion: factor(0.5) } as never;
			},
		};
		const task = { estimatedInputTokens: 1000, estimatedOutputTokens: 700 };
		const plain = expected(task);
		const corrected = expected(task, { correction });
		expect(plain).toMatchObject({ latencyMs: 2000, completionMs: 2000 + 10_000 });
		expect(corrected).toMatchObject({ latencyMs: 6000, completionMs: 6000 });
		expect(corrected.cost).toMatchObject({
			nanoUsd: (plain.cost?.nanoUsd ?? 0) * 2,
			lowNanoUsd: plain.cost?.lowNanoUsd,
			highNanoUsd: (plain.cost?.highNanoUsd ?? 0) * 4,
		});
		expect(asked).toEqual(['a code-generation']);
		expect(expected(task, { correction: { revision: 1, factors: () => null } })).toEqual(plain);
		expect(expected(task, { correction: { revision: 1, factors: () => ({}) as never } })).toEqual(plain);
	});

	it('a prefix that the holder reads from its cache, and what leaving it gives up later', () => {
		const prefix = (change: object = {}) => ({ model: 'a', tokens: 10_000, expectedTurns: 4, ...change });
		const value = valueCachedPrefix(prefix(), priced(), 12_000);
		expect(value).toEqual({ model: 'a', tokens: 10_000, turns: 4, isBound: false, discountNanoUsd: 10_000 * 2700 });
		const task = { estimatedInputTokens: 12_000, estimatedOutputTokens: 0, cachedPrefix: prefix() };
		expect(expected(task, { prefix: value }).cost).toMatchObject({
			nanoUsd: 12_000 * 3000 - 10_000 * 2700,
			laterLossNanoUsd: 0,
		});
		const elsewhere = { ...value, model: 'other' };
		expect(expected(task, { prefix: elsewhere }).cost).toMatchObject({
			nanoUsd: 12_000 * 3000,
			laterLossNanoUsd: 3 * 10_000 * 2700,
		});
		// a prefix is a part of the request, whatever the text alone was estimated at
		expect(expected({ ...task, estimatedInputTokens: 5 }, { prefix: elsewhere }).cost?.nanoUsd).toBe(10_000 * 3000);
		expect(valueCachedPrefix(prefix({ expectedTurns: 0, boundToModel: true }), null, 5)).toEqual({
			model: 'a',
			tokens: 10_000,
			turns: 1,
			isBound: true,
			discountNanoUsd: 0,
		});
		expect(valueCachedPrefix(prefix({ expectedTurns: undefined }), makeFacts(makeProfile('b')), 5)).toMatchObject({
			model: 'b',
			turns: 1,
			discountNanoUsd: 0,
		});
		// dearer to read from the cache than anew: no discount
		const dear = { ...priced(), pricing: { ...pricing, cacheRead: 4_000_000 } };
		expect(valueCachedPrefix(prefix(), dear, 12_000).discountNanoUsd).toBe(0);
	});
});

describe('the factors are 50 at what such a task usually costs and takes', () => {
	const weights = { capability: 0.2, cost: 0.2, latency: 0.2, quality: 0.2, historical: 0.2 };
	const score = (task: Partial<TaskDescriptor>, change: object = {}) => {
		const described = makeTask(task);
		const estimate = { ...estimateModel(priced(), described, { prefix: null }), ...change };
		return scoreModel(estimate, described, { weights, history: NEUTRAL_HISTORY }).scores;
	};

	it.each([
		['simple', 0.5],
		['medium', 1],
		['complex', 2],
		['critical', 6],
	] as const)('%s work may cost and take %d times as much', (complexity, times) => {
		const usual = 1000 * 3000 + 700 * 15_000;
		const cost = (nanoUsd: number, laterLossNanoUsd = 0) => ({
			cost: { nanoUsd, lowNanoUsd: 0, highNanoUsd: 0, laterLossNanoUsd },
			completionMs: times * (1000 + 10_000),
		});
		const task = { complexity, estimatedInputTokens: 1000, estimatedOutputTokens: 700 };
		expect(score(task, cost(usual * times)).costEfficiency).toBeCloseTo(50, 9);
		expect(score(task, cost(0, usual * times)).costEfficiency).toBeCloseTo(50, 9);
		expect(score(task, cost(usual * times * 3)).costEfficiency).toBeCloseTo(25, 9);
		expect(score(task, cost(usual * times)).latency).toBeCloseTo(50, 9);
	});

	it('quality is half what it is and half how likely it is enough', () => {
		expect(scoreQuality(82, 'medium')).toBeCloseTo((82 + 50) / 2, 9);
		expect(scoreQuality(86, 'medium')).toBeCloseTo((86 + 100 / (1 + Math.exp(-1))) / 2, 9);
	});

	it('a strength in this work counts whole, one in its kin half as much less, none least', () => {
		const strength = (strengths: TaskType[], task: Partial<TaskDescriptor> = {}) => {
			const profile = makeProfile('a', { strengths });
			// quality far above and thinking not needed: only the strength is left
			const rest = 100 * (0.35 + 0.15);
			return (scoreCapability(profile, 1e9, makeTask(task)) - rest) / 50;
		};
		expect(strength(['code-generation'])).toBeCloseTo(1, 9);
		expect(strength(['debugging'])).toBeCloseTo(0.75, 9);
		expect(strength(['creative'])).toBeCloseTo(0.5, 9);
		const text = { type: 'planning' as const };
		expect(strength(['creative'], text)).toBeCloseTo(0.5, 9);
		expect(strength(['creative'], { ...text, requiresCreativity: true })).toBeCloseTo(0.75, 9);
		expect(strength(['debugging'], { ...text, requiresCreativity: true })).toBeCloseTo(0.5, 9);
		expect(strength(['made up' as TaskType])).toBeCloseTo(0.5, 9);
	});

	it('what is expected of a model’s quality narrows with what was judged', () => {
		const profile = makeProfile('a');
		const own = makeProfile('a', { qualityByTaskType: { debugging: { value: 90 } } as never });
		const interval = (of: typeof profile, change: object = {}) =>
			predictQuality(of, 'debugging', { quality: 90, history: { ...NEUTRAL_HISTORY, ...change } });
		expect(interval(profile)).toEqual({ value: 90, low: 82, high: 98 });
		expect(interval(own)).toEqual({ value: 90, low: 84, high: 96 });
		const learned = (shift: number, doubt: number) => ({ quality: { shift, doubt, outcomes: 9 } });
		expect(interval(profile, learned(0, 0.5))).toEqual({ value: 90, low: 86, high: 94, outcomes: 9 });
		expect(interval(profile, { sampleSize: 90 })).toEqual({ value: 90, low: 82, high: 98 });
		expect(interval(profile, learned(5, 0.9))).toMatchObject({ value: 95, high: 100 });
		expect(interval(profile, learned(-90, 0.1)).low).toBe(0);
	});
});
