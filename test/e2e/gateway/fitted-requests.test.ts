import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BUILTIN_MODELS } from '../../../src/catalog/index.ts';
import { inventedModel, openTestGateway, simulatedDeployment } from '../../support/open-scripted-gateway.ts';
import { openSimulatedGateway, type SimulatedGateway } from '../../support/open-simulated-gateway.ts';

let opened: SimulatedGateway;
beforeAll(async () => {
	const limits = {
		budget: { dailyLimit: 1e6, monthlyLimit: 1e6, perRequestLimit: 1e5 },
		fallback: { enabled: false, maxAttempts: 1 },
	};
	opened = await openSimulatedGateway(limits);
});
afterAll(async () => opened.close());

/** Models that can be called: neither retired nor for embeddings. */
const MODELS = BUILTIN_MODELS.filter(
	({ kind, lifecycle }) => kind !== 'embedding' && lifecycle?.state !== 'retired',
).map(({ name }) => name);

const LONG = 'mcp__plugin_chrome-devtools-mcp_chrome-devtools__performance_analyze_insight';
const text = fc.constantFrom('hi', '', ' \n');
const toolName = fc.constantFrom('read', 'ns.tool:x', LONG, '9lives', 'a b', 'été', 'x'.repeat(200));
const callId = fc.constantFrom('toolu_1', 'call_1|fc_2', 'a.b:c', 'x'.repeat(90), '呼');

/** Keywords of which one provider or the other refuses each in a strict schema. */
const KEYWORDS: Readonly<Record<string, unknown>> = {
	minimum: 1,
	exclusiveMaximum: 9,
	multipleOf: 2,
	minLength: 1,
	maxLength: 9,
	pattern: '^a',
	format: 'email',
	maxItems: 3,
	uniqueItems: true,
	minProperties: 1,
	patternProperties: { '^a': { type: 'string' } },
	not: { type: 'null' },
	if: { type: 'string' },
	allOf: [{ type: 'string' }],
	oneOf: [{ type: 'string' }, { type: 'null' }],
	dependentRequired: { a: ['b'] },
};
const strictSchema = fc.constantFrom(...Object.entries(KEYWORDS)).map(([keyword, value]) => ({
	type: 'object',
	properties: { v: { type: 'string', [keyword]: value }, inner: { type: 'object', properties: {} } },
	required: ['v'],
	additionalProperties: false,
}));
const schema = fc.oneof(
	strictSchema,
	fc.constantFrom<object | undefined>(
		undefined,
		{},
		{ type: 'object' },
		{ properties: { a: { type: 'string' } } },
		{ anyOf: [{ type: 'object', properties: { l: { type: 'array' } } }, { required: ['l'] }] },
		{ type: 'object', properties: { a: { type: 'string' }, b: { type: 'string' } }, required: ['a'] },
		{ type: 'array', items: { type: 'string' } },
		{ type: 'string', enum: ['a'] },
		{ const: 1 },
		{ not: { required: ['a'] } },
	),
);
const tool = fc.record({ name: toolName, schema, strict: fc.boolean() });
const tools = fc.uniqueArray(tool, { maxLength: 2, selector: ({ name }) => name });
/** A call of the first tool that was answered before. */
const history = fc.option(callId, { nil: undefined });
const stops = fc.option(fc.subarray(['a', 'b', 'c', 'd', 'e', 'END', '\n', '']), { nil: undefined });
const limit = fc.constantFrom(1, 15, 100, 1024, 3000, 30_000);
const sampling = { temperature: fc.constantFrom(0, 0.3, 1), top_p: fc.constantFrom(0.5, 0.97, 1) };
const effort = fc.constantFrom('none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max');
const openAiTier = fc.constantFrom('auto', 'default', 'flex', 'priority');
const optional = { requiredKeys: [] };

