import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonText } from '../../protocol/index.ts';
import { parseJsonSteps, runSteps } from '../../util/index.ts';
import { decodePiece } from './body.ts';
import { omitBodyField, parseJsonBody as parseBytes } from './parse-body.ts';

/** What a body of this text is parsed to. */
const parseJsonBody = async (text: string, ...limits: [Parameters<typeof parseBytes>[1]?]) =>
	(await parseBytes(JsonText.from(text).bytes, ...limits)).body;

/** V8 (Node 24.21) takes a name of one escaped character for another such name that it has seen in the same place. */
const NAME_OF_ONE_ESCAPE = /"\\(?:["\\bfnrt]|u[0-9a-f]{4})"\s*:/;

describe('a body that readers would read in different ways', () => {
	it.each([
		['two models, of which the cheap one is priced', '{"model":"gpt-5-nano","model":"gpt-5"}'],
		['two models, one written with an escape', '{"mod\\u0065l":"gpt-5-nano","model":"gpt-5"}'],
		['two numbers of answers', '{"n":1,"messages":[{"content":"a:b"}],"n":100}'],
		['two limits in a member', '{"generationConfig":{"maxOutputTokens":1,"maxOutputTokens":65536}}'],
		['two streams', '{"stream":false , "stream" : true}'],
		['two prototypes', '{"__proto__":1,"__proto__":2}'],
	])('is refused, for what is priced could be another than what is called: %s', async (_name, text) => {
		await expect(parseJsonBody(text)).rejects.toThrow(/same name twice/);
	});

	it('is none that says everything once, whatever its texts hold', async () => {
		const values = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 }));
		await fc.assert(
			fc.asyncProperty(values, fc.constantFrom(0, 2, '\t'), async (value, space) => {
				const text = JSON.stringify(value, null, space);
				fc.pre(!NAME_OF_ONE_ESCAPE.test(text));
				expect(await parseJsonBody(text)).toEqual(JSON.parse(text));
			}),
		);
	});

	it('is none either that repeats names where they are the caller’s own words, deeper down', async () => {
		const text = '{"messages":[{"content":{"a":1}},{"content":{"a":1}}],"tools":[{"a":{"b":1}},{"a":{"b":1}}]}';
		expect(await parseJsonBody(text)).toEqual(JSON.parse(text));
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
		const [left, body] = omitBodyField(JsonText.from(text), JSON.parse(text), 'switchyard');
		expect(`${left}`).toBe(expected);
		expect(body).toEqual(JSON.parse(expected));
	});

	it('and a body without it is not touched', () => {
		const text = '{"model" :"a", "x":{"switchyard":1}}';
		expect(omitBodyField(JsonText.from(text), JSON.parse(text), 'switchyard')[0].toString()).toBe(text);
	});
});

const LIMITS = { maxBodyNames: 1000, maxBodyValues: 2000 };
const repeat = (part: string, times: number) => Array.from({ length: times }, () => part).join();

describe('a body that would take seconds to parse', () => {
	it.each([
		['names', `{"a":[${repeat('{"b":1}', 1001)}]}`, /more than 1000 names.*gateway\.limits\.maxBodyNames/],
		['list items', `{"a":[${repeat('"x"', 2001)}]}`, /more than 2000 texts.*gateway\.limits\.maxBodyValues/],
		['numbers', `{"a":[[${repeat('1', 500_002)}]]}`, /more than 500000 commas/],
		['messages', `{"a":[${repeat('1', 10_001)}]}`, /more than 10000 items/],
		['empty lists', `{"a":[${repeat('[]', 2000)}]}`, /more than 2000 texts/],
		['lists in lists', `{"a":[${repeat(`${'['.repeat(150)}${']'.repeat(150)}`, 20)}]}`, /more than 2000 texts/],
		['nesting', `{"a":${'['.repeat(200)}${']'.repeat(200)}}`, /deeper than 200 levels/],
		['members of its own', `{${Array.from({ length: 1001 }, (_, at) => `"${at}":1`)}}`, /itself has more than 1000/],
		['white space', `{"a":${' '.repeat(4_200_000)}1}`, /characters outside of strings/],
		['escapes', `{"a":"${'\\n'.repeat(4_200_000)}"}`, /escapes such as/],
		['one long name', `{"${'x'.repeat(70_000)}":1}`, /a name of more than 65536 characters/],
	])('is refused before it is parsed: %s', async (_name, text, message) => {
		const limits = { ...LIMITS, maxBodyNames: text.startsWith('{"0"') ? 5000 : LIMITS.maxBodyNames };
		await expect(parseJsonBody(text, limits)).rejects.toMatchObject({
			code: 'ROUTER_REQUEST_TOO_LARGE',
			message: expect.stringMatching(message),
		});
	});

	it('is none that is at its limits, nor one whose texts look like JSON', async () => {
		const text = JSON.stringify({
			a: Array.from({ length: 999 }, () => ({ b: '[{"c":[,,,' })),
			d: 'x'.repeat(5_000_000),
		});
		expect(await parseJsonBody(text, { maxBodyNames: 1001, maxBodyValues: 2001 })).toEqual(JSON.parse(text));
	});
});

