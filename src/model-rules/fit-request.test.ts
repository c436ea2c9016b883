import { describe, expect, it } from 'vitest';
import type { WireFormatName } from '../contracts/index.ts';
import type { JsonObject } from '../util/index.ts';
import { type FitOptions, fitRequest } from './fit-request.ts';
import { restoreToolNames } from './fitting.ts';
import { getModelRules } from './model-rules.ts';

function fitFor(format: WireFormatName, model: string, body: JsonObject, options: Partial<FitOptions> = {}) {
	return fitRequest(format, body, { rules: getModelRules({ format, ids: [model] }), ...options });
}
const anthropic = (model: string, body: JsonObject, options?: Partial<FitOptions>) =>
	fitFor(
		'anthropic-messages',
		model,
		{ max_tokens: 4000, messages: [{ role: 'user', content: 'a' }], ...body },
		options,
	);
const chat = (model: string, body: JsonObject) =>
	fitFor('openai-chat', model, { messages: [{ role: 'user', content: 'a' }], ...body });
const responses = (model: string, body: JsonObject) => fitFor('openai-responses', model, { input: 'a', ...body });
const gemini = (model: string, body: JsonObject) =>
	fitFor('gemini', model, { contents: [{ role: 'user', parts: [{ text: 'a' }] }], ...body });

const OBJECT = { type: 'object', properties: {} };
const LONG = 'mcp__plugin_chrome-devtools-mcp_chrome-devtools__performance_analyze_insight';

describe('a request that every model takes', () => {
	it.each([
		['anthropic-messages', 'claude-haiku-4-5-20251001'],
		['anthropic-messages', 'claude-opus-5-5'],
		['openai-chat', 'gpt-5-mini-2025-08-07'],
		['openai-chat', 'llama'],
		['openai-responses', 'gpt-6-sol'],
		['gemini', 'gemini-3.8-flash'],
	] as const)('is sent as it came, so that its cached prefix holds: %s to %s', (format, model) => {
		const plain = {
			messages: [{ role: 'user', content: 'a' }],
			contents: [{ role: 'user', parts: [{ text: 'a' }] }],
			input: [{ role: 'user', content: 'a' }],
			tools: [{ type: 'function', name: 'f', function: { name: 'f', parameters: OBJECT } }],
		};
		expect(fitFor(format, model, plain)).toEqual({ body: plain, dropped: [], names: null });
		expect(fitFor(format, model, plain).body).toBe(plain);
	});
});

describe('a turn that another model began goes on at Claude, which answers 400 to one without thinking first', () => {
	const budget = { type: 'enabled', budget_tokens: 2000 };
	const turn = (...before: JsonObject[]) => [
		{ role: 'user', content: 'a' },
		{ role: 'assistant', content: [...before, { type: 'tool_use', id: 't', name: 'f', input: {} }] },
		{ role: 'user', content: [{ type: 'tool_result', tool_use_id: 't', content: 'r' }] },
	];
	const thought = (signature: string) => ({ type: 'thinking', thinking: 'hm', signature });
	const sentThinking = (messages: unknown[]) =>
		anthropic('claude-haiku-4-5', { thinking: budget, messages }).body['thinking'];

	it.each([
		['no thinking', turn()],
		['thinking of another provider', turn(thought('switchyard.abc'))],
		['thinking that nobody signed', turn(thought(''))],
		['a second step', [...turn(), ...turn(thought('EqQB')).slice(1)]],
	])('without thinking itself: it began with %s', (_what, messages) => {
		expect(sentThinking(messages)).toBeUndefined();
	});

	it.each([
		['Claude began it', turn(thought('EqQB'))],
		['Claude began it, unseen', turn({ type: 'redacted_thinking', data: 'x' })],
		['it began and only a later step came without', [...turn(thought('EqQB')), ...turn().slice(1)]],
		['a person asks anew', [...turn(), { role: 'user', content: 'b' }]],
	])('with the thinking that is asked for: %s', (_what, messages) => {
		expect(sentThinking(messages)).toEqual(budget);
	});
});

