import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dataOf, framesOf, recordedStream } from '../../../test/support/recorded-stream.ts';
import { createUsage } from '../shared/usage.ts';
import { GeminiStreamWatcher } from './answer.ts';

const RECORDED = ['gemini-text', 'gemini-tool-call', 'gemini-prompt-block'] as const;

function watch(bytes: Buffer, cuts: readonly number[] = []) {
	const watcher = new GeminiStreamWatcher();
	const readings = framesOf(bytes, cuts).map((frame) => ({ kind: watcher.read(frame).kind, done: watcher.isComplete }));
	const { finishReason, isComplete } = watcher;
	return {
		readings,
		finishReason,
		isComplete,
		usage: watcher.usage.usage(),
		characters: watcher.usage.outputCharacters,
	};
}

function frame(data: unknown): Buffer {
	return Buffer.from(`data: ${JSON.stringify(data)}\n\n`);
}

describe('a stream of generated content is understood as it passes through', () => {
	it('is complete with the finish reason, and says why and what was used', () => {
		const text = watch(recordedStream('gemini-text'));
		expect(text.readings).toEqual([
			{ kind: 'output', done: false },
			{ kind: 'output', done: false },
			{ kind: 'end', done: true },
		]);
		expect(text).toMatchObject({
			finishReason: 'stop',
			usage: { inputTokens: 9, outputTokens: 23, reasoningTokens: 185 },
		});
	});

	it('tells a call for a tool from a finished text, though Gemini says STOP for both', () => {
		expect(watch(recordedStream('gemini-tool-call'))).toMatchObject({ finishReason: 'tool-calls', isComplete: true });
	});

	it('takes a blocked prompt as a refusal, not as an empty stream', () => {
		expect(watch(recordedStream('gemini-prompt-block'))).toMatchObject({
			readings: [{ kind: 'end', done: true }],
			finishReason: 'content-filter',
		});
	});

	it('reads the same however the bytes are cut', () => {
		fc.assert(
			fc.property(fc.constantFrom(...RECORDED), fc.array(fc.nat(3_000), { maxLength: 30 }), (name, cuts) => {
				const bytes = recordedStream(name);
				expect(watch(bytes, cuts)).toEqual(watch(bytes));
			}),
		);
	});

	it('is not complete while one of several candidates still speaks', () => {
		const one = {
			candidates: [
				{ index: 0, finishReason: 'STOP' },
				{ index: 1, content: { parts: [{ text: 'a' }] } },
			],
		};
		const both = { candidates: [{ index: 1, finishReason: 'MAX_TOKENS' }] };
		expect(watch(frame(one)).isComplete).toBe(false);
		expect(watch(Buffer.concat([frame(one), frame(both)])).isComplete).toBe(true);
	});

	it('tells an error, and data that is not of the format', () => {
		const bytes = Buffer.concat([
			frame({ error: { code: 503, message: 'overloaded', status: 'UNAVAILABLE' } }),
			Buffer.from('data: <html>\n\n'),
			frame({ choices: [] }),
			frame({ usageMetadata: { promptTokenCount: 1 } }),
			frame({ candidates: [{ content: { role: 'model', parts: [{ text: '' }] }, index: 0 }] }),
		]);
		expect(watch(bytes).readings.map(({ kind }) => kind)).toEqual(['error', 'malformed', 'other', 'usage', 'start-up']);
	});

	it('ends early with a reason, in the name of the answer that was begun', () => {
		const watcher = new GeminiStreamWatcher();
		const [first] = framesOf(recordedStream('gemini-text'));
		if (first !== undefined) watcher.read(first);
		expect(dataOf(watcher.endEarly('length', createUsage({ inputTokens: 9, outputTokens: 4 })))).toMatchObject([
			{
				candidates: [{ finishReason: 'MAX_TOKENS', index: 0 }],
				usageMetadata: { promptTokenCount: 9, candidatesTokenCount: 4, totalTokenCount: 13 },
				responseId: 'bH6LaZW8Fp_3nsEPqtaSwQ4',
			},
		]);
	});
});
