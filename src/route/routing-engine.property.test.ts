import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeConfig, makeProfile, makeTask } from '../../test/support/route-models.ts';
import {
	type ModelProfile,
	type RoutingDecision,
	TASK_COMPLEXITIES,
	TASK_TYPES,
	type TaskDescriptor,
} from '../contracts/index.ts';
import { NoEligibleModelError } from '../errors/index.ts';
import { RoutingEngine } from './routing-engine.ts';

const profiles: fc.Arbitrary<ModelProfile[]> = fc
	.array(
		fc.record({
			provider: fc.constantFrom('p1', 'p2', 'p3'),
			strengths: fc.subarray([...TASK_TYPES]),
			costPer1kInputTokens: fc.double({ min: 0, max: 0.1, noNaN: true }),
			costPer1kOutputTokens: fc.double({ min: 0, max: 0.5, noNaN: true }),
			latencyMs: fc.integer({ min: 1, max: 20_000 }),
			contextWindow: fc.integer({ min: 1000, max: 2_000_000 }),
			maxOutputTokens: fc.integer({ min: 100, max: 100_000 }),
			qualityScore: fc.integer({ min: 0, max: 100 }),
			supportsExtendedThinking: fc.boolean(),
			supportsVision: fc.boolean(),
			supportsToolUse: fc.boolean(),
		}),
		{ minLength: 1, maxLength: 6 },
	)
	.map((entries) =>
		entries.map((entry, index) =>
			makeProfile(`model-${index}`, {
				...entry,
				maxOutputTokens: Math.min(entry.maxOutputTokens, entry.contextWindow),
			}),
		),
	);

const tasks: fc.Arbitrary<TaskDescriptor> = fc
	.record({
		type: fc.constantFrom(...TASK_TYPES),
		complexity: fc.constantFrom(...TASK_COMPLEXITIES),
		estimatedInputTokens: fc.integer({ min: 0, max: 200_000 }),
		estimatedOutputTokens: fc.integer({ min: 0, max: 20_000 }),
		requiresExtendedThinking: fc.boolean(),
		constraints: fc.record(
			{
				maxCost: fc.double({ min: 0, max: 1, noNaN: true }),
				maxLatency: fc.integer({ min: 1, max: 20_000 }),
				maxCompletionMs: fc.integer({ min: 1, max: 300_000 }),
				minQuality: fc.integer({ min: 0, max: 100 }),
				requiredCapabilities: fc.subarray(['vision' as const, 'tools' as const, 'thinking' as const]),
				excludedModels: fc.constantFrom<string[]>(['model-0'], []),
				allowedProviders: fc.constantFrom<string[]>(['p1', 'p2'], ['p1', 'p2', 'p3']),
				preferredModel: fc.constant('model-0'),
			},
			{ requiredKeys: [] },
		),
	})
	.map((changes) => makeTask(changes));

function decide(models: ModelProfile[], task: TaskDescriptor, order = models): RoutingDecision | null {
	try {
		// the default model and the candidates are named alike whatever the order of the profiles
		const config = makeConfig(order, { defaultModel: models[0]?.name ?? '' });
		return new RoutingEngine(config).route(task);
	} catch (error) {
		if (error instanceof NoEligibleModelError) return null;
		throw error;
	}
}

/** What must be equal when a decision is made again. */
function essence(decision: RoutingDecision | null): unknown {
	if (decision === null) return null;
	const {
		id: _id,
		timestamp: _timestamp,
		decisionTimeMs: _time,
		exclusions,
		catalogVersion: _version,
		...rest
	} = decision;
	const text = JSON.stringify({ ...rest, exclusions: exclusions.map((entry) => JSON.stringify(entry)).sort() });
	// the sentence that lists excluded models follows the candidates' order
	return text.replace(/"Not eligible: [^"]*"/, '');
}

function expectEligible(models: ModelProfile[], task: TaskDescriptor, name: string): void {
	const model = models.find((profile) => profile.name === name);
	if (model === undefined) throw new Error(`${name} is not among the models`);
	const limits = task.constraints ?? {};
	expect(model.latencyMs).toBeLessThanOrEqual(limits.maxLatency ?? Number.POSITIVE_INFINITY);
	expect(model.qualityScore).toBeGreaterThanOrEqual(limits.minQuality ?? 0);
	expect(limits.excludedModels ?? []).not.toContain(name);
	expect(limits.allowedProviders ?? [model.provider]).toContain(model.provider);
	expect(model.supportsVision || !limits.requiredCapabilities?.includes('vision')).toBe(true);
	expect(task.estimatedInputTokens + task.estimatedOutputTokens).toBeLessThanOrEqual(model.contextWindow);
	expect(task.estimatedOutputTokens).toBeLessThanOrEqual(model.maxOutputTokens);
}

