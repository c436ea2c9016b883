import { expect, it } from 'vitest';
import { ZERO_USAGE } from '../../contracts/index.ts';
import { observeAnswer } from './attempt.ts';

const answer = { usage: ZERO_USAGE, dropped: [], whole: null };

it.each([
	['a refusal', { ...answer, finishReason: 'content-filter' as const }, ['refusal']],
	['an answer cut off', { ...answer, finishReason: null }, ['cut']],
	['an empty answer', { ...answer, finishReason: 'stop' as const }, ['empty']],
	['an answer', { ...answer, finishReason: 'stop' as const, usage: { ...ZERO_USAGE, outputTokens: 5 } }, []],
	['a call of a tool', { ...answer, finishReason: 'tool-calls' as const }, []],
	[
		'one whose output nobody counted',
		{ ...answer, finishReason: 'stop' as const, usage: { ...ZERO_USAGE, isEstimated: true } },
		[],
	],
])('%s counts for what it is, and for nothing else', (_name, seen, signals) => {
	expect(observeAnswer(seen)).toEqual(signals);
});
