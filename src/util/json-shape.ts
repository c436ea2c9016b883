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
 * Scanned in slices, so that others may get their turn in between. Invalid JSON is left to the parser.
 */
export class JsonShape {
	readonly #text: string;
	readonly #limits: Partial<JsonLimits>;
	readonly #sizes: PieceSizes;
	/** Where large objects, lists and strings begin, and where they end. */
	readonly large: Map<number, number> = new Map();
	/** Member names as written, by depth: 1 for those of the outermost object, 2 for those of the objects in it. */
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
	}

	/** Scans the next slice; true when it was the last. @throws JsonLimitError */
	scanSlice(): boolean {
		const until = Math.min(this.#text.length, this.#at + SLICE_CHARACTERS);
		while (this.#at < until)
			if (this.#stringFrom === -1) this.#scanStructure(until);
			else this.#scanString(until);
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
		this.#limit('memberSize', this.#memberSize + 1);
	}

	/** Outside of strings a colon follows a name only. */
	#countName(): void {
		this.#names += 1;
		const depth = this.#opened.length;
		// writes beyond the array's end do nothing
		this.namesByDepth[depth] = (this.namesByDepth[depth] ?? 0) + 1;
		this.#limit('nameCharacters', this.#stringLength);
	}

	#open(at: number): void {
		this.#containers += 1;
		const depth = this.#opened.push(at);
		if (depth === 2) this.#memberSize = 0;
		this.#limit('depth', depth);
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
		this.#escapedCharacters += at - from;
		return at;
	}
}
