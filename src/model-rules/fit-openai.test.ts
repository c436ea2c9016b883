import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../util/index.ts';
import { fitRequest } from './fit-request.ts';
import { getModelRules } from './model-rules.ts';

const OBJECT = { type: 'object', properties: {} };

function fitFor(format: 'openai-chat' | 'openai-responses', body: JsonObject, model = 'gpt-5-mini') {
	return fitRequest(format, body, { rules: getModelRules({ format, ids: [model] }) });
}
/** The name under which a tool is sent. */
const sentNameOf = (name: string) => fitFor('openai-responses', { tools: [{ type: 'function', name }] }).names;
const [SENT = ''] = [...(sentNameOf('ns.tool')?.keys() ?? [])];

describe('a tool whose name OpenAI refuses is called by one name everywhere in a request', () => {
	it.each([
		['among allowed tools', { tool_choice: { type: 'allowed_tools', tools: [{ type: 'function', name: 'ns.tool' }] } }],
		['as a tool of free text', { tools: [{ type: 'custom', name: 'ns.tool' }] }],
		['as a call of a tool of free text', { input: [{ type: 'custom_tool_call', call_id: 'c', name: 'ns.tool' }] }],
		['in a namespace', { tools: [{ type: 'namespace', name: 'n', tools: [{ type: 'function', name: 'ns.tool' }] }] }],
		[
			'among tools that an item adds',
			{ input: [{ type: 'additional_tools', tools: [{ type: 'function', name: 'ns.tool', parameters: OBJECT }] }] },
		],
	])('Responses, %s', (_where, body) => {
		const text = JSON.stringify(fitFor('openai-responses', body).body);
		expect(text).toBe(JSON.stringify(body).replace('ns.tool', SENT));
	});

	it.each([
		[
			'among allowed tools',
			{
				tools: [{ type: 'function', function: { name: 'ns.tool' } }],
				tool_choice: {
					type: 'allowed_tools',
					allowed_tools: { mode: 'auto', tools: [{ type: 'function', function: { name: 'ns.tool' } }] },
				},
			},
		],
		['as a tool of free text', { tools: [{ type: 'custom', custom: { name: 'ns.tool' } }] }],
		['as a function of old', { functions: [{ name: 'ns.tool', parameters: OBJECT }] }],
		['as the function of old to call', { function_call: { name: 'ns.tool' } }],
		['in a call of old', { messages: [{ role: 'assistant', function_call: { name: 'ns.tool' } }] }],
		['in a result of old', { messages: [{ role: 'function', name: 'ns.tool', content: 'r' }] }],
	])('Chat Completions, %s', (_where, body) => {
		const text = JSON.stringify(fitFor('openai-chat', body).body);
		expect(text).toBe(JSON.stringify(body).replaceAll('ns.tool', SENT));
	});
});

it('a search of the web is asked of models that search in Chat Completions; the others refuse such a request', () => {
	const body = { web_search_options: {}, temperature: 0.2 };
	expect(fitFor('openai-chat', body)).toMatchObject({ body: {}, dropped: ['temperature', 'web_search_options'] });
	for (const model of ['gpt-4o-search-preview', 'gpt-4o-mini-search-preview-2025-03-11', 'gpt-5-search-api'])
		expect(fitFor('openai-chat', body, model)).toMatchObject({
			body: { web_search_options: {} },
			dropped: ['temperature'],
		});
});

describe('a server that is not known', () => {
	it('is told calls under the names of its tools, which are not changed either', () => {
		const body = {
			tools: [{ type: 'function', function: { name: 'ns.tool' } }],
			messages: [{ role: 'assistant', tool_calls: [{ id: 'c', function: { name: 'ns.tool' } }] }],
		};
		const fitted = fitFor('openai-chat', body, 'llama');
		expect(fitted).toEqual({ body, dropped: [], names: null });
		expect(fitted.body).toBe(body);
	});
});
