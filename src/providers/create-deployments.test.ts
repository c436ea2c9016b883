import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { sampleProfile } from '../../test/support/sample-defaults.ts';
import type { EndpointOperation, WireFormatName } from '../contracts/index.ts';
import type { DeploymentAccess } from './deployment.ts';
import { createDeployments, type Deployment } from './index.ts';

function deploymentOf(access: Partial<DeploymentAccess> & Pick<DeploymentAccess, 'kind'>): Deployment {
	const [deployment] = createDeployments([
		{ id: 'd', credential: 'env:KEY', auth: 'api-key', apiKey: 'the-key', provider: null, models: {}, ...access },
	]);
	if (deployment === undefined) throw new Error('no deployment');
	return deployment;
}

async function addressOf(deployment: Deployment, format: WireFormatName, operation: EndpointOperation, modelId = 'm') {
	const endpoint = await deployment.endpoint({ format, modelId, operation });
	return endpoint === null ? null : `${endpoint.origin}${endpoint.path}`;
}

const KINDS = {
	anthropic: { kind: 'anthropic' },
	openai: { kind: 'openai' },
	google: { kind: 'google' },
	groq: { kind: 'openai-compatible', baseUrl: 'https://api.groq.com/openai/v1' },
	azure: { kind: 'azure', resourceName: 'mine' },
	'azure, dated': { kind: 'azure', resourceName: 'mine', apiVersion: '2024-10-21' },
	vertex: { kind: 'vertex', project: 'p', region: 'us-east5' },
	'vertex, global': { kind: 'vertex', project: 'p' },
	'vertex, express': { kind: 'vertex' },
	bedrock: { kind: 'bedrock', region: 'us-east-1' },
} as const satisfies Record<string, Partial<DeploymentAccess>>;

it.each<[keyof typeof KINDS, WireFormatName, EndpointOperation, string | null]>([
	['anthropic', 'anthropic-messages', 'generate', 'https://api.anthropic.com/v1/messages'],
	['anthropic', 'anthropic-messages', 'count-tokens', 'https://api.anthropic.com/v1/messages/count_tokens'],
	['anthropic', 'openai-chat', 'generate', null],
	['openai', 'openai-chat', 'stream', 'https://api.openai.com/v1/chat/completions'],
	['openai', 'openai-responses', 'generate', 'https://api.openai.com/v1/responses'],
	['openai', 'openai-chat', 'embeddings', 'https://api.openai.com/v1/embeddings'],
	['openai', 'openai-chat', 'count-tokens', null],
	['google', 'gemini', 'generate', 'https://generativelanguage.googleapis.com/v1beta/models/m:generateContent'],
	[
		'google',
		'gemini',
		'stream',
		'https://generativelanguage.googleapis.com/v1beta/models/m:streamGenerateContent?alt=sse',
	],
	['google', 'gemini', 'count-tokens', 'https://generativelanguage.googleapis.com/v1beta/models/m:countTokens'],
	['groq', 'openai-chat', 'generate', 'https://api.groq.com/openai/v1/chat/completions'],
	['groq', 'openai-responses', 'generate', null],
	['azure', 'openai-responses', 'generate', 'https://mine.openai.azure.com/openai/v1/responses'],
	[
		'azure, dated',
		'openai-chat',
		'generate',
		'https://mine.openai.azure.com/openai/deployments/m/chat/completions?api-version=2024-10-21',
	],
	['azure, dated', 'openai-responses', 'generate', null],
	[
		'vertex, express',
		'gemini',
		'generate',
		'https://aiplatform.googleapis.com/v1/publishers/google/models/m:generateContent',
	],
	[
		'vertex',
		'gemini',
		'stream',
		'https://us-east5-aiplatform.googleapis.com/v1beta1/projects/p/locations/us-east5/publishers/google/models/m:streamGenerateContent?alt=sse',
	],
	[
		'vertex, global',
		'gemini',
		'generate',
		'https://aiplatform.googleapis.com/v1beta1/projects/p/locations/global/publishers/google/models/m:generateContent',
	],
	['bedrock', 'anthropic-messages', 'generate', null],
])('%s takes %s (%s) at its address', async (name, format, operation, address) => {
	expect(await addressOf(deploymentOf(KINDS[name]), format, operation)).toBe(address);
});