describe('Claude', () => {
	it.each([
		['claude-opus-4-7', { type: 'enabled', budget_tokens: 2000 }, { type: 'adaptive', display: 'summarized' }],
		['claude-opus-5-5', { type: 'disabled' }, undefined],
		['claude-sonnet-5-5', { type: 'disabled' }, { type: 'between_tools' }],
		['claude-haiku-4-5', { type: 'adaptive' }, { type: 'enabled', budget_tokens: 2400 }],
		['claude-3-haiku-20240307', { type: 'enabled', budget_tokens: 2000 }, undefined],
		['claude-opus-9', { type: 'disabled' }, undefined],
	])('is not refused by %s for the form in which thinking is asked for', (model, thinking, sent) => {
		const { body, dropped } = anthropic(model, { thinking });
		expect(body['thinking']).toEqual(sent);
		expect(dropped).toContain('thinking');
	});

	it.each([
		['claude-haiku-4-5', 'max', undefined],
		['claude-opus-4-5', 'max', 'high'],
		['claude-opus-4-6', 'xhigh', 'high'],
		['claude-opus-5-5', 'max', 'max'],
	])('is not refused by %s for the effort %s', (model, effort, sent) => {
		expect(anthropic(model, { output_config: { effort } }).body['output_config']).toEqual(
			sent === undefined ? undefined : { effort: sent },
		);
	});

	it('thinks within what the money pays for', () => {
		const thinking = { type: 'enabled', budget_tokens: 3500 };
		const lowered = anthropic('claude-haiku-4-5', { thinking }, { limit: 3000 });
		expect(lowered.body['thinking']).toEqual({ type: 'enabled', budget_tokens: 1500 });
		expect(anthropic('claude-haiku-4-5', { thinking }, { limit: 900 }).body['thinking']).toBeUndefined();
		expect(anthropic('claude-haiku-4-5', { thinking }).dropped).toEqual([]);
	});

	it('is not refused for sampling, and the caller learns what had no effect', () => {
		const sampling = { temperature: 0.3, top_p: 0.9, top_k: 5 };
		expect(anthropic('claude-opus-4-7', sampling).dropped).toEqual(['temperature', 'top_p', 'top_k']);
		expect(anthropic('claude-haiku-4-5', sampling).body).toMatchObject({ temperature: 0.3, top_k: 5 });
		expect(anthropic('claude-haiku-4-5', sampling).dropped).toEqual(['top_p']);
		const thinking = { type: 'enabled', budget_tokens: 2000 };
		expect(anthropic('claude-haiku-4-5', { ...sampling, thinking }).dropped).toEqual(['temperature', 'top_k', 'top_p']);
	});

	it('may choose the tool itself where it cannot be forced', () => {
		const forced = {
			tools: [{ name: 'f', input_schema: OBJECT }],
			tool_choice: { type: 'tool', name: 'f', disable_parallel_tool_use: true },
		};
		expect(anthropic('claude-opus-5-5', forced).body['tool_choice']).toEqual({
			type: 'auto',
			disable_parallel_tool_use: true,
		});
		expect(anthropic('claude-opus-5', forced).dropped).toEqual([]);
	});

	it('reads instructions among the messages, also where that role is refused', () => {
		const messages = [
			{ role: 'user', content: 'a' },
			{ role: 'system', content: '# Environment' },
		];
		const { body, dropped } = anthropic('claude-haiku-4-5', { system: 'S', messages });
		expect(body['messages']).toEqual([{ role: 'user', content: 'a' }]);
		expect(body['system']).toEqual([
			{ type: 'text', text: 'S' },
			{ type: 'text', text: '# Environment' },
		]);
		expect(dropped).toEqual(['messages[].role']);
		expect(anthropic('claude-opus-5-5', { messages }).dropped).toEqual([]);
	});

	it('is not refused for texts without a word in them', () => {
		const text = (text: string) => ({ type: 'text', text });
		const { body, dropped } = anthropic('claude-opus-5-5', {
			system: [text('x'), text('')],
			messages: [
				{ role: 'user', content: [text(''), text('hi')] },
				{ role: 'assistant', content: [text(' \n')] },
				{ role: 'user', content: '' },
			],
			stop_sequences: ['\n', 'END', ''],
		});
		expect(body['system']).toEqual([text('x')]);
		expect(body['messages']).toEqual([
			{ role: 'user', content: [text('hi')] },
			{ role: 'user', content: '(empty message)' },
		]);
		expect(body['stop_sequences']).toEqual(['END']);
		expect(dropped).toEqual(['stop_sequences', 'messages[2].content']);
	});

	it('answers a system prompt that came without a message', () => {
		const { body } = anthropic('claude-opus-5-5', { system: 'Say hello.', messages: [] });
		expect(body).toEqual({
			max_tokens: 4000,
			messages: [{ role: 'user', content: [{ type: 'text', text: 'Say hello.' }] }],
		});
	});

	it('gets tools whose schemas it takes', () => {
		const strict = { type: 'object', properties: { n: { type: 'integer', minimum: 1 } }, additionalProperties: false };
		const { body, dropped } = anthropic('claude-opus-5-5', {
			tools: [
				{ name: 'empty', input_schema: {} },
				{ name: 'union', input_schema: { type: 'object', anyOf: [{ required: ['a'] }] } },
				{ name: 'strict', strict: true, input_schema: strict },
				{ type: 'web_search_20250305', name: 'web_search' },
			],
		});
		expect(body['tools']).toEqual([
			{ name: 'empty', input_schema: OBJECT },
			{ name: 'union', input_schema: OBJECT },
			{ name: 'strict', input_schema: strict },
			{ type: 'web_search_20250305', name: 'web_search' },
		]);
		expect(dropped).toEqual(['tools[1].input_schema', 'tools[2].strict']);
	});

	it('is held to the schema of an answer as far as it can be', () => {
		const inner = { type: 'object', properties: { n: { type: 'integer', minimum: 1 } } };
		const given = { type: 'json_schema', schema: { type: 'object', properties: { list: { items: inner } } } };
		const { body, dropped } = anthropic('claude-opus-5-5', { output_config: { format: given } });
		expect(body['output_config']).toEqual({
			format: {
				type: 'json_schema',
				schema: {
					type: 'object',
					properties: {
						list: {
							items: { type: 'object', properties: { n: { type: 'integer' } }, additionalProperties: false },
						},
					},
					additionalProperties: false,
				},
			},
		});
		expect(dropped).toEqual(['output_config.format.schema']);
		const old = anthropic('claude-3-haiku-20240307', { output_config: { format: given } });
		expect([old.body['output_config'], old.dropped]).toEqual([undefined, ['output_config.format']]);
	});

	it.each([
		['claude-opus-4-20250514', 'claude-opus-4-20250514[1m]'],
		['claude-opus-4', 'claude-opus-4[1m]'],
		['claude-sonnet-4-5', 'claude-sonnet-4-5-20250929[1m]'],
		['claude-opus-4-6', 'anthropic.claude-opus-4-6-v1'],
	])('has the rules of %s also as %s', (id, other) => {
		const rulesOf = (each: string) => getModelRules({ format: 'anthropic-messages', ids: [each] });
		expect(rulesOf(other)).toBe(rulesOf(id));
	});

	it('is not asked for more than it can write', () => {
		expect(anthropic('claude-haiku-4-5', { max_tokens: 100_000 }, { ceiling: 64_000 }).body['max_tokens']).toBe(64_000);
	});
});

