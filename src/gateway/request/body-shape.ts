import type { GatewayLimitsConfig } from '../../config/index.ts';
import { RequestRefusedError } from '../../errors/index.ts';

/** What a body may be made of: the time it takes depends on its names and values, not on its bytes. */
export type BodyShapeLimits = Pick<GatewayLimitsConfig, 'maxBodyNames' | 'maxBodyValues'>;

/** Objects and lists nested in one another. */
const MAX_DEPTH = 200;
/** Members of the body itself; no format has more than 60. */
const MAX_BODY_MEMBERS = 1000;
/** Items of a list in the body, or members of an object in it: messages, tools, metadata. */
const MAX_MEMBER_SIZE = 10_000;
/** Characters of a name, as written. */
const MAX_NAME_CHARACTERS = 65_536;
/** Characters outside of strings: punctuation, numbers and white space. */
const MAX_STRUCTURE_CHARACTERS = 4 * 1024 * 1024;
/** Escapes such as `\n` in all strings together. */
const MAX_ESCAPES = 4 * 1024 * 1024;
/** Commas: numbers in lists, such as tokens to embed, are cheaper than texts. */
const MAX_COMMAS = 500_000;

/** Characters that are scanned at once, a few milliseconds. */
const SLICE_CHARACTERS = 256 * 1024;
/** A string up to this length, without escapes, is passed over without a native search. */
const SHORT_STRING = 32;

/** Characters from which on an object or list is parsed member by member, and a string piece by piece. */
export interface PieceSizes {
	container: number;
	string: number;
}
/** A few milliseconds each: 64 Ki characters are 8000 objects at most, each with a name of its own. */
export const PIECE_SIZES: PieceSizes = { container: 64 * 1024, string: 1024 * 1024 };

const QUOTE = 34;
const COMMA = 44;
const COLON = 58;
const OPEN_BRACKET = 91;
const BACKSLASH = 92;
const CLOSE_BRACKET = 93;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;

/** Characters without an escape after which a string's end is searched for natively again. */
const PLAIN_RUN = 64;

function refuse(what: string, instead: string): never {
	throw new RequestRefusedError('ROUTER_REQUEST_TOO_LARGE', `The body ${what}. ${instead}`);
}

/** Where a character stands from an index on; the text's length where it does not. */
function indexOrEnd(text: string, character: string, from: number): number {
	const index = text.indexOf(character, from);
	return index === -1 ? text.length : index;
}

/** Where the quote stands that closes a short string without escapes; -1 for any other. */
function endOfShortString(text: string, open: number): number {
	for (let at = open + 1; at <= open + SHORT_STRING; at += 1) {
		const code = text.charCodeAt(at);
		if (code === QUOTE) return at;
		if (code === BACKSLASH) return -1;
	}
	return -1;
}

/**
 * What a body is made of, as its text shows before it is parsed: a few megabytes that are all names take seconds to parse.
 * Scanned in slices, so that others get their turn in between. Invalid JSON is left to the parser.
 */
export class BodyShape {
	readonly #text: string;
	readonly #limits: BodyShapeLimits;
	readonly #sizes: PieceSizes;
	/** Where large objects, lists and strings begin, and where they end. */
	readonly large: Map<number, number> = new Map();
	/** Member names as written, by depth: 1 for those of the body, 2 for those of the objects in it. */
	readonly namesByDepth: Uint32Array = new Uint32Array(3);
	/** Where the objects and lists open that are not closed yet. */
	readonly #opened: number[] = [];
	#at = 0;
	/** Where the string opens that is scanned; -1 between strings. */
	#stringFrom = -1;
	/** The next quote and the next backslash; searched for again once they are passed. */
	#quote = -1;
	#backslash = -1;
	#stringLength = 0;
	/** Items or members of the body's member that is open. */
	#memberSize = 0;
	#names = 0;
	/** Names and texts. */
	#strings = 0;
	#containers = 0;
	#commas = 0;
	#escapes = 0;
	#structureCharacters = 0;

	constructor(text: string, limits: BodyShapeLimits, sizes: PieceSizes = PIECE_SIZES) {
		this.#text = text;
		this.#limits = limits;
		this.#sizes = sizes;
	}

