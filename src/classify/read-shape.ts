const CODE_EXTENSION =
	/\.(?:ts|tsx|js|jsx|mjs|py|go|rs|java|kt|rb|php|cs|cpp|c|h|swift|sql|sh|ya?ml|json|html|css|vue)\b/y;
/** The name before an extension; at most 60 characters of it are looked at. */
const FILE_NAME = /\b[\w-]{1,60}$/;
const NAME_CHARACTERS = 61;
const QUOTED = /`[^`\n]+`/;
const ARITHMETIC = /\d\s?(?:[+*×÷/^]|%\s+of)\s?\d/;
const LIST_ITEM = /^\s*(?:[-*•]|\d{1,2}[.)])\s+\S/gm;
const SMALL_THEN_CAPITAL = /[a-z][A-Z]/g;
const LIST_MARK = /[-*•\d]/;

/** What of a text's shape is a sign, beside its words. */
export interface TextShape {
	/** A call, a file of code, a word in backticks or a camelCase name. */
	hasCode: boolean;
	hasArithmetic: boolean;
	/** List items and numbered lines. */
	items: number;
}

const isLower = (code: number): boolean => code >= 0x61 && code <= 0x7a;
const isUpper = (code: number): boolean => code >= 0x41 && code <= 0x5a;
const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39;
const isWordCode = (code: number): boolean => isLower(code) || isUpper(code) || isDigit(code) || code === 0x5f;

/** `name()` */
function hasCall(text: string): boolean {
	for (let at = text.indexOf('()', 1); at >= 0; at = text.indexOf('()', at + 2))
		if (isWordCode(text.charCodeAt(at - 1))) return true;
	return false;
}

/** `name.ts` */
function hasCodeFile(text: string): boolean {
	for (let at = text.indexOf('.', 1); at >= 0; at = text.indexOf('.', at + 1)) {
		if (!isLower(text.charCodeAt(at + 1))) continue;
		CODE_EXTENSION.lastIndex = at;
		if (CODE_EXTENSION.test(text) && FILE_NAME.test(text.slice(Math.max(0, at - NAME_CHARACTERS), at))) return true;
	}
	return false;
}

/** `camelCase`: a word that begins with small letters and goes on with a capital. */
function hasCamelCase(text: string): boolean {
	SMALL_THEN_CAPITAL.lastIndex = 0;
	for (let found = SMALL_THEN_CAPITAL.exec(text); found !== null; found = SMALL_THEN_CAPITAL.exec(text)) {
		let before = found.index - 1;
		while (isLower(text.charCodeAt(before))) before -= 1;
		if (!isWordCode(text.charCodeAt(before))) return true;
	}
	return false;
}

/** Reads a text's shape. Time grows with the text; bound it before. */
export function readShape(text: string): TextShape {
	return {
		hasCode: QUOTED.test(text) || hasCall(text) || hasCodeFile(text) || hasCamelCase(text),
		hasArithmetic: ARITHMETIC.test(text),
		items: LIST_MARK.test(text) ? (text.match(LIST_ITEM)?.length ?? 0) : 0,
	};
}
