import { type JsonLimits, JsonShape, PIECE_SIZES, type PieceSizes } from './json-shape.ts';
import {
	endOfString,
	endOfValue,
	JsonSyntaxError,
	type ParseJson,
	parseAtOnce,
	skipWhitespace,
	skipWhitespaceBack,
} from './json-text.ts';

const QUOTE = 34;
const COMMA = 44;
const COLON = 58;
const BACKSLASH = 92;
const CLOSE_BRACKET = 93;
const CLOSE_BRACE = 125;

/** Characters of an escape such as `\u4e2d`. */
const MAX_ESCAPE_CHARACTERS = 6;
/** Bytes of a character in UTF-8 behind its first one. */
const MAX_FURTHER_BYTES = 3;
/** A text of fewer parts is parsed at once. */
const PARTS_IN_TEXT = 16;
/** As many pieces of an object or list are parsed in one step. */
const PIECES_IN_STEP = 4;

/** Adds members as JSON.parse does: also one with the name `__proto__` is a member like any other. */
function addMembers(target: Record<string, unknown>, members: object): void {
	for (const [name, value] of Object.entries(members))
		if (name === '__proto__')
			Object.defineProperty(target, name, { value, configurable: true, enumerable: true, writable: true });
		else target[name] = value;
}

/** Where a string can be cut at or before an index, so that no escape is, nor a character whose bytes are the text's characters. */
function findCut(text: string, from: number, at: number): number {
	const cut = findCutOfEscapes(text, from, at);
	let first = cut;
	while (first > cut - MAX_FURTHER_BYTES && (text.charCodeAt(first) & ~0x3f) === 0x80) first -= 1;
	return first > from ? first : cut;
}

/** Where a string can be cut at or before an index, so that no escape is; `from`: where none is under way. */
function findCutOfEscapes(text: string, from: number, at: number): number {
	const last = text.lastIndexOf('\\', at - 1);
	if (last < from || last + MAX_ESCAPE_CHARACTERS <= at) return at;
	let first = last;
	while (first > from && text.charCodeAt(first - 1) === BACKSLASH) first -= 1;
	// all backslashes: each two are one escape
	return first > from ? first : from + Math.floor((last - from) / 2) * 2;
}

/** Work in steps of a few milliseconds each, between which others may get their turn. */
export type Steps<Result> = Generator<void, Result, void>;

/** Does such work to its end. `giveWay`: called after each step, e.g. `setImmediate` of `node:timers/promises`. */
export async function runSteps<Result>(steps: Steps<Result>, giveWay: () => Promise<unknown>): Promise<Result> {
	return await startSteps(steps, giveWay);
}

/** The same, which answers at once what is done in one step: nearly all work is, and a promise for it would only cost time. */
export function startSteps<Result>(steps: Steps<Result>, giveWay: () => Promise<unknown>): Result | Promise<Result> {
	const { done, value } = steps.next();
	return done === true ? value : finishSteps(steps, giveWay);
}

async function finishSteps<Result>(steps: Steps<Result>, giveWay: () => Promise<unknown>): Promise<Result> {
	for (;;) {
		await giveWay();
		const { done, value } = steps.next();
		if (done === true) return value;
	}
}

/** Parses one JSON text, whose large parts are known, piece by piece. */
class PieceParser {
	readonly #text: string;
	readonly #large: ReadonlyMap<number, number>;
	readonly #sizes: PieceSizes;
	readonly #parse: ParseJson;
	/** The commas of objects and lists, by where those open; not of all. */
	readonly #commas = new Map<number, readonly number[]>();
	readonly #parsePart: ParseJson;
	/** Characters that were parsed in the step that is under way. */
	#inStep = 0;

	constructor(text: string, { large, members }: JsonShape, { parse, parsePart, sizes }: Required<ParsingOptions>) {
		this.#text = text;
		this.#large = large;
		this.#sizes = sizes;
		this.#parse = parse;
		this.#parsePart = parsePart;
		const start = skipWhitespace(text, 0);
		const borders = members.map(({ end }) => end);
		if (text[start] === '{') this.#commas.set(start, borders);
		for (const { colon, commas } of members) this.#commas.set(skipWhitespace(text, colon + 1), commas);
	}