/** What a coding agent, a chat and a script may send in each format, whether or not the model takes it. */
const SHAPES = {
	'/v1/messages': fc
		.record({
			limit,
			tools,
			history,
			messages: fc.array(fc.tuple(fc.constantFrom('user', 'assistant', 'system'), text), { maxLength: 3 }),
			system: fc.array(text, { maxLength: 2 }),
			choice: fc.constantFrom('auto', 'any', 'tool', 'none'),
			parallel: fc.option(fc.record({ disable_parallel_tool_use: fc.boolean() }), { nil: undefined }),
			rest: fc.record(
				{
					...sampling,
					top_k: fc.nat(50),
					stop_sequences: stops,
					service_tier: fc.constantFrom('auto', 'standard_only'),
					thinking: fc.constantFrom(
						{ type: 'adaptive' },
						{ type: 'disabled' },
						{ type: 'between_tools' },
						{ type: 'enabled', budget_tokens: 1 },
						{ type: 'enabled', budget_tokens: 1024 },
						{ type: 'enabled', budget_tokens: 100_000 },
					),
					output_config: fc.record(
						{
							effort: fc.constantFrom('low', 'medium', 'high', 'xhigh', 'max'),
							format: strictSchema.map((given) => ({ type: 'json_schema', schema: given })),
						},
						optional,
					),
				},
				optional,
			),
		})
		.map(({ choice, history, limit, messages, parallel, rest, system, tools }) => ({
			...rest,
			max_tokens: limit,
			system: system.map((text) => ({ type: 'text', text })),
			messages: [
				...messages.map(([role, text]) => ({ role, content: [{ type: 'text', text }] })),
				{ role: 'user', content: 'Say hello.' },
				...(history !== undefined && tools[0] !== undefined
					? [
							{ role: 'assistant', content: [{ type: 'tool_use', id: history, name: tools[0].name, input: {} }] },
							{ role: 'user', content: [{ type: 'tool_result', tool_use_id: history, content: '' }] },
						]
					: []),
			],
			...(tools.length > 0 && {
				tools: tools.map(({ name, schema = { type: 'object' }, strict }) => ({
					name,
					input_schema: schema,
					...(strict && { strict }),
				})),
				tool_choice: {
					type: choice,
					...(choice === 'tool' && { name: tools[0]?.name }),
					...(choice !== 'none' && parallel),
				},
			}),
		})),
	'/v1/chat/completions': fc
		.record({
			tools,
			history,
			messages: fc.array(fc.tuple(fc.constantFrom('user', 'assistant', 'system', 'developer'), text), { maxLength: 3 }),
			choice: fc.constantFrom('auto', 'required', 'none'),
			rest: fc.record(
				{
					...sampling,
					max_tokens: limit,
					max_completion_tokens: limit,
					presence_penalty: fc.constantFrom(0, 0.5),
					frequency_penalty: fc.constantFrom(0, 0.5),
					logprobs: fc.boolean(),
					stop: fc.oneof(stops, fc.constant('END')),
					reasoning_effort: effort,
					verbosity: fc.constantFrom('low', 'medium'),
					parallel_tool_calls: fc.boolean(),
					service_tier: openAiTier,
					response_format: fc.oneof(
						fc.constant({ type: 'json_object' }),
						strictSchema.map((schema) => ({ type: 'json_schema', json_schema: { name: 'n', strict: true, schema } })),
					),
				},
				optional,
			),
		})
		.map(({ choice, history, messages, rest, tools }) => ({
			...rest,
			messages: [
				...messages.map(([role, content]) => ({ role, content })),
				{ role: 'user', content: 'Say hello.' },
				...(history !== undefined && tools[0] !== undefined
					? [
							{
								role: 'assistant',
								content: null,
								tool_calls: [{ id: history, type: 'function', function: { name: tools[0].name, arguments: '{}' } }],
							},
							{ role: 'tool', tool_call_id: history, content: '' },
						]
					: []),
			],
			...(tools.length > 0 && {
				tools: tools.map(({ name, schema, strict }) => ({
					type: 'function',
					function: { name, ...(schema && { parameters: schema, strict }) },
				})),
				tool_choice: choice,
			}),
		})),
	'/v1/responses': fc
		.record({
			tools,
			history,
			messages: fc.array(fc.tuple(fc.constantFrom('user', 'system', 'developer'), text), { maxLength: 3 }),
			rest: fc.record(
				{
					...sampling,
					max_output_tokens: limit,
					reasoning: fc.record({ effort }),
					include: fc.constant(['reasoning.encrypted_content']),
					tool_choice: fc.constantFrom('auto', 'required'),
					parallel_tool_calls: fc.boolean(),
					service_tier: openAiTier,
					text: fc.record({
						format: fc.oneof(
							fc.constant({ type: 'json_object' }),
							strictSchema.map((schema) => ({ type: 'json_schema', name: 'n', strict: true, schema })),
						),
					}),
				},
				optional,
			),
		})
		.map(({ history, messages, rest: { tool_choice: choice, ...rest }, tools }) => ({
			...rest,
			input: [
				...messages.map(([role, content]) => ({ role, content })),
				{ role: 'user', content: 'Say hello.' },
				...(history !== undefined && tools[0] !== undefined
					? [
							{ type: 'function_call', call_id: history, name: tools[0].name, arguments: '{}' },
							{ type: 'function_call_output', call_id: history, output: '' },
						]
					: []),
			],
			...(tools.length > 0 && choice && { tool_choice: choice }),
			tools: tools.map(({ name, schema, strict }) => ({
				type: 'function',
				name,
				parameters: schema ?? { type: 'object' },
				strict,
			})),
		})),
	gemini: fc
		.record({
			tools,
			history: fc.boolean(),
			isForced: fc.boolean(),
			parts: fc.array(text, { maxLength: 2 }),
			config: fc.record(
				{
					temperature: fc.constantFrom(0, 1, 1.5),
					maxOutputTokens: limit,
					stopSequences: stops,
					presencePenalty: fc.constantFrom(0, 0.5),
					responseMimeType: fc.constant('application/json'),
					thinkingConfig: fc.constantFrom(
						{ thinkingBudget: 0 },
						{ thinkingBudget: 100 },
						{ thinkingBudget: 100_000 },
						{ thinkingLevel: 'minimal' },
						{ thinkingLevel: 'HIGH' },
						{ includeThoughts: true },
					),
				},
				optional,
			),
		})
		.map(({ config, history, isForced, parts, tools: [first, ...more] }) => ({
			generationConfig: config,
			contents: [
				{ role: 'user', parts: [...parts.map((text) => ({ text })), { text: 'Say hello.' }] },
				...(history && first !== undefined
					? [
							{ role: 'model', parts: [{ functionCall: { name: first.name, args: {} } }] },
							{ role: 'user', parts: [{ functionResponse: { name: first.name, response: {} } }] },
						]
					: []),
			],
			...(first !== undefined && {
				tools: [
					{
						functionDeclarations: [first, ...more].map(({ name, schema }) => ({
							name,
							...(schema && { parametersJsonSchema: schema }),
						})),
					},
				],
				...(isForced && {
					toolConfig: { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: [first.name] } },
				}),
			}),
		})),
} as const;

