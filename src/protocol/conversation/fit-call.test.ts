import type { LanguageModelV4Prompt } from '@ai-sdk/provider';
import { describe, expect, it } from 'vitest';
import type { WireFormatName } from '../../contracts/index.ts';
import { AnswerIds } from './answer-ids.ts';
import { fitCall } from './fit-call.ts';

const PNG = { type: 'file' as const, mediaType: 'image/png', data: { type: 'data' as const, data: 'iVBORw0KGgo=' } };
const FORMATS = ['anthropic-messages', 'openai-responses', 'openai-chat', 'gemini', null] as const;

const toProvider = (
	prompt: LanguageModelV4Prompt,
	format: WireFormatName | null,
	from: WireFormatName | null = 'openai-chat',
) => fitCall({ prompt }, from, { format, modelId: format === 'gemini' ? 'gemini-2.5-flash' : 'm' });
const textOf = (value: unknown) => JSON.stringify(value);

describe('a conversation that has visited other models is accepted by the next', () => {
	const thought = (name: string, signature: string, text = `by ${name}`) => ({
		type: 'reasoning' as const,
		text,
		providerOptions: { [name]: { [signature]: 's' } },
	});
	const prompt: LanguageModelV4Prompt = [
		{ role: 'user', content: [{ type: 'text', text: 'a' }] },
		{
			role: 'assistant',
			content: [
				thought('anthropic', 'signature'),
				thought('google', 'thoughtSignature'),
				thought('openai', 'reasoningEncryptedContent'),
				thought('amazonBedrock', 'signature'),
				{ type: 'reasoning', text: 'by nobody' },
				{ type: 'text', text: 'b' },
			],
		},
	];

	it.each([
		['anthropic-messages', ['by anthropic']],
		['gemini', ['by google']],
		['openai-responses', ['by openai']],
		['openai-chat', ['by nobody']],
		[null, ['by amazonBedrock']],
	] as const)('%s reads its own reasoning alone; the loss is named', (format, expected) => {
		const { dropped, options } = toProvider(prompt, format);
		expect(textOf(options.prompt).match(/by \w+/g)).toEqual(expected);
		expect(dropped).toEqual(['reasoning']);
	});

	it('empty texts and what they leave empty are not sent: providers refuse them', () => {
		const empty: LanguageModelV4Prompt = [
			{ role: 'user', content: [{ type: 'text', text: '' }, PNG] },
			{ role: 'assistant', content: [{ type: 'text', text: '' }] },
			{ role: 'user', content: [{ type: 'text', text: 'b' }] },
		];
		for (const format of FORMATS) {
			const { options } = toProvider(empty, format);
			expect(options.prompt.map(({ role }) => role)).toEqual(['user']);
			expect(textOf(options.prompt)).not.toContain('"text":""');
		}
	});

	it('white space alone is nothing to Bedrock either, which refuses it in messages, instructions and results', () => {
		const call = { type: 'tool-call' as const, toolCallId: 'a', toolName: 'f', input: {} };
		const blank: LanguageModelV4Prompt = [
			{ role: 'system', content: ' ' },
			{ role: 'user', content: [{ type: 'text', text: ' \n' }] },
			{ role: 'assistant', content: [{ type: 'text', text: ' ' }, call] },
			{ role: 'tool', content: [{ ...call, type: 'tool-result', output: { type: 'text', value: '' } }] },
		];
		const { options } = toProvider(blank, null);
		expect(options.prompt).toMatchObject([
			{ role: 'user', content: [{ type: 'text', text: '(empty message)' }] },
			{ role: 'assistant', content: [call] },
			{ role: 'tool', content: [{ output: { type: 'text', value: '(empty message)' } }] },
		]);
		expect(textOf(toProvider(blank, 'openai-responses').options.prompt)).toContain('" \\n"');
	});

	it('an id that another company gave is short enough for OpenAI’s Chat Completions, wherever OpenAI’s models are', () => {
		const call = { type: 'tool-call' as const, toolCallId: 'x'.repeat(60), toolName: 'f', input: {} };
		const prompt: LanguageModelV4Prompt = [
			{ role: 'assistant', content: [call] },
			{ role: 'tool', content: [{ ...call, type: 'tool-result', output: { type: 'text', value: 'b' } }] },
		];
		const idsAt = (isCompatible: boolean) => {
			const { options } = fitCall({ prompt }, 'gemini', { format: 'openai-chat', modelId: 'ours', isCompatible });
			return [...textOf(options.prompt).matchAll(/"toolCallId":"([^"]+)"/g)].map(([, id]) => id);
		};
		const [first, second] = idsAt(false);
		expect(first?.length).toBeLessThanOrEqual(40);
		expect(second).toBe(first);
		expect(idsAt(true)).toEqual([call.toolCallId, call.toolCallId]);
	});

	it('instructions stay instructions: in their place at OpenAI and Anthropic, at the beginning elsewhere', () => {
		const late: LanguageModelV4Prompt = [
			{ role: 'system', content: 'one' },
			{ role: 'user', content: [{ type: 'text', text: 'a' }] },
			{ role: 'system', content: 'two' },
		];
		for (const format of FORMATS) {
			const roles = toProvider(late, format).options.prompt.map(({ role }) => role);
			const isInPlace = format === 'openai-responses' || format === 'anthropic-messages';
			expect(roles).toEqual(isInPlace ? ['system', 'user', 'system'] : ['system', 'system', 'user']);
		}
	});

	it('Google’s signature of a call is not sent to a server that refuses unknown members', () => {
		const call = { type: 'tool-call' as const, toolCallId: 'a', toolName: 'f', input: {} };
		const signed: LanguageModelV4Prompt = [
			{ role: 'assistant', content: [{ ...call, providerOptions: { google: { thoughtSignature: 's' } } }] },
		];
		expect(textOf(toProvider(signed, 'openai-chat').options.prompt)).not.toContain('thoughtSignature');
		expect(textOf(toProvider(signed, 'gemini').options.prompt)).toContain('thoughtSignature');
	});
});

