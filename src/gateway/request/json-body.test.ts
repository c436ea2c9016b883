import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { omitBodyField, parseJsonBody } from './json-body.ts';

describe('a body that readers would read in different ways', () => {
	it.each([
		['two models, of which the cheap one is priced', '{"model":"gpt-5-nano","model":"gpt-5"}'],
		['two models, one written with an escape', '{"mod\\u0065l":"gpt-5-nano","model":"gpt-5"}'],
		['two numbers of answers', '{"n":1,"messages":[{"content":"a:b"}],"n":100}'],
		['two limits in a member', '{"generationConfig":{"maxOutputTokens":1,"maxOutputTokens":65536}}'],
		['two streams', '{"stream":false , "stream" : true}'],
		['two prototypes', '{"__proto__":1,"__proto__":2}'],
	])('is refused, for what is priced could be another than what is called: %s', (_name, text) => {
		expect(() => parseJsonBody(text)).toThrow(/same name twice/);
	});

	it('is none that says everything once, whatever its texts hold', () => {
		const values = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 }));
		fc.assert(
			fc.property(values, fc.constantFrom(0, 2, '\t'), (value, space) => {
				const text = JSON.stringify(value, null, space);
				expect(parseJsonBody(text)).toEqual(JSON.parse(text));
			}),
		);
	});

	it('is none either that repeats names where they are the caller’s own words, deeper down', () => {
		const text = '{"messages":[{"content":{"a":1}},{"content":{"a":1}}],"tools":[{"a":{"b":1}},{"a":{"b":1}}]}';
		expect(parseJsonBody(text)).toEqual(JSON.parse(text));
	});
});

describe('what is meant for the gateway never reaches a provider', () => {
	it.each([
		['{"switchyard":{"maxCost":1},"model":"a"}', '{"model":"a"}'],
		['{ "model" : "a" , "switchyard" : {"tags":["}"]} }', '{ "model" : "a" }'],
		['{"a":1.0,"switch\\u0079ard":1,"b":[1e2],"switchyard":2}', '{"a":1.0,"b":[1e2]}'],
		['{"switchyard":1}', '{}'],
		['{\n  "switchyard": 1,\n  "switchyard": 2,\n  "a": 1\n}', '{\n  "a": 1\n}'],
	])('%s', (text, expected) => {
		const [left, body] = omitBodyField(text, JSON.parse(text), 'switchyard');
		expect(left).toBe(expected);
		expect(body).toEqual(JSON.parse(left));
	});

	it('and a body without it is not touched', () => {
		const text = '{"model" :"a", "x":{"switchyard":1}}';
		expect(omitBodyField(text, JSON.parse(text), 'switchyard')[0]).toBe(text);
	});
});
