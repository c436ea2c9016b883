import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { spliceJson } from './json-splice.ts';

/** JSON as people and programs write it: odd spacing, escaped names, numbers JavaScript would write otherwise. */
const space = fc.stringMatching(/^[ \t\n\r]{0,3}$/);
const string = fc
	.tuple(fc.string({ unit: 'grapheme', maxLength: 8 }), fc.boolean())
	.map(([text, isEscaped]) =>
		isEscaped
			? `"${[...text].map((sign) => [...Array(sign.length).keys()].map((at) => `\\u${sign.charCodeAt(at).toString(16).padStart(4, '0')}`).join('')).join('')}"`
			: JSON.stringify(text),
	);
const scalar = fc.oneof(
	string,
	fc.constantFrom(
		'1.0',
		'1e2',
		'-0',
		'1E+3',
		'0.10',
		'12345678901234567890',
		'true',
		'null',
		'"\\\\"',
		'"\\""',
		'"{[,:"',
	),
);
const name = fc.oneof(
	string,
	fc.constantFrom('"model"', '"mod\\u0065l"', '"max_tokens"', '"options"', '"usage"', '"__proto__"', '"toString"'),
);
const { value } = fc.letrec<{ value: string; list: string; object: string }>((tie) => ({
	value: fc.oneof({ depthSize: 'small' }, scalar, tie('list'), tie('object')),
	list: fc
		.tuple(space, fc.array(fc.tuple(space, tie('value'), space), { maxLength: 3 }))
		.map(([empty, items]) => `[${items.length === 0 ? empty : items.map((parts) => parts.join('')).join(',')}]`),
	object: objectOf(tie('value')),
}));
function objectOf(of: fc.Arbitrary<string>): fc.Arbitrary<string> {
	const member = fc.tuple(space, name, space, space, of, space);
	return fc
		.tuple(space, fc.array(member, { maxLength: 5 }))
		.map(([empty, members]) =>
			members.length === 0
				? `{${empty}}`
				: `{${members.map(([a, key, b, c, said, d]) => `${a}${key}${b}:${c}${said}${d}`).join(',')}}`,
		);
}
const document = fc.tuple(space, objectOf(value), space).map((parts) => parts.join(''));

describe('a body that is passed through keeps every byte but those that must change', () => {
	it('means what the original means with the change applied, whatever the text looks like', () => {
		fc.assert(
			fc.property(document, fc.string(), fc.nat(), (text, model, limit) => {
				const before = JSON.parse(text);
				const spliced = JSON.parse(spliceJson(text, { model, max_tokens: limit }, { options: { usage: true } }));
				const options = before.options;
				const isObject = typeof options === 'object' && options !== null && !Array.isArray(options);
				const expected = { ...before, model, max_tokens: limit };
				expected.options = isObject ? { ...options, usage: true } : { usage: true };
				expect(spliced).toEqual(expected);
			}),
			{ numRuns: 2000 },
		);
	});

	it('leaves the text outside the changed values as it was: taking the changes out again gives the original', () => {
		const mark = '\uE000changed\uE000';
		const plain = document.filter((text) => !text.includes('model') && !text.includes('mod\\u0065l'));
		fc.assert(
			fc.property(plain, fc.nat(3), (text, at) => {
				// put a member of known text at a known place, change it, and change it back
				const open = text.indexOf('{') + 1;
				const isEmpty = Object.keys(JSON.parse(text)).length === 0;
				const original = '"was\\u0020 1.0"';
				const member = `${' '.repeat(at)}"mod\\u0065l" :\t${original}${isEmpty ? '' : ','}`;
				const body = text.slice(0, open) + member + text.slice(open);
				const changed = spliceJson(body, { model: mark });
				expect(changed).toBe(body.replace(original, () => JSON.stringify(mark)));
				expect(changed.replace(JSON.stringify(mark), () => original)).toBe(body);
			}),
			{ numRuns: 500 },
		);
	});

	it('changes both of two members of the same name, so that no parser sees the one it should not', () => {
		expect(spliceJson('{"model":"a","n":1,"mod\\u0065l" : "b"}', { model: 'c' })).toBe(
			'{"model":"c","n":1,"mod\\u0065l" : "c"}',
		);
		expect(spliceJson('{"o":{"u":1},"o":null}', {}, { o: { u: 2 } })).toBe('{"o":{"u":2},"o":{"u":2}}');
	});

	it('adds what is missing behind the last member', () => {
		expect(spliceJson('{ "a": 1.0 \n}', { b: 2 }, { c: { d: true } })).toBe('{ "a": 1.0,"b":2,"c":{"d":true} \n}');
		expect(spliceJson(' { } ', { b: 2 })).toBe(' {"b":2 } ');
		expect(spliceJson('{"c":{"x":1e2}}', {}, { c: { d: true } })).toBe('{"c":{"x":1e2,"d":true}}');
	});

	it('changes only the outermost members: a tool argument called model is none of ours', () => {
		const text = '{"tools":[{"model":"x"}],"metadata":{"model":"y"},"model":"z"}';
		expect(spliceJson(text, { model: 'w' })).toBe('{"tools":[{"model":"x"}],"metadata":{"model":"y"},"model":"w"}');
	});

	it('leaves alone what is not given', () => {
		const text = '{"model" : "a", "max_tokens":1.0}';
		expect(spliceJson(text, { model: undefined, max_tokens: undefined })).toBe(text);
	});

	it('takes time in proportion to the text: a megabyte of backslashes and quotes costs no more than one of words', () => {
		const hostile = `{"a":"${'\\\\'.repeat(250_000)}${'\\"'.repeat(250_000)}","b":[${'{"x":"y"},'.repeat(50_000)}1],"model":"m"}`;
		const started = process.cpuUsage();
		const spliced = spliceJson(hostile, { model: 'n' });
		const spent = process.cpuUsage(started);
		expect(spliced).toBe(`${hostile.slice(0, -4)}"n"}`);
		expect((spent.user + spent.system) / 1000).toBeLessThan(500);
	});
});
