import { createAnthropic } from '@ai-sdk/anthropic';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../util/index.ts';
import { anthropicMessagesFormat } from './format.ts';

const ANSWER = {
	id: 'msg_1',
	type: 'message',
	role: 'assistant',
	model: 'claude-sonnet-4-5',
	content: [{ type: 'text', text: 'ok' }],
	stop_reason: 'end_turn',
	stop_sequence: null,
	usage: { input_tokens: 1, output_tokens: 1 },
};

/** What the AI SDK's provider sends to Anthropic for a caller's request. */
async function sentFor(body: JsonObject): Promise<JsonObject> {
	let sent: JsonObject = {};
	const provider = createAnthropic({
		apiKey: 'key',
		fetch: async (_url, init) => {
			sent = JSON.parse(String(init?.body));
			return Response.json(ANSWER);
		},
	});
	const { options } = anthropicMessagesFormat.decodeRequest(body);
	await provider.languageModel('claude-sonnet-4-5').doGenerate(options);
	return sent;
}

// No white space at the ends: the provider trims a prefilled answer.
const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }).map((said) => `x${said}x`);
const mark = fc.option(fc.constantFrom({ type: 'ephemeral' }, { type: 'ephemeral', ttl: '1h' }), { nil: undefined });
const identifier = fc.stringMatching(/^[a-zA-Z][a-zA-Z0-9_]{0,8}$/);
const json = fc.dictionary(identifier, fc.oneof(fc.integer(), fc.boolean(), text), { maxKeys: 3 });
const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

const textBlock = fc.record({ type: fc.constant('text'), text });
const image = fc.constantFrom(
	{ type: 'image', source: { type: 'base64', media_type: 'image/png', data: png } },
	{ type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } },
);
const document = fc.constantFrom(
	{ type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'words' }, title: 'A title' },
	{ type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: 'JVBERi0xLjQK' }, title: 'B' },
	{
		type: 'document',
		source: { type: 'url', url: 'https://example.com/b.pdf' },
		citations: { enabled: true },
		title: 'C',
	},
);
const thinking = fc.oneof(
	fc.record({ type: fc.constant('thinking'), thinking: text, signature: fc.base64String({ minLength: 4 }) }),
	fc.record({ type: fc.constant('redacted_thinking'), data: fc.base64String({ minLength: 4 }) }),
);
const resultContent = fc.oneof(text, fc.array(fc.oneof(textBlock, image), { minLength: 1, maxLength: 3 }));

/** A turn: the user asks, the assistant thinks and calls tools, every call is answered. */
const turn = fc.record({
	ask: fc.oneof(text, fc.array(fc.oneof(textBlock, image, document), { minLength: 1, maxLength: 3 })),
	thinking: fc.array(thinking, { maxLength: 1 }),
	said: text,
	calls: fc.array(fc.record({ name: identifier, input: json, content: resultContent, isError: fc.boolean() }), {
		maxLength: 3,
	}),
});

function messagesOf(turns: readonly (typeof turn extends fc.Arbitrary<infer Turn> ? Turn : never)[]) {
	return turns.flatMap(({ ask, thinking: thoughts, said, calls }, at) => {
		const ids = calls.map((_, index) => `toolu_${at}_${index}`);
		const uses = calls.map(({ name, input }, index) => ({ type: 'tool_use', id: ids[index], name, input }));
		const results = calls.map(({ content, isError }, index) => {
			const isText = typeof content === 'string' || content.every(({ type }) => type === 'text');
			return {
				type: 'tool_result',
				tool_use_id: ids[index],
				content,
				...(isError && isText ? { is_error: true } : {}),
			};
		});
		return [
			{ role: 'user', content: ask },
			{ role: 'assistant', content: [...thoughts, { type: 'text', text: said }, ...uses] },
			...(results.length > 0 ? [{ role: 'user', content: results }] : []),
		];
	});
}

/** Up to four marks, as many as Anthropic takes, on blocks that may carry one. */
function marked(messages: ReturnType<typeof messagesOf>, marks: readonly (object | undefined)[]) {
	let next = 0;
	return messages.map((message) => ({
		...message,
		content: Array.isArray(message.content)
			? message.content.map((block) => {
					const cache = block.type.includes('thinking') ? undefined : marks[next++];
					return cache === undefined ? block : { ...block, cache_control: cache };
				})
			: message.content,
	}));
}

const request = fc
	.record({
		turns: fc.array(turn, { minLength: 1, maxLength: 3 }),
		last: text,
		system: fc.option(fc.oneof(text, fc.array(textBlock, { minLength: 1, maxLength: 2 })), { nil: undefined }),
		marks: fc.array(mark, { maxLength: 4 }),
		tools: fc.uniqueArray(
			fc.record({ name: identifier, description: text, input_schema: fc.constant({ type: 'object', properties: {} }) }),
			{ selector: ({ name }) => name, maxLength: 3 },
		),
		toolChoice: fc.constantFrom(undefined, { type: 'auto' }, { type: 'any' }, { type: 'none' }),
		temperature: fc.option(fc.constantFrom(0, 0.5, 1), { nil: undefined }),
		stop_sequences: fc.option(fc.array(text, { minLength: 1, maxLength: 2 }), { nil: undefined }),
		metadata: fc.option(fc.record({ user_id: text }), { nil: undefined }),
	})
	.map(({ turns, last, marks, toolChoice, tools, ...rest }) => ({
		model: 'claude-sonnet-4-5',
		max_tokens: 4_000,
		...rest,
		messages: [...marked(messagesOf(turns), marks), { role: 'user', content: last }],
		...(tools.length === 0 ? {} : { tools, ...(toolChoice === undefined ? {} : { tool_choice: toolChoice }) }),
	}));

interface Block {
	type: string;
	text?: string;
	content?: string | Block[];
}

/** Different spellings of the same request become one: text alone or as a block, turns of one side joined. */
function normalize(body: JsonObject): unknown {
	const copy = JSON.parse(JSON.stringify(body));
	const blocks = (content: string | Block[]): Block[] =>
		typeof content === 'string' ? [{ type: 'text', text: content }] : content;
	const result = (block: Block): Block => {
		const { content } = block;
		if (block.type !== 'tool_result' || !Array.isArray(content)) return block;
		if (!content.every(({ type }) => type === 'text')) return block;
		return { ...block, content: content.map((inner) => inner.text).join('\n') };
	};
	const messages: { role: string; content: unknown[] }[] = [];
	for (const { role, content } of copy.messages) {
		const said: unknown[] = blocks(content).map(result);
		const before = messages.at(-1);
		if (before !== undefined && before.role === role) before.content.push(...said);
		else messages.push({ role, content: said });
	}
	return { ...copy, messages, ...(copy.system === undefined ? {} : { system: blocks(copy.system) }) };
}

describe('a request that goes to Anthropic through the neutral form', () => {
	it('says what the caller said: texts, pictures, documents, tools, signed thinking, cache marks', async () => {
		await fc.assert(
			fc.asyncProperty(request, async (body) => {
				expect(normalize(await sentFor(body))).toEqual(normalize(body));
				expect(anthropicMessagesFormat.decodeRequest(body).dropped).toEqual([]);
			}),
			{ numRuns: 200 },
		);
	});
});