describe('a tool that its provider runs', () => {
	const f = { type: 'function' as const, name: 'f', inputSchema: { type: 'object' as const } };
	const anthropic = (id: string, args: Record<string, unknown> = {}) =>
		({ type: 'provider' as const, id: `anthropic.${id}` as const, name: id.replace(/_\d+$/, ''), args }) as const;
	const search = anthropic('web_search_20250305', { maxUses: 2, allowedDomains: ['a.org'] });
	const fitTools = (tools: NonNullable<Parameters<typeof fitCall>[0]['tools']>, format: WireFormatName | null) =>
		fitCall({ prompt: [], tools, toolChoice: { type: 'auto' } }, 'anthropic-messages', { format, modelId: 'm' });

	it('is the next provider’s own for the same; the settings that it has not are named', () => {
		const { dropped, options } = fitTools([search, f], 'openai-responses');
		expect(options.tools).toEqual([
			{
				type: 'provider',
				id: 'openai.web_search',
				name: 'web_search',
				args: { filters: { allowedDomains: ['a.org'] } },
			},
			f,
		]);
		expect(dropped).toEqual(['tools.web_search.max_uses']);
	});

	it('is used no more often than money is held for, or not at all', () => {
		const { options } = fitTools([search], 'openai-responses');
		expect(options.providerOptions).toEqual({ openai: { maxToolCalls: 2 } });
		expect(fitTools([search], 'gemini').options.tools).toBeUndefined();
		const limited = {
			prompt: [],
			tools: [{ type: 'provider' as const, id: 'openai.web_search' as const, name: 'web_search', args: {} }],
			providerOptions: { openai: { maxToolCalls: 3 } },
		};
		const atClaude = fitCall(limited, 'openai-responses', { format: 'anthropic-messages', modelId: 'm' });
		expect(atClaude.options.tools).toMatchObject([{ args: { maxUses: 3 } }]);
	});

	it.each([
		['openai.web_search', 'anthropic-messages', 'anthropic.web_search_20250305'],
		['openai.code_interpreter', 'gemini', 'google.code_execution'],
		['google.google_search', 'openai-responses', 'openai.web_search'],
		['google.url_context', 'anthropic-messages', 'anthropic.web_fetch_20250910'],
		['anthropic.code_execution_20250825', 'openai-responses', 'openai.code_interpreter'],
	] as const)('%s at %s is %s', (id, format, expected) => {
		const { options } = fitTools([{ type: 'provider', id, name: 'x', args: {} }], format);
		expect(options.tools).toMatchObject([{ id: expected }]);
	});

	it.each(['openai-chat', 'gemini', null] as const)(
		'never costs the caller its functions, and its loss is named: %s',
		(format) => {
			const { dropped, options } = fitTools([search, anthropic('bash_20250124'), f], format);
			expect(options.tools).toEqual([f]);
			expect(dropped).toEqual(['tools.web_search', 'tools.bash']);
		},
	);

	it('leaves no choice among tools where none is left, nor of one that is lost', () => {
		expect(fitTools([search], 'openai-chat').options).toEqual({ prompt: [] });
		const forced = fitCall(
			{ prompt: [], tools: [search, f], toolChoice: { type: 'tool', toolName: 'web_search' } },
			'anthropic-messages',
			{ format: 'openai-chat', modelId: 'm' },
		);
		expect(forced.options).toEqual({ prompt: [], tools: [f] });
		expect(forced.dropped).toContain('tool_choice');
	});
});

