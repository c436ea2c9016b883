import { describe, expect, it } from 'vitest';
import { makeProfile } from '../../test/support/route-models.ts';
import { ZERO_USAGE } from '../contracts/index.ts';
import { InvalidInputError } from '../errors/index.ts';
import { createTrackedEntry } from './create-tracked-entry.ts';

/** $3 and $15 per million tokens. */
const profile = makeProfile('sonnet', { contextWindow: 5000 });
const track = (change: object = {}, of: ReturnType<typeof makeProfile> | undefined = profile) => {
	const usage = { model: 'sonnet', taskType: 'debugging', tokens: { input: 1000, output: 1000 }, costUsd: 0.018 };
	// what a caller without types may give
	return createTrackedEntry({ ...usage, ...change } as never, { id: 'e1', at: 7, profile: of });
};

describe('usage tracked by hand', () => {
	it('is booked as given, its cost divided by the model’s rates', () => {
		expect(track()).toEqual({
			id: 'e1',
			at: 7,
			decisionId: null,
			attempt: null,
			model: 'sonnet',
			taskType: 'debugging',
			costNanoUsd: 18_000_000,
			inputCostNanoUsd: 3_000_000,
			outputCostNanoUsd: 15_000_000,
			usage: { ...ZERO_USAGE, inputTokens: 1000, outputTokens: 1000 },
		});
		// a contract price is divided alike, and to the last nano-dollar
		const odd = track({ costUsd: 0.000000007 });
		expect([odd.inputCostNanoUsd, odd.outputCostNanoUsd]).toEqual([1, 6]);
		const free = track({ costUsd: 0 });
		expect([free.inputCostNanoUsd, free.outputCostNanoUsd]).toEqual([0, 0]);
		expect(track({ tokens: { input: 10, output: 0 } }).inputCostNanoUsd).toBe(18_000_000);
	});

	it('has no parts where nobody knows the rates, or nothing was used', () => {
		const none = { inputCostNanoUsd: null, outputCostNanoUsd: null, costNanoUsd: 18_000_000 };
		const unpriced = makeProfile('sonnet', { pricing: 'unpriced' });
		expect(
			createTrackedEntry(
				{ model: 'mine', taskType: 'debugging', tokens: { input: 1, output: 1 }, costUsd: 0.018 },
				{ id: 'e', at: 0, profile: undefined },
			),
		).toMatchObject(none);
		expect(track({}, unpriced)).toMatchObject(none);
		expect(track({ tokens: { input: 0, output: 0 } })).toMatchObject(none);
	});

	it('counts a part of a token as a whole one, up to the context window', () => {
		expect(track({ tokens: { input: 1.01, output: 0.5 } }).usage).toMatchObject({ inputTokens: 2, outputTokens: 1 });
		expect(track({ tokens: { input: 4000, output: 1000 } }).usage.inputTokens).toBe(4000);
		expect(() => track({ tokens: { input: 4000, output: 1001 } })).toThrow(
			'Usage not tracked: tokens is 5001. Give at most the 5000 of the context window of sonnet.',
		);
	});

	it.each([
		[{ model: '' }, 'model is . Give the name of a model'],
		[{ model: '  ' }, 'Give the name of a model'],
		[{ model: 5 }, 'model is 5. Give the name of a model'],
		[{ taskType: 'debuging' }, 'taskType is debuging. Give "debugging"'],
		[{ taskType: 'qqqqqqqqqqqq' }, 'Give one of architecture, planning, '],
		[{ taskType: null }, 'taskType is null'],
		[{ tokens: { input: -1, output: 1 } }, 'tokens.input is -1. Give a number of tokens, 0 or more'],
		[{ tokens: { input: 1, output: Number.NaN } }, 'tokens.output is NaN'],
		[{ tokens: { input: '5', output: 1 } }, 'tokens.input is 5'],
		[{ tokens: { input: 2 ** 53, output: 1 } }, 'tokens.input is 9007199254740992'],
		[{ tokens: null }, 'tokens.input is undefined'],
		[{ tokens: { input: 1 } }, 'tokens.output is undefined'],
		[{ costUsd: -0.01 }, 'cost is -0.01. Give USD between 0 and '],
		[{ costUsd: Number.NaN }, 'cost is NaN'],
		[{ model: 'sonnet', taskType: 'x'.repeat(500) }, `taskType is ${'x'.repeat(40)}. Give`],
	])('%j is refused with its field and what to give', (change, told) => {
		expect(() => track(change)).toThrow(InvalidInputError);
		expect(() => track(change)).toThrow(told);
	});

	it('a refused cost keeps why', () => {
		const thrown = (() => {
			try {
				return track({ costUsd: -1 });
			} catch (error) {
				return error;
			}
		})();
		expect(thrown).toMatchObject({ cause: expect.any(Error) });
	});
});
