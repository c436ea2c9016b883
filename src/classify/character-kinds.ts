/** What a character may be to the tokeniser; some are several things. */
export const KIND = {
	/** A Latin letter: goes on after an apostrophe. */
	latin: 1,
	/** A Latin letter, a digit of any script or `_`. */
	word: 2,
	/** A character of a script without spaces. */
	unspaced: 4,
	/** A letter of another script. */
	other: 8,
	sentenceEnd: 16,
	comma: 32,
	/** Any letter or digit: a dot before it ends no sentence. */
	letterOrDigit: 64,
} as const;

/** The kinds of a character have been looked up. */
const KNOWN = 128;
const LAST_UNIT = 0xffff;
const TESTS: ReadonlyArray<readonly [number, RegExp]> = [
	[KIND.latin, /\p{Script=Latin}/u],
	[KIND.word, /[\p{Script=Latin}\p{N}_]/u],
	[KIND.unspaced, /[々ー\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u],
	[
		KIND.other,
		/[\p{Script=Cyrillic}\p{Script=Arabic}\p{Script=Greek}\p{Script=Hebrew}\p{Script=Devanagari}\p{Script=Thai}]/u,
	],
	[KIND.sentenceEnd, /[.!?;:\n…。！？；：]/u],
	[KIND.comma, /[,，、]/u],
	[KIND.letterOrDigit, /[\p{L}\p{N}]/u],
];

function lookUp(code: number): number {
	const character = String.fromCodePoint(code);
	return TESTS.reduce((kinds, [kind, test]) => (test.test(character) ? kinds | kind : kinds), KNOWN);
}

/** The kinds of characters by their code, each looked up when it first occurs; 64 KiB. */
export class CharacterKinds {
	/** By the code of a character of the basic plane; 0: not yet looked up. */
	readonly table: Uint8Array = new Uint8Array(LAST_UNIT + 1);

	/** The kinds of a code point as bits of `KIND`; `NaN`, past the end of a text, is nothing. */
	of(code: number): number {
		const kinds = this.table[code];
		if (kinds !== undefined && kinds !== 0) return kinds;
		if (Number.isNaN(code)) return 0;
		const found = lookUp(code);
		// Characters beyond the basic plane are too many for a table, and rare.
		if (code <= LAST_UNIT) this.table[code] = found;
		return found;
	}
}
