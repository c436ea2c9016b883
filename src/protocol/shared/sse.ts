/** One server-sent event. */
export interface SseFrame {
	/** The bytes as they came, the empty line that ends them included. */
	raw: Buffer;
	/** The `event:` field, `null` without one. */
	event: string | null;
	/** The `data:` lines joined by line feeds; `null` for comments and events without data. */
	data: string | null;
}

/** Longest event that is held, bytes; a longer one is no event of any provider. */
export const MAX_SSE_FRAME_BYTES: number = 16 * 1024 * 1024;

const LF = 10;
const CR = 13;

/** The index after the empty line that ends the first event from `from` on; -1 when it is not there yet. */
function endOfFrame(bytes: Buffer, from: number): number {
	for (let at = bytes.indexOf(LF, from); at !== -1; at = bytes.indexOf(LF, at + 1)) {
		const next = bytes[at + 1];
		if (next === LF) return at + 2;
		if (next === CR && bytes[at + 2] === LF) return at + 3;
	}
	return -1;
}

function readField(line: string, name: string): string | null {
	if (!line.startsWith(name)) return null;
	const value = line.slice(name.length);
	return value.startsWith(' ') ? value.slice(1) : value;
}

function readFrame(raw: Buffer): SseFrame {
	let event: string | null = null;
	let data: string | null = null;
	for (const ended of raw.toString('utf8').split('\n')) {
		const line = ended.endsWith('\r') ? ended.slice(0, -1) : ended;
		const said = readField(line, 'data:');
		if (said !== null) data = data === null ? said : `${data}\n${said}`;
		else event = readField(line, 'event:') ?? event;
	}
	return { raw, event, data };
}

/**
 * Splits a stream of bytes into events wherever it was cut into chunks. Lines end with LF or CR LF (a lone CR, which
 * the standard allows and no provider sends, is part of its line).
 */
export class SseParser {
	#held: Buffer = Buffer.alloc(0);
	/** Where the search for an end goes on. */
	#searched = 0;

	/** Bytes that wait for the rest of their event. */
	get bufferedBytes(): number {
		return this.#held.length;
	}

	/** The events that are complete with this chunk. @throws RangeError for an event over `MAX_FRAME_BYTES` */
	push(chunk: Buffer): SseFrame[] {
		const bytes = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
		const frames: SseFrame[] = [];
		let start = 0;
		let search = this.#searched;
		for (let end = endOfFrame(bytes, search); end !== -1; end = endOfFrame(bytes, search)) {
			frames.push(readFrame(bytes.subarray(start, end)));
			start = end;
			search = end;
		}
		this.#held = bytes.subarray(start);
		// An end may lie across the border: the last three bytes are looked at again.
		this.#searched = Math.max(0, this.#held.length - 3);
		if (this.#held.length > MAX_SSE_FRAME_BYTES)
			throw new RangeError(`An event is longer than ${MAX_SSE_FRAME_BYTES} bytes.`);
		return frames;
	}

	/** What is left when the stream ends: the standard drops an event without its empty line, callers may not. */
	flush(): SseFrame | null {
		const rest = this.#held;
		this.#held = Buffer.alloc(0);
		this.#searched = 0;
		return rest.length === 0 ? null : readFrame(rest);
	}
}

/** An event as text. */
export function formatSse(data: unknown, event?: string): string {
	const text = typeof data === 'string' ? data : JSON.stringify(data);
	return event === undefined ? `data: ${text}\n\n` : `event: ${event}\ndata: ${text}\n\n`;
}

/** The data of an event as JSON; `undefined` when it is none. */
export interface ParsedFrame {
	data: unknown;
	/** A comment, or an event without data: nothing is said. */
	isEmpty: boolean;
}

/** Parses an event's data. */
export function parseFrameData(frame: SseFrame): ParsedFrame {
	if (frame.data === null) return { data: undefined, isEmpty: true };
	try {
		return { data: JSON.parse(frame.data), isEmpty: false };
	} catch (error) {
		if (error instanceof SyntaxError) return { data: undefined, isEmpty: false };
		throw error;
	}
}
