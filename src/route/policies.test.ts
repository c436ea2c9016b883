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
import type { RouterConfig, TaskConstraints, TaskDescriptor } from '../contracts/index.ts';
import { InvalidConfigError } from '../errors/index.ts';
import { rankModels } from './policies.ts';
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
