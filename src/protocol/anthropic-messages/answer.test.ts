import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dataOf, framesOf, recordedStream } from '../../../test/support/recorded-stream.ts';
import { createUsage } from '../shared/usage.ts';
import { createAnthropicStreamWatcher } from './answer.ts';

const RECORDED = ['anthropic-text', 'anthropic-thinking', 'anthropic-tool-use', 'anthropic-refusal'] as const;

function watch(bytes: Buffer, cuts: readonly number[] = []) {
	const watcher = createAnthropicStreamWatcher();
	const readings = framesOf(bytes, cuts).map((frame) => {
		const { kind } = watcher.read(frame);
		return { kind, isComplete: watcher.isComplete };
	});
	const { finishReason, isComplete } = watcher;
	return {
		readings,
		finishReason,
		isComplete,
		usage: watcher.usage.usage(),
		characters: watcher.usage.outputCharacters,
	};
}

function kinds(name: string): string {
	return watch(recordedStream(name))
		.readings.map(({ kind }) => kind)
		.join(' ');
}

describe('a stream of messages is understood as it passes through', () => {
	it('commits at the first word, not at the start-up frames, and is complete with the stop reason', () => {
		expect(kinds('anthropic-text')).toBe(
			'start-up start-up start-up output output output output output output other end done',
		);
		const { readings } = watch(recordedStream('anthropic-text'));
		expect(readings.map(({ isComplete }) => isComplete).indexOf(true)).toBe(10);
	});

	it('takes the name of a tool as output even when its input is empty', () => {
		expect(kinds('anthropic-tool-use')).toBe(
			'start-up start-up output output start-up other start-up output start-up other other end done',
		);
	});

	it('says why the model stopped and what was used', () => {
		expect(watch(recordedStream('anthropic-text'))).toMatchObject({
			finishReason: 'stop',
			usage: { inputTokens: 12, outputTokens: 30 },
		});
		expect(watch(recordedStream('anthropic-tool-use')).finishReason).toBe('tool-calls');
		expect(watch(recordedStream('anthropic-refusal')).finishReason).toBe('content-filter');
	});

	it('reads the same however the bytes are cut', () => {
		fc.assert(
			fc.property(fc.constantFrom(...RECORDED), fc.array(fc.nat(4_000), { maxLength: 30 }), (name, cuts) => {
				const bytes = recordedStream(name);
				expect(watch(bytes, cuts)).toEqual(watch(bytes));
			}),
		);
	});

	it('is never complete before the stop reason, wherever the connection breaks', () => {
		fc.assert(
			fc.property(fc.constantFrom(...RECORDED), fc.nat(4_000), (name, cut) => {
				const bytes = recordedStream(name);
				const end = bytes.indexOf('\n\n', bytes.indexOf('event: message_delta'));
				const part = bytes.subarray(0, cut % end);
				expect(watch(part).isComplete).toBe(false);
			}),
		);
	});

	it('tells an error event, data that is no JSON, and events of a type nobody knows apart', () => {
		const bytes = Buffer.from(
			[
				'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n',
				'event: message_start\ndata: <html>\n\n',
				'data: {"no":"type"}\n\n',
				'event: new_thing\ndata: {"type":"new_thing"}\n\n',
				': comment\n\n',
			].join(''),
		);
		expect(watch(bytes).readings.map(({ kind }) => kind)).toEqual(['error', 'malformed', 'other', 'other', 'other']);
	});

	it('ends in the middle of a block with the block closed and a reason', () => {
		const bytes = recordedStream('anthropic-thinking');
		const watcher = createAnthropicStreamWatcher();
		for (const frame of framesOf(bytes).slice(0, 5)) watcher.read(frame);
		const events = dataOf(watcher.endEarly('length', createUsage({ inputTokens: 47, outputTokens: 9 })));
		expect(events).toMatchObject([
			{ type: 'content_block_stop', index: 0 },
			{ type: 'message_delta', delta: { stop_reason: 'max_tokens' }, usage: { input_tokens: 47, output_tokens: 9 } },
			{ type: 'message_stop' },
		]);
	});

	it('ends early after any event with every block closed once', () => {
		fc.assert(
			fc.property(fc.constantFrom(...RECORDED), fc.nat(20), (name, count) => {
				const frames = framesOf(recordedStream(name)).slice(0, count);
				const watcher = createAnthropicStreamWatcher();
				for (const frame of frames) watcher.read(frame);
				const end = watcher.endEarly('length', createUsage({}));
				const events = dataOf(frames.map(({ raw }) => raw.toString()).join('') + end);
				const at = (type: string) => events.filter((event) => event['type'] === type).map(({ index }) => index);
				expect(at('content_block_stop')).toEqual(at('content_block_start'));
				expect(events.at(-1)).toEqual({ type: 'message_stop' });
			}),
		);
	});
});
