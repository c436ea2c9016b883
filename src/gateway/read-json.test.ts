import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readJson } from './read-json.ts';

describe('a body that readers would read in different ways', () => {
	it.each([
		['two models, of which the cheap one is priced', '{"model":"gpt-5-nano","model":"gpt-5"}'],
		['two models, one written with an escape', '{"mod\\u0065l":"gpt-5-nano","model":"gpt-5"}'],
		['two numbers of answers', '{"n":1,"messages":[{"content":"a:b"}],"n":100}'],
		['two limits in a member', '{"generationConfig":{"maxOutputTokens":1,"maxOutputTokens":65536}}'],
		['two streams', '{"stream":false , "stream" : true}'],
		['two prototypes', '{"__proto__":1,"__proto__":2}'],
	])('is refused, for what is priced could be another than what is called: %s', (_name, text) => {
		expect(() => readJson(text)).toThrow(/same name twice/);
	});

	it('is none that says everything once, whatever its texts hold', () => {
		const values = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 }));
		fc.assert(
			fc.property(values, fc.constantFrom(0, 2, '\t'), (value, space) => {
				const text = JSON.stringify(value, null, space);
				expect(readJson(text)).toEqual(JSON.parse(text));
			}),
		);
	});

	it('is none either that repeats names where they are the caller’s own words, deeper down', () => {
		const text = '{"messages":[{"content":{"a":1}},{"content":{"a":1}}],"tools":[{"a":{"b":1}},{"a":{"b":1}}]}';
		expect(readJson(text)).toEqual(JSON.parse(text));
	});
});
