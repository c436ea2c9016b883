import fc from 'fast-check';
import type { WireFormatName } from '../../src/contracts/index.ts';
import type { JsonObject } from '../../src/util/index.ts';

/** A name of a tool that no provider takes as it is. */
export const LONG_TOOL_NAME = 'mcp__plugin_chrome-devtools-mcp_chrome-devtools__performance_analyze_insight';

const text = fc.constantFrom('hi', '', ' \n');
const toolName = fc.constantFrom('read', 'ns.tool:x', LONG_TOOL_NAME, '9lives', 'a b', 'été', 'x'.repeat(200));
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
/** Calls of the first tool that were answered before: several at once, with an error, without words, with a picture. */
const history = fc.option(
	fc.record({
		id: callId,
		calls: fc.constantFrom(1, 1, 2),
		result: fc.constantFrom('', 'done', 'error', 'image'),
		repeats: fc.boolean(),
	}),
	{ nil: undefined },
);
const stops = fc.option(fc.subarray(['a', 'b', 'c', 'd', 'e', 'END', '\n', '']), { nil: undefined });
const limit = fc.constantFrom(1, 15, 100, 1024, 3000, 30_000);
const sampling = { temperature: fc.constantFrom(0, 0.3, 1), top_p: fc.constantFrom(0.5, 0.97, 1) };
const effort = fc.constantFrom('none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max');
const openAiTier = fc.constantFrom('auto', 'default', 'flex', 'priority');
const optional = { requiredKeys: [] };

const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const PDF = Buffer.from('%PDF-1.4\n1 0 obj<</Type/Page>>endobj\n%%EOF').toString('base64');
const SOUND = Buffer.from('RIFF....WAVE').toString('base64');
const IMAGES = ['image/png', 'image/jpeg', 'image/gif', 'image/webp', 'image/heic', 'image/bmp'];
const DOCUMENT = 'application/pdf';

/** A file beside the question, by its media type; most requests have none. `types`: those that the format can say. */
function fileOf(...types: readonly string[]): fc.Arbitrary<string | undefined> {
	return fc.option(fc.constantFrom(...types), { nil: undefined, freq: 2 });
}

function dataOf(mediaType: string): string {
	return mediaType === DOCUMENT ? PDF : mediaType.startsWith('image/') ? PNG : SOUND;
}

type History = NonNullable<typeof history extends fc.Arbitrary<infer Value> ? Value : never>;

/** The ids of the calls of one turn; some clients give several calls the same. */
function listIds({ calls, id, repeats }: History): string[] {
	return Array.from({ length: calls }, (_, index) => (index === 0 || repeats ? id : `${id}-${index}`));
}

