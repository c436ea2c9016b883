import {
	isObject,
	JsonLimitError,
	type JsonObject,
	JsonSyntaxError,
	parseJsonSteps,
	type Steps,
} from '../../util/index.ts';
import { parseJson } from './body-fields.ts';

/** One server-sent event. */
export interface SseFrame {
	/** The bytes as they came, the empty line that ends them included. */
	raw: Buffer;
	/** The `event:` field, `null` without one. */
	event: string | null;
	/** The `data:` lines joined by line feeds, or an error that stands beside them; `null` for comments and events without data. */
	data: string | null;
	/** The data is an error that stood without `data:`, which clients read past: alone in its event, or beside other data. */
	bareError?: 'alone' | 'beside-data';
	/** The parsed data, where it has been parsed in steps; `undefined` where it is not JSON. */
	value?: unknown;
	/**
	 * Reads a large event, of which only `raw` is known without it: decodes and parses it in steps of a few milliseconds.
	 * @throws RangeError for one that is made of too many parts
	 */
	read?(): Steps<SseFrame>;
}

/** Longest event that is buffered, bytes: about twice the largest that providers send, an image in base64. */
export const MAX_SSE_FRAME_BYTES: number = 16 * 1024 * 1024;

/** Bytes up to which an event is read at once, in a few milliseconds whatever it is. */
export const SMALL_FRAME: number = 64 * 1024;
/** What an event may be made of. */
const EVENT_LIMITS = { values: 200_000, commas: 200_000, depth: 500 };
/** Lines of one event; providers write one or two. */
const MAX_EVENT_LINES = 50_000;

const LF = 10;
const CR = 13;
const BYTE_ORDER_MARK = '\uFEFF';
const NOTHING: Buffer = Buffer.alloc(0);

/** The value of the field whose name ends before `start`, without the one space that may stand before it. */
function fieldValue(text: string, start: number, end: number): string {
	return text.slice(text[start] === ' ' ? start + 1 : start, end);
}

/** Fields of an event that mean nothing here, and comments. */
const OTHER_FIELD = /^(?::|id:|retry:|$)/;

/** Reads an event that is known from its empty line to the next. `isFirst`: a byte order mark may stand before it. */
export function parseFrame(raw: Buffer, isFirst = false): SseFrame {
	const decoded = raw.toString('utf8');
	const text = decoded.includes('\r') ? decoded.replace(/\r\n?/g, '\n') : decoded;
	const data: string[] = [];
	const others: string[] = [];
	let event: string | null = null;
	let start = isFirst && text.startsWith(BYTE_ORDER_MARK) ? 1 : 0;
	while (start < text.length) {
		const lineFeed = text.indexOf('\n', start);
		const end = lineFeed === -1 ? text.length : lineFeed;
		if (text.startsWith('data:', start)) data.push(fieldValue(text, start + 5, end));
		else if (text.startsWith('event:', start)) event = fieldValue(text, start + 6, end);
		else if (end > start) others.push(text.slice(start, end));
		start = end + 1;
	}
	return addBareError({ raw, event, data: data.length === 0 ? null : data.join('\n') }, others);
}

function addBareError(frame: SseFrame, others: readonly string[]): SseFrame {
	const error = others.length === 0 ? null : findBareError(others);
	if (error === null) return frame;
	return { ...frame, data: error, bareError: frame.data === null ? 'alone' : 'beside-data' };
}