/** Requests of each format to each model; `RUNS` makes them more. */
const RUNS = Number(process.env['FITTED_RUNS'] ?? 8);

describe('no request fails because of settings that its model refuses', () => {
	it.each(Object.keys(SHAPES) as Array<keyof typeof SHAPES>)(
		'from callers of %s',
		async (path) => {
			const shape: fc.Arbitrary<object> = SHAPES[path];
			for (const model of MODELS) {
				await fc.assert(
					fc.asyncProperty(shape, async (body) => {
						const address = path === 'gemini' ? `/v1beta/models/${model}:generateContent` : path;
						const { response, text } = await opened.post(address, { model, ...body });
						const sent = JSON.stringify(opened.simulator.requests.at(-1)?.body);
						expect(`${model} ${response.status} ${response.ok ? '' : `${text} ${sent}`}`).toBe(`${model} 200 `);
					}),
					{ numRuns: RUNS },
				);
			}
		},
		60_000 + RUNS * 10_000,
	);
});

/** The latest request as its provider got it. */
function getSent(simulated: Pick<SimulatedGateway, 'simulator'>): Record<string, unknown> {
	return Object(simulated.simulator.requests.at(-1)?.body);
}

const HELLO = [{ role: 'user', content: 'Say hello.' }];

it('a fallback gets the request as it takes it, not as the first model took it', async () => {
	const fallbacks = { 'gpt-4o': ['gpt-5-mini'] };
	const simulated = await openSimulatedGateway(
		{ fallbacks, fallback: { enabled: true, maxAttempts: 3 } },
		{ simulator: { models: { 'gpt-4o-2024-08-06': { afterwards: '403' } } } },
	);
	try {
		const body = { model: 'gpt-4o', messages: HELLO, max_tokens: 100, temperature: 0.2 };
		const { response } = await simulated.post('/v1/chat/completions', body);
		expect(response.status).toBe(200);
		expect(response.headers.get('x-switchyard-dropped')).toBe('temperature');
		const [first, second] = simulated.simulator.requests.map((request) => Object(request.body));
		expect(first).toMatchObject({ max_tokens: 100, temperature: 0.2 });
		expect(second).toMatchObject({ max_completion_tokens: 100 });
		expect(second).not.toHaveProperty('temperature');
		const { system } = simulated.gateway.gateway.runtime;
		const attempts = await system.attemptsOf(response.headers.get('x-switchyard-decision') ?? '');
		expect(attempts.at(-1)?.message).toBe('Left out or changed for the model: temperature.');
	} finally {
		await simulated.close();
	}
});

describe('a caller gets calls of its tools by the names that it gave them', () => {
	it.each([
		['/v1/messages', 'haiku', { tools: [{ name: 'ns.tool:x', input_schema: { type: 'object' } }] }],
		['/v1/messages', 'gpt-5-mini', { tools: [{ name: LONG, input_schema: { type: 'object' } }] }],
		['/v1/chat/completions', 'gpt-5-mini', { tools: [{ type: 'function', function: { name: LONG } }] }],
		['/v1/chat/completions', 'gemini-3.8-flash', { tools: [{ type: 'function', function: { name: LONG } }] }],
	])('from %s by %s', async (path, model, body) => {
		for (const stream of [false, true]) {
			const tool = Object(body.tools[0]);
			const name = String(tool.name ?? Object(tool.function).name);
			const choice = path === '/v1/messages' ? { type: 'any' } : 'required';
			const request = { model, stream, max_tokens: 500, messages: HELLO, ...body };
			const { response, text } = await opened.post(path, { ...request, tool_choice: choice });
			expect(response.status).toBe(200);
			expect(JSON.stringify(getSent(opened))).not.toContain(`"${name}"`);
			expect(text).toContain(`"${name}"`);
		}
	});
});

