import { describe, expect, it } from 'vitest';
import { JsonText } from '../shared/json-splice.ts';
import { openAiResponsesFormat } from './index.ts';

const { readRequest, spliceRequest, decodeRequest, encodeAnswer: encodeResponse, readAnswer } = openAiResponsesFormat;
const decode = (body: object) => decodeRequest({ model: 'm', input: 'hi', ...body });

describe('what routing and money read of a request for a response', () => {
	it('reads a plain one', () => {
		expect(readRequest({ model: 'auto', input: 'hi', instructions: 'be brief' })).toEqual({
			model: 'auto',
			isStream: false,
			conversation: { system: 'be brief', messages: [{ type: 'message', role: 'user', content: 'hi' }] },
			maxOutputTokens: null,
			requiredCapabilities: [],
			answerCount: 1,
			wantsUsage: true,
			session: null,
			boundToModel: false,
		});
	});

	it('reads limits and what a model must be able to do', () => {
		const body = {
			model: 'auto',
			input: [{ role: 'user', content: [{ type: 'input_image', image_url: 'https://example.org/a.png' }] }],
			stream: true,
			max_output_tokens: 50,
			tools: [{ type: 'function', name: 'f' }],
			text: { format: { type: 'json_schema' } },
			reasoning: { effort: 'medium' },
			prompt_cache_key: 'chat-7',
		};
		expect(readRequest(body)).toMatchObject({
			isStream: true,
			maxOutputTokens: 50,
			requiredCapabilities: ['tools', 'vision', 'structured-output', 'thinking'],
			session: 'chat-7',
		});
	});

	it('reads that the web is to be searched, and that the provider holds what the request is about', () => {
		expect(readRequest({ model: 'm', input: 'hi', tools: [{ type: 'web_search_2025_08_26' }] }).searchesWeb).toBe(true);
		expect(readRequest({ model: 'm', input: 'hi', previous_response_id: 'resp_1' }).isHeld).toBe(true);
	});

	it('tools that Codex adds in its input, in groups, are called and answered by their own names', () => {
		const body = {
			model: 'm',
			input: [
				{
					type: 'additional_tools',
					role: 'developer',
					tools: [
						{ type: 'namespace', name: 'functions', tools: [{ type: 'custom', name: 'exec' }] },
						{
							type: 'namespace',
							name: 'mcp',
							tools: [{ type: 'function', name: 'exec', parameters: { type: 'object' } }],
						},
					],
				},
				{ role: 'user', content: 'hi' },
				{ type: 'custom_tool_call', call_id: 'c', name: 'exec', namespace: 'functions', input: 'ls' },
				{ type: 'custom_tool_call_output', call_id: 'c', output: 'a.txt' },
			],
		};
		expect(readRequest(body).requiredCapabilities).toContain('tools');
		const { dropped, options } = decodeRequest(body);
		expect(dropped).toEqual([]);
		expect(options.tools?.map((tool) => tool.name)).toEqual(['functions__exec', 'mcp__exec']);
		expect(options.prompt[1]).toMatchObject({ content: [{ toolName: 'functions__exec', input: { input: 'ls' } }] });
		const call = (toolCallId: string, toolName: string, input: string) =>
			({ type: 'tool-call', toolCallId, toolName, input }) as const;
		const { body: answer } = encodeResponse(
			{
				content: [call('d', 'functions__exec', '{"input":"pwd"}'), call('e', 'mcp__exec', '{}')],
				finishReason: { unified: 'tool-calls', raw: undefined },
				usage: { inputTokens: {}, outputTokens: {} } as never,
				warnings: [],
			},
			{ id: 'x', model: 'm', createdAt: 0, wantsUsage: true, request: body },
		);
		expect(answer['output']).toMatchObject([
			{ type: 'custom_tool_call', name: 'exec', namespace: 'functions', input: 'pwd' },
			{ type: 'function_call', name: 'exec', namespace: 'mcp', arguments: '{}' },
		]);
	});

	it.each([
		[{ previous_response_id: 'resp_1' }],
		[{ conversation: { id: 'conv_1' } }],
		[{ input: [{ type: 'reasoning', summary: [], encrypted_content: 'gAAA' }] }],
		[{ input: [{ type: 'item_reference', id: 'rs_1' }] }],
	])('knows that %j binds the conversation to its model', (body) => {
		expect(readRequest({ model: 'm', input: 'hi', ...body }).boundToModel).toBe(true);
	});

	it.each([
		[{ model: 'm' }, /^input is missing; it must be a text or a list of items/],
		[{ model: 'm', input: ['secret'] }, /^input\[0\] is a text; it must be an object\.$/],
		[{ model: 'm', input: 'hi', max_output_tokens: -1 }, /^max_output_tokens is -1/],
		[{ input: 'hi' }, /^model is missing/],
		[{ model: 'm', input: 'hi', background: true }, /^background is true; it must be false/],
	])('refuses %j by the path', (body, message) => {
		expect(() => readRequest(body)).toThrow(message);
	});

	it('changes model and limit, and no other byte', () => {
		const text = '{"model":"auto", "input":"hi","top_p":1.0}';
		const change = { model: 'm', maxOutputTokens: 9, includeUsage: true };
		expect(spliceRequest(JsonText.from(text), JSON.parse(text), change).toString()).toBe(
			'{"model":"m", "input":"hi","top_p":1.0,"max_output_tokens":9}',
		);
	});
});