it('a model id cannot leave its place in a path', async () => {
	const address = await addressOf(deploymentOf(KINDS.google), 'gemini', 'generate', '../../files?x#y@z');
	expect(address).toContain('/v1beta/models/..%2F..%2Ffiles%3Fx%23y%40z:generateContent');
});

it.each<[Partial<DeploymentAccess> & Pick<DeploymentAccess, 'kind'>, WireFormatName, Record<string, string>]>([
	[{ kind: 'anthropic' }, 'anthropic-messages', { 'x-api-key': 'the-key', 'anthropic-version': '2023-06-01' }],
	[
		{ kind: 'anthropic', auth: 'bearer' },
		'anthropic-messages',
		{ authorization: 'Bearer the-key', 'anthropic-version': '2023-06-01' },
	],
	[{ kind: 'openai' }, 'openai-chat', { authorization: 'Bearer the-key' }],
	[{ kind: 'openai', auth: 'none' }, 'openai-chat', {}],
	[{ kind: 'azure', resourceName: 'r' }, 'openai-chat', { 'api-key': 'the-key' }],
	[{ kind: 'azure', resourceName: 'r', auth: 'bearer' }, 'openai-chat', { authorization: 'Bearer the-key' }],
	[{ kind: 'google' }, 'gemini', { 'x-goog-api-key': 'the-key' }],
	[{ kind: 'vertex', project: 'p', auth: 'bearer' }, 'gemini', { authorization: 'Bearer the-key' }],
])('%j sends its key as its API reads it', async (access, format, headers) => {
	const endpoint = await deploymentOf(access).endpoint({ format, modelId: 'm', operation: 'generate' });
	expect(endpoint?.headers).toEqual(headers);
});

it('it serves what it lists by its own ids, and all of its provider; nothing else', () => {
	const sonnet = { ...sampleProfile('sonnet'), modelId: 'claude-sonnet-4-5-20250929' };
	const listed = deploymentOf({ kind: 'anthropic', models: { opus: 'my-opus' } });
	expect(listed.getModelId(sampleProfile('opus'))).toBe('my-opus');
	expect(listed.getModelId(sonnet)).toBeNull();
	expect(listed.getModelId(sampleProfile('constructor'))).toBeNull();
	const whole = deploymentOf({ kind: 'anthropic', provider: 'anthropic', models: { opus: 'my-opus' } });
	expect(whole.getModelId(sonnet)).toBe('claude-sonnet-4-5-20250929');
	const vertex = deploymentOf({ kind: 'vertex', project: 'p', provider: 'anthropic' });
	expect(vertex.getModelId(sonnet)).toBe('claude-sonnet-4-5@20250929');
});

const servers: Array<ReturnType<typeof createServer>> = [];
afterEach(() => {
	for (const server of servers.splice(0)) server.close().closeAllConnections();
});

/** A server that keeps what it was asked and answers all of it alike. */
async function recording(
	answer: object,
): Promise<{ url: string; seen: Array<{ path: string; headers: IncomingHttpHeaders }> }> {
	const seen: Array<{ path: string; headers: IncomingHttpHeaders }> = [];
	const server = createServer((request, response) => {
		seen.push({ path: request.url ?? '', headers: request.headers });
		response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
	});
	servers.push(server);
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	// A server that listens on a port has an address of this kind.
	return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

const GEMINI = {
	candidates: [{ content: { role: 'model', parts: [{ text: 'hi' }] }, finishReason: 'STOP' }],
	usageMetadata: { promptTokenCount: 1, candidatesTokenCount: 1, totalTokenCount: 2 },
};
const CLAUDE = {
	id: 'msg_1',
	type: 'message',
	role: 'assistant',
	model: 'claude',
	content: [{ type: 'text', text: 'hi' }],
	stop_reason: 'end_turn',
	usage: { input_tokens: 1, output_tokens: 1 },
};
const CONVERSE = {
	output: { message: { role: 'assistant', content: [{ text: 'hi' }] } },
	stopReason: 'end_turn',
	usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2 },
};
const noKey = { apiKey: undefined } as const;