it('a parameter that a server refuses is left out, and its next request is not refused', async () => {
	const gateway = await openTestGateway({
		deployments: [simulatedDeployment('openai-compatible', { local: 'gpt-5-mini' })],
		config: { models: [inventedModel('local')], fallback: { enabled: false, maxAttempts: 1 } },
	});
	const ask = async (more: object) => {
		const body = { model: 'local', messages: HELLO, ...more };
		const headers = { 'content-type': 'application/json' };
		const init = { method: 'POST', headers, body: JSON.stringify(body) };
		return await fetch(`${gateway.url}/v1/chat/completions`, init);
	};
	try {
		const mended = await ask({ temperature: 0.2 });
		expect(mended.status).toBe(200);
		expect(mended.headers.get('x-switchyard-dropped')).toBe('temperature');
		expect(mended.headers.get('x-switchyard-attempts')).toBe('1');
		expect(gateway.simulator.requests).toHaveLength(2);
		expect((await ask({ temperature: 0.2, stream: true })).status).toBe(200);
		expect(gateway.simulator.requests).toHaveLength(3);
		const rows = await gateway.query('SELECT outcome, message FROM attempts ORDER BY rowid');
		expect(rows.map(({ outcome }) => outcome)).toEqual(['success', 'success']);
		expect(rows[0]?.['message']).toContain('The provider refuses temperature: left out from now on.');
		// what is wrong with the request itself is told, and asked once
		const wrong = await ask({
			tools: [{ type: 'function', function: { name: 'a b', parameters: { type: 'object' } } }],
		});
		expect(wrong.status).toBe(400);
		expect(gateway.simulator.requests).toHaveLength(4);
	} finally {
		await gateway.close();
	}
});

it.each([
	[
		'thinking that does not fit into the answer',
		'reasoning',
		'/v1/chat/completions',
		{ model: 'haiku', reasoning_effort: 'high', max_tokens: 500 },
	],
	[
		'thinking of a model that has none',
		'reasoning',
		'/v1/messages',
		{ model: 'gpt-4o', max_tokens: 4000, thinking: { type: 'enabled', budget_tokens: 2000 } },
	],
	[
		'whose request it is',
		'metadata.user_id',
		'/v1/messages',
		{ model: 'gpt-5-mini', max_tokens: 99, metadata: { user_id: 'u-1' } },
	],
])('a caller learns what its request lost on the way: %s', async (_what, name, path, body) => {
	const { response } = await opened.post(path, { messages: HELLO, ...body });
	expect(response.status).toBe(200);
	expect(response.headers.get('x-switchyard-dropped')?.split(', ')).toContain(name);
});

it('a probe for one token is answered, and its charge is the provider’s', async () => {
	const { response, text } = await opened.post('/v1/messages', { model: 'gpt-5-mini', max_tokens: 1, messages: HELLO });
	expect(response.status).toBe(200);
	expect(getSent(opened)).toMatchObject({ max_output_tokens: 16 });
	expect(response.headers.get('x-switchyard-estimated')).toBeNull();
	expect(Object(JSON.parse(text)).usage.output_tokens).toBeGreaterThan(0);
});

describe('a client that counts tokens before it asks is not refused for what it would be answered for', () => {
	const contents = [{ role: 'user', parts: [{ text: 'Say hello.' }] }];
	const tools = [{ functionDeclarations: [{ name: LONG }] }];
	it.each([
		[
			'/v1/messages/count_tokens',
			{
				model: 'haiku',
				messages: [...HELLO, { role: 'system', content: '# Environment' }],
				thinking: { type: 'adaptive' },
				tools: [{ name: 'ns.tool:x', input_schema: {} }],
			},
			'thinking, messages[].role',
		],
		[
			'/v1beta/models/gemini-3.8-flash:countTokens',
			{ contents: [{ role: 'model', parts: [{ text: '' }] }] },
			'contents',
		],
		[
			'/v1beta/models/gemini-3.8-flash:countTokens',
			{ generateContentRequest: { model: 'models/gemini-3.8-flash', contents, tools } },
			null,
		],
	])('%s %j', async (path, body, dropped) => {
		const { response, text } = await opened.post(path, body);
		expect(`${response.status} ${text}`).toMatch(/^200 \{"(?:input_tokens|totalTokens)":\d+\}$/);
		expect(response.headers.get('x-switchyard-estimated')).toBeNull();
		expect(response.headers.get('x-switchyard-dropped')).toBe(dropped);
	});
});