describe('a large body, which is parsed in pieces', () => {
	async function parse(text: string): Promise<unknown> {
		const sizes = { container: 8, string: 8 };
		const byParts = { container: 40, string: 40, part: 2 };
		const { bytes } = JsonText.from(text);
		const parse = (piece: string) => JSON.parse(decodePiece(piece));
		const ways = [
			parseJsonSteps(text, {}, { sizes }),
			parseJsonSteps(bytes, {}, { sizes, parse }),
			parseJsonSteps(bytes, {}, { sizes: byParts, parse }),
		];
		const read = await Promise.allSettled(ways.map((each) => runSteps(each, async () => {})));
		expect(new Set(read.map(({ status }) => status)).size).toBe(1);
		const [first, ...others] = read.map((each) => (each.status === 'fulfilled' ? each.value.value : undefined));
		for (const value of others) expect(JSON.stringify(value)).toBe(JSON.stringify(first));
		if (first === undefined) throw new Error('Not JSON');
		return first;
	}

	it('says what JSON.parse makes of it, in the same order, whatever its texts and names hold', async () => {
		const escapes = fc.stringMatching(/^[\\"\n\t\u4e2da]{0,40}$/);
		const key = fc.oneof(fc.constantFrom('__proto__', '1', '', 'a', 'toString'), escapes, fc.string());
		const { value } = fc.letrec((tie) => ({
			value: fc.oneof(
				{ maxDepth: 5 },
				escapes,
				fc.jsonValue(),
				fc.array(tie('value')),
				fc.dictionary(key, tie('value')),
			),
		}));
		await fc.assert(
			fc.asyncProperty(value, fc.constantFrom(0, 2, '\t'), async (said, space) => {
				const text = JSON.stringify(said, null, space).replaceAll('中', '\\u4e2d');
				fc.pre(!NAME_OF_ONE_ESCAPE.test(text));
				// as text, in which also a member with the name __proto__ is seen
				expect(JSON.stringify(await parse(text))).toBe(JSON.stringify(JSON.parse(text)));
			}),
			{ numRuns: 500 },
		);
	});

	it('is refused wherever JSON.parse refuses it', async () => {
		const text = JSON.stringify({
			a: ['long enough', { b: [1, 2, 3, 'x\\"y', null] }, [[]]],
			c: { d: -1.5e3, e: true },
		});
		const change = fc.tuple(
			fc.nat(text.length),
			fc.nat(2),
			fc.constantFrom('', ',', ']', '}', '[', '{', '"', '\\', '1', ' ', ':'),
		);
		await fc.assert(
			fc.asyncProperty(change, async ([at, without, put]) => {
				const changed = text.slice(0, at) + put + text.slice(at + without);
				let expected: unknown;
				try {
					expected = JSON.parse(changed);
				} catch {
					await expect(parse(changed)).rejects.toThrow('Not JSON');
					return;
				}
				expect(await parse(changed)).toEqual(expected);
			}),
			{ numRuns: 700 },
		);
	});

	it('says where it is broken', async () => {
		const text = `{"a":[${repeat('"0123456789"', 9000)},1 2]}`;
		await expect(parseJsonBody(text)).rejects.toThrow(`not JSON (at byte ${text.length - 3} or near)`);
	});
});
