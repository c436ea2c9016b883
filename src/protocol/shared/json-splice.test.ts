import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonShape } from '../../util/index.ts';
import { parseExactly, toPlainNumber } from './exact-json.ts';
import {
	addJsonMember,
	editJson as editJsonText,
	type JsonEdit,
	type JsonMember,
	type JsonPath,
	JsonText,
	removeJsonMember as removeMember,
	setJsonMembers,
	updateAt,
	wrapJsonValue,
} from './json-splice.ts';
import { spliceChanges as spliceChangesOf } from './splice-changes.ts';

const editJson = (text: string, edits: readonly JsonEdit[]) => editJsonText(JsonText.from(text), edits).toString();
const spliceJson = (text: string, ...set: Parameters<typeof setJsonMembers>) =>
	editJson(text, [setJsonMembers(...set)]);
const removeJsonMember = (text: string, name: string) => removeMember(JsonText.from(text), name).toString();
const spliceChanges = (text: string, before: unknown, after: unknown) =>
	spliceChangesOf(JsonText.from(text), before, after).toString();

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
		// some 20 ms; work that grows with the square of the text takes minutes
		expect((spent.user + spent.system) / 1000).toBeLessThan(3000);
	});
});

describe('what was seen of a body before it was parsed', () => {
	/** The text as it is scanned when it is parsed, and as it is searched without that. */
	function scan(text: string) {
		const { bytes } = JsonText.from(text);
		const shape = new JsonShape(bytes, {});
		while (!shape.scanSlice());
		return { bytes, scanned: JsonText.scanned(bytes, shape.members), searched: new JsonText(bytes) };
	}
	const places = (members: readonly JsonMember[]) => members.map(({ commas: _, ...place }) => place);

	it('is where its members stand, and theirs: a change is made at the place that a search would find', () => {
		fc.assert(
			fc.property(document, (text) => {
				const { bytes, scanned, searched } = scan(text);
				const { start } = searched.span;
				const members = scanned.membersAt(start);
				expect(places(members)).toEqual(places(searched.membersAt(start)));
				for (const { end, name, start: at } of members) {
					const last = members.findLast((member) => member.name === name);
					const value: unknown = JSON.parse(new JsonText(bytes.slice(at, end)).toString());
					if (last?.start === at) expect(JSON.parse(text)[name]).toEqual(value);
					if (typeof value === 'object' && value !== null)
						expect(places(scanned.membersAt(at))).toEqual(places(searched.membersAt(at)));
				}
			}),
			{ numRuns: 300 },
		);
	});

	it('holds after a change, so that the next one is made at its place, too', () => {
		fc.assert(
			fc.property(document, fc.infiniteStream(fc.nat(1000)), (text, choices) => {
				const before = JSON.parse(text);
				const after = { ...(change(before, () => choices.next().value) as object) };
				const { scanned, searched } = scan(text);
				const changed = spliceChangesOf(scanned, before, after);
				expect(changed.bytes).toBe(spliceChangesOf(searched, before, after).bytes);
				const { start } = changed.span;
				const found = new JsonText(changed.bytes);
				expect(places(changed.membersAt(start))).toEqual(places(found.membersAt(start)));
				for (const { start: at } of changed.membersAt(start))
					if ('[{'.includes(changed.bytes.charAt(at)))
						expect(places(changed.membersAt(at))).toEqual(places(found.membersAt(at)));
			}),
			{ numRuns: 150 },
		);
	});
});

describe('a member that no provider may see is taken out, and nothing else', () => {
	it.each([
		['the only one', '{ "x" : {"x":1} }', '{  }'],
		['the first', '{ "x":1 , "a":2}', '{ "a":2}'],
		['one between others', '{"a":1.0, "x":[1,2] ,"b":2}', '{"a":1.0 ,"b":2}'],
		['the last', '{"a":1 , "x":"}"\n}', '{"a":1\n}'],
		['each of several, escaped too', '{"x":1,"a":{"x":2},"\\u0078":3,"b":4,"x":5}', '{"a":{"x":2},"b":4}'],
		['none where there is none', '{"a":{"x":1},"y":"x"}', '{"a":{"x":1},"y":"x"}'],
	])('%s', (_what, text, expected) => expect(removeJsonMember(text, 'x')).toBe(expected));

	it('whatever the text looks like, the rest means what it meant', () => {
		fc.assert(
			fc.property(document, (text) => {
				const { model: _model, ...rest } = JSON.parse(text);
				expect(JSON.parse(removeJsonMember(text, 'model'))).toEqual(rest);
			}),
			{ numRuns: 300 },
		);
	});
});