describe('a request for a response in the neutral form', () => {
	it('carries a conversation with tools over several turns', () => {
		const { options, dropped } = decodeRequest({
			model: 'm',
			instructions: 'be brief',
			input: [
				{ role: 'developer', content: 'really' },
				{
					type: 'message',
					role: 'user',
					content: [
						{ type: 'input_text', text: 'look' },
						{ type: 'input_image', image_url: 'data:image/png;base64,iVBO', detail: 'high' },
						{ type: 'input_file', file_url: 'https://example.org/a.pdf' },
						{ type: 'input_file', filename: 'b.pdf', file_data: 'data:application/pdf;base64,JVBE' },
					],
				},
				{ type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'calling' }] },
				{ type: 'function_call', call_id: 'c1', name: 'f', arguments: '{"a":1}' },
				{ type: 'custom_tool_call', call_id: 'c2', name: 'patch', input: '*** Begin' },
				{ type: 'function_call_output', call_id: 'c1', output: 'one' },
				{ type: 'custom_tool_call_output', call_id: 'c2', output: [{ type: 'input_text', text: 'two' }] },
			],
			tools: [
				{ type: 'function', name: 'f', parameters: { type: 'object' }, strict: false },
				{
					type: 'custom',
					name: 'patch',
					description: 'edits',
					format: { type: 'grammar', syntax: 'lark', definition: 'start: x' },
				},
			],
			tool_choice: 'required',
			parallel_tool_calls: false,
			max_output_tokens: 100,
			temperature: 0.5,
			top_p: 0.9,
			reasoning: { effort: 'low', summary: 'auto' },
			text: { format: { type: 'json_schema', name: 'n', schema: { type: 'object' } }, verbosity: 'medium' },
			include: ['reasoning.encrypted_content'],
			store: false,
			metadata: { a: 'b' },
		});
		expect(dropped).toEqual([]);
		expect(options).toMatchObject({
			maxOutputTokens: 100,
			temperature: 0.5,
			topP: 0.9,
			reasoning: 'low',
			responseFormat: { type: 'json', name: 'n', schema: { type: 'object' } },
			toolChoice: { type: 'required' },
			tools: [
				{ name: 'f', strict: false },
				{ name: 'patch', description: 'edits', inputSchema: { required: ['input'] } },
			],
			providerOptions: {
				openai: { parallelToolCalls: false, reasoningSummary: 'auto', strictJsonSchema: false },
				anthropic: { disableParallelToolUse: true },
			},
		});
		expect(JSON.stringify(options.tools)).toContain('start: x');
		expect(options.prompt).toEqual([
			{ role: 'system', content: 'be brief' },
			{ role: 'system', content: 'really' },
			{
				role: 'user',
				content: [
					{ type: 'text', text: 'look' },
					{
						type: 'file',
						mediaType: 'image/png',
						data: { type: 'data', data: 'iVBO' },
						providerOptions: { openai: { imageDetail: 'high' } },
					},
					{
						type: 'file',
						mediaType: 'application/pdf',
						data: { type: 'url', url: new URL('https://example.org/a.pdf') },
					},
					{ type: 'file', mediaType: 'application/pdf', data: { type: 'data', data: 'JVBE' }, filename: 'b.pdf' },
				],
			},
			{
				role: 'assistant',
				content: [
					{ type: 'text', text: 'calling' },
					{ type: 'tool-call', toolCallId: 'c1', toolName: 'f', input: { a: 1 } },
					{ type: 'tool-call', toolCallId: 'c2', toolName: 'patch', input: { input: '*** Begin' } },
				],
			},
			{
				role: 'tool',
				content: [
					{ type: 'tool-result', toolCallId: 'c1', toolName: 'f', output: { type: 'text', value: 'one' } },
					{ type: 'tool-result', toolCallId: 'c2', toolName: 'patch', output: { type: 'text', value: 'two' } },
				],
			},
		]);
	});

	it('keeps the choice of a tool that OpenAI runs: other providers have one for the same', () => {
		const { dropped, options } = decode({ tools: [{ type: 'web_search' }], tool_choice: { type: 'web_search' } });
		expect([dropped, options.toolChoice]).toEqual([[], { type: 'tool', toolName: 'web_search' }]);
	});

	it('tells what another agent wrote, and names what only OpenAI can read of it', () => {
		const message = (...content: object[]) => ({
			type: 'agent_message',
			author: '/root/a',
			recipient: '/root',
			content,
		});
		const secret = { type: 'encrypted_content', encrypted_content: 'gAAA' };
		const input = [message({ type: 'input_text', text: 'done' }, secret), message(secret), { type: 'agent_message' }];
		const body = { model: 'm', input: [...input, { role: 'user', content: 'go on' }] };
		const { dropped, options } = decodeRequest(body);
		expect(dropped).toEqual(['input[0]', 'input[1]', 'input[2]']);
		expect(options.prompt).toMatchObject([
			{ role: 'user', content: [{ type: 'text', text: 'Message from /root/a to /root:\ndone' }] },
			{ role: 'user', content: [{ type: 'text', text: 'go on' }] },
		]);
		expect(JSON.stringify(options)).not.toContain('gAAA');
		// who leaves the model to the router gets one that can read all of it
		expect(readRequest(body, {}).boundToModel).toBe(true);
	});

	it('shows a picture that OpenAI drew to models that do not draw', () => {
		const call = { type: 'image_generation_call', id: 'ig_1', status: 'completed', result: 'iVBORw0KGgo=' };
		const { options } = decodeRequest({ model: 'm', input: [{ role: 'user', content: 'draw' }, call] });
		expect(options.prompt).toMatchObject([
			{ role: 'user' },
			{ role: 'assistant', content: [{ type: 'text', text: 'Used the tool image_generation.' }] },
			{
				role: 'user',
				content: [{ type: 'text' }, { type: 'file', mediaType: 'image/png', data: { data: 'iVBORw0KGgo=' } }],
			},
		]);
	});

	it('names what it cannot carry', () => {
		const { dropped, options } = decode({
			input: [
				{ role: 'user', content: 'hi' },
				{ type: 'mcp_list_tools', id: 'mcpl_1' },
				{ type: 'web_search_call', id: 'ws_1', status: 'completed', action: { type: 'search', query: 'x' } },
				{ type: 'reasoning', summary: [{ type: 'summary_text', text: 'hm' }], encrypted_content: 'gAAA' },
				{ role: 'system', content: 'late' },
			],
			store: true,
			tools: [{ type: 'web_search' }, { type: 'function', name: 'f' }],
			tool_choice: { type: 'mcp', server_label: 'x' },
			include: ['web_search_call.results'],
			text: { verbosity: 'low' },
			reasoning: { effort: 'extreme' },
			top_logprobs: 5,
		});
		expect([...dropped].sort()).toEqual([
			'include',
			'input[1]',
			'input[3].encrypted_content',
			'reasoning.effort',
			'store',
			'text.verbosity',
			'tool_choice',
			'top_logprobs',
		]);
		expect(options).toMatchObject({ tools: [{ id: 'openai.web_search' }, { name: 'f' }] });
		expect(options.toolChoice).toBeUndefined();
		expect(options.prompt.slice(1)).toEqual([
			{
				role: 'assistant',
				content: [
					{ type: 'text', text: 'Used the tool web_search with {"action":{"type":"search","query":"x"}}' },
					{ type: 'reasoning', text: 'hm' },
				],
			},
			{ role: 'system', content: 'late' },
		]);
	});

	it.each([
		[{ previous_response_id: 'resp_1' }, /previous_response_id.*"store": false/],
		[{ conversation: 'conv_1' }, /conversation names what is held/],
		[{ prompt: { id: 'pmpt_1' } }, /prompt names what is held/],
		[{ input: [{ type: 'item_reference', id: 'msg_1' }] }, /input\[0\].*"store": false/],
		[{ input: [{ id: 'msg_1' }] }, /input\[0\].*"store": false/],
	])('%j: an answer without what OpenAI holds would be wrong, so that it is refused', (body, message) => {
		expect(() => decode(body)).toThrow(message);
	});

	it('a reference to an item that was made here is refused before OpenAI, which does not hold it, says 404', () => {
		const refer = (id: string) => readRequest({ model: 'm', input: [{ type: 'item_reference', id }] });
		expect(() => refer(`msg_${'0af1'.repeat(8)}_2`)).toThrow(/input\[0\].*"store": false/);
		expect(refer('msg_68c1f2').boundToModel).toBe(true);
		expect(readRequest({ model: 'm', input: [{ type: null, id: 'msg_68c1f2' }] }).boundToModel).toBe(true);
	});

	it.each([
		[
			'web search',
			{ type: 'web_search_call', action: { type: 'search', query: 'x', sources: [{ url: 'https://a.org' }] } },
			/assistant.*https:\/\/a\.org/,
		],
		[
			'code',
			{ type: 'code_interpreter_call', id: 'ci_1', code: '1+1', outputs: [{ type: 'logs', logs: '2' }] },
			/1\+1.*returned.*2/,
		],
		[
			'an MCP tool',
			{ type: 'mcp_call', name: 'roll', server_label: 'd', arguments: '{}', output: '6' },
			/Used the tool roll.*returned: 6/,
		],
		[
			'a shell',
			{ type: 'local_shell_call', call_id: 'c', action: { type: 'exec', command: ['ls'] } },
			/assistant.*local_shell.*ls/,
		],
		[
			'a shell’s output',
			{ type: 'local_shell_call_output', call_id: 'c', output: 'a.txt' },
			/user.*local_shell returned: a\.txt/,
		],
		[
			'a screen',
			{
				type: 'computer_call_output',
				output: { type: 'computer_screenshot', image_url: 'data:image/png;base64,iVBO' },
			},
			/user.*"image\/png"/,
		],
		['a tool of tomorrow', { type: 'quantum_call', id: 'q_1', qubits: 3 }, /Used the tool quantum.*"qubits\\":3/],
	])('the work of %s reaches models of other providers in words', (_what, item, expected) => {
		const { dropped, options } = decode({ input: [item] });
		expect(JSON.stringify(options.prompt)).toMatch(expected);
		expect(dropped).toEqual([]);
	});

	it.each([
		[{ input: [{ type: 'function_call', call_id: 'c', name: 'f' }] }, /input\[0\]\.arguments is missing/],
		[{ input: [{ type: 'message', role: 'robot', content: 'x' }] }, /input\[0\]\.role/],
		[{ tool_choice: 'maybe', tools: [{ type: 'function', name: 'f' }] }, /tool_choice/],
	])('says which field of %j is wrong, without its text', (body, message) => {
		expect(() => decode(body)).toThrow(message);
		expect(() => decode(body)).not.toThrow(/nope|maybe/);
	});

	it('keeps an answer whole when the caller sends its items back: text, calls, signatures', () => {
		const metadata = { anthropic: { signature: 'sig' } };
		const { body } = encodeResponse(
			{
				content: [
					{ type: 'reasoning', text: 'hm', providerMetadata: metadata },
					{ type: 'reasoning', text: '', providerMetadata: { anthropic: { redactedData: 'secret' } } },
					{ type: 'text', text: 'calling' },
					{ type: 'tool-call', toolCallId: 'c1', toolName: 'f', input: '{"a":1}' },
					{ type: 'tool-call', toolCallId: 'c2', toolName: 'patch', input: '{"input":"x"}' },
				],
				finishReason: { unified: 'tool-calls', raw: undefined },
				usage: {
					inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 },
					outputTokens: { total: 1, text: 1, reasoning: 0 },
				},
				warnings: [],
			},
			{ id: '1', model: 'm', createdAt: 0, wantsUsage: true, request: { tools: [{ type: 'custom', name: 'patch' }] } },
		);
		const { output } = JSON.parse(JSON.stringify(body));
		expect(readRequest({ model: 'm', input: output }).boundToModel).toBe(true);
		const again = { model: 'auto', input: output };
		const sent = JSON.parse(spliceRequest(JsonText.from(JSON.stringify(again)), again, { model: 'm' }).toString());
		expect(sent.input, 'OpenAI refuses reasoning it did not encrypt').toEqual(output.slice(2));
		const { options, dropped } = decodeRequest({ model: 'm', input: output });
		expect(dropped).toEqual([]);
		expect(options.prompt).toEqual([
			{
				role: 'assistant',
				content: [
					{ type: 'reasoning', text: 'hm', providerOptions: metadata },
					{ type: 'reasoning', text: '', providerOptions: { anthropic: { redactedData: 'secret' } } },
					{ type: 'text', text: 'calling' },
					{ type: 'tool-call', toolCallId: 'c1', toolName: 'f', input: { a: 1 } },
					{ type: 'tool-call', toolCallId: 'c2', toolName: 'patch', input: { input: 'x' } },
				],
			},
		]);
	});
});

