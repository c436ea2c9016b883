import { createHash, createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { text as readText } from 'node:stream/consumers';
import { crc32 } from 'node:zlib';
import type { LanguageModelV4CallOptions, LanguageModelV4Prompt } from '@ai-sdk/provider';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../util/index.ts';
import { createDeployments } from '../create-deployments.ts';
import type { CallFitting } from '../library-fetch.ts';

const SECRET = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';
const HAIKU = 'us.anthropic.claude-haiku-4-5-20251001-v1:0';
const OPUS = 'anthropic.claude-opus-4-7-v1:0';
const LONG = 'mcp__plugin_chrome-devtools-mcp_chrome-devtools__performance_analyze_insight';

let server: Server;
let url = '';
/** The bodies of requests whose signature is right. */
const bodies: JsonObject[] = [];

const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();
const hash = (text: string) => createHash('sha256').update(text).digest('hex');

/** The signature of a request by AWS's rules. Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html (2026-11-29) */
function sign({ headers, method, url: path = '' }: IncomingMessage, body: string): string {
	const { authorization = '', 'x-amz-date': date = '' } = headers;
	const names = (/SignedHeaders=([^,]+)/.exec(authorization)?.[1] ?? '').split(';');
	const scope = (/Credential=[^/]+\/([^,]+)/.exec(authorization)?.[1] ?? '').split('/');
	const canonicalPath = path.replace(/%/g, '%25').replace(/:/g, '%3A');
	const lines = names.map((name) => `${name}:${String(headers[name]).trim().replace(/ +/g, ' ')}\n`);
	const canonical = [method, canonicalPath, '', lines.join(''), names.join(';'), hash(body)].join('\n');
	const text = ['AWS4-HMAC-SHA256', date, scope.join('/'), hash(canonical)].join('\n');
	const key = scope.reduce<string | Buffer>((each, part) => hmac(each, part), `AWS4${SECRET}`);
	return hmac(key, text).toString('hex');
}

/** The name of the first tool that a request offers. */
function getToolName({ toolConfig }: JsonObject): string | undefined {
	return Object(toolConfig).tools?.[0]?.toolSpec.name;
}

const USAGE = { inputTokens: 9, outputTokens: 4, totalTokens: 13 };

/** An answer that calls the first tool. */
function toAnswer(body: JsonObject): object {
	const name = getToolName(body);
	const content = name === undefined ? [{ text: 'Hello' }] : [{ toolUse: { toolUseId: 't', name, input: {} } }];
	const stopReason = name === undefined ? 'end_turn' : 'tool_use';
	return { output: { message: { role: 'assistant', content } }, stopReason, usage: USAGE };
}

const toBytes = (value: number, size: 1 | 2 | 4) =>
	Buffer.from([...Array(size)].map((_, at) => value >>> (8 * (size - 1 - at))));

/** An event in Amazon's binary framing. Source: https://smithy.io/2.0/aws/amazon-eventstream.html (2026-11-29) */
function toFrame(type: string, event: object): Buffer {
	const toHeader = ([name, value]: readonly [string, string]) =>
		Buffer.concat([
			toBytes(name.length, 1),
			Buffer.from(name),
			toBytes(7, 1),
			toBytes(value.length, 2),
			Buffer.from(value),
		]);
	const headers = Buffer.concat(
		(
			[
				[':message-type', 'event'],
				[':event-type', type],
			] as const
		).map(toHeader),
	);
	const body = Buffer.from(JSON.stringify(event));
	const sizes = Buffer.concat([toBytes(headers.length + body.length + 16, 4), toBytes(headers.length, 4)]);
	const frame = Buffer.concat([sizes, toBytes(crc32(sizes), 4), headers, body]);
	return Buffer.concat([frame, toBytes(crc32(frame), 4)]);
}

/** The same as a stream. */
function toFrames(body: JsonObject): Buffer {
	const start = { toolUse: { toolUseId: 't', name: getToolName(body) } };
	const events: ReadonlyArray<readonly [type: string, event: object]> = [
		['messageStart', { role: 'assistant' }],
		['contentBlockStart', { contentBlockIndex: 0, start }],
		['contentBlockDelta', { contentBlockIndex: 0, delta: { toolUse: { input: '{}' } } }],
		['contentBlockStop', { contentBlockIndex: 0 }],
		['messageStop', { stopReason: 'tool_use' }],
		['metadata', { usage: USAGE }],
	];
	return Buffer.concat(events.map(([type, event]) => toFrame(type, event)));
}

beforeAll(async () => {
	server = createServer(async (request, response) => {
		const body = await readText(request);
		if (!request.headers.authorization?.endsWith(`Signature=${sign(request, body)}`)) {
			response.writeHead(403).end('{"message":"The request signature we calculated does not match."}');
			return;
		}
		const parsed: JsonObject = JSON.parse(body);
		bodies.push(parsed);
		if (request.url?.endsWith('-stream') === true) response.end(toFrames(parsed));
		else response.setHeader('content-type', 'application/json').end(JSON.stringify(toAnswer(parsed)));
	});
	await once(server.listen(0, '127.0.0.1'), 'listening');
	const address = server.address();
	url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
});
afterAll(() => server.close().closeAllConnections());

const HELLO: LanguageModelV4Prompt = [{ role: 'user', content: [{ type: 'text', text: 'Say hello.' }] }];
const toTool = (name: string, inputSchema: object = { type: 'object' }) => ({
	type: 'function' as const,
	name,
	inputSchema,
});

async function open(modelId: string, fitting: CallFitting) {
	const aws = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: SECRET };
	const base = { id: 'aws', kind: 'bedrock', credential: 'env:AWS_ACCESS_KEY_ID', auth: 'api-key' } as const;
	const [deployment] = createDeployments([
		{ ...base, aws, region: 'us-east-1', baseUrl: url, provider: null, models: {} },
	]);
	if (deployment === undefined) throw new Error('no deployment');
	return await deployment.languageModel(modelId, fitting);
}

