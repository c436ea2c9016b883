import { describe, expect, it } from 'vitest';
import { makeWork, specificationConfig } from '../../test/support/route-models.ts';
import { DEFAULT_MODEL_PROFILES } from '../catalog/index.ts';
import type { RouterConfig, TaskDescriptor } from '../contracts/index.ts';
import { RoutingEngine } from './routing-engine.ts';
import { predictQuality } from './score-model.ts';

it('lets one bad rating among a hundred unrated answers weigh as one', () => {
	const [profile] = DEFAULT_MODEL_PROFILES;
	if (profile === undefined) throw new Error('the catalog is empty');
	const history = { score: 60, sampleSize: 101, judgedSampleSize: 1, meanQuality: 20 };
	const { value } = predictQuality(profile, 'debugging', { quality: 90, history });
	expect(value).toBeCloseTo((10 * 90 + 20) / 11, 5);
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
