import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { runSteps } from '../../util/index.ts';
import { formatSse, MAX_SSE_FRAME_BYTES, SseParser, summarizeFrame } from './sse.ts';

const lineEnd = fc.constantFrom('\n', '\r\n', '\r');
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

	it('takes a lone CR for the end of a line, and gives an event as soon as its empty line is there', () => {
		const parser = new SseParser();
		const events = parser.push(Buffer.from('event: a\rdata: 1\rdata: 2\r\rdata: 3\r\r'));
		expect(events).toMatchObject([
			{ event: 'a', data: '1\n2' },
			{ event: null, data: '3' },
		]);
		expect(parser.flush()).toBeNull();
	});

	it('ends an event at an empty line of any kind after a line of any other', () => {
		const bytes = Buffer.from('data: 1\r\r\ndata: 2\n\rdata: 3\r\n\ndata: 4\r\n\r\ndata: 5\n\n');
		const data = framesOf([bytes]).flatMap((frame) => frame.data ?? []);
		expect(data).toEqual(['1', '2', '3', '4', '5']);
	});

	it('does not end an event between the CR and the LF of one line end', () => {
		const parser = new SseParser();
		expect(parser.push(Buffer.from('data: 1\r'))).toEqual([]);
		expect(parser.push(Buffer.from('\ndata: 2\r\n\r'))).toEqual([]);
		expect(parser.push(Buffer.from('\n'))).toMatchObject([{ data: '1\n2' }]);
	});

	it('skips a byte order mark at the start of the stream only, and hands it on', () => {
		const bytes = Buffer.from('\uFEFFdata: 1\n\n\uFEFFdata: 2\n\n');
		const frames = framesOf([bytes.subarray(0, 2), bytes.subarray(2)]);
		expect(frames).toMatchObject([{ data: '1' }, { data: null }]);
		expect(Buffer.concat(frames.map((frame) => frame.raw)).equals(bytes)).toBe(true);
	});

	it('copies every byte of a long event once, however many chunks it comes in', () => {
		const bytes = Buffer.from(`data: ${'x'.repeat(400_000)}\n\n`);
		const chunks = Array.from({ length: Math.ceil(bytes.length / 1_000) }, (_, index) =>
			bytes.subarray(index * 1_000, (index + 1) * 1_000),
		);
		const concat = vi.spyOn(Buffer, 'concat');
		const search = vi.spyOn(Buffer.prototype, 'indexOf');
		const [frame] = framesOf(chunks);
		const copied = concat.mock.calls.flatMap(([list]) => list).reduce((sum, part) => sum + part.length, 0);
		const searches = search.mock.contexts.map((searched) => (searched as Buffer).length);
		concat.mockRestore();
		search.mockRestore();
		expect(frame?.raw.length).toBe(bytes.length);
		expect(copied).toBeLessThanOrEqual(bytes.length);
		expect(Math.max(...searches)).toBeLessThanOrEqual(1_003);
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

describe('a large event', () => {
	/** Reads the first event as it is read in steps, which are counted. */
	async function read(bytes: Buffer) {
		const [frame] = new SseParser().push(bytes);
		if (frame?.read === undefined) throw new Error('The event is not read in steps.');
		let steps = 0;
		const whole = await runSteps(frame.read(), async () => {
			steps += 1;
		});
		return { frame, steps, whole };
	}
	const write = (data: string) => Buffer.from(`event: delta\ndata: ${data}\n\n`);

	it('is only split off at once, and read in steps, so that nobody waits for 16 MB to be parsed', async () => {
		const data = JSON.stringify({ text: '{"a":[1,2,中'.repeat(150_000), after: [1] });
		const { frame, steps, whole } = await read(write(data));
		expect(frame).toMatchObject({ event: null, data: null });
		expect(frame.raw.equals(write(data))).toBe(true);
		expect(steps).toBeGreaterThan(5);
		expect(whole.event).toBe('delta');
		expect(whole.data === data).toBe(true);
		expect(JSON.stringify(whole.value) === data).toBe(true);
		expect(summarizeFrame(whole, (value) => (Array.isArray(value) ? 'other' : 'output')).kind).toBe('output');
	});

	it('that is no JSON is found out as that of a small one is', async () => {
		const { whole } = await read(write(`{"text":"${'x'.repeat(100_000)}`));
		expect(summarizeFrame(whole, (value) => (value === undefined ? 'malformed' : 'output')).kind).toBe('malformed');
	});

	it.each([
		['members', `{${Array.from({ length: 200_002 }, (_, at) => `"${at}":1`)}}`, /more than 200000 parts/],
		['lists', `[${'[],'.repeat(200_001)}1]`, /more than 200000 parts/],
		['levels', `${'['.repeat(40_000)}${']'.repeat(40_000)}`, /nested deeper than 500/],
	])('of a million %s is refused before it is parsed', async (_what, data, message) => {
		await expect(read(write(data))).rejects.toThrow(message);
	});

	it('of a million lines is refused', () => {
		expect(() => new SseParser().push(Buffer.from('data: 1\n'.repeat(50_001)))).toThrow(/more than 50000 lines/);
	});
});