	/** Scans the next slice; true when it was the last. @throws RequestRefusedError for a body that is over a limit */
	scanSlice(): boolean {
		const until = Math.min(this.#text.length, this.#at + SLICE_CHARACTERS);
		while (this.#at < until)
			if (this.#stringFrom === -1) this.#scanStructure(until);
			else this.#scanString(until);
		this.#check();
		return this.#at >= this.#text.length;
	}

	/** Every string, object and list that opened is closed. */
	get isComplete(): boolean {
		return this.#stringFrom === -1 && this.#opened.length === 0;
	}

	#check(): void {
		const { maxBodyNames, maxBodyValues } = this.#limits;
		if (this.#names > maxBodyNames)
			refuse(
				`has more than ${maxBodyNames} names of members`,
				'Send fewer or shorter messages and tools, or raise "gateway.limits.maxBodyNames".',
			);
		if (this.#strings - this.#names + this.#containers > maxBodyValues)
			refuse(
				`has more than ${maxBodyValues} texts, objects and lists`,
				'Send shorter lists, or raise "gateway.limits.maxBodyValues".',
			);
		if (this.#commas > MAX_COMMAS) refuse(`has more than ${MAX_COMMAS} commas`, 'Send shorter lists.');
		if ((this.namesByDepth[1] ?? 0) > MAX_BODY_MEMBERS)
			refuse(`itself has more than ${MAX_BODY_MEMBERS} members`, 'Send the members that the API has.');
		if (this.#structureCharacters > MAX_STRUCTURE_CHARACTERS)
			refuse(
				`has more than ${MAX_STRUCTURE_CHARACTERS} characters outside of strings`,
				'Send it without white space between its parts.',
			);
		if (this.#escapes > MAX_ESCAPES)
			refuse(`has more than ${MAX_ESCAPES} escapes such as \\n in its strings`, 'Send shorter texts.');
	}

	/** Reads on between strings, up to the next one that is not short. */
	#scanStructure(until: number): void {
		const text = this.#text;
		let at = this.#at;
		let inStrings = 0;
		for (; at < until && this.#stringFrom === -1; at += 1) {
			const code = text.charCodeAt(at);
			if (code === QUOTE) {
				const end = this.#passShortString(at);
				inStrings += end - at;
				at = end;
			} else if (code === COMMA) this.#countComma();
			else if (code === COLON) this.#countName();
			else if (code === OPEN_BRACE || code === OPEN_BRACKET) this.#open(at);
			else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) this.#close(at);
		}
		this.#structureCharacters += at - this.#at - inStrings;
		this.#at = at;
	}

	/** The index of the quote that closes a short string; the string's own index where it is not short. */
	#passShortString(at: number): number {
		const end = endOfShortString(this.#text, at);
		if (end === -1) {
			this.#stringFrom = at;
			return at;
		}
		this.#stringLength = end - at;
		this.#strings += 1;
		return end;
	}

	#countComma(): void {
		this.#commas += 1;
		if (this.#opened.length !== 2) return;
		this.#memberSize += 1;
		if (this.#memberSize >= MAX_MEMBER_SIZE)
			refuse(
				`has a member with more than ${MAX_MEMBER_SIZE} items or members of its own`,
				'Send fewer messages or tools, or shorter lists.',
			);
	}

	/** Outside of strings a colon follows a name only. */
	#countName(): void {
		this.#names += 1;
		const depth = this.#opened.length;
		// writes beyond the array's end do nothing
		this.namesByDepth[depth] = (this.namesByDepth[depth] ?? 0) + 1;
		if (this.#stringLength > MAX_NAME_CHARACTERS)
			refuse(`has a name of more than ${MAX_NAME_CHARACTERS} characters`, 'Send long texts as values.');
	}

	#open(at: number): void {
		this.#containers += 1;
		const depth = this.#opened.push(at);
		if (depth === 2) this.#memberSize = 0;
		if (depth > MAX_DEPTH) refuse(`is nested deeper than ${MAX_DEPTH} levels`, 'Send a flatter request.');
	}

	#close(at: number): void {
		const from = this.#opened.pop();
		if (from !== undefined && at - from >= this.#sizes.container) this.large.set(from, at + 1);
	}

	/** Reads on in a string, up to its end. */
	#scanString(until: number): void {
		const text = this.#text;
		if (this.#quote < this.#at) this.#quote = indexOrEnd(text, '"', this.#at);
		if (this.#backslash < this.#at) this.#backslash = indexOrEnd(text, '\\', this.#at);
		if (this.#quote < this.#backslash) {
			this.#stringLength = this.#quote - this.#stringFrom;
			if (this.#stringLength >= this.#sizes.string) this.large.set(this.#stringFrom, this.#quote + 1);
			this.#stringFrom = -1;
			this.#strings += 1;
			this.#at = this.#quote + 1;
		} else this.#at = this.#skipEscapes(this.#backslash, until);
	}

	/** Passes over escapes and what is between them, up to the string's end or to where escapes are rare. */
	#skipEscapes(from: number, until: number): number {
		const text = this.#text;
		let at = from;
		let escapes = 0;
		for (let plain = 0; plain < PLAIN_RUN && at < until; ) {
			const code = text.charCodeAt(at);
			if (code === QUOTE) break;
			if (code === BACKSLASH) {
				escapes += 1;
				plain = 0;
				at += 2;
			} else {
				plain += 1;
				at += 1;
			}
		}
		this.#escapes += escapes;
		return at;
	}
}
