import { describe, expect, it } from 'vitest';
import { withoutMember } from './without-member.ts';

describe('what is meant for the gateway never reaches a provider', () => {
	it.each([
		['{"switchyard":{"maxCost":1},"model":"a"}', '{"model":"a"}'],
		['{ "model" : "a" , "switchyard" : {"tags":["}"]} }', '{ "model" : "a" }'],
		['{"a":1.0,"switch\\u0079ard":1,"b":[1e2],"switchyard":2}', '{"a":1.0,"b":[1e2]}'],
		['{"switchyard":1}', '{}'],
		['{\n  "switchyard": 1,\n  "switchyard": 2,\n  "a": 1\n}', '{\n  "a": 1\n}'],
	])('%s', (text, expected) => {
		const [left, body] = withoutMember(text, JSON.parse(text), 'switchyard');
		expect(left).toBe(expected);
		expect(body).toEqual(JSON.parse(left));
	});

	it('and a body without it is not touched', () => {
		const text = '{"model" :"a", "x":{"switchyard":1}}';
		expect(withoutMember(text, JSON.parse(text), 'switchyard')[0]).toBe(text);
	});
});
