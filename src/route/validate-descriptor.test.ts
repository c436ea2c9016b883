import { describe, expect, it } from 'vitest';
import { makeTask } from '../../test/support/route-models.ts';
import { validateDescriptor } from './validate-descriptor.ts';

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
	])('%j is refused with the field and what to write, not routed by guess', (changes, message) => {
		// callers without types write anything
		expect(() => validateDescriptor(makeTask(changes as never))).toThrow(message);
	});

	it('a sound descriptor passes, also with the earlier pattern name', () => {
		const task = makeTask({ pattern: 'chain-of-thought', constraints: { maxCost: 0, minQuality: 0, maxLatency: 1 } });
		expect(() => validateDescriptor(task)).not.toThrow();
	});
});
