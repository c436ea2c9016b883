import { describe, expect, it } from 'vitest';
import { makeTask } from '../../test/support/route-models.ts';
import { validateDescriptor } from './exclude-models.ts';

describe('descriptor check', () => {
	it.each([
		[{ type: 'debuging' }, 'type "debuging" is unknown; did you mean "debugging"?'],
		[{ complexity: 'hard' }, 'complexity "hard" is unknown; use one of simple, medium, complex, critical'],
		[{ estimatedInputTokens: Number.NaN }, 'estimatedInputTokens must be a number of tokens ≥ 0, got NaN'],
		[{ estimatedOutputTokens: -1 }, 'estimatedOutputTokens must be a number of tokens ≥ 0, got -1'],
		[{ outputTokensInterval: { low: 9, high: 1 } }, 'outputTokensInterval must be two numbers of tokens'],
		[{ constraints: { maxcost: 0.1 } }, 'constraints.maxcost is no constraint; did you mean "maxCost"?'],
		[{ constraints: { maxCost: '0.1' } }, 'constraints.maxCost must be an amount in USD ≥ 0, got "0.1"'],
		[{ constraints: { minQuality: 101 } }, 'constraints.minQuality must be a number from 0 to 100, got 101'],
		[{ constraints: { maxLatency: 0 } }, 'constraints.maxLatency must be milliseconds > 0, got 0'],
		[{ constraints: { requiredCapabilities: ['smell'] } }, 'must be a list of vision, thinking, tools'],
		[{ constraints: { toString: 1 } }, 'constraints.toString is no constraint'],
		[{ cachedPrefix: { model: 'opus', tokens: -5 } }, 'cachedPrefix needs'],
		[{ cachedPrefix: { model: 'opus', tokens: 5, expectedTurns: Number.NaN } }, 'cachedPrefix needs'],
		[{ cachedPrefix: { model: '', tokens: 5 } }, 'cachedPrefix needs'],
		[{ inputTokensInterval: { low: Number.NaN, high: 1 } }, 'low ≤ high, got NaN to 1'],
		[{ inputTokensInterval: { low: -1, high: 1 } }, 'got -1 to 1'],
		[{ inputTokensInterval: { low: 0, high: Number.POSITIVE_INFINITY } }, 'got 0 to Infinity'],
		[{ constraints: { preferredModel: '' } }, 'constraints.preferredModel must be the name of a model, got ""'],
		[{ constraints: { preferredModel: 5 } }, 'constraints.preferredModel must be the name of a model, got 5'],
		[{ constraints: { allowedModels: 'opus' } }, 'constraints.allowedModels must be a list of model names'],
		[{ constraints: { allowedModels: ['opus', ''] } }, 'constraints.allowedModels must be a list of model names'],
		[{ constraints: { excludedModels: [5] } }, 'constraints.excludedModels must be a list of model names'],
		[{ constraints: { allowedProviders: {} } }, 'constraints.allowedProviders must be a list of provider names'],
		[{ constraints: { excludedProviders: [null] } }, 'constraints.excludedProviders must be a list of provider names'],
		[{ constraints: { willingnessToPay: -1 } }, 'must be USD per quality point ≥ 0, got -1'],
		[{ constraints: { maxCompletionMs: 0 } }, 'constraints.maxCompletionMs must be milliseconds > 0'],
		[{ constraints: { minContextWindow: -1 } }, 'must be a number of tokens ≥ 0, got -1'],
		[{ constraints: { requiredCapabilities: 'tools' } }, 'constraints.requiredCapabilities must be a list of vision'],
	])('%j is refused with the field and what to write, not routed by guess', (changes, message) => {
		// callers without types write anything
		expect(() => validateDescriptor(makeTask(changes as never))).toThrow(message);
	});

	it('a sound descriptor passes, also with the earlier pattern name', () => {
		const task = makeTask({ pattern: 'chain-of-thought', constraints: { maxCost: 0, minQuality: 0, maxLatency: 1 } });
		expect(() => validateDescriptor(task)).not.toThrow();
		const whole = makeTask({
			cachedPrefix: { model: 'opus', tokens: 0 },
			inputTokensInterval: { low: 5, high: 5 },
			constraints: {
				preferredModel: 'opus',
				allowedModels: ['opus'],
				excludedProviders: [],
				requiredCapabilities: ['tools'],
				minQuality: 100,
			},
		});
		expect(() => validateDescriptor(whole)).not.toThrow();
		// a caller without types may leave a member undefined
		const open = makeTask({ constraints: { maxCost: undefined } as never });
		expect(() => validateDescriptor(open)).not.toThrow();
	});

	it('every problem is named at once', () => {
		const broken = makeTask({ estimatedInputTokens: -1, estimatedOutputTokens: -2 });
		expect(() => validateDescriptor(broken)).toThrow(/cannot be routed: .*got -1; .*got -2\. Let TaskClassifier/);
	});
});
