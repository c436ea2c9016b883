import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readConfigFile } from './config-file.ts';

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
