import type { StreamWatcher } from './caller-format.ts';
import { type FrameSummary, parseFrame, SMALL_FRAME, type SseFrame, SseParser } from './sse.ts';

/** Longest event that becomes a template, bytes. */
const MAX_TEMPLATE_BYTES = 8192;
/** Events with output at most before a template is tried again where none was of use. */
const MAX_PAUSE = 64;

/** A complete event with one line of data. */
const SHAPE = /^(?:event:[^\r\n]*\r?\n)?data:[^\r\n]*\r?\n\r?\n$/;
/** Members whose text or number changes from event to event. Which of them hold output is tried out. */
const MEMBERS =
	/"(?:(?:content|reasoning|reasoning_content|refusal|text|thinking|partial_json|delta|arguments|input|obfuscation|p)"\s*:\s*(")|(?:created|sequence_number|\w+_tokens|\w*[tT]okenCount)"\s*:\s*)/g;
/** The spaces that Anthropic pads its events with. */
const PADDING = /(?<=\}) *(?=\}\r?\n\r?\n$)/;

/** The inside of a string that is written as it is read. */
const PLAIN_TEXT = /[ !#-[\]-~]+/y;
/** The inside of any string but an empty one, in bytes. */
const TEXT = /(?:[ !#-[\]-\xff]|\\(?:["\\/bfnrt]|u[\dA-Fa-f]{4}))+/y;
const NUMBER = /0|[1-9]\d*/y;
const SPACES = / */y;
/** Characters from which on a slice of a string keeps the whole of it in memory. */
const MIN_KEEPING_SLICE = 13;

/** Where a sticky pattern ends that begins at `from`; -1 where it does not match. */
function endOf(pattern: RegExp, bytes: string, from: number): number {
	pattern.lastIndex = from;
	return pattern.test(bytes) ? pattern.lastIndex : -1;
}

/** A place in which events differ that are otherwise alike: where it is in the one that was matched last. */
class Gap {
	readonly kind: 'text' | 'number' | 'padding';
	/** The bytes between the gap before and this one. */
	before = '';
	start: number;
	end = -1;
	/** The text is written as it is read. */
	#isPlain = false;

	constructor(kind: Gap['kind'], start: number) {
		this.kind = kind;
		this.start = start;
	}

	/** Looks for what may stand here from `start` on. False: something else does, or an empty text, which means something else. */
	match(bytes: string, start: number): boolean {
		this.start = start;
		if (this.kind === 'text') {
			this.end = endOf(PLAIN_TEXT, bytes, start);
			this.#isPlain = this.end !== -1 && bytes[this.end] === '"';
			if (!this.#isPlain) this.end = endOf(TEXT, bytes, start);
		} else this.end = endOf(this.kind === 'number' ? NUMBER : SPACES, bytes, start);
		return this.end !== -1;
	}

	/** Bytes of the text at most. */
	get textBytes(): number {
		return (this.end - this.start) * (this.#isPlain ? 1 : 3);
	}

	readBytes(bytes: string): string {
		return bytes.slice(this.start, this.end);
	}

	readText(bytes: string): string {
		const written = this.readBytes(bytes);
		if (this.#isPlain && written.length < MIN_KEEPING_SLICE) return written;
		const text = Buffer.from(written, 'latin1').toString('utf8');
		// TEXT matches the inside of a string
		return this.#isPlain || !text.includes('\\') ? text : (JSON.parse(`"${text}"`) as string);
	}
}

function findAllGaps(event: string): Gap[] {
	const gaps = [...event.matchAll(MEMBERS)].map(
		({ 0: found, 1: quote, index }) => new Gap(quote === undefined ? 'number' : 'text', index + found.length),
	);
	const padding = PADDING.exec(event);
	if (padding !== null) gaps.push(new Gap('padding', padding.index));
	return gaps.filter((gap) => gap.match(event, gap.start));
}

/** The gaps of an event. A number is one where it differs from that of the event `before`: most stay the same. */
function findGaps(event: string, before: string): Gap[] {
	const others = findAllGaps(before);
	const gaps = findAllGaps(event).filter((gap, index) => {
		if (gap.kind !== 'number') return true;
		const other = others[index];
		return other?.kind === 'number' && other.readBytes(before) !== gap.readBytes(event);
	});
	for (const [index, gap] of gaps.entries()) gap.before = event.slice(gaps[index - 1]?.end ?? 0, gap.start);
	return gaps;
}

/**
 * The bytes of an event around its texts and numbers. An event with the same bytes around other texts and numbers is the
 * same JSON but for these. Events are given as latin1, a character for each byte.
 */
class EventTemplate {
	readonly #gaps: readonly Gap[];
	/** The bytes behind the last gap. */
	readonly #behind: string;
	/** The gaps with output, in the order in which it is read. */
	readonly #outputs: readonly Gap[];

	private constructor(gaps: readonly Gap[], behind: string, outputs: readonly Gap[]) {
		this.#gaps = gaps;
		this.#behind = behind;
		this.#outputs = outputs;
	}

	/**
	 * The template of an event that only adds to the output; `null` for any other. `watcher`: a new one, which reads the event
	 * with a mark in place of each text. `before`: the event with output before it.
	 */
	static learn(event: string, before: string, watcher: StreamWatcher): EventTemplate | null {
		if (event.length > MAX_TEMPLATE_BYTES || !SHAPE.test(event)) return null;
		const gaps = findGaps(event, before);
		const marks = gaps.map(({ kind }, index) => (kind === 'text' ? `~${index}~` : ''));
		const behind = event.slice(gaps.at(-1)?.end);
		const marked = new EventTemplate(gaps, behind, []).#fill((gap, index) =>
			gap.kind === 'number' ? '7' : (marks[index] ?? ''),
		);
		const { isForwarded, kind } = watcher.read(marked);
		const { text, tokens } = watcher.usage.takeOutput();
		const found = marks.flatMap((mark, index) => (mark !== '' && text.includes(mark) ? [index] : []));
		found.sort((a, b) => text.indexOf(marks[a] ?? '') - text.indexOf(marks[b] ?? ''));
		const isAllText = text !== '' && text === found.map((index) => marks[index]).join('');
		const saysMore = !isForwarded || tokens > 0 || watcher.isComplete || watcher.finishReason !== null;
		if (kind !== 'output' || saysMore || !isAllText) return null;
		return new EventTemplate(
			gaps,
			behind,
			found.flatMap((index) => gaps[index] ?? []),
		);
	}

	/** There are numbers in it: those of the last event count. */
	get hasNumbers(): boolean {
		return this.#gaps.some(({ kind }) => kind === 'number');
	}

	/** The end of the event that begins at `from`; -1 where it is not like this one. */
	match(bytes: string, from: number): number {
		let at = from;
		for (const gap of this.#gaps) {
			const start = at + gap.before.length;
			if (bytes.slice(at, start) !== gap.before || !gap.match(bytes, start)) return -1;
			at = gap.end;
		}
		const end = at + this.#behind.length;
		return bytes.slice(at, end) === this.#behind && end - from <= SMALL_FRAME ? end : -1;
	}

	/** Bytes of output of the event that was matched last, at most. */
	get outputBytes(): number {
		let sum = 0;
		for (const gap of this.#outputs) sum += gap.textBytes;
		return sum;
	}

	/** The output of the event that was matched last. */
	readOutput(bytes: string): string {
		let output = '';
		for (const gap of this.#outputs) output += gap.readText(bytes);
		return output;
	}

	/** An event of this template with its numbers and without its texts. */
	withoutTexts(event: string): SseFrame {
		this.match(event, 0);
		return this.#fill((gap) => (gap.kind === 'number' ? gap.readBytes(event) : ''));
	}

	#fill(write: (gap: Gap, index: number) => string): SseFrame {
		const filled = this.#gaps.map((gap, index) => gap.before + write(gap, index)).join('') + this.#behind;
		return parseFrame(Buffer.from(filled, 'latin1'));
	}
}

/** Events that differ from the one before only in their text. */
export interface RepeatedEvents {
	raw: Buffer;
	/** Their output. */
	text: string;
}

/**
 * Reads a provider's stream: its events one by one, and at once those that are the same bytes as the last one but for their
 * text. What those say beside it is known; it need not be parsed again.
 */
export class StreamReader {
	readonly #createWatcher: () => StreamWatcher;
	readonly #watcher: StreamWatcher;
	readonly #parser = new SseParser();
	/** What was fed last, or the end of it, as latin1; `null` until it is needed. */
	#bytes: string | null = null;
	/** Made of the event that was read last. */
	#template: EventTemplate | null = null;
	/** The event that a template was tried with last. */
	#tried = '';
	/** The last event that was passed over, where its numbers have not been read. */
	#passed: string | null = null;
	/** The template before was of use. */
	#isUseful = true;
	/** Events with output before the next template, and how many it was the last time. */
	#wait = 0;
	#pause = 0;

	constructor(createWatcher: () => StreamWatcher) {
		this.#createWatcher = createWatcher;
		this.#watcher = createWatcher();
	}

	/** What has been read so far. */
	get watcher(): StreamWatcher {
		this.#catchUp();
		return this.#watcher;
	}

	/** As of `SseParser`. */
	get bufferedBytes(): number {
		return this.#parser.bufferedBytes;
	}

	/** Takes the next bytes of the stream. */
	feed(chunk: Buffer): void {
		this.#parser.feed(chunk);
		this.#bytes = null;
	}

	/**
	 * The events that come next and differ from the last one only in their text; `null` without any. `maxBytes`: bytes of that
	 * text at most. `StreamWatcher.usage.takeOutput` does not have it.
	 */
	takeRepeated(maxBytes: number): RepeatedEvents | null {
		const template = this.#template;
		const unread = template === null ? null : this.#parser.unread;
		if (template === null || unread === null || unread.length === 0) return null;
		this.#bytes ??= unread.toString('latin1');
		const bytes = this.#bytes;
		const from = bytes.length - unread.length;
		// a byte that is no UTF-8 is read as a character of three
		const isTight = unread.length * 3 > maxBytes;
		let [at, last, room, text] = [from, from, maxBytes, ''];
		for (let end = template.match(bytes, at); end !== -1; end = template.match(bytes, at)) {
			if (isTight) room -= template.outputBytes;
			if (room < 0) break;
			text += template.readOutput(bytes);
			last = at;
			at = end;
		}
		if (at === from) return null;
		if (template.hasNumbers) this.#passed = bytes.slice(last, at);
		this.#isUseful = true;
		this.#watcher.repeat(text);
		this.#parser.skip(at - from);
		return { raw: unread.subarray(0, at - from), text };
	}

	/** The next event; `null` until more is fed. @throws RangeError as `SseParser.next` does */
	next(): SseFrame | null {
		return this.#parser.next();
	}

	/** As of `SseParser`. */
	flush(): SseFrame | null {
		return this.#parser.flush();
	}

	/** Reads an event. */
	read(frame: SseFrame): FrameSummary {
		this.#catchUp();
		const summary = this.#watcher.read(frame);
		// without data an event changes nothing
		if (summary.kind === 'output') this.#learn(frame.raw);
		else if (frame.data !== null) this.#template = null;
		return summary;
	}

	#learn(raw: Buffer): void {
		const event = raw.toString('latin1');
		if (this.#template?.match(event, 0) === event.length) return;
		this.#template = null;
		this.#wait -= 1;
		if (this.#wait >= 0) return;
		this.#pause = this.#isUseful ? 0 : Math.min(MAX_PAUSE, this.#pause * 2 + 1);
		this.#wait = this.#pause;
		this.#isUseful = false;
		this.#template = EventTemplate.learn(event, this.#tried, this.#createWatcher());
		this.#tried = event;
	}

	/** Reads the numbers of the events that were passed over: each is the latest of its kind. */
	#catchUp(): void {
		const event = this.#passed;
		this.#passed = null;
		if (event !== null && this.#template !== null) this.#watcher.read(this.#template.withoutTexts(event));
	}
}
