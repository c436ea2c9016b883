import fc from 'fast-check';
import { expect, it } from 'vitest';
import { locateJsonError } from './locate-json-error.ts';

function isJson(text: string): boolean {
	try {
		JSON.parse(text);
		return true;
	} catch {
		return false;
	}
}

it('a broken file is told from a sound one exactly as the JSON parser does', () => {
	fc.assert(
		fc.property(
			fc.json(),
			fc.nat(),
			fc.constantFrom('', ',', '}', ']', '"', 'x', '\\', '\n', '\u0001', '1', ' ', '\u0085'),
			(json, at, junk) => {
				const position = at % (json.length + 1);
				const text = json.slice(0, position) + junk + json.slice(position + (at % 2));
				expect(locateJsonError(text) === null).toBe(isJson(text));
			},
		),
		{ numRuns: 2000 },
	);
});