describe('OpenAI', () => {
	it.each(['o4-mini', 'gpt-5-mini', 'gpt-6-astra'])(
		'gets from %s an answer in spite of settings that it refuses',
		(model) => {
			const { body, dropped } = chat(model, {
				max_tokens: 100,
				temperature: 0.2,
				top_p: 1,
				stop: 'x',
				logit_bias: {},
				presence_penalty: 0,
			});
			expect(body).toEqual({
				messages: [{ role: 'user', content: 'a' }],
				top_p: 1,
				presence_penalty: 0,
				max_completion_tokens: 100,
			});
			expect(dropped).toEqual(['temperature', 'logit_bias', 'stop']);
		},
	);

	it.each([
		['gpt-5-mini', 'none', 'minimal'],
		['gpt-5.1', 'minimal', 'none'],
		['gpt-5.1', 'xhigh', 'high'],
		['gpt-6-astra', 'none', 'low'],
		['o3', 'max', 'high'],
		['gpt-4o', 'minimal', undefined],
	])('is asked by %s for an effort that it knows in place of %s', (model, effort, sent) => {
		expect(chat(model, { reasoning_effort: effort }).body['reasoning_effort']).toBe(sent);
		expect(responses(model, { reasoning: { effort } }).body['reasoning']).toEqual(
			sent === undefined ? undefined : { effort: sent },
		);
	});

	it('keeps sampling where reasoning is switched off', () => {
		expect(chat('gpt-5.1', { reasoning_effort: 'none', temperature: 0.2 }).dropped).toEqual([]);
	});

	it('is not refused JSON for want of the word', () => {
		const said = { role: 'system', content: 'Answer in JSON.' };
		const json = { type: 'json_object' };
		const asked = chat('gpt-4o', { response_format: json });
		expect(asked.body['messages']).toEqual([{ role: 'user', content: 'a' }, said]);
		expect(asked.dropped).toEqual(['messages']);
		expect(responses('gpt-4o', { text: { format: json } }).body['input']).toEqual([
			{ role: 'user', content: 'a' },
			said,
		]);
		const messages = [{ role: 'user', content: [{ type: 'text', text: 'As Json, please' }] }];
		expect(chat('gpt-4o', { messages, response_format: json }).dropped).toEqual([]);
	});

	it('answers a probe for a single token', () => {
		expect(responses('gpt-5-mini', { max_output_tokens: 1 }).body['max_output_tokens']).toBe(16);
	});

	it('is not held to a schema as strict that is none', () => {
		const schema = { type: 'object', properties: { a: { type: 'string' } }, additionalProperties: false };
		const format = { type: 'json_schema', name: 'n', strict: true, schema };
		expect(responses('gpt-5-mini', { text: { format } }).body['text']).toEqual({
			format: { ...format, strict: false },
		});
		const whole = { ...format, schema: { ...schema, required: ['a'] } };
		expect(responses('gpt-5-mini', { text: { format: whole } }).dropped).toEqual([]);
		const tool = { type: 'function', name: 'f', strict: true, parameters: schema };
		expect(responses('gpt-5-mini', { tools: [tool] }).dropped).toEqual(['tools[0].strict']);
	});

	it('gets schemas of tools with properties, and no empty lists', () => {
		const { body } = chat('gpt-4o', {
			tools: [{ type: 'function', function: { name: 'f', parameters: { type: 'object' } } }],
			messages: [{ role: 'assistant', content: 'a', tool_calls: [] }],
		});
		expect(body).toEqual({
			tools: [{ type: 'function', function: { name: 'f', parameters: OBJECT } }],
			messages: [{ role: 'assistant', content: 'a' }],
		});
		expect(chat('gpt-4o', { tools: [], tool_choice: 'auto', parallel_tool_calls: true }).body).toEqual({
			messages: [{ role: 'user', content: 'a' }],
		});
	});

	it('is called by servers that are not known with the role that they know', () => {
		const messages = [{ role: 'developer', content: 'd' }];
		expect(chat('llama', { messages, temperature: 0.1 }).body).toEqual({
			messages: [{ role: 'system', content: 'd' }],
			temperature: 0.1,
		});
		expect(chat('gpt-4o', { messages }).body['messages']).toBe(messages);
	});
});

