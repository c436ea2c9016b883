import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { JsonObject } from '../../util/index.ts';
import type { CacheBreakpoint } from '../shared/caller-format.ts';
import { editJson, JsonText } from '../shared/json-splice.ts';
import { addBodyBreakpoints, editBreakpoints, findPromptPrefixes } from './prompt-cache.ts';

const spliceBreakpoints = (text: string, ...marks: Parameters<typeof editBreakpoints>) =>
	editJson(JsonText.from(text), editBreakpoints(...marks)).toString();

const text = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 12 }), fc.constantFrom('"}],', '\\', '{"cache":[', ' '));
// A name that begins with a backslash makes V8 13.6 (Node 24.21) read other, escaped names as it: JSON.parse of
// {"k":0,"\\\\":0} once, and {"k":0,"\\u00a0":0} has a backslash for a key from then on.
const name = text.filter((value) => !value.startsWith('\\'));
const block = fc.oneof(
	// in this order, so that a block made for a mark is told from the caller's own
	text.map((value) => ({ text: value, type: 'text' })),
	fc.record({
		type: fc.constant('tool_use'),
		id: text,
		name: text,
		input: fc.dictionary(name, fc.oneof(fc.integer(), fc.array(text, { maxLength: 3 }), fc.dictionary(name, text))),
	}),
	fc.record({ type: fc.constant('tool_result'), tool_use_id: text, content: text }),
	text.map((value) => ({ type: 'thinking', thinking: value, signature: 's' })),
);
const content = fc.oneof(text, fc.array(block, { maxLength: 4 }));
const body = fc.record(
	{
		model: text,
		tools: fc.array(fc.record({ name: text, defer_loading: fc.boolean() }, { requiredKeys: ['name'] }), {
			maxLength: 3,
		}),
		system: fc.oneof(text, fc.array(block, { maxLength: 3 })),
		max_tokens: fc.nat(),
		messages: fc.array(fc.record({ role: fc.constantFrom('user', 'assistant'), content }), { maxLength: 5 }),
	},
	{ requiredKeys: ['messages'] },
);

/** Every place that can bear a mark bears one. */
function allMarks(given: JsonObject, life: CacheBreakpoint['ttl']): CacheBreakpoint[] {
	return findPromptPrefixes(given, { scope: '' }).map((prefix) => ({ prefix, ttl: life }));
}

const write = fc.constantFrom(
	(value: unknown) => JSON.stringify(value),
	(value: unknown) => ` \n${JSON.stringify(value, null, '\t')}\r\n`,
	(value: unknown) =>
		JSON.stringify(value).replace(/[^\x20-\x7e]/g, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`),
);

it('marks stand where they were chosen, and every byte but theirs is the caller’s', () => {
	fc.assert(
		fc.property(body, write, fc.constantFrom<CacheBreakpoint['ttl']>('5m', '1h'), (given, print, life) => {
			const written = print(given);
			const marks = allMarks(given, life);
			const spliced = spliceBreakpoints(written, given, marks);
			expect(JSON.parse(spliced)).toEqual(addBodyBreakpoints(given, marks));
			const control = life === '1h' ? '{"type":"ephemeral","ttl":"1h"}' : '{"type":"ephemeral"}';
			const mark = `,"cache_control":${control}`;
			const wrapped = new RegExp(`\\[\\{"type":"text","text":("(?:[^"\\\\]|\\\\.)*")${mark}\\}\\]`, 'g');
			expect(spliced.replace(wrapped, '$1').replaceAll(mark, '')).toBe(written);
		}),
		{ numRuns: 500 },
	);
});

it('a member that stands twice is marked where parsers read it, and a place that is not there is passed over', () => {
	const written = '{"system":"first","system":"second","messages":[]}';
	const given = JSON.parse(written);
	const [mark] = allMarks(given, '5m');
	const marks = mark === undefined ? [] : [mark];
	expect(JSON.parse(spliceBreakpoints(written, given, marks))).toEqual(addBodyBreakpoints(given, marks));
	const gone = { prefix: { section: 'messages', messageIndex: 7, tokens: 0, hash: '' }, ttl: '5m' } as const;
	expect(spliceBreakpoints(written, given, [gone])).toBe(written);
});
