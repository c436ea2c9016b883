import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { parseJsonText, readConfigFile } from './config-file.ts';

let folder = '';
let file = '';
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), 'config-file-'));
	file = join(folder, 'config.json');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const problemOf = (content: string | Uint8Array): string => {
	writeFileSync(file, content);
	const { issues, exists } = readConfigFile(file);
	expect(exists).toBe(true);
	return issues.map((issue) => `${issue.path === file ? '' : issue.path}${issue.message}`).join();
};

it('no file is no error', () => {
	expect(readConfigFile(file)).toEqual({ exists: false, layer: {}, text: '', issues: [] });
	expect(readConfigFile(join(folder, 'no', 'folder', 'config.json'))).toMatchObject({ exists: false, issues: [] });
});

it('a file that is not one is named for what it is', () => {
	expect(readConfigFile(folder).issues).toEqual([{ path: folder, message: expect.stringContaining('is a folder') }]);
	expect(readConfigFile('/dev/null').issues).toEqual([{ path: '/dev/null', message: 'is not a regular file' }]);
	symlinkSync(file, file);
	expect(readConfigFile(file).issues).toEqual([{ path: file, message: expect.stringContaining('ELOOP') }]);
	rmSync(file);
	writeFileSync(file, '{}');
	expect(readConfigFile(join(file, 'below')).issues).toEqual([
		{ path: join(file, 'below'), message: expect.stringContaining('is a file, not a folder') },
	]);
});

it('a file that is not JSON says where it stops being JSON', () => {
	expect(problemOf('{\n  "cacheTTL": 1\n  "debug": true\n}')).toBe(
		'is not JSON: line 3, column 3: expected "," or the closing bracket, found "\\"".',
	);
});

it.each([
	['', 'is empty'],
	[' \n', 'is empty'],
	['[]', 'must hold an object'],
	['null', 'must hold an object'],
	['"text"', 'must hold an object'],
	['['.repeat(400_000), 'is not JSON'],
	['x'.repeat(10_000_000), 'more than the 1000000'],
	[new Uint8Array([0xff, 0xfe, 0x7b, 0x00]), 'is not UTF-8'],
	['{"cacheTTL":1}\u0000', 'is not JSON'],
])('a useless file is refused in one sentence (case %#)', (content, words) => {
	expect(problemOf(content)).toContain(words);
});

it('a byte order mark is no error', () => {
	expect(problemOf('\uFEFF{"cacheTTL": 1}')).toBe('');
	expect(readConfigFile(file).layer).toEqual({ cacheTTL: 1 });
});

it('a section with a mistake does not take the sound ones with it', () => {
	writeFileSync(file, '{"cacheTTL": "x", "enableCache": false, "unknown": 1}');
	const { layer, issues } = readConfigFile(file);
	expect(layer).toEqual({ enableCache: false });
	expect(issues).toHaveLength(2);
});

it('a model that is there twice is refused', () => {
	expect(problemOf('{"models":[{"name":"a"},{"name":"a"}]}')).toContain('"a" is there twice');
});

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