describe('Gemini', () => {
	it.each([
		['gemini-2.5-flash', { thinkingLevel: 'low' }, { thinkingBudget: 1024 }],
		['gemini-2.5-pro', { thinkingBudget: 0 }, { thinkingBudget: 128 }],
		['gemini-3.8-flash', { thinkingLevel: 'minimal' }, { thinkingLevel: 'low' }],
		['gemini-3.1-pro-preview', { thinkingBudget: 0 }, { thinkingLevel: 'low' }],
		['gemini-3.1-flash-lite', { thinkingLevel: 'HIGH', thinkingBudget: 5 }, { thinkingLevel: 'HIGH' }],
		['gemini-1.5-pro', { includeThoughts: true }, undefined],
	])('is not refused by %s for how thinking is set', (model, thinkingConfig, sent) => {
		const { body, dropped } = gemini(model, { generationConfig: { temperature: 1, thinkingConfig } });
		expect(body['generationConfig']).toEqual({ temperature: 1, ...(sent && { thinkingConfig: sent }) });
		expect(dropped).toEqual(['generationConfig.thinkingConfig']);
	});

	it('gets five stop sequences at most, in the spelling of the caller', () => {
		const { body, dropped } = gemini('gemini-2.5-flash', {
			generation_config: { stop_sequences: ['a', 'b', 'c', 'd', 'e', 'f'] },
		});
		expect(body['generation_config']).toEqual({ stop_sequences: ['a', 'b', 'c', 'd', 'e'] });
		expect(dropped).toEqual(['generation_config.stop_sequences']);
	});

	it('answers a system instruction that came without a content', () => {
		const parts = [{ text: 'Say hello.' }];
		expect(gemini('gemini-3.8-flash', { contents: [], systemInstruction: { parts } }).body).toEqual({
			contents: [{ role: 'user', parts }],
		});
	});
});