describe('a tool that its provider runs and that is to be used now', () => {
	const search = {
		type: 'provider' as const,
		id: 'openai.web_search_preview' as const,
		name: 'web_search_preview',
		args: {},
	};
	const code = {
		type: 'provider' as const,
		id: 'openai.code_interpreter' as const,
		name: 'code_interpreter',
		args: {},
	};
	const force = (toolName: string, format: WireFormatName | null) =>
		fitCall({ prompt: [], tools: [search, code], toolChoice: { type: 'tool', toolName } }, 'openai-responses', {
			format,
			modelId: 'm',
		});

	it('is forced by its name at the next provider', () => {
		expect(force('web_search_preview', 'anthropic-messages').options.toolChoice).toEqual({
			type: 'tool',
			toolName: 'web_search',
		});
		expect(force('code_interpreter', 'anthropic-messages').options.toolChoice).toEqual({
			type: 'tool',
			toolName: 'code_execution',
		});
	});

	it.each(['gemini', 'openai-chat', null] as const)('is named where %s cannot be forced', (format) => {
		const { dropped, options } = force('web_search_preview', format);
		expect(options.toolChoice).toBeUndefined();
		expect(dropped).toContain('tool_choice');
	});
});

describe('the work of a provider’s own tool reaches the next model in words', () => {
	const searched: LanguageModelV4Prompt = [
		{ role: 'user', content: [{ type: 'text', text: 'a' }] },
		{
			role: 'assistant',
			content: [
				{ type: 'tool-call', toolCallId: 's', toolName: 'web_search', input: { query: 'x' }, providerExecuted: true },
				{
					type: 'tool-result',
					toolCallId: 's',
					toolName: 'web_search',
					output: { type: 'json', value: [{ url: 'https://example.com', title: 't', encryptedContent: 'zz' }] },
				},
				{ type: 'text', text: 'found' },
			],
		},
	];

	it.each(FORMATS)('%s: no call without its result, and nothing that only its maker can read', (format) => {
		const { options } = toProvider(searched, format, format === 'anthropic-messages' ? 'gemini' : 'anthropic-messages');
		const text = textOf(options.prompt);
		expect(text).not.toMatch(/tool-call|tool-result|zz/);
		expect(text).toContain('t: https://example.com');
	});

	it('stays as it is where the provider itself did it', () => {
		const { options } = toProvider(searched, 'anthropic-messages', 'anthropic-messages');
		expect(options.prompt).toEqual(searched);
	});
});