	/** @throws JsonSyntaxError */
	*parse(): Steps<unknown> {
		const text = this.#text;
		const start = skipWhitespace(text, 0);
		const end = this.#large.get(start);
		if (end === undefined) return parseAtOnce(text, 0, this.#parse);
		if (skipWhitespace(text, end) !== text.length) throw new JsonSyntaxError(end);
		return yield* this.#parseLarge(start, end);
	}

	*#parseLarge(start: number, end: number): Steps<unknown> {
		if (!this.#large.has(start)) return yield* this.#parsePiece(this.#text.slice(start, end), start, this.#parsePart);
		const opening = this.#text[start];
		if (opening === '"') return yield* this.#parseString(start, end);
		return opening === '[' ? yield* this.#parseList(start, end) : yield* this.#parseObject(start, end);
	}

	*#parsePiece(piece: string, from: number, parse = this.#parse): Steps<unknown> {
		const value = parseAtOnce(piece, from, parse);
		this.#inStep += piece.length;
		if (this.#inStep < this.#sizes.container) return value;
		this.#inStep = 0;
		yield;
		return value;
	}

	*#parseString(open: number, end: number): Steps<string> {
		const pieces: unknown[] = [];
		for (let from = open + 1; from < end - 1; ) {
			const most = from + this.#sizes.string;
			const cut = most < end - 1 ? findCut(this.#text, from, most) : end - 1;
			pieces.push(yield* this.#parsePiece(`"${this.#text.slice(from, cut)}"`, from - 1));
			from = cut;
		}
		return pieces.join('');
	}

	*#parseList(open: number, end: number): Steps<unknown[]> {
		const list: unknown[] = [];
		yield* this.#visitMembers(open, end, {
			close: CLOSE_BRACKET,
			addPiece: (from, to) => this.#addItems(list, from, to),
			addLarge: (at, to) => this.#addItem(list, at, to),
		});
		return list;
	}

	*#addItems(list: unknown[], from: number, to: number): Steps<void> {
		const items = yield* this.#parsePiece(`[${this.#text.slice(from, to)}]`, from - 1);
		// as many as fit in a piece, so that they fit in the arguments of a call
		list.push(...(items as unknown[]));
	}

	*#addItem(list: unknown[], at: number, to: number): Steps<void> {
		list.push(yield* this.#parseLarge(at, to));
	}

	*#parseObject(open: number, end: number): Steps<Record<string, unknown>> {
		const object: Record<string, unknown> = {};
		yield* this.#visitMembers(open, end, {
			close: CLOSE_BRACE,
			addPiece: (from, to) => this.#addMembers(object, from, to),
			addLarge: (at, to, name) => this.#addMember(object, name, at, to),
		});
		return object;
	}

	*#addMembers(object: Record<string, unknown>, from: number, to: number): Steps<void> {
		addMembers(object, (yield* this.#parsePiece(`{${this.#text.slice(from, to)}}`, from - 1)) as object);
	}

	*#addMember(object: Record<string, unknown>, name: string, at: number, to: number): Steps<void> {
		const value = yield* this.#parseLarge(at, to);
		addMembers(object, Object.fromEntries([[parseAtOnce(name, at, this.#parse), value]]));
	}

	/** Passes over the members of a container: small ones together, as pieces, and large ones one by one. */
	*#visitMembers(open: number, end: number, visitor: MemberVisitor): Steps<void> {
		const close = end - 1;
		const commas = this.#commas.get(open);
		if (this.#text.charCodeAt(close) !== visitor.close) throw new JsonSyntaxError(close);
		let at = skipWhitespace(this.#text, open + 1);
		let pieceFrom = at;
		let pieceEnd = at;
		for (let index = 0; at < close; index += 1) {
			const border = commas === undefined ? -1 : (commas[index] ?? close);
			const isItem = visitor.close === CLOSE_BRACKET;
			const { isLarge, memberEnd, nameEnd, next, start } = this.#readMember(at, close, { isItem, border });
			if (!isLarge) pieceEnd = memberEnd;
			const isWhole = isLarge || next === close || pieceEnd - pieceFrom >= this.#sizes.container / PIECES_IN_STEP;
			if (isWhole && pieceEnd > pieceFrom) yield* visitor.addPiece(pieceFrom, pieceEnd);
			if (isLarge) yield* visitor.addLarge(start, memberEnd, this.#text.slice(at, nameEnd));
			if (isWhole) [pieceFrom, pieceEnd] = [next, next];
			at = next;
		}
	}

	/** Where the parts of the member that begins at an index are, and where the next one begins. `border`: the comma or bracket behind it; -1 where that is not known. */
	#readMember(at: number, close: number, { border, isItem }: { border: number; isItem: boolean }) {
		const nameEnd = isItem ? at : this.#endOfName(at);
		const start = isItem ? at : this.#passColon(nameEnd);
		const largeEnd = this.#large.get(start);
		const memberEnd =
			largeEnd ?? (border === -1 ? endOfValue(this.#text, start) : skipWhitespaceBack(this.#text, border));
		if (memberEnd <= start) throw new JsonSyntaxError(start);
		const isPart = border !== -1 && memberEnd - start >= (this.#sizes.part ?? Number.POSITIVE_INFINITY);
		const next = this.#passComma(memberEnd, close);
		return { nameEnd, start, memberEnd, next, isLarge: largeEnd !== undefined || isPart };
	}

	#endOfName(at: number): number {
		if (this.#text.charCodeAt(at) !== QUOTE) throw new JsonSyntaxError(at);
		return endOfString(this.#text, at);
	}

	/** Where the value begins whose name ends here. */
	#passColon(nameEnd: number): number {
		const colon = skipWhitespace(this.#text, nameEnd);
		if (this.#text.charCodeAt(colon) !== COLON) throw new JsonSyntaxError(colon);
		return skipWhitespace(this.#text, colon + 1);
	}

	/** The index of the next member, or of the bracket that closes the container. */
	#passComma(memberEnd: number, close: number): number {
		const text = this.#text;
		const comma = skipWhitespace(text, memberEnd);
		if (comma === close) return close;
		if (text.charCodeAt(comma) !== COMMA) throw new JsonSyntaxError(comma);
		const next = skipWhitespace(text, comma + 1);
		if (next >= close) throw new JsonSyntaxError(next);
		return next;
	}
}

interface MemberVisitor {
	/** The bracket that must close the container. */
	close: number;
	/** Small members, one after the other with their commas. */
	addPiece(from: number, to: number): Steps<void>;
	/** `name`: as written, empty in a list. */
	addLarge(from: number, to: number, name: string): Steps<void>;
}

/** How a text is parsed in pieces. */
interface ParsingOptions {
	sizes?: PieceSizes;
	/** Parses one piece. @default JSON.parse */
	parse?: ParseJson;
	/** Parses a value that is parsed by itself. @default parse */
	parsePart?: ParseJson;
}

/** What a JSON text says, and the shape of it. */
export interface ParsedJson {
	value: unknown;
	shape: JsonShape;
}

/**
 * Parses a JSON text as `JSON.parse` does, but in pieces of a few milliseconds, and only what is within its limits.
 * @throws JsonSyntaxError or JsonLimitError
 */
export function* parseJsonSteps(
	text: string,
	limits: Partial<JsonLimits> = {},
	{ sizes = PIECE_SIZES, parse = JSON.parse, parsePart = parse }: ParsingOptions = {},
): Steps<ParsedJson> {
	const shape = new JsonShape(text, limits, sizes);
	while (!shape.scanSlice()) yield;
	if (text.length < (sizes.part === undefined ? sizes.container : PARTS_IN_TEXT * sizes.part))
		return { value: parseAtOnce(text, 0, parse), shape };
	if (!shape.isComplete) throw new JsonSyntaxError(text.length);
	return { value: yield* new PieceParser(text, shape, { parse, parsePart, sizes }).parse(), shape };
}
