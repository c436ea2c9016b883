import { isObject, type JsonObject } from '../../src/util/index.ts';

const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const SCHEMA = { type: 'object', properties: { at: { type: 'string' } } };

/** How a client answers the calls of a turn, or asks on: a text, a picture, an error, or nothing beside an empty text. */
export type Reply = 'seen' | 'picture' | 'failed' | 'empty';

/** A client of one format that keeps its conversation as its format has it, and answers calls for tools. */
export interface MovingClient {
	format: string;
	/** The path and the body of the next turn's request. */
	ask(model: string): { path: string; body: object };
	/** Keeps the answer; the next turn brings the results of its calls, or asks on. */
	keep(answer: JsonObject, reply?: Reply): void;
}

const TEXTS: Readonly<Record<Reply, string>> = { seen: 'seen', picture: 'seen', failed: 'no such file', empty: '' };

const listOf = (value: unknown): JsonObject[] => (Array.isArray(value) ? value.filter(isObject) : []);
const objectOf = (value: unknown): JsonObject => (isObject(value) ? value : {});

function messagesClient(): MovingClient {
	const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PNG } };
	const messages: JsonObject[] = [{ role: 'user', content: [{ type: 'text', text: 'look at this' }, image] }];
	const tools = [
		{ name: 'look', input_schema: SCHEMA },
		{ type: 'web_search_20250305', name: 'web_search', max_uses: 2 },
	];
	const thinking = { type: 'enabled', budget_tokens: 2000 };
	return {
		format: 'anthropic-messages',
		ask: (model) => ({ path: '/v1/messages', body: { model, max_tokens: 6000, thinking, tools, messages } }),
		keep({ content }, reply = 'picture') {
			messages.push({ role: 'assistant', content });
			const output = [{ type: 'text', text: TEXTS[reply] }, ...(reply === 'picture' ? [image] : [])];
			const failed = reply === 'failed' ? { is_error: true } : {};
			const results = listOf(content)
				.filter(({ type }) => type === 'tool_use')
				.map(({ id }) => ({ type: 'tool_result', tool_use_id: id, content: output, ...failed }));
			const asked = ['and then?', ...(reply === 'empty' ? [''] : [])].map((text) => ({ type: 'text', text }));
			messages.push({ role: 'user', content: results.length > 0 ? results : asked });
		},
	};
}

function chatClient(): MovingClient {
	const messages: JsonObject[] = [
		{ role: 'system', content: 'be brief' },
		{
			role: 'user',
			content: [
				{ type: 'text', text: 'look at this' },
				{ type: 'image_url', image_url: { url: `data:image/png;base64,${PNG}` } },
			],
		},
	];
	const tools = [{ type: 'function', function: { name: 'look', parameters: SCHEMA } }];
	return {
		format: 'openai-chat',
		ask: (model) => ({
			path: '/v1/chat/completions',
			body: { model, max_completion_tokens: 6000, reasoning_effort: 'low', tools, messages },
		}),
		keep(answer, reply = 'seen') {
			const message = objectOf(listOf(answer['choices'])[0]?.['message']);
			messages.push(message);
			const calls = listOf(message['tool_calls']);
			for (const { id } of calls) messages.push({ role: 'tool', tool_call_id: id, content: TEXTS[reply] });
			const asked = ['and then?', ...(reply === 'empty' ? [''] : [])].map((text) => ({ type: 'text', text }));
			if (calls.length === 0) messages.push({ role: 'user', content: asked });
		},
	};
}

function responsesClient(): MovingClient {
	const image = { type: 'input_image', image_url: `data:image/png;base64,${PNG}` };
	const input: JsonObject[] = [{ role: 'user', content: [{ type: 'input_text', text: 'look at this' }, image] }];
	const tools = [{ type: 'function', name: 'look', parameters: SCHEMA }, { type: 'web_search' }];
	const settings = {
		store: false,
		max_tool_calls: 2,
		include: ['reasoning.encrypted_content'],
		reasoning: { effort: 'low', summary: 'auto' },
	};
	return {
		format: 'openai-responses',
		ask: (model) => ({ path: '/v1/responses', body: { model, max_output_tokens: 6000, ...settings, tools, input } }),
		keep(answer, reply = 'picture') {
			const output = listOf(answer['output']);
			const calls = output.filter(({ type }) => type === 'function_call');
			const text = { type: 'input_text', text: TEXTS[reply] };
			const results = calls.map(({ call_id }) => ({
				type: 'function_call_output',
				call_id,
				output: reply === 'picture' ? [text, image] : reply === 'seen' ? [text] : text.text,
			}));
			const asked = ['and then?', ...(reply === 'empty' ? [''] : [])].map((text) => ({ type: 'input_text', text }));
			input.push(...output, ...(results.length > 0 ? results : [{ role: 'user', content: asked }]));
		},
	};
}

function geminiClient(): MovingClient {
	const image = { inlineData: { mimeType: 'image/png', data: PNG } };
	const contents: JsonObject[] = [{ role: 'user', parts: [{ text: 'look at this' }, image] }];
	const tools = [{ functionDeclarations: [{ name: 'look', parametersJsonSchema: SCHEMA }] }];
	const generationConfig = { maxOutputTokens: 6000, thinkingConfig: { includeThoughts: true } };
	return {
		format: 'gemini',
		ask: (model) => ({ path: `/v1beta/models/${model}:generateContent`, body: { contents, tools, generationConfig } }),
		keep(answer, reply = 'seen') {
			const content = objectOf(listOf(answer['candidates'])[0]?.['content']);
			contents.push(content);
			const calls = listOf(content['parts']).flatMap(({ functionCall }) =>
				isObject(functionCall) ? [functionCall] : [],
			);
			const response = reply === 'empty' ? {} : reply === 'failed' ? { error: TEXTS.failed } : { output: TEXTS[reply] };
			const results = calls.map(({ id, name }) => ({
				functionResponse: {
					...(id === undefined ? {} : { id }),
					name,
					response,
					...(reply === 'picture' && { parts: [image] }),
				},
			}));
			const asked = [{ text: 'and then?' }, ...(reply === 'empty' ? [{ text: '' }] : [])];
			contents.push({ role: 'user', parts: results.length > 0 ? results : asked });
		},
	};
}

/** A new client of each format. */
export const MOVING_CLIENTS: readonly (() => MovingClient)[] = [
	messagesClient,
	chatClient,
	responsesClient,
	geminiClient,
];
