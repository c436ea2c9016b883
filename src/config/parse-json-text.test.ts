import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseJsonText } from './parse-json-text.ts';

it.each([
	['{\n  // the team’s limit\n  "a": 1, /* and */ "b": [1, 2,],\n}', { a: 1, b: [1, 2] }],
	['{ "a": "// no comment, }", }', { a: '// no comment, }' }],
	['// only a comment before\n[]', []],
	['{ "a": 1, /* between */ }', { a: 1 }],
	['{"a":1,\r\n// last\r\n}', { a: 1 }],
])('comments and trailing commas, which users paste, are no error: %j', (text, value) => {
	expect(parseJsonText(text)).toEqual({ value });
});

it.each([
	['{\n  "a": 1,,\n}', 2, 10, 'expected a name in double quotes, found ","'],
	["{ 'a': 1 }", 1, 3, 'double quotes only'],
	['{"a":1', 1, 7, 'found the end of the file'],
	['{"a":1} {', 1, 9, 'expected nothing more, found "{"'],
	['{"a" 1}', 1, 6, 'expected ":", found "1"'],
	['[1 2]', 1, 4, 'expected ","'],
	['// one\n{ "a": tru }', 2, 8, 'expected a value'],
	['/* open', 1, 1, 'a comment is not closed'],
	['{,}', 1, 2, 'found ","'],
	['[1,,]', 1, 4, 'expected a value, found ","'],
	['{"a":"\\q"}', 1, 6, 'an escape in a text is none of JSON’s'],
])('a slip in the file is found where it is: %j', (text, line, column, words) => {
	expect(parseJsonText(text)).toEqual({
		problem: expect.stringContaining(`is not JSON: line ${line}, column ${column}: `),
	});
	expect(parseJsonText(text)).toEqual({ problem: expect.stringContaining(words) });
});

it('an error shows one character of the file, not a secret in it', () => {
	const result = parseJsonText('{"key": sk-very-secret}');
	expect(JSON.stringify(result)).toMatch(/column 9: .*found \\"s\\"/);
	expect(JSON.stringify(result)).not.toContain('secret');
});

it('a name cannot change what the objects of the program inherit', () => {
	const { value } = parseJsonText('{ /* */ "__proto__": { "isAdmin": true } }') as { value: object };
	expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
	expect(Object.keys(value)).toEqual(['__proto__']);
});

/** What JSON.parse makes of it, or a problem. */
function parsePlain(text: string): unknown {
	try {
		return { value: JSON.parse(text) };
	} catch {
		return { problem: expect.any(String) };
	}
}

it('a file without comments and trailing commas means what JSON.parse says, or is refused as it refuses it', () => {
	const junk = fc.constantFrom('', '}', ']', '"', 'x', '\\', '\n', '\u0001', '1', ' ', '\u0085', '{', ':');
	fc.assert(
		fc.property(fc.json(), fc.nat(), junk, (json, at, text) => {
			const position = at % (json.length + 1);
			const broken = json.slice(0, position) + text + json.slice(position + (at % 2));
			fc.pre(!/\/[/*]|,\s*[}\]]/.test(broken));
			expect(parseJsonText(broken)).toEqual(parsePlain(broken));
		}),
		{ numRuns: 2000 },
	);
});