describe('laws of routing', () => {
	it('no constraint is ever broken, by the chosen model or by a fallback', () => {
		fc.assert(
			fc.property(profiles, tasks, (models, task) => {
				const decision = decide(models, task);
				if (decision === null) return;
				const { maxCost } = task.constraints ?? {};
				expect(decision.estimatedCost).toBeLessThanOrEqual((maxCost ?? Number.POSITIVE_INFINITY) + 1e-9);
				for (const name of decision.fallbackChain) expectEligible(models, task, name);
			}),
			{ numRuns: 300 },
		);
	});

	it('every model is either scored or has a reason for its exclusion', () => {
		fc.assert(
			fc.property(profiles, tasks, (models, task) => {
				const decision = decide(models, task);
				if (decision === null) return;
				const scored = decision.scores.map((score) => score.model.name);
				const excluded = decision.exclusions.map((entry) => entry.model);
				expect(new Set([...scored, ...excluded]).size).toBe(models.length);
				expect(scored.filter((name) => excluded.includes(name))).toEqual([]);
			}),
		);
	});

	it('scores and confidence stay within 0-100, and the best score is chosen unless another is preferred', () => {
		fc.assert(
			fc.property(profiles, tasks, (models, task) => {
				const decision = decide(models, task);
				if (decision === null) return;
				const figures = decision.scores.flatMap((score) => [score.totalScore, ...Object.values(score.scores)]);
				for (const figure of [...figures, decision.confidence]) {
					expect(figure).toBeGreaterThanOrEqual(0);
					expect(figure).toBeLessThanOrEqual(100);
				}
				if (task.constraints?.preferredModel === undefined)
					expect(decision.model.name).toBe(decision.scores[0]?.model.name);
			}),
		);
	});

	it('the order of the models in the configuration changes nothing', () => {
		fc.assert(
			fc.property(
				profiles.chain((models) =>
					fc.tuple(fc.constant(models), fc.shuffledSubarray(models, { minLength: models.length })),
				),
				tasks,
				([models, shuffled], task) => {
					expect(essence(decide(models, task, shuffled))).toEqual(essence(decide(models, task)));
				},
			),
		);
	});

	it('the same task, configuration and history give the same decision again', () => {
		fc.assert(
			fc.property(profiles, tasks, (models, task) => {
				expect(essence(decide(models, structuredClone(task)))).toEqual(essence(decide(models, task)));
			}),
		);
	});

	it('a cheaper twin never ranks lower on cost, nor in all', () => {
		fc.assert(
			fc.property(profiles, tasks, fc.double({ min: 0, max: 1, noNaN: true }), (models, task, share) => {
				const [original] = models;
				if (original === undefined) return;
				const twin = makeProfile('twin', {
					...original,
					id: 'twin',
					name: 'twin',
					modelId: 'twin-1',
					costPer1kInputTokens: original.costPer1kInputTokens * share,
					costPer1kOutputTokens: original.costPer1kOutputTokens * share,
				});
				const { constraints: _free, ...free } = task;
				const decision = decide([...models.slice(1), original, twin], free);
				const scoreOf = (name: string): RoutingDecision['scores'][number] | undefined =>
					decision?.scores.find((score) => score.model.name === name);
				const [mine, theirs] = [scoreOf('twin'), scoreOf(original.name)];
				if (mine === undefined || theirs === undefined) return;
				expect(mine.scores.costEfficiency).toBeGreaterThanOrEqual(theirs.scores.costEfficiency);
				expect(mine.totalScore).toBeGreaterThanOrEqual(theirs.totalScore - 1e-9);
			}),
		);
	});

	it('more weight on cost never moves to a dearer model', () => {
		fc.assert(
			fc.property(profiles, tasks, fc.double({ min: 0.2, max: 5, noNaN: true }), (models, task, cost) => {
				const { constraints: _free, ...free } = task;
				if (decide(models, free) === null) return;
				const config = makeConfig(models);
				const before = new RoutingEngine(config).route(free);
				const after = new RoutingEngine({ ...config, weights: { ...config.weights, cost } }).route(free);
				expect(after.estimatedCost).toBeLessThanOrEqual(before.estimatedCost + 1e-9);
			}),
		);
	});
});
