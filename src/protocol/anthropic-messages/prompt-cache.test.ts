import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../util/index.ts';
import { CALLER_FORMATS } from '../caller-formats.ts';
import type { PromptPrefix } from '../shared/caller-format.ts';
import {
	addBodyBreakpoints,
	addPromptBreakpoints,
	chooseBreakpoints,
	chooseCacheTtl,
	findPromptPrefixes,
	hasCacheBreakpoints,
	type PrefixForecast,
	toCacheableBody,
} from './prompt-cache.ts';

const RATES = {
	input: 3_000_000,
	output: 15_000_000,
	cacheRead: 300_000,
	cacheWrite5m: 3_750_000,
	cacheWrite1h: 6_000_000,
};
const sure: PrefixForecast = { within5m: 0.99, within1h: 0.99, cached: null };
const never: PrefixForecast = { within5m: 0, within1h: 0, cached: null };

function place(
	body: JsonObject,
	forecastOf: (boundary: PromptPrefix) => PrefixForecast = () => sure,
	minimumTokens = 0,
) {
	if (hasCacheBreakpoints(body)) return { body, marks: [] };
	const prefixes = findPromptPrefixes(body, { scope: 's', minimumTokens });
	const marks = chooseBreakpoints(prefixes, { forecast: forecastOf, rates: RATES, minimumTokens });
	return { body: addBodyBreakpoints(body, marks), marks };
}

/** The request without marks; text in a single block and text as a string are the same. */
function bare(value: unknown): unknown {
	if (Array.isArray(value)) return value.map(bare);
	if (typeof value !== 'object' || value === null) return value;
	const entries = Object.entries(value)
		.filter(([name]) => name !== 'cache_control')
		.map(([name, member]) => [name, name === 'content' || name === 'system' ? asBlocks(member) : bare(member)]);
	return Object.fromEntries(entries);
}

function asBlocks(content: unknown): unknown {
	return typeof content === 'string' ? [{ type: 'text', text: content }] : bare(content);
}

function countMarks(value: unknown): number {
	return JSON.stringify(value).split('"cache_control"').length - 1;
}

const CONVERSATION: JsonObject = {
	model: 'claude-sonnet-4-5',
	tools: [{ name: 'a' }, { name: 'b' }, { name: 'late', defer_loading: true }],
	system: 'Be brief.',
	messages: [
		{ role: 'user', content: 'One' },
		{
			role: 'assistant',
			content: [
				{ type: 'text', text: 'Two' },
				{ type: 'thinking', thinking: 'hm', signature: 's' },
			],
		},
		{ role: 'user', content: [{ type: 'tool_result', tool_use_id: 't', content: 'Three' }] },
	],
};
const MARK = { type: 'ephemeral' };

describe('where marks stand', () => {
	it('at the end of the tools, of the system prompt and of the conversation; never on what cannot bear one', () => {
		expect(place(CONVERSATION).body).toEqual({
			...CONVERSATION,
			tools: [{ name: 'a' }, { name: 'b', cache_control: MARK }, { name: 'late', defer_loading: true }],
			system: [{ type: 'text', text: 'Be brief.', cache_control: MARK }],
			messages: [
				{ role: 'user', content: 'One' },
				expect.anything(),
				{ role: 'user', content: [{ type: 'tool_result', tool_use_id: 't', content: 'Three', cache_control: MARK }] },
			],
		});
	});

	it('at the last stable end when only the newest turn is not expected again, and not behind thinking', () => {
		const { body, marks } = place(CONVERSATION, ({ messageIndex: message }) => (message === 1 ? sure : never));
		expect(marks.map(({ prefix: boundary }) => [boundary.section, boundary.messageIndex])).toEqual([
			['tools', -1],
			['system', -1],
			['messages', 1],
		]);
		expect(body).toMatchObject({ messages: [{}, { content: [{ cache_control: MARK }, { type: 'thinking' }] }, {}] });
	});

	it('where a part of the conversation is cached it is read, even when nothing more is worth writing', () => {
		const { marks } = place(CONVERSATION, ({ messageIndex: message }) =>
			message === 0 ? { ...never, cached: '5m' } : never,
		);
		expect(marks.map(({ prefix: boundary, ttl: life }) => [boundary.messageIndex, life])).toEqual([[0, '5m']]);
	});

	it('not before the shortest prefix that the provider caches', () => {
		expect(place(CONVERSATION, () => sure, 10_000).marks).toEqual([]);
		const long = { ...CONVERSATION, system: 'x'.repeat(8000) };
		expect(place(long, () => sure, 2000).marks.map(({ prefix: boundary }) => boundary.section)).toEqual([
			'system',
			'messages',
		]);
	});

	it('an hour never follows five minutes: the API refuses that order', () => {
		const hour: PrefixForecast = { within5m: 0.1, within1h: 0.95, cached: null };
		const lives = (system: PrefixForecast, turn: PrefixForecast) =>
			place(CONVERSATION, ({ section: at }) => (at === 'messages' ? turn : system)).marks.map(({ ttl: life }) => life);
		expect(lives(sure, hour)).toEqual(['5m', '5m']);
		expect(lives(hour, hour)).toEqual(['1h', '1h', '1h']);
		expect(lives({ ...sure, cached: '1h' }, sure)).toEqual(['1h', '1h', '5m']);
	});

	it('a caller who places marks knows better', () => {
		const own = { ...CONVERSATION, cache_control: MARK };
		expect(place(own).body).toBe(own);
		const nested = { messages: [{ role: 'user', content: [{ type: 'text', text: 'a', cache_control: MARK }] }] };
		expect(place(nested).body).toBe(nested);
	});
});

