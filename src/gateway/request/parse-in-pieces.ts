import { setImmediate } from 'node:timers/promises';
import { endOfString, endOfValue, JsonSyntaxError, parseAtOnce, skipWhitespace } from '../../util/index.ts';
import { PIECE_SIZES, type PieceSizes } from './body-shape.ts';

const QUOTE = 34;
const COMMA = 44;
const COLON = 58;
const BACKSLASH = 92;
const CLOSE_BRACKET = 93;
const CLOSE_BRACE = 125;

/** Characters of an escape such as `\u4e2d`. */
const MAX_ESCAPE_CHARACTERS = 6;

/** Adds members as JSON.parse does: also one with the name `__proto__` is a member like any other. */
function addMembers(target: Record<string, unknown>, members: object): void {
	for (const [name, value] of Object.entries(members))
		if (name === '__proto__')
			Object.defineProperty(target, name, { value, configurable: true, enumerable: true, writable: true });
		else target[name] = value;
}

/** Where a string can be cut at or before an index, so that no escape is; `from`: where none is under way. */
function findCut(text: string, from: number, at: number): number {
	const last = text.lastIndexOf('\\', at - 1);
	if (last < from || last + MAX_ESCAPE_CHARACTERS <= at) return at;
	let first = last;
	while (first > from && text.charCodeAt(first - 1) === BACKSLASH) first -= 1;
	// all backslashes: each two are one escape
	return first > from ? first : from + Math.floor((last - from) / 2) * 2;
}

/** Parses one JSON text, whose large parts are known, and gives way after each piece. */
class PieceParser {
	readonly #text: string;
	readonly #large: ReadonlyMap<number, number>;
	readonly #sizes: PieceSizes;

	constructor(text: string, large: ReadonlyMap<number, number>, sizes: PieceSizes) {
		this.#text = text;
		this.#large = large;
		this.#sizes = sizes;
	}

	/** @throws JsonSyntaxError */
	async parse(): Promise<unknown> {
		const text = this.#text;
		const start = skipWhitespace(text, 0);
		const end = this.#large.get(start);
		if (end === undefined) return parseAtOnce(text);
		if (skipWhitespace(text, end) !== text.length) throw new JsonSyntaxError(end);
		return await this.#parseLarge(start, end);
	}

	async #parseLarge(start: number, end: number): Promise<unknown> {
		const opening = this.#text[start];
		if (opening === '"') return await this.#parseString(start, end);
		return opening === '[' ? await this.#parseList(start, end) : await this.#parseObject(start, end);
	}

	async #parsePiece(piece: string, from: number): Promise<unknown> {
		const value = parseAtOnce(piece, from);
		await setImmediate();
		return value;
	}

	async #parseString(open: number, end: number): Promise<string> {
		const pieces: unknown[] = [];
		for (let from = open + 1; from < end - 1; ) {
			const most = from + this.#sizes.string;
			const cut = most < end - 1 ? findCut(this.#text, from, most) : end - 1;
			pieces.push(await this.#parsePiece(`"${this.#text.slice(from, cut)}"`, from - 1));
			from = cut;
		}
		return pieces.join('');
	}

	async #parseList(open: number, end: number): Promise<unknown[]> {
		const list: unknown[] = [];
		await this.#visitMembers(open, end, {
			close: CLOSE_BRACKET,
			addPiece: async (from, to) => {
				// as many as fit in a piece, so that they fit in the arguments of a call
				list.push(...((await this.#parsePiece(`[${this.#text.slice(from, to)}]`, from - 1)) as unknown[]));
			},
			addLarge: async (at, to) => {
				list.push(await this.#parseLarge(at, to));
			},
		});
		return list;
	}

	async #parseObject(open: number, end: number): Promise<Record<string, unknown>> {
		const object: Record<string, unknown> = {};
		await this.#visitMembers(open, end, {
			close: CLOSE_BRACE,
			addPiece: async (from, to) => {
				addMembers(object, (await this.#parsePiece(`{${this.#text.slice(from, to)}}`, from - 1)) as object);
			},
			addLarge: async (at, to, name) => {
				const value = await this.#parseLarge(at, to);
				addMembers(object, Object.fromEntries([[parseAtOnce(name, at), value]]));
			},
		});
		return object;
	}

	/** Passes over the members of a container: small ones together, as pieces, and large ones one by one. */
	async #visitMembers(open: number, end: number, visitor: MemberVisitor): Promise<void> {
		const close = end - 1;
		if (this.#text.charCodeAt(close) !== visitor.close) throw new JsonSyntaxError(close);
		let at = skipWhitespace(this.#text, open + 1);
		let pieceFrom = at;
		let pieceEnd = at;
		while (at < close) {
			const { isLarge, memberEnd, nameEnd, next, start } = this.#readMember(at, close, visitor.close === CLOSE_BRACKET);
			if (!isLarge) pieceEnd = memberEnd;
			const isWhole = isLarge || next === close || pieceEnd - pieceFrom >= this.#sizes.container;
			if (isWhole && pieceEnd > pieceFrom) await visitor.addPiece(pieceFrom, pieceEnd);
			if (isLarge) await visitor.addLarge(start, memberEnd, this.#text.slice(at, nameEnd));
			if (isWhole) [pieceFrom, pieceEnd] = [next, next];
			at = next;
		}
	}

	/** Where the parts of the member that begins at an index are, and where the next one begins. */
	#readMember(at: number, close: number, isItem: boolean) {
		const nameEnd = isItem ? at : this.#endOfName(at);
		const start = isItem ? at : this.#passColon(nameEnd);
		const largeEnd = this.#large.get(start);
		const memberEnd = largeEnd ?? endOfValue(this.#text, start);
		if (memberEnd === start) throw new JsonSyntaxError(start);
		return { nameEnd, start, memberEnd, next: this.#passComma(memberEnd, close), isLarge: largeEnd !== undefined };
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
	addPiece(from: number, to: number): Promise<void>;
	/** `name`: as written, empty in a list. */
	addLarge(from: number, to: number, name: string): Promise<void>;
}

/**
 * Parses a JSON text as `JSON.parse` does, but in pieces of a few milliseconds between which others get their turn.
 * `large`: where its large objects, lists and strings begin, and where they end. @throws JsonSyntaxError
 */
export function parseInPieces(
	text: string,
	large: ReadonlyMap<number, number>,
	sizes: PieceSizes = PIECE_SIZES,
): Promise<unknown> {
	return new PieceParser(text, large, sizes).parse();
}