/** What is sent of a call, and what is said to be changed in it. */
async function send(modelId: string, call: Partial<LanguageModelV4CallOptions>, fitting: CallFitting = {}) {
	let dropped: readonly string[] = [];
	const onFitted: CallFitting['onFitted'] = (request) => {
		dropped = request.dropped;
	};
	const model = await open(modelId, { ...fitting, onFitted });
	const { content } = await model.doGenerate({ prompt: HELLO, maxOutputTokens: 4000, ...call });
	const { additionalModelRequestFields: fields, inferenceConfig, toolConfig } = Object(bodies.at(-1));
	return { content, dropped, fields, inferenceConfig, toolConfig };
}

describe('a model at Bedrock does not refuse a request, whose signature is right', () => {
	it('for sampling that it does not take, and the caller learns what had no effect', async () => {
		const sampling = { temperature: 0.3, topP: 0.9, topK: 5 };
		const haiku = await send(HAIKU, sampling);
		expect(haiku.inferenceConfig).toEqual({ maxTokens: 4000, temperature: 0.3 });
		expect(haiku.fields).toEqual({ top_k: 5 });
		expect(haiku.dropped).toEqual(['top_p']);
		const opus = await send(OPUS, sampling);
		expect(opus.inferenceConfig).toEqual({ maxTokens: 4000 });
		expect(opus.dropped).toEqual(['temperature', 'top_p', 'top_k']);
	});

	it.each([
		[HAIKU, { reasoning: 'high' }, { thinking: { type: 'enabled', budget_tokens: 2400 } }, []],
		[OPUS, { reasoning: 'high' }, { thinking: { type: 'adaptive' }, output_config: { effort: 'high' } }, []],
		['anthropic.claude-3-haiku-20240307-v1:0', { reasoning: 'high' }, undefined, ['thinking']],
		[
			'anthropic.claude-sonnet-5-5',
			{ reasoning: 'none' },
			{ thinking: { type: 'between_tools' }, output_config: { effort: 'low' } },
			['thinking'],
		],
		[
			OPUS,
			{ providerOptions: { anthropic: { thinking: { type: 'enabled', budgetTokens: 2000 } } } },
			{ thinking: { type: 'adaptive', display: 'summarized' } },
			['thinking'],
		],
	] as const)('for how thinking is set: %s %j', async (model, call, sent, dropped) => {
		const request = await send(model, call);
		expect(request.fields).toEqual(sent);
		expect(request.dropped).toEqual(dropped);
	});

	it('for thinking beyond the money: its tokens are within the limit that is paid for', async () => {
		const thinking = { type: 'enabled', budgetTokens: 3500 };
		const call = { maxOutputTokens: 3000, providerOptions: { anthropic: { thinking } } };
		const { fields, inferenceConfig } = await send(HAIKU, call, { limit: 3000 });
		expect(fields.thinking.budget_tokens).toBe(1500);
		expect(inferenceConfig.maxTokens).toBe(3000);
	});

	it('for a tool that is forced while it thinks', async () => {
		const toolChoice = { type: 'tool', toolName: 'read' } as const;
		const forced = { tools: [toTool('read')], toolChoice };
		expect((await send(HAIKU, forced)).toolConfig.toolChoice).toEqual({ tool: { name: 'read' } });
		const thinking = await send(HAIKU, { ...forced, reasoning: 'high' });
		expect(thinking.toolConfig.toolChoice).toEqual({ auto: {} });
		expect(thinking.dropped).toEqual(['tool_choice']);
	});

	it('for an answer that a forced tool holds to a schema while it thinks: the answer keeps its form', async () => {
		const responseFormat = { type: 'json', schema: { type: 'object' } } as const;
		const haiku = await send(HAIKU, { responseFormat, reasoning: 'high' });
		expect(haiku.toolConfig.toolChoice).toEqual({ any: {} });
		expect(haiku.fields).toBeUndefined();
		expect(haiku.dropped).toEqual(['thinking']);
		const sonnet = await send('us.anthropic.claude-sonnet-4-5-20250929-v1:0', { responseFormat, reasoning: 'high' });
		expect(sonnet.fields).toMatchObject({ thinking: { type: 'enabled' }, output_config: { format: {} } });
		expect(sonnet.dropped).toEqual([]);
	});

	it('for schemas and stop sequences', async () => {
		const union = { anyOf: [{ properties: { a: { type: 'string' } } }] };
		const { dropped, inferenceConfig, toolConfig } = await send(HAIKU, {
			stopSequences: ['\n', 'END'],
			tools: [toTool('read', union)],
		});
		expect(inferenceConfig.stopSequences).toEqual(['END']);
		expect(toolConfig.tools[0].toolSpec.inputSchema.json).toEqual({
			type: 'object',
			properties: { a: { type: 'string' } },
		});
		expect(dropped).toEqual(['stop_sequences', 'tools[0].input_schema']);
	});

	it.each([HAIKU, 'amazon.nova-pro-v1:0'])('for names of tools, and %s calls them by the caller’s', async (modelId) => {
		const call = { type: 'tool-call', toolCallId: 'c', toolName: LONG, input: {} } as const;
		const result = { ...call, type: 'tool-result', output: { type: 'text', value: 'r' } } as const;
		const prompt: LanguageModelV4Prompt = [
			...HELLO,
			{ role: 'assistant', content: [call] },
			{ role: 'tool', content: [result] },
		];
		const { content, toolConfig } = await send(modelId, { prompt, tools: [toTool(LONG), toTool('ns.tool:x')] });
		const names = toolConfig.tools.map(({ toolSpec }: { toolSpec: { name: string } }) => toolSpec.name);
		for (const name of names) expect(name).toMatch(/^[a-zA-Z0-9_-]{1,64}$/);
		expect(JSON.stringify(bodies.at(-1)?.['messages'])).toContain(`"${names[0]}"`);
		expect(content).toMatchObject([{ type: 'tool-call', toolName: LONG }]);

		const model = await open(modelId, {});
		const { stream } = await model.doStream({ prompt, tools: [toTool(LONG)] });
		const named: string[] = [];
		for await (const part of stream) if ('toolName' in part) named.push(part.toolName);
		expect(named).toEqual([LONG, LONG]);
	});

	it('for what it has refused before', async () => {
		const { dropped, inferenceConfig } = await send(HAIKU, { temperature: 0.3 }, { refused: new Set(['temperature']) });
		expect(inferenceConfig).toEqual({ maxTokens: 4000 });
		expect(dropped).toEqual(['temperature']);
	});
});