describe('a mark is set at its place in a body, and every other byte stays', () => {
	const body = ' {"a" : [ {"t":1.0}, {}, [2] ,"s"],"b":{ },"a\\u0062":"x" } ';
	const cached = (path: JsonPath) => addJsonMember(path, 'c', '{"k":1}');

	it.each([
		['an object', ['a', 0], ' {"a" : [ {"t":1.0,"c":{"k":1}}, {}, [2] ,"s"],"b":{ },"a\\u0062":"x" } '],
		['an empty object', ['a', 1], ' {"a" : [ {"t":1.0}, {"c":{"k":1}}, [2] ,"s"],"b":{ },"a\\u0062":"x" } '],
		['an object of white space', ['b'], ' {"a" : [ {"t":1.0}, {}, [2] ,"s"],"b":{ "c":{"k":1}},"a\\u0062":"x" } '],
		['the whole', [], ' {"a" : [ {"t":1.0}, {}, [2] ,"s"],"b":{ },"a\\u0062":"x" ,"c":{"k":1}} '],
		['no object', ['a', 2], body],
		['a place that is not there', ['a', 9], body],
		['a place inside a text', ['a', 3, 'x'], body],
		['a place by a name in a list', ['a', '0'], body],
	] as Array<[string, JsonPath, string]>)('added to %s', (_what, path, expected) => {
		expect(editJson(body, [cached(path)])).toBe(expected);
	});

	it('wraps a value, under an escaped name too, in a list as in an object', () => {
		expect(editJson('{"ab":"x","l":[1]}', [wrapJsonValue(['ab'], '[', ']')])).toBe('{"ab":["x"],"l":[1]}');
		expect(editJson('{"\\u0061b":"x"}', [wrapJsonValue(['ab'], '[', ']')])).toBe('{"\\u0061b":["x"]}');
		expect(editJson('[1, 2.0 ,3]', [wrapJsonValue([1], '{"v":', '}')])).toBe('[1, {"v":2.0} ,3]');
	});

	it('several at once, one inside another, and of a name that stands twice at the last, which parsers take', () => {
		const edits = [cached(['a']), wrapJsonValue(['a', 'b'], '[', ']'), cached([]), wrapJsonValue(['z'], '<', '>')];
		expect(editJson('{"z":0,"a":{"b":1,"d":2},"e":3}', edits)).toBe(
			'{"z":<0>,"a":{"b":[1],"d":2,"c":{"k":1}},"e":3,"c":{"k":1}}',
		);
		expect(editJson('{"a":1,"a":2}', [wrapJsonValue(['a'], '[', ']')])).toBe('{"a":1,"a":[2]}');
		expect(editJson('{"a":{},"a":2}', [cached(['a'])])).toBe('{"a":{},"a":2}');
	});

	it('means what the parsed body means with the same change', () => {
		const paths = fc.constantFrom<JsonPath>(['options'], ['usage', 0], ['model', 'usage'], ['toString'], []);
		fc.assert(
			fc.property(document, paths, (text, path) => {
				const changed = updateAt(JSON.parse(text), path, (value) =>
					typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value, '\uE000c': 1 } : value,
				);
				const whole = path.length === 0 ? { ...JSON.parse(text), '\uE000c': 1 } : changed;
				expect(JSON.parse(editJson(text, [addJsonMember(path, '\uE000c', '1')]))).toEqual(whole);
			}),
			{ numRuns: 500 },
		);
	});
});

describe('a parsed body is changed at one place, in a copy', () => {
	const value = { a: [{ t: 1 }, 2], b: { c: 3 } };
	const mark = (path: JsonPath) => updateAt(value, path, (member) => ({ marked: member }));

	it.each([
		[['b', 'c'], { a: [{ t: 1 }, 2], b: { c: { marked: 3 } } }],
		[['a', 0, 't'], { a: [{ t: { marked: 1 } }, 2], b: { c: 3 } }],
		[['a', 1], { a: [{ t: 1 }, { marked: 2 }], b: { c: 3 } }],
		[['b'], { a: [{ t: 1 }, 2], b: { marked: { c: 3 } } }],
		[['x'], value],
		[['b', 'c', 'd'], value],
		[['a', 5], value],
		[[], value],
	] as Array<[JsonPath, object]>)('at %j', (path, expected) => {
		expect(mark(path)).toStrictEqual(expected);
		expect(value).toStrictEqual({ a: [{ t: 1 }, 2], b: { c: 3 } });
	});
});

/** True for an object that is no number in its own digits. */
function isMembered(value: unknown): value is Record<string, unknown> {
	return typeof toPlainNumber(value) === 'object' && value !== null;
}

/** A copy of a JSON value that shares what did not change, changed at places of the generator's choice. */
function change(value: unknown, choose: () => number): unknown {
	const pick = choose() % 6;
	if (Array.isArray(value)) {
		const members = value.flatMap((member) => (choose() % 5 === 0 ? [] : [change(member, choose)]));
		if (pick === 0) members.splice(choose() % (members.length + 1), 0, { new: [choose()] });
		return members.length === value.length && members.every((member, at) => member === value[at]) ? value : members;
	}
	if (isMembered(value)) {
		const kept = Object.entries(value).filter(() => choose() % 5 !== 0);
		const members = kept.map(([name, member]) => [name, change(member, choose)] as const);
		const isSame =
			kept.length === Object.keys(value).length && members.every(([, member], at) => member === kept[at]?.[1]);
		if (isSame && pick !== 0) return value;
		return Object.fromEntries([...members, ...(pick === 0 ? [['added by a fit', choose()] as const] : [])]);
	}
	return pick === 0 ? { replaced: choose() } : value;
}

