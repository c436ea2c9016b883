import { createScanner, type ParseError, parse, printParseErrorCode } from 'jsonc-parser';

/** Kinds of token of jsonc-parser, whose enum does not exist at run time. */
const OPENING = [1, 3];
const CLOSING = [2, 4];
const COMMA = 5;
const COMMENTS = [12, 13];
const SPACES = [14, 15];
const END = 17;

/** What jsonc-parser's error codes mean to someone who edits the file. */
const PROBLEMS: Readonly<Record<string, string>> = {
	PropertyNameExpected: 'expected a name in double quotes',
	ValueExpected: 'expected a value',
	ColonExpected: 'expected ":"',
	CommaExpected: 'expected "," or the closing bracket',
	CloseBraceExpected: 'expected "," or "}"',
	CloseBracketExpected: 'expected "," or "]"',
	EndOfFileExpected: 'expected nothing more',
	InvalidSymbol: 'expected a value or a name in double quotes',
	UnexpectedEndOfString: 'a text is not closed',
	UnexpectedEndOfComment: 'a comment is not closed',
	UnexpectedEndOfNumber: 'a number is not complete',
	InvalidNumberFormat: 'a number is not written as JSON writes it',
	InvalidUnicode: 'a \\u escape is not four hexadecimal digits',
	InvalidEscapeCharacter: 'an escape in a text is none of JSON’s',
	InvalidCharacter: 'a text holds a control character',
};

/** The text as JSON of the same length: comments, and a comma after the last member of a list or object, are blanks. */
function blankExtensions(text: string): string {
	const scanner = createScanner(text, false);
	const kept: string[] = [];
	/** Kind of the last token that is neither a comment nor a blank, and the place of a comma that may be the last. */
	let last = COMMA;
	let comma = -1;
	for (let kind: number = scanner.scan(); kind !== END; kind = scanner.scan()) {
		const token = text.slice(scanner.getTokenOffset(), scanner.getTokenOffset() + scanner.getTokenLength());
		const isComment = COMMENTS.includes(kind);
		if (!isComment && !SPACES.includes(kind)) {
			if (comma !== -1 && CLOSING.includes(kind)) kept[comma] = ' ';
			comma = kind === COMMA && last !== COMMA && !OPENING.includes(last) ? kept.length : -1;
			last = kind;
		}
		kept.push(isComment ? token.replace(/[^\r\n]/g, ' ') : token);
	}
	return kept.join('');
}

/** Where a text stops being JSON, and what is wrong there. Shows one character of the text at most: it may hold a secret. */
function locateProblem(text: string): string {
	const errors: ParseError[] = [];
	parse(text, errors, { allowTrailingComma: true });
	const [first] = errors;
	if (first === undefined) return 'is not JSON';
	const lines = text.slice(0, first.offset).split('\n');
	const codePoint = text.codePointAt(first.offset);
	const found = codePoint === undefined ? 'the end of the file' : JSON.stringify(String.fromCodePoint(codePoint));
	const hint = found === '"\'"' ? ' JSON takes double quotes only.' : '';
	const problem = PROBLEMS[printParseErrorCode(first.error)] ?? 'it cannot be read';
	return `is not JSON: line ${lines.length}, column ${(lines.at(-1) ?? '').length + 1}: ${problem}, found ${found}.${hint}`;
}

/**
 * The value of a JSON text, which may hold comments and trailing commas; else the problem with it and where it is.
 * Its meaning is that of `JSON.parse`, also for a name that is there twice and for `__proto__`.
 */
export function parseJsonText(text: string): { value: unknown } | { problem: string } {
	if (text.trim() === '') return { problem: 'is empty: write {} for the defaults, or remove the file' };
	try {
		return { value: JSON.parse(text) };
	} catch {
		// Not plain JSON: with comments or trailing commas, or broken.
	}
	try {
		return { value: JSON.parse(blankExtensions(text)) };
	} catch {
		// The engine's own message quotes the file: it is not passed on.
	}
	try {
		return { problem: locateProblem(text) };
	} catch (error) {
		if (error instanceof RangeError) return { problem: 'is not JSON: its brackets are nested too deep' };
		throw error;
	}
}
