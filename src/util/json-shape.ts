import { isEscaped, skipEscapes } from './json-text.ts';

/** What a JSON text may be made of: the time that parsing takes depends on its names and values, not on its bytes. */
export interface JsonLimits {
	/** Names of members, all objects together. */
	names: number;
	/** Texts, objects and lists. */
	values: number;
	/** Commas: numbers in lists, such as tokens to embed, are cheaper than texts. */
	commas: number;
	/** Members of the outermost object. */
	members: number;
	/** Items or members of a member of the outermost object: messages, tools, metadata. */
	memberSize: number;
	/** Objects and lists nested in one another. */
	depth: number;
	/** Characters of a name, as written. */
	nameCharacters: number;
	/** Characters outside of strings: punctuation, numbers and white space. */
	structureCharacters: number;
	/** Escapes such as `\n` in all strings together. */
	escapes: number;
	/** Characters of strings up to 64 behind an escape: they are read one by one, all others natively. */
	escapedCharacters: number;
}

/** A JSON text that is made of more than its limits allow. */
export class JsonLimitError extends Error {
	override name = 'JsonLimitError';
	readonly limit: keyof JsonLimits;

	constructor(limit: keyof JsonLimits, most: number) {
		super(`The JSON is over its limit: ${limit} ${most}.`);
		this.limit = limit;
	}
}

/** Where a member of the outermost object stands in a JSON text. */
export interface MemberSpan {
	/** Where its name opens, and where that ends. */
	from: number;
	nameEnd: number;
	/** What is between them is its value, with the space around it: the colon behind its name, and the comma or bracket behind it. */
	colon: number;
	end: number;
	/** The commas between the items or members of its value. */
	commas: readonly number[];
}

/** Characters that are scanned at once, a few milliseconds. */
const SLICE_CHARACTERS = 256 * 1024;
/** A string up to this length, without escapes, is passed over without a native search. */
const SHORT_STRING = 20;

/** Characters from which on an object or list is parsed member by member, and a string piece by piece. */
export interface PieceSizes {
	container: number;
	string: number;
	/** From which on a value of the outermost object, or an item of such a value, is parsed by itself. @default none is */
	part?: number;
}
/** Characters of an escape, at least. */
const ESCAPE_LENGTH = 2;

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

/** Characters without an escape after which the count of those near an escape ends. */
const PLAIN_RUN = 64;

/** False for the second and further bytes of a character, where a text's characters are UTF-8 bytes. */
function beginsCharacter(code: number): boolean {
	return (code & 0xc0) !== 0x80 || code > 0xff;
}