it.each<[string, Partial<DeploymentAccess> & Pick<DeploymentAccess, 'kind'>, object, string, string, string]>([
	[
		'Gemini at Vertex',
		{ kind: 'vertex', project: 'p', auth: 'bearer' },
		GEMINI,
		'gemini-2.5-flash',
		'/v1beta1/projects/p/locations/global/publishers/google/models/gemini-2.5-flash:generateContent',
		'Bearer the-key',
	],
	[
		'Claude at Vertex',
		{ kind: 'vertex', project: 'p', auth: 'bearer' },
		CLAUDE,
		'claude-opus-4-5@20251101',
		'/v1beta1/projects/p/locations/global/publishers/anthropic/models/claude-opus-4-5@20251101:rawPredict',
		'Bearer the-key',
	],
	[
		'Bedrock with a key',
		{ kind: 'bedrock', region: 'us-east-1' },
		CONVERSE,
		'amazon.nova-lite-v1:0',
		'/model/amazon.nova-lite-v1%3A0/converse',
		'Bearer the-key',
	],
	[
		'Azure, dated',
		{ kind: 'azure', apiVersion: '2024-10-21', auth: 'bearer' },
		{
			choices: [{ index: 0, message: { role: 'assistant', content: 'hi' }, finish_reason: 'stop' }],
			usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
		},
		'my-gpt',
		'/deployments/my-gpt/chat/completions?api-version=2024-10-21',
		'Bearer the-key',
	],
])(
	'%s is called where it is and with its credential, in the neutral form',
	async (_name, access, answer, modelId, path, authorization) => {
		const { url, seen } = await recording(answer);
		const model = await deploymentOf({ ...access, baseUrl: url }).languageModel(modelId);
		const result = await model.doGenerate({ prompt: [{ role: 'user', content: [{ type: 'text', text: 'hello' }] }] });
		expect(result.content).toEqual([expect.objectContaining({ type: 'text', text: 'hi' })]);
		expect(seen.map((request) => request.path)).toEqual([path]);
		expect(seen[0]?.headers['authorization']).toBe(authorization);
		expect(JSON.stringify(seen[0]?.headers)).not.toContain('not-sent');
	},
);

it('Bedrock without a key signs its requests with what the configuration names', async () => {
	const { url, seen } = await recording(CONVERSE);
	const aws = { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'hush', sessionToken: 'session' };
	const { apiKey: _none, ...access } = { kind: 'bedrock', region: 'eu-west-1', aws, baseUrl: url, ...noKey } as const;
	const [deployment] = createDeployments([
		{ id: 'd', credential: 'env:ID', auth: 'api-key', provider: null, models: {}, ...access },
	]);
	const model = await deployment?.languageModel('m');
	await model?.doGenerate({ prompt: [{ role: 'user', content: [{ type: 'text', text: 'hello' }] }] });
	expect(seen[0]?.headers['authorization']).toMatch(
		/^AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE\/\d{8}\/eu-west-1\/bedrock\//,
	);
	expect(seen[0]?.headers['x-amz-security-token']).toBe('session');
	expect(JSON.stringify(seen)).not.toContain('hush');
});

it('OpenAI is told not to keep what is sent, unless the caller wants it kept', async () => {
	const bodies: unknown[] = [];
	const server = createServer((request, response) => {
		let text = '';
		request.on('data', (chunk: Buffer) => {
			text += chunk.toString();
		});
		request.on('end', () => {
			bodies.push(JSON.parse(text));
			response.writeHead(400, { 'content-type': 'application/json' }).end('{"error":{"message":"no"}}');
		});
	});
	servers.push(server);
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
	const model = await deploymentOf({ kind: 'openai', baseUrl }).languageModel('gpt-4.1');
	const call = { prompt: [{ role: 'user' as const, content: [{ type: 'text' as const, text: 'hello' }] }] };
	await expect(Promise.resolve(model.doGenerate(call))).rejects.toThrow();
	await expect(
		Promise.resolve(model.doGenerate({ ...call, providerOptions: { openai: { store: true } } })),
	).rejects.toThrow();
	expect(bodies).toMatchObject([{ store: false }, { store: true }]);
});

it('a private address is refused where the deployment is made', () => {
	expect(() => deploymentOf({ kind: 'anthropic', baseUrl: 'http://10.0.0.1' })).toThrow('gateway.allowedPrivateHosts');
	expect(() => createDeployments([], {})).not.toThrow();
});
