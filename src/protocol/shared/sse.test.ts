import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatSse, MAX_SSE_FRAME_BYTES, SseParser } from './sse.ts';

const lineEnd = fc.constantFrom('\n', '\r\n');
const text = fc.string({ unit: 'grapheme', maxLength: 12 }).map((value) => value.replace(/[\r\n]/g, ''));
const line = fc.oneof(
	text.map((value) => `data: ${value}`),
	text.map((value) => `data:${value}`),
	text.map((value) => `event: ${value}`),
	fc.constantFrom(': ping', 'id: 7', 'retry: 100', 'data', ''),
);
const stream = fc
	.array(fc.tuple(line, lineEnd), { maxLength: 20 })
	.map((lines) => Buffer.from(lines.map(([said, end]) => said + end).join('')));

function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
	const sorted = [0, ...places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
	return sorted.slice(1).map((end, at) => Buffer.from(bytes.subarray(sorted[at], end)));
}

function framesOf(chunks: readonly Buffer[]) {
	const frames = new SseParser();
	const read = chunks.flatMap((chunk) => frames.push(chunk));
	const rest = frames.flush();
	return rest === null ? read : [...read, rest];
}

describe('a stream of events reads the same however the network cuts it', () => {
	it('gives the same frames for every cut, and the bytes as they came', () => {
		fc.assert(
			fc.property(stream, fc.array(fc.nat(), { maxLength: 12 }), (bytes, places) => {
				const whole = framesOf([bytes]);
				const parts = framesOf(cut(bytes, places));
				expect(parts).toEqual(whole);
				expect(Buffer.concat(parts.map((frame) => frame.raw)).equals(bytes)).toBe(true);
			}),
			{ numRuns: 1000 },
		);
	});

	it('puts characters together again that were cut apart, byte by byte', () => {
		const bytes = Buffer.from('event: a\r\ndata: {"text":"héllo 👩‍👩‍👧 日本"}\r\n\r\ndata: [DONE]\n\n');
		const frames = framesOf([...bytes].map((byte) => Buffer.from([byte])));
		expect(frames.map(({ event, data }) => ({ event, data }))).toEqual([
			{ event: 'a', data: '{"text":"héllo 👩‍👩‍👧 日本"}' },
			{ event: null, data: '[DONE]' },
		]);
	});

	it('joins data lines by line feeds and takes one space off the front, as the standard says', () => {
		const [frame] = framesOf([Buffer.from('data:  a\ndata:b\n: comment\nevent: x\n\n')]);
		expect(frame).toMatchObject({ event: 'x', data: ' a\nb' });
	});

	it('gives a comment as a frame without data, so that keep-alives go through', () => {
		expect(framesOf([Buffer.from(': ping\n\n')])).toEqual([
			{ raw: Buffer.from(': ping\n\n'), event: null, data: null },
		]);
	});

	it('keeps what stands at the end without an empty line', () => {
		const frames = new SseParser();
		expect(frames.push(Buffer.from('data: 1\n\ndata: 2\n'))).toHaveLength(1);
		expect(frames.bufferedBytes).toBe(8);
		expect(frames.flush()).toMatchObject({ data: '2' });
		expect(frames.flush()).toBeNull();
		expect(frames.bufferedBytes).toBe(0);
	});

	it('refuses an event that never ends instead of holding all of it', () => {
		const frames = new SseParser();
		const chunk = Buffer.alloc(MAX_SSE_FRAME_BYTES / 2, 'x');
		frames.push(chunk);
		frames.push(chunk);
		expect(() => frames.push(Buffer.from('x'))).toThrow(RangeError);
	});

	it('writes an event so that it can be read again', () => {
		const [frame] = framesOf([Buffer.from(formatSse({ text: 'a\nb' }, 'delta'))]);
		expect(frame).toMatchObject({ event: 'delta', data: '{"text":"a\\nb"}' });
		expect(formatSse('[DONE]')).toBe('data: [DONE]\n\n');
	});
});