function countCharacters(text: string, from: number, to: number): number {
	let count = 0;
	for (let at = from; at < to; at += 1) if (beginsCharacter(text.charCodeAt(at))) count += 1;
	return count;
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
 * What a JSON text is made of, as it shows before it is parsed: a few megabytes that are all names take seconds to parse.
 * Scanned in slices, so that others may get their turn in between. Invalid JSON is left to the parser. The characters of the
 * text may be the bytes of UTF-8, which are searched several times as fast.
 */
export class JsonShape {
	readonly #text: string;
	readonly #limits: Partial<JsonLimits>;
	readonly #sizes: PieceSizes;
	/** Where large objects, lists and strings begin, and where they end. */
	readonly large: Map<number, number> = new Map();
	/** Member names as written, by depth: 1 for those of the outermost object, 2 for those of the objects in it. */
	readonly namesByDepth: Uint32Array = new Uint32Array(3);
	/** The members of the outermost object, in their order. */
	readonly members: MemberSpan[] = [];
	/** The commas within the outermost object's member that is open. */
	#memberCommas: number[] = [];
	/** Where the objects and lists open that are not closed yet. */
	readonly #opened: number[] = [];
	readonly #longestName: number;
	/** False where the text is too short to have more escapes than it may: then they are not counted. */
	readonly #countsEscapes: boolean;
	#at = 0;
	/** Where the string opens that is scanned; -1 between strings. */
	#stringFrom = -1;
	/** The next quote and the next backslash; searched for again once they are passed. */
	#quote = -1;
	#backslash = -1;
	#stringLength = 0;
	/** Where the string opens that was scanned last. */
	#lastString = -1;
	/** Items or members of the outermost object's member that is open. */
	#memberSize = 0;
	#names = 0;
	/** Names and texts. */
	#strings = 0;
	#containers = 0;
	#commas = 0;
	#escapes = 0;
	#escapedCharacters = 0;
	#structureCharacters = 0;

	constructor(text: string, limits: Partial<JsonLimits>, sizes: PieceSizes = PIECE_SIZES) {
		this.#text = text;
		this.#limits = limits;
		this.#sizes = sizes;
		const { escapedCharacters = Number.POSITIVE_INFINITY, escapes = Number.POSITIVE_INFINITY } = limits;
		this.#longestName = limits.nameCharacters ?? Number.POSITIVE_INFINITY;
		this.#countsEscapes = text.length > Math.min(ESCAPE_LENGTH * escapes, escapedCharacters);
	}

	/** Scans the next slice; true when it was the last. @throws JsonLimitError */
	scanSlice(): boolean {
		const until = Math.min(this.#text.length, this.#at + SLICE_CHARACTERS);
		while (this.#at < until)
			if (this.#stringFrom === -1) this.#scanStructure(until);
			else if (this.#countsEscapes) this.#scanString(until);
			else this.#passString(until);
		this.#check();
		return this.#at >= this.#text.length;
	}

	/** What was counted so far. */
	get counts(): Pick<JsonLimits, 'names' | 'values' | 'commas'> {
		return { names: this.#names, values: this.#strings - this.#names + this.#containers, commas: this.#commas };
	}

	/** Every string, object and list that opened is closed. */
	get isComplete(): boolean {
		return this.#stringFrom === -1 && this.#opened.length === 0;
	}

	/** Compares what was counted so far. @throws JsonLimitError */
	#check(): void {
		const { commas, names, values } = this.counts;
		this.#limit('names', names);
		this.#limit('values', values);
		this.#limit('commas', commas);
		this.#limit('members', this.namesByDepth[1] ?? 0);
		this.#limit('structureCharacters', this.#structureCharacters);
		this.#limit('escapes', this.#escapes);
		this.#limit('escapedCharacters', this.#escapedCharacters);
	}

	#limit(limit: keyof JsonLimits, count: number): void {
		const most = this.#limits[limit];
		if (most !== undefined && count > most) throw new JsonLimitError(limit, most);
	}

	/** Reads on between strings, up to the next one that is not short. */
	#scanStructure(until: number): void {
		const text = this.#text;
		let at = this.#at;
		let inStrings = 0;
		for (; at < until; at += 1) {
			const code = text.charCodeAt(at);
			if (code === QUOTE) {
				const end = endOfShortString(text, at);
				if (end === -1) break;
				this.#lastString = at;
				this.#stringLength = end - at;
				this.#strings += 1;
				inStrings += end - at;
				at = end;
			} else if (code === COMMA) this.#countComma(at);
			else if (code === COLON) this.#countName(at);
			else if (code >= OPEN_BRACKET) this.#passBracket(code, at);
		}
		// a string that is not short opens here
		if (at < until) this.#stringFrom = at++;
		this.#structureCharacters += at - this.#at - inStrings;
		this.#at = at;
	}

	#passBracket(code: number, at: number): void {
		if (code === OPEN_BRACE || code === OPEN_BRACKET) this.#open(at);
		else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) this.#close(at);
	}

	#countComma(at: number): void {
		this.#commas += 1;
		if (this.#opened.length <= 2) this.#passComma(at);
	}

	#countName(at: number): void {
		this.#names += 1;
		if (this.#opened.length <= 2 || this.#stringLength > this.#longestName) this.#passName(at);
	}

	/** A comma between members of the outermost object, or between the items or members of one of them. */
	#passComma(at: number): void {
		if (this.#opened.length === 2) {
			this.#memberSize += 1;
			this.#limit('memberSize', this.#memberSize + 1);
			this.#memberCommas.push(at);
		} else this.#endMember(at);
	}

	/** A name of the outermost object or of one of its members, or a long one. Outside of strings a colon follows a name only. */
	#passName(at: number): void {
		const depth = this.#opened.length;
		if (depth <= 2) this.namesByDepth[depth] = (this.namesByDepth[depth] ?? 0) + 1;
		if (this.#stringLength > this.#longestName) this.#checkName();
		if (depth !== 1) return;
		const nameEnd = this.#lastString + this.#stringLength + 1;
		this.#memberCommas = [];
		this.members.push({ from: this.#lastString, nameEnd, colon: at, end: -1, commas: this.#memberCommas });
	}

	#checkName(): void {
		const from = this.#lastString;
		this.#limit('nameCharacters', countCharacters(this.#text, from, from + this.#stringLength));
	}

	/** A member of the outermost object ends before this comma or bracket. */
	#endMember(at: number): void {
		const member = this.members.at(-1);
		if (member !== undefined) member.end = at;
	}

	#open(at: number): void {
		this.#containers += 1;
		const depth = this.#opened.push(at);
		if (depth === 2) this.#memberSize = 0;
		this.#limit('depth', depth);
	}

	#close(at: number): void {
		const from = this.#opened.pop();
		if (this.#opened.length === 0) this.#endMember(at);
		if (from === undefined) return;
		const { container, part = container } = this.#sizes;
		if (at - from >= (this.#opened.length < 2 ? part : container)) this.large.set(from, at + 1);
	}

	/** Reads on in a string, up to its end. */
	#scanString(until: number): void {
		const text = this.#text;
		if (this.#quote < this.#at) this.#quote = indexOrEnd(text, '"', this.#at);
		if (this.#backslash < this.#at) this.#backslash = indexOrEnd(text, '\\', this.#at);
		if (this.#quote < this.#backslash) this.#endString(this.#quote);
		else this.#at = this.#skipEscapes(this.#backslash, until);
	}

	/** As `#scanString`, from quote to quote, without a look at what is escaped. */
	#passString(until: number): void {
		const text = this.#text;
		for (let from = this.#at; from < until; ) {
			const quote = indexOrEnd(text, '"', from);
			if (quote === text.length) from = quote;
			else if (isEscaped(text, quote, from)) from = skipEscapes(text, quote + 1, until);
			else {
				this.#endString(quote);
				return;
			}
			this.#at = from;
		}
	}

	#endString(quote: number): void {
		this.#lastString = this.#stringFrom;
		this.#stringLength = quote - this.#stringFrom;
		if (this.#stringLength >= this.#sizes.string) this.large.set(this.#stringFrom, quote + 1);
		this.#stringFrom = -1;
		this.#strings += 1;
		this.#at = quote + 1;
	}

	/** Passes over escapes and what is between them, up to the string's end or to where escapes are rare. */
	#skipEscapes(from: number, until: number): number {
		const text = this.#text;
		let at = from;
		let escapes = 0;
		let counted = 0;
		for (let plain = 0; plain < PLAIN_RUN && at < until; ) {
			const code = text.charCodeAt(at);
			if (code === QUOTE) break;
			if (code === BACKSLASH) {
				escapes += 1;
				plain = 0;
				at += 2;
				counted += 2;
			} else {
				if (beginsCharacter(code)) {
					plain += 1;
					counted += 1;
				}
				at += 1;
			}
		}
		this.#escapes += escapes;
		this.#escapedCharacters += counted;
		return at;
	}
}
