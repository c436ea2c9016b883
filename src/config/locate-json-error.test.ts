import { expect, it } from 'vitest';
import { locateJsonError } from './locate-json-error.ts';

it.each([
	['{\n  "a": 1,\n}', 3, 1, 'Remove the comma'],
	['{\n  // note\n}', 2, 3, 'JSON has no comments'],
	["{ 'a': 1 }", 1, 3, 'double quotes only'],
	['{"a":1', 1, 7, 'the end of the file'],
	['{"a":1} {', 1, 9, 'nothing more'],
	['{"a" 1}', 1, 6, 'expected ":"'],
	['[1 2]', 1, 4, 'expected ","'],
])('a slip in the file is found where it is: %j', (text, line, column, words) => {
	expect(locateJsonError(text)).toMatchObject({ line, column, message: expect.stringContaining(words) });
});

it('an error shows one character of the file, not a secret in it', () => {
	expect(locateJsonError('{"key": sk-very-secret}')?.message).not.toContain('secret');
});