describe('a whole response that is passed through', () => {
	it('tells reason, output and usage', () => {
		const usage = { input_tokens: 10, output_tokens: 5, input_tokens_details: { cached_tokens: 4 } };
		const message = { type: 'message', content: [{ type: 'output_text', text: 'hi' }] };
		expect(readAnswer({ status: 'completed', output: [message], usage })).toMatchObject({
			finishReason: 'stop',
			hasOutput: true,
			isRefusal: false,
			usage: { inputTokens: 6, cacheReadTokens: 4, outputTokens: 5 },
		});
		const call = { type: 'function_call' };
		expect(readAnswer({ status: 'completed', output: [call] })).toMatchObject({
			finishReason: 'tool-calls',
			hasOutput: true,
		});
	});

	it('knows an empty one, a refusal, one that was cut and one that failed', () => {
		expect(readAnswer({})).toEqual({
			finishReason: null,
			hasOutput: false,
			isRefusal: false,
			responseId: null,
			usage: null,
			outputText: '',
			model: null,
		});
		expect(readAnswer({ status: 'completed', output: [{ type: 'reasoning' }] })).toMatchObject({ hasOutput: false });
		const refusal = { type: 'message', content: [{ type: 'refusal', refusal: 'no' }] };
		expect(readAnswer({ status: 'completed', output: [refusal] })).toMatchObject({ isRefusal: true, hasOutput: true });
		const cut = { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' }, output: [] };
		expect(readAnswer(cut)).toMatchObject({ finishReason: 'length' });
		expect(readAnswer({ status: 'failed', error: {} })).toMatchObject({ finishReason: 'error' });
	});
});