/** An error that a server wrote between its events without `data:`, on one line or several; `null` where there is none. */
function findBareError(lines: readonly string[]): string | null {
	const said = lines.filter((line) => !OTHER_FIELD.test(line));
	const text = said.join(' ').trim();
	if (!/^[[{]/.test(text) || !text.includes('"error"')) return null;
	return parseJson(text) === undefined ? (said.find((line) => parseJson(line) !== undefined) ?? text) : text;
}

/** Reads a large event, as `SseFrame.read` says. */
function* readLargeFrame(raw: Buffer, isFirst: boolean): Steps<SseFrame> {
	const frame = parseFrame(raw, isFirst);
	const text = frame.data;
	yield;
	if (text === null) return frame;
	try {
		const { value } = yield* parseJsonSteps(text, EVENT_LIMITS);
		yield;
		return { ...frame, value };
	} catch (error) {
		if (error instanceof JsonSyntaxError) return { ...frame, value: undefined };
		if (!(error instanceof JsonLimitError)) throw error;
		throw new RangeError(
			error.limit === 'depth'
				? `An event is nested deeper than ${EVENT_LIMITS.depth} levels.`
				: `An event has more than ${EVENT_LIMITS.values} parts.`,
		);
	}
}

/** Where a byte stands from `from` on; infinity when it does not. */
function positionOf(chunk: Buffer, byte: number, from: number): number {
	const position = chunk.indexOf(byte, from);
	return position === -1 ? Number.POSITIVE_INFINITY : position;
}

/**
 * Splits a stream of bytes into events, wherever it was cut into chunks. Lines end with LF, CR LF or CR, and a byte order
 * mark at the start is skipped, as https://html.spec.whatwg.org/multipage/server-sent-events.html says. Linear: every
 * byte is searched once and copied at most once.
 */
export class SseParser {
	/** What was fed last, and where in it the rest begins that has not been read. */
	#bytes: Buffer = NOTHING;
	#start = 0;
	/** Where the current line begins, and the next LF and CR from there on; before it where they have not been searched. */
	#at = 0;
	#lf = -1;
	#cr = -1;
	/** What came of the event that is not complete. */
	#fragments: Buffer[] = [];
	#fragmentBytes = 0;
	/** Lines of the event that is not complete. */
	#lines = 0;
	#isFirst = true;
	#isLineEmpty = true;
	/** The line before ended with a CR that no LF follows. */
	#isAfterLoneCr = false;

	/** Bytes that wait for the rest of their event, or to be read. */
	get bufferedBytes(): number {
		return this.#fragmentBytes + this.#bytes.length - this.#start;
	}

	/** What has been fed and not read, where an event begins there; `null` in the middle of one. */
	get unread(): Buffer | null {
		return this.#fragmentBytes === 0 && this.#lines === 0 ? this.#bytes.subarray(this.#start) : null;
	}

	/** Takes the next bytes of the stream, to be read by `next`. */
	feed(chunk: Buffer): void {
		const rest = this.#bytes.length - this.#start;
		this.#bytes = rest === 0 ? chunk : Buffer.concat([this.#bytes.subarray(this.#start), chunk]);
		this.#start = 0;
		this.#at = 0;
		this.#lf = -1;
		this.#cr = -1;
	}

	/**
	 * The next event that is complete, `null` until more is fed. A large one is to be read yet.
	 * @throws RangeError for an event that is too long, or has too many lines
	 */
	next(): SseFrame | null {
		const end = this.#findEnd();
		if (end === null) {
			if (this.bufferedBytes <= MAX_SSE_FRAME_BYTES) return null;
			throw new RangeError(`An event is longer than ${MAX_SSE_FRAME_BYTES} bytes.`);
		}
		const last = this.#bytes.subarray(this.#start, end);
		this.#start = end;
		return this.#complete(last);
	}

	/** Passes over whole events at the beginning of `unread`, the last of which ends with an LF. */
	skip(bytes: number): void {
		this.#start += bytes;
		this.#at = this.#start;
		this.#isAfterLoneCr = false;
	}

	/** The events that are complete with this chunk, as of `feed` and `next`. */
	push(chunk: Buffer): SseFrame[] {
		const frames: SseFrame[] = [];
		this.feed(chunk);
		for (let frame = this.next(); frame !== null; frame = this.next()) frames.push(frame);
		return frames;
	}

	/** What is left when the stream ends: the standard drops an event without its empty line, callers may not. */
	flush(): SseFrame | null {
		const isEmpty = this.bufferedBytes === 0;
		const last = this.#bytes.subarray(this.#start);
		this.#bytes = NOTHING;
		this.#start = 0;
		return isEmpty ? null : this.#complete(last);
	}

	#complete(last: Buffer): SseFrame {
		const raw = this.#fragments.length === 0 ? last : Buffer.concat([...this.#fragments, last]);
		const isFirst = this.#isFirst;
		this.#fragments = [];
		this.#fragmentBytes = 0;
		this.#lines = 0;
		this.#isFirst = false;
		if (raw.length <= SMALL_FRAME) return parseFrame(raw, isFirst);
		return { raw, event: null, data: null, read: () => readLargeFrame(raw, isFirst) };
	}

	/** The index after the next empty line, which ends an event; `null` where there is none, and what came of it is kept. */
	#findEnd(): number | null {
		const bytes = this.#bytes;
		while (this.#at < bytes.length) {
			const end = this.#findLineEnd();
			if (end >= bytes.length) break;
			const isEmpty = this.#isLineEmpty && end === this.#at;
			const isCr = this.#cr < this.#lf;
			const length = isCr ? this.#lengthOfCr(bytes, end, isEmpty) : 1;
			this.#isLineEmpty = length > 0 || isEmpty;
			if (length === 0) {
				this.#keepRest(end);
				return null;
			}
			this.#isAfterLoneCr = isCr && length === 1;
			this.#at = end + length;
			this.#countLine();
			if (isEmpty) return this.#at;
		}
		this.#isLineEmpty &&= this.#at === bytes.length;
		this.#keepRest(bytes.length);
		return null;
	}

	/** The next LF or CR; infinity without one. */
	#findLineEnd(): number {
		if (this.#lf < this.#at) this.#lf = positionOf(this.#bytes, LF, this.#at);
		if (this.#cr < this.#at) this.#cr = positionOf(this.#bytes, CR, this.#at);
		return Math.min(this.#lf, this.#cr);
	}

	/** Keeps the beginning of an event. A CR behind it is read again with what follows, which may be its LF. */
	#keepRest(end: number): void {
		if (end > this.#start) this.#fragments.push(this.#bytes.subarray(this.#start, end));
		this.#fragmentBytes += end - this.#start;
		this.#start = end;
		this.#at = end;
	}

	#countLine(): void {
		this.#lines += 1;
		if (this.#lines > MAX_EVENT_LINES) throw new RangeError(`An event has more than ${MAX_EVENT_LINES} lines.`);
	}

	/**
	 * Bytes of the line end that a CR begins; 0 when the next chunk decides whether an LF belongs to it. After a line that
	 * ended with a lone CR that is not waited for: such a stream gives its events at once.
	 */
	#lengthOfCr(bytes: Buffer, cr: number, isEmpty: boolean): 0 | 1 | 2 {
		if (isEmpty && this.#isAfterLoneCr) return 1;
		if (cr + 1 === bytes.length) return 0;
		return bytes[cr + 1] === LF ? 2 : 1;
	}
}

/** The event with the empty line that ends it, where the last of a stream lacks it: what follows would be read as part of it. */
export function endFrame(frame: SseFrame): SseFrame {
	if (isEnded(frame)) return frame;
	const isLineEnded = /[\r\n]$/.test(frame.raw.subarray(-1).toString('latin1'));
	return { ...frame, raw: Buffer.concat([frame.raw, Buffer.from(isLineEnded ? '\n' : '\n\n')]) };
}

/** Whether an event has the empty line without which client libraries do not read it. */
export function isEnded({ raw }: SseFrame): boolean {
	return /(?:\r\n|\n|\r)(?:\r\n|\n|\r)$/.test(raw.subarray(-4).toString('latin1'));
}

/** An event as text. */
export function formatSse(data: unknown, event?: string): string {
	const text = typeof data === 'string' ? data : JSON.stringify(data);
	return event === undefined ? `data: ${text}\n\n` : `event: ${event}\ndata: ${text}\n\n`;
}

/** How a watcher classified one frame of a provider's stream. */
export interface FrameSummary {
	/**
	 * `start-up`: before any output (role, message_start, ping). `output`: text, reasoning, tool input. `end`: the answer is
	 * complete (finish reason, message_stop, response.completed). `usage`: figures only. `done`: the format's last word
	 * (`[DONE]`). `error`: the provider reports a failure. `malformed`: not what the format allows.
	 */
	kind: 'start-up' | 'output' | 'end' | 'usage' | 'done' | 'error' | 'malformed' | 'other';
	/** False for a frame that only this package asked for: usage that the caller did not want. */
	isForwarded: boolean;
	/** The parsed data; `undefined` when it is not JSON. */
	data: unknown;
}

/** Classifies a frame by its data; a comment, or an event without data, is `other`. */
export function summarizeFrame(frame: SseFrame, classify: (data: unknown) => FrameSummary['kind']): FrameSummary {
	if ('value' in frame) return { kind: classify(frame.value), isForwarded: true, data: frame.value };
	const text = frame.data ?? '';
	if (text.trim() === '') return { kind: 'other', isForwarded: true, data: undefined };
	const data = parseFrameData(frame, text);
	return { kind: classify(data), isForwarded: true, data };
}

/** Whether an event reports a failure, in whichever form: servers mix those of all formats, and have flat ones of their own. */
export function isErrorEvent(event: JsonObject): boolean {
	const { error, object, type } = event;
	return Boolean(error) || type === 'error' || type === 'response.failed' || object === 'error';
}

/**
 * What stands in an event; `undefined` for what is no JSON. An error that is told in a list, as Google's are, or in bare
 * words by an event of that name, is read as an error object. `text`: its data.
 */
export function parseFrameData({ event }: Pick<SseFrame, 'event'>, text: string): unknown {
	const data = parseJson(text);
	const first: unknown = Array.isArray(data) ? data[0] : undefined;
	if (isObject(first) && isObject(first['error'])) return first;
	if (event !== 'error' || isObject(data)) return data;
	return { error: { type: 'api_error', message: typeof data === 'string' ? data : text } };
}