const block = fc.oneof(
	fc.record({ type: fc.constant('text'), text: fc.string({ maxLength: 8 }) }),
	fc.record({
		type: fc.constant('tool_result'),
		tool_use_id: fc.string({ maxLength: 3 }),
		content: fc.string({ maxLength: 5 }),
	}),
	fc.record({ type: fc.constant('thinking'), thinking: fc.string({ maxLength: 5 }) }),
	fc.record({ type: fc.constant('something-new'), value: fc.nat() }),
);
const content = fc.oneof(fc.string({ maxLength: 8 }), fc.array(block, { maxLength: 4 }));
const message = fc.record({ role: fc.constantFrom('user', 'assistant'), content });
const anyBody = fc.record(
	{
		model: fc.constant('claude-sonnet-4-5'),
		tools: fc.array(fc.record({ name: fc.string({ maxLength: 4 }), defer_loading: fc.boolean() }), { maxLength: 3 }),
		system: content,
		messages: fc.array(message, { maxLength: 6 }),
		temperature: fc.double({ noNaN: true }),
	},
	{ requiredKeys: ['model'] },
);
const life = fc.constantFrom(null, '5m' as const, '1h' as const);
const chances = fc.array(
	fc.record({
		within5m: fc.double({ min: 0, max: 1, noNaN: true }),
		within1h: fc.double({ min: 0, max: 1, noNaN: true }),
		cached: life,
	}),
	{ minLength: 9, maxLength: 9 },
);

it('whatever the request and the forecast: nothing but marks is added, at most four, and marking again changes nothing', () => {
	fc.assert(
		fc.property(anyBody, chances, (body, forecasts) => {
			const before = structuredClone(body);
			const forecastOf = ({ section: at, messageIndex: index }: PromptPrefix) =>
				forecasts[at === 'tools' ? 0 : at === 'system' ? 1 : 2 + index] ?? sure;
			const { body: marked, marks } = place(body, forecastOf);
			expect(body).toEqual(before);
			expect(bare(marked)).toEqual(bare(body));
			expect(countMarks(marked)).toBe(marks.length);
			expect(marks.length).toBeLessThanOrEqual(4);
			const lives = marks.map(({ ttl: each }) => each);
			expect(lives.lastIndexOf('1h')).toBeLessThan(lives.includes('5m') ? lives.indexOf('5m') : 9);
			if (marks.length > 0) expect(place(marked, forecastOf).body).toBe(marked);
		}),
		{ numRuns: 300 },
	);
});

it('without any chance of coming again the request is sent as it is', () => {
	fc.assert(
		fc.property(anyBody, (body) => {
			expect(place(body, () => never).body).toBe(body);
		}),
		{ numRuns: 100 },
	);
});