const messages = fc
	.record({
		limit,
		tools,
		history,
		file: fileOf(...IMAGES, DOCUMENT),
		isPrefilled: fc.constantFrom(false, false, false, true),
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
	.map(({ choice, file, history, isPrefilled, limit, messages, parallel, rest, system, tools: [first, ...more] }) => {
		const toBlock = (mediaType: string) => ({
			type: mediaType === DOCUMENT ? 'document' : 'image',
			source: { type: 'base64', media_type: mediaType, data: dataOf(mediaType) },
		});
		const toResult = ({ result }: History) =>
			result === 'image' ? [{ type: 'text', text: '' }, toBlock('image/png')] : result;
		const call = history !== undefined && first !== undefined && { ids: listIds(history), name: first.name, history };
		return {
			...rest,
			max_tokens: limit,
			system: system.map((text) => ({ type: 'text', text })),
			messages: [
				...messages.map(([role, text]) => ({ role, content: [{ type: 'text', text }] })),
				{
					role: 'user',
					content: [{ type: 'text', text: 'Say hello.' }, ...(file === undefined ? [] : [toBlock(file)])],
				},
				...(call
					? [
							{
								role: 'assistant',
								content: call.ids.map((id) => ({ type: 'tool_use', id, name: call.name, input: {} })),
							},
							{
								role: 'user',
								content: call.ids.map((id) => ({
									type: 'tool_result',
									tool_use_id: id,
									content: toResult(call.history),
									...(call.history.result === 'error' && { is_error: true }),
								})),
							},
						]
					: []),
				...(isPrefilled ? [{ role: 'assistant', content: 'Well, ' }] : []),
			],
			...(first !== undefined && {
				tools: [first, ...more].map(({ name, schema = { type: 'object' }, strict }) => ({
					name,
					input_schema: schema,
					...(strict && { strict }),
				})),
				tool_choice: {
					type: choice,
					...(choice === 'tool' && { name: first.name }),
					...(choice !== 'none' && parallel),
				},
			}),
		};
	});

const chat = fc
	.record({
		tools,
		history,
		file: fileOf(...IMAGES, DOCUMENT, 'audio/wav'),
		isCustom: fc.constantFrom(false, false, false, true),
		messages: fc.array(fc.tuple(fc.constantFrom('user', 'assistant', 'system', 'developer'), text), { maxLength: 3 }),
		choice: fc.constantFrom('auto', 'required', 'none', 'named'),
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
				web_search_options: fc.constant({}),
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
	.map(({ choice, file, history, isCustom, messages, rest, tools: [first, ...more] }) => {
		const toPart = (mediaType: string) => {
			const data = dataOf(mediaType);
			if (mediaType === 'audio/wav') return { type: 'input_audio', input_audio: { data, format: 'wav' } };
			const url = `data:${mediaType};base64,${data}`;
			return mediaType === DOCUMENT
				? { type: 'file', file: { filename: 'a.pdf', file_data: url } }
				: { type: 'image_url', image_url: { url } };
		};
		const call = history !== undefined && first !== undefined && { ids: listIds(history), name: first.name };
		return {
			...rest,
			messages: [
				...messages.map(([role, content]) => ({ role, content })),
				{
					role: 'user',
					content: file === undefined ? 'Say hello.' : [{ type: 'text', text: 'Say hello.' }, toPart(file)],
				},
				...(call
					? [
							{
								role: 'assistant',
								content: null,
								tool_calls: call.ids.map((id) => ({
									id,
									type: 'function',
									function: { name: call.name, arguments: '{}' },
								})),
							},
							...call.ids.map((id) => ({ role: 'tool', tool_call_id: id, content: history?.result ?? '' })),
						]
					: []),
			],
			...(first !== undefined && {
				tools: [
					...[first, ...more].map(({ name, schema, strict }) => ({
						type: 'function',
						function: { name, ...(schema && { parameters: schema, strict }) },
					})),
					...(isCustom ? [{ type: 'custom', custom: { name: 'patch' } }] : []),
				],
				tool_choice: choice === 'named' ? { type: 'function', function: { name: first.name } } : choice,
			}),
		};
	});

const responses = fc
	.record({
		tools,
		history,
		file: fileOf(...IMAGES, DOCUMENT),
		isCustom: fc.constantFrom(false, false, false, true),
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
	.map(({ file, history, isCustom, messages, rest: { tool_choice: choice, ...rest }, tools: [first, ...more] }) => {
		const toPart = (mediaType: string) => {
			const url = `data:${mediaType};base64,${dataOf(mediaType)}`;
			return mediaType === DOCUMENT
				? { type: 'input_file', filename: 'a.pdf', file_data: url }
				: { type: 'input_image', image_url: url };
		};
		const call = history !== undefined && first !== undefined && { ids: listIds(history), name: first.name };
		const output = history?.result === 'image' ? [toPart('image/png')] : history?.result;
		return {
			...rest,
			input: [
				...messages.map(([role, content]) => ({ role, content })),
				{
					role: 'user',
					content: [{ type: 'input_text', text: 'Say hello.' }, ...(file === undefined ? [] : [toPart(file)])],
				},
				...(call
					? [
							...call.ids.map((id) => ({ type: 'function_call', call_id: id, name: call.name, arguments: '{}' })),
							...call.ids.map((id) => ({ type: 'function_call_output', call_id: id, output })),
						]
					: []),
			],
			...(first !== undefined && choice && { tool_choice: choice }),
			tools: [
				...(first === undefined ? [] : [first, ...more]).map(({ name, schema, strict }) => ({
					type: 'function',
					name,
					parameters: schema ?? { type: 'object' },
					strict,
				})),
				...(isCustom ? [{ type: 'custom', name: 'patch' }] : []),
			],
		};
	});

const gemini = fc
	.record({
		tools,
		history,
		file: fileOf(...IMAGES, DOCUMENT, 'audio/wav', 'video/mp4'),
		isForced: fc.boolean(),
		parts: fc.array(text, { maxLength: 2 }),
		serviceTier: fc.constantFrom(undefined, undefined, 'flex', 'priority'),
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
	.map(({ config, file, history, isForced, parts, serviceTier, tools: [first, ...more] }) => {
		const toPart = (mimeType: string) => ({ inlineData: { mimeType, data: dataOf(mimeType) } });
		const call = history !== undefined && first !== undefined && { ids: listIds(history), name: first.name };
		const pictures = history?.result === 'image' ? { parts: [toPart('image/png')] } : {};
		const response = history?.result === 'error' ? { error: 'no such file' } : { output: history?.result };
		return {
			generationConfig: config,
			...(serviceTier !== undefined && { serviceTier }),
			contents: [
				{
					role: 'user',
					parts: [
						...parts.map((text) => ({ text })),
						{ text: 'Say hello.' },
						...(file === undefined ? [] : [toPart(file)]),
					],
				},
				...(call
					? [
							{ role: 'model', parts: call.ids.map(() => ({ functionCall: { name: call.name, args: {} } })) },
							{
								role: 'user',
								parts: call.ids.map(() => ({ functionResponse: { name: call.name, response, ...pictures } })),
							},
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
		};
	});

/** What a coding agent, a chat and a script may send in each format but for the model, whether or not a model takes it. */
export const REQUEST_SHAPES: Readonly<Record<WireFormatName, fc.Arbitrary<JsonObject>>> = {
	'anthropic-messages': messages,
	'openai-chat': chat,
	'openai-responses': responses,
	gemini,
};