describe('pictures and files in the result of a tool are seen by every model', () => {
	const call = (toolCallId: string) => ({ type: 'tool-call' as const, toolCallId, toolName: 'f', input: {} });
	const result = (toolCallId: string, value: unknown[]) => ({
		type: 'tool-result' as const,
		toolCallId,
		toolName: 'f',
		output: { type: 'content' as const, value: value as never },
	});
	const reference = {
		type: 'custom',
		providerOptions: { anthropic: { type: 'tool-reference', toolName: 'WebSearch' } },
	};
	const prompt: LanguageModelV4Prompt = [
		{ role: 'user', content: [{ type: 'text', text: 'look' }] },
		{ role: 'assistant', content: [call('a'), call('b')] },
		{ role: 'tool', content: [result('a', [{ type: 'text', text: 'see' }, PNG])] },
		{ role: 'tool', content: [result('b', [reference])] },
		{ role: 'user', content: [{ type: 'text', text: 'and?' }] },
	];

	it.each([
		['anthropic-messages', true],
		['openai-responses', true],
		[null, true],
		['openai-chat', false],
		['gemini', false],
	] as const)('%s: in the result itself: %s; else with the user’s words, after all results', (format, isInside) => {
		const { options } = toProvider(prompt, format);
		expect(options.prompt.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'user']);
		const [, , results, user] = options.prompt;
		expect(textOf(results).includes('iVBOR')).toBe(isInside);
		expect(textOf(user).includes('iVBOR')).toBe(!isInside);
		expect(textOf(results)).toContain('see');
	});

	it('a document of text is read as text where there are no files of text', () => {
		const file = { type: 'file' as const, mediaType: 'text/plain', filename: 'a.txt' };
		const documents: LanguageModelV4Prompt = [
			{
				role: 'user',
				content: [
					{ ...file, data: { type: 'text', text: 'one' } },
					{ ...file, data: { type: 'data', data: 'dHdv' } },
				],
			},
		];
		for (const format of FORMATS) {
			const isText = format === 'openai-chat' || format === 'openai-responses';
			expect(toProvider(documents, format).options.prompt).toEqual(
				isText
					? [
							{
								role: 'user',
								content: ['one', 'two'].map((text) => ({ type: 'text', text: `a.txt:\n${text}` })),
							},
						]
					: documents,
			);
		}
	});

	it('a reference to a tool is Anthropic’s own, and a line of text elsewhere', () => {
		for (const format of FORMATS) {
			const { dropped, options } = toProvider(prompt, format);
			const text = textOf(options.prompt);
			expect(text).toContain('WebSearch');
			// the line is named: it loads no tool
			expect(dropped.includes('tool_reference')).toBe(format !== 'anthropic-messages');
			expect(text.includes('tool-reference')).toBe(format === 'anthropic-messages');
		}
	});
});

describe('ids of tool calls in an answer are ones that the caller’s format allows', () => {
	it('Anthropic’s pattern, the same in every part of the stream, one for each call', () => {
		const ids = new AnswerIds('anthropic-messages');
		const id = 'functions.Bash:0';
		const given = [1, 2].map(() => {
			const start = ids.fit({ type: 'tool-input-start', id, toolName: 'f' });
			const delta = ids.fit({ type: 'tool-input-delta', id, delta: '{}' });
			const call = ids.fit({ type: 'tool-call', toolCallId: id, toolName: 'f', input: '{}' });
			expect([delta.id, call.toolCallId]).toEqual([start.id, start.id]);
			return start.id;
		});
		expect(given[0]).toMatch(/^[a-zA-Z0-9_-]{1,64}$/);
		expect(given[1]).not.toBe(given[0]);
	});

	it('an id that is allowed stays, and Gemini’s callers take any', () => {
		const part = { type: 'tool-call' as const, toolCallId: 'toolu_1', toolName: 'f', input: '{}' };
		expect(new AnswerIds('anthropic-messages').fit(part)).toBe(part);
		const odd = { ...part, toolCallId: 'a:b' };
		expect(new AnswerIds('gemini').fit(odd)).toBe(odd);
	});
});