// claude-sonnet-4-5, pico-dollars per token: input $3, read $0.30, writes $3.75 and $6 a million tokens
const SONNET = {
	input: 3_000_000,
	output: 15_000_000,
	cacheRead: 300_000,
	cacheWrite5m: 3_750_000,
	cacheWrite1h: 6_000_000,
};
const forecast = (within5m: number, within1h = within5m) => ({ within5m, within1h, cached: null });

it('five minutes pay from p = 0.75 / 3.45 = 0.2174 on', () => {
	// p·(3 - 0.30) > (1 - p)·(3.75 - 3): 2.7 p > 0.75 - 0.75 p
	expect(chooseCacheTtl(SONNET, forecast(0.217))).toBeNull();
	expect(chooseCacheTtl(SONNET, forecast(0.218))).toBe('5m');
});

it('an hour pays from p = 3 / 5.7 = 0.5263 on, and only where five minutes do not reach', () => {
	expect(chooseCacheTtl(SONNET, forecast(0, 0.526))).toBeNull();
	expect(chooseCacheTtl(SONNET, forecast(0, 0.527))).toBe('1h');
	// 5 min: 0.5·0.30 + 0.5·3.75 = 2.025; 1 h: 0.8·0.30 + 0.2·6 = 1.44
	expect(chooseCacheTtl(SONNET, forecast(0.5, 0.8))).toBe('1h');
	// 5 min: 0.8·0.30 + 0.2·3.75 = 0.99; 1 h: 0.9·0.30 + 0.1·6 = 0.87
	expect(chooseCacheTtl(SONNET, forecast(0.8, 0.9))).toBe('1h');
	// 5 min: 0.9·0.30 + 0.1·3.75 = 0.645; 1 h: 0.92·0.30 + 0.08·6 = 0.756
	expect(chooseCacheTtl(SONNET, forecast(0.9, 0.92))).toBe('5m');
});

it('what is cached is read at its life, whatever is expected of it; without cache rates nothing is marked', () => {
	expect(chooseCacheTtl(SONNET, { within5m: 0, within1h: 0, cached: '1h' })).toBe('1h');
	expect(chooseCacheTtl({ input: 3, output: 15 }, forecast(1))).toBeNull();
	expect(chooseCacheTtl({ input: 3, output: 15, cacheRead: 1 }, forecast(1))).toBeNull();
});

const { options } = CALLER_FORMATS['openai-chat'].decodeRequest({
	model: 'haiku',
	tools: [{ type: 'function', function: { name: 'look', parameters: { type: 'object', properties: {} } } }],
	messages: [
		{ role: 'system', content: 'Be brief.' },
		{ role: 'user', content: 'What is in the file?' },
		{
			role: 'assistant',
			content: 'I look.',
			tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'look', arguments: '{}' } }],
		},
		{ role: 'tool', tool_call_id: 'call_1', content: 'A poem.' },
	],
});

it('a request of another format is marked at its tools, its system prompt and the ends of its messages, and is not changed else', () => {
	const body = toCacheableBody(options, 'claude-haiku-4-5');
	const prefixes = findPromptPrefixes(body, { scope: '' });
	expect(prefixes.map(({ section }) => section)).toEqual(['tools', 'system', 'messages', 'messages', 'messages']);
	const before = JSON.stringify(options);
	const marked = addPromptBreakpoints(
		options,
		prefixes.map((prefix) => ({ prefix, ttl: '1h' })),
	);
	expect(JSON.stringify(options)).toBe(before);
	const mark = { anthropic: { cacheControl: { type: 'ephemeral', ttl: '1h' } } };
	expect(marked.tools?.[0]).toMatchObject({ name: 'look', providerOptions: mark });
	expect(marked.prompt[0]).toMatchObject({ role: 'system', content: 'Be brief.', providerOptions: mark });
	const ends = marked.prompt.slice(1).map(({ content }) => (typeof content === 'string' ? null : content.at(-1)));
	expect(ends).toMatchObject([
		{ type: 'text', providerOptions: mark },
		{ type: 'tool-call', providerOptions: mark },
		{ type: 'tool-result', providerOptions: mark },
	]);
	const strip = (value: unknown) => JSON.stringify(value).replaceAll(`,"providerOptions":${JSON.stringify(mark)}`, '');
	expect(strip(marked)).toBe(before);
});