describe('names of tools', () => {
	it.each([
		['anthropic-messages', 'claude-opus-5-5', 'ns.tool:x'],
		['openai-chat', 'gpt-5-mini', LONG],
		['openai-responses', 'gpt-5-mini', 'ns.tool:x'],
		['gemini', 'gemini-3.8-flash', LONG],
	] as const)('are sent as %s takes them to %s, and told the caller as it knows them', (format, model, name) => {
		const { body, names } = fitFor(format, model, {
			messages: [
				{ role: 'user', content: 'a' },
				{
					role: 'assistant',
					content: [{ type: 'tool_use', id: 't', name, input: {} }],
					tool_calls: [{ function: { name } }],
				},
			],
			input: [{ type: 'function_call', name }],
			contents: [{ role: 'model', parts: [{ functionCall: { name } }, { functionResponse: { name } }] }],
			tools: [
				{
					type: format === 'anthropic-messages' ? 'custom' : 'function',
					name,
					function: { name },
					functionDeclarations: [{ name }],
				},
			],
			tool_choice: { type: format === 'anthropic-messages' ? 'tool' : 'function', name, function: { name } },
			toolConfig: { functionCallingConfig: { allowedFunctionNames: [name] } },
		});
		const [sent = ''] = [...(names?.keys() ?? [])];
		expect(sent).toMatch(/^[a-zA-Z0-9_-]{1,64}$/);
		expect(JSON.stringify(body['tools'])).toContain(`"${sent}"`);
		const read = {
			'anthropic-messages': 'messages',
			'openai-chat': 'messages',
			'openai-responses': 'input',
			gemini: 'contents',
		};
		expect(JSON.stringify(body[read[format]])).toContain(`"${sent}"`);
		expect(restoreToolNames(`{"name":"${sent}"}`, names ?? new Map())).toBe(JSON.stringify({ name }));
	});
});

describe('parameters that a model has refused before', () => {
	it('are left out, and the output limit is said under its other name', () => {
		const refused = new Set(['max_completion_tokens', 'seed', 'generationConfig.seed']);
		const body = { max_completion_tokens: 5, seed: 1, messages: [] };
		const fitted = fitFor('openai-chat', 'llama', body, { refused });
		expect(fitted.body).toEqual({ max_tokens: 5, messages: [] });
		expect(fitted.dropped).toEqual(['seed']);
	});
});
