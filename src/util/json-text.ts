const TAB = 9;
const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
const SPACE = 32;
const QUOTE = 34;
const COMMA = 44;
const OPEN_BRACKET = 91;
const BACKSLASH = 92;
const CLOSE_BRACKET = 93;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;

/** Characters without an escape after which the next quote is searched for natively again. */
const PLAIN_RUN = 4;

function isSpace(code: number): boolean {
	return code === SPACE || code === LINE_FEED || code === CARRIAGE_RETURN || code === TAB;
}

/** The index of the next character of a JSON text that is no white space. */
export function skipWhitespace(text: string, from: number): number {
	let at = from;
	while (isSpace(text.charCodeAt(at))) at += 1;
	return at;
}

/** The index behind the last character before an index of a JSON text that is no white space. */
export function skipWhitespaceBack(text: string, before: number): number {
	let at = before;
	while (isSpace(text.charCodeAt(at - 1))) at -= 1;
	return at;
}

/** Whether the character at an index of a string stands behind an escape's backslash; `from`: where no escape is under way. */
export function isEscaped(text: string, at: number, from: number): boolean {
	let before = at;
	while (before > from && text.charCodeAt(before - 1) === BACKSLASH) before -= 1;
	return (at - before) % 2 === 1;
}

/** Passes over escapes and what is between them, up to the closing quote, to where escapes are rare, or to an index. */
export function skipEscapes(text: string, from: number, until: number): number {
	let at = from;
	for (let plain = 0; plain < PLAIN_RUN && at < until; ) {
		const code = text.charCodeAt(at);
		if (code === QUOTE) return at;
		at += code === BACKSLASH ? 2 : 1;
		plain = code === BACKSLASH ? 0 : plain + 1;
	}
	return at;
}

/**
 * The index after the quote that closes the string which opens at `open`; the text's length where none does. Native
 * search where escapes are rare, one character after the other where they are dense: linear in any text.
 */
export function endOfString(text: string, open: number): number {
	let from = open + 1;
	for (;;) {
		const quote = text.indexOf('"', from);
		if (quote === -1) return text.length;
		if (!isEscaped(text, quote, from)) return quote + 1;
		from = skipEscapes(text, quote + 1, text.length);
	}
}

function endOfContainer(text: string, open: number): number {
	let depth = 0;
	for (let at = open; at < text.length; at += 1) {
		const code = text.charCodeAt(at);
		// digits and commas first: there may be megabytes of them
		if (code > QUOTE && code < OPEN_BRACKET) continue;
		if (code === QUOTE) at = endOfString(text, at) - 1;
		else if (code === OPEN_BRACE || code === OPEN_BRACKET) depth += 1;
		else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) {
			depth -= 1;
			if (depth === 0) return at + 1;
		}
	}
	return text.length;
}

/** The index after the value of a JSON text that begins at `start`. */
export function endOfValue(text: string, start: number): number {
	const code = text.charCodeAt(start);
	if (code === QUOTE) return endOfString(text, start);
	if (code === OPEN_BRACE || code === OPEN_BRACKET) return endOfContainer(text, start);
	let at = start;
	for (; at < text.length; at += 1) {
		const end = text.charCodeAt(at);
		if (end > COMMA && end < OPEN_BRACKET) continue;
		if (end === COMMA || end === CLOSE_BRACE || end === CLOSE_BRACKET || isSpace(end)) break;
	}
	return at;
}

/** A text that is not JSON, and where; its message never quotes the text, which may be private. */
export class JsonSyntaxError extends Error {
	override name = 'JsonSyntaxError';
	/** Index of the character, or near it; `null` where the parser does not say. */
	readonly position: number | null;

	constructor(position: number | null) {
		super('Not JSON.');
		this.position = position;
	}
}

/** Makes the value of a JSON text. @throws SyntaxError */
export type ParseJson = (text: string) => unknown;

/** Parses JSON at once; `from` is where it stands in the whole text. @throws JsonSyntaxError */
export function parseAtOnce(text: string, from = 0, parse: ParseJson = JSON.parse): unknown {
	try {
		return parse(text);
	} catch (error) {
		const place = /position (\d+)/.exec(String(error))?.[1];
		throw new JsonSyntaxError(place === undefined ? null : from + Number(place));
	}
}

/**
 * What is within one fence of Markdown (bare or of `json`) that is all of the text, or else the text itself. The time grows with the length
 * alone: what models wrote is read with it, where an expression with two ways to read a line end takes minutes for a few thousand of them.
 */
export function unwrapFence(text: string): string {
	const fenced = text.trim();
	const [head, tail] = [fenced.indexOf('\n'), fenced.lastIndexOf('\n')];
	if (tail <= head || fenced.slice(tail).trimStart() !== '```') return text;
	const opening = fenced.slice(0, head).trimEnd();
	return opening === '```' || opening === '```json' ? fenced.slice(head + 1, tail) : text;
}
