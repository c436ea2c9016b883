import fc from 'fast-check';
import { expect, it } from 'vitest';
import { escapeLines, escapeText, findHiddenCharacter, toCsvText } from './visible-text.ts';

/** One of each kind: C0, DEL, C1, direction marks, overrides, isolates, line separators, half a surrogate pair. */
const HIDDEN = [
	'\0',
	'\n',
	'\u001b',
	'\u007f',
	'\u0085',
	'\u009b',
	'\u061c',
	'\u200e',
	'\u202e',
	'\u2028',
	'\u2069',
	'\ud800',
];

it('a character that changes what stands beside it is found and shown by its number', () => {
	for (const character of HIDDEN) {
		const number = character.charCodeAt(0).toString(16).padStart(4, '0');
		expect(findHiddenCharacter(`a${character}b`)).toBe(`U+${number.toUpperCase()}`);
		expect(escapeText(`a${character}b`)).toBe(`a\\u${number}b`);
	}
});

it('names in any language, with emoji of several parts, stay as they are', () => {
	for (const name of ['nightly', '日本語', 'עברית', 'عربى', 'Ünïcödé', '👩‍👩‍👧', 'می‌خواهم']) {
		expect(findHiddenCharacter(name)).toBeNull();
		expect(escapeText(name)).toBe(name);
		expect(escapeLines(name)).toBe(name);
	}
});

const anyText = fc.string({
	unit: fc.oneof(fc.constantFrom(...HIDDEN), fc.string({ unit: 'grapheme', maxLength: 1 })),
});

it('a name is one line, JSON stays the same JSON, and lines stay lines', () => {
	fc.assert(
		fc.property(anyText, (text) => {
			expect(findHiddenCharacter(escapeText(text))).toBeNull();
			const json = escapeLines(JSON.stringify({ text }, null, 2));
			expect(JSON.parse(json)).toEqual({ text });
			expect(findHiddenCharacter(json.replaceAll('\n', ''))).toBeNull();
			expect(escapeLines(text).split('\n')).toHaveLength(text.split('\n').length);
		}),
	);
});

it('a spreadsheet runs no formula of a caller, and reads one row as one', () => {
	expect(['=1+1', '@SUM(A1)', '\t=1', 'a,b', 'say "hi"', 'a\r\nb', 'plain'].map(toCsvText)).toEqual([
		"'=1+1",
		"'@SUM(A1)",
		"'\\u0009=1",
		'"a,b"',
		'"say ""hi"""',
		'a\\u000d\\u000ab',
		'plain',
	]);
});