/** Documents whose numbers a double does not hold. */
const inexact = fc.constantFrom(
	'12345678901234567890',
	'1e400',
	'-1e400',
	'-0',
	'0.1234567890123456789',
	'7',
	'"text"',
);
const { value: inexactDocument } = fc.letrec<{ value: string; list: string; object: string }>((tie) => ({
	value: fc.oneof({ depthSize: 'medium' }, inexact, tie('list'), tie('object')),
	list: fc.array(tie('value'), { maxLength: 4 }).map((items) => `[${items.join(', ')}]`),
	object: fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), tie('value')).map(
		(members) =>
			`{ ${Object.entries(members)
				.map(([member, text]) => `"${member}": ${text}`)
				.join(', ')} }`,
	),
}));

/** The value with its members in the order of their names: new ones come last in a text. */
function sorted(value: unknown): unknown {
	if (Array.isArray(value)) return value.map(sorted);
	if (!isMembered(value)) return value;
	return Object.fromEntries(
		Object.entries(value)
			.toSorted(([a], [b]) => (a < b ? -1 : 1))
			.map(([name, member]) => [name, sorted(member)]),
	);
}

describe('a body that is changed to another value', () => {
	it('means that value, whatever was changed, and is the same text where nothing was', () => {
		fc.assert(
			fc.property(document, fc.infiniteStream(fc.nat(1000)), (text, choices) => {
				const before: unknown = JSON.parse(text);
				const after = change(before, () => choices.next().value);
				const spliced = spliceChanges(text, before, after);
				expect(JSON.parse(JSON.stringify(JSON.parse(spliced)))).toEqual(JSON.parse(JSON.stringify(after)));
				if (after === before) expect(spliced).toBe(text);
			}),
		);
	});

	it('keeps the digits of every number, also where a double holds other ones, whatever was changed around it', () => {
		fc.assert(
			fc.property(inexactDocument, fc.array(fc.nat(1000), { minLength: 1, maxLength: 100 }), (text, choices) => {
				const replay = () => {
					let taken = 0;
					return () => choices[taken++ % choices.length] ?? 1;
				};
				const before: unknown = JSON.parse(text);
				const spliced = spliceChanges(text, before, change(before, replay()));
				// the same changes to a value that has its numbers as they are written
				const expected = change(parseExactly(text), replay());
				expect(JSON.stringify(sorted(parseExactly(spliced)))).toBe(JSON.stringify(sorted(expected)));
			}),
			{ numRuns: 200 },
		);
	});

	it('finds the bytes of a message whose neighbour was taken out', () => {
		const text = '[{"role":"a"},{"role":"b","input":{"n":[1.0, 1e2]},"text":"x"},{"role":"c"}]';
		const before = JSON.parse(text) as [object, object, object];
		const [, second, third] = before;
		expect(spliceChanges(text, before, [{ ...second, text: 'y' }, third])).toBe(
			'[{"role":"b","input":{"n":[1.0, 1e2]},"text":"y"},{"role":"c"}]',
		);
	});

	it.each([
		[
			'{ "a": 1.0, "b": [ {"x": 1e2}, {"y": 2} ], "c": 3 }',
			{ b: [null, undefined] },
			'{ "a": 1.0, "b": [ {"x": 1e2} ], "c": 3 }',
		],
		['{ "a": 1.0, "b": [ {"x": 1e2}, {"y": 2} ] }', { a: null }, '{ "b": [ {"x": 1e2}, {"y": 2} ] }'],
	])('keeps every byte of what did not change: %s', (text, removed, expected) => {
		const before = JSON.parse(text) as Record<string, unknown>;
		const [name = ''] = Object.keys(removed);
		const { [name]: value, ...kept } = before;
		const after = name === 'b' ? { ...before, b: (value as unknown[]).slice(0, 1) } : kept;
		expect(spliceChanges(text, before, after)).toBe(expected);
	});

	it('keeps the bytes behind a message that was taken out, which a provider has cached', () => {
		const text = '{"messages":[ {"n": 1.0},{"n": 2.0}, {"n": 3.0} ]}';
		const before = JSON.parse(text) as { messages: object[] };
		const [, second, third] = before.messages;
		expect(spliceChanges(text, before, { messages: [second, third] })).toBe('{"messages":[ {"n": 2.0}, {"n": 3.0} ]}');
		expect(spliceChanges(text, before, { messages: [{ n: 0 }, second, third] })).toBe(
			'{"messages":[ {"n": 0},{"n": 2.0}, {"n": 3.0} ]}',
		);
		expect(spliceChanges(text, before, { messages: [{ n: 0 }, ...before.messages] })).toBe(
			'{"messages":[ {"n":0},{"n": 1.0},{"n": 2.0}, {"n": 3.0} ]}',
		);
	});
});
