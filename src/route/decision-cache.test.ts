import { describe, expect, it } from 'vitest';
import { makeTask } from '../../test/support/route-models.ts';
import type { TaskConstraints, TaskDescriptor } from '../contracts/index.ts';
import { getLikelyTypes } from './policies.ts';
import { createDecisionKey } from './routing-engine.ts';

const state = { settings: 'a', catalogVersion: '1', historyRevision: 1, correctionRevision: 1 };
const keyOf = (task: TaskDescriptor, changes: Partial<typeof state> = {}): string =>
	createDecisionKey(task, getLikelyTypes(task), { ...state, ...changes });

const probabilities = (debugging: number): NonNullable<TaskDescriptor['typeProbabilities']> => ({
	architecture: 0,
	planning: 0,
	'code-generation': 1 - debugging,
	'code-review': 0,
	debugging,
	refactoring: 0,
	testing: 0,
	documentation: 0,
	analysis: 0,
	creative: 0,
	factual: 0,
	coordination: 0,
	'simple-task': 0,
});

const constraints: TaskConstraints[] = [
	{ maxCost: 0.1 },
	{ maxLatency: 100 },
	{ maxCompletionMs: 100 },
	{ minQuality: 80 },
	{ preferredModel: 'opus' },
	{ requiredCapabilities: ['vision'] },
	{ minContextWindow: 9 },
	{ allowedModels: ['opus'] },
	{ excludedModels: ['opus'] },
	{ allowedProviders: ['x'] },
	{ excludedProviders: ['x'] },
	{ willingnessToPay: 1 },
];

const changes: Array<Partial<TaskDescriptor>> = [
	{ type: 'debugging' },
	{ complexity: 'critical' },
	{ pattern: 'iterative' },
	{ estimatedInputTokens: 1001 },
	{ estimatedOutputTokens: 1001 },
	{ inputTokensInterval: { low: 1, high: 2000 } },
	{ outputTokensInterval: { low: 1, high: 2000 } },
	{ requiresExtendedThinking: true },
	{ involvesCode: false },
	{ requiresCreativity: true },
	{ typeProbabilities: probabilities(0.4) },
	{ typeProbabilities: probabilities(0.3) },
	{ cachedPrefix: { model: 'opus', tokens: 1 } },
	{ cachedPrefix: { model: 'opus', tokens: 2 } },
	{ cachedPrefix: { model: 'opus', tokens: 2, expectedTurns: 5 } },
	{ cachedPrefix: { model: 'opus', tokens: 2, boundToModel: true } },
	...constraints.map((entry) => ({ constraints: entry })),
];

describe('decision cache key', () => {
	it('a decision made for other circumstances is never served: each thing that decides has its own key', () => {
		const keys = [keyOf(makeTask()), ...changes.map((change) => keyOf(makeTask(change)))];
		keys.push(keyOf(makeTask(), { settings: 'b' }), keyOf(makeTask(), { catalogVersion: '2' }));
		keys.push(keyOf(makeTask(), { historyRevision: 2 }), keyOf(makeTask(), { correctionRevision: 2 }));
		expect(new Set(keys).size).toBe(keys.length);
	});

	it('low and high of two intervals cannot be confused', () => {
		const input = keyOf(makeTask({ inputTokensInterval: { low: 5, high: 6 } }));
		expect(keyOf(makeTask({ outputTokensInterval: { low: 5, high: 6 } }))).not.toBe(input);
	});

	it('tasks that were read alike share a decision, whatever their words', () => {
		expect(keyOf(makeTask({ task: 'one', features: [] }))).toBe(keyOf(makeTask({ task: 'two' })));
	});
});
