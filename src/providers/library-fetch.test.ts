import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { text as readText } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { JsonObject } from '../util/index.ts';
import type { DeploymentAccess } from './deployment.ts';
import { createDeployments } from './index.ts';

let server: Server;
let url = '';
let sent: { path: string; body: JsonObject } | undefined;

beforeAll(async () => {
	server = createServer(async (request, response) => {
		sent = { path: request.url ?? '', body: JSON.parse(await readText(request)) };
		response.writeHead(400, { 'content-type': 'application/json' }).end('{"error":{"message":"seen"}}');
	});
	await once(server.listen(0, '127.0.0.1'), 'listening');
	const address = server.address();
	url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
});
afterAll(() => server.close().closeAllConnections());

const SAMPLING = { temperature: 0.2, topP: 0.9 };

it.each<
	[string, Partial<DeploymentAccess>, modelId: string, ids: string[], path: string, body: object, without: string[]]
>([
	[
		'Azure by the model behind a name of its own',
		{ kind: 'azure' },
		'our-mini',
		['gpt-5-mini'],
		'/chat/completions',
		{ model: 'our-mini', max_completion_tokens: 100 },
		['temperature', 'top_p', 'max_tokens'],
	],
	[
		'Azure at a dated address by the model behind a name of its own',
		{ kind: 'azure', apiVersion: '2024-10-21' },
		'our-4o',
		['gpt-4o'],
		'/deployments/our-4o/chat/completions?api-version=2024-10-21',
		{ temperature: 0.2, top_p: 0.9 },
		[],
	],
	[
		'Claude at Vertex, whose address names the model',
		{ kind: 'vertex', project: 'p' },
		'claude-opus-4-7',
		[],
		'/v1beta1/projects/p/locations/global/publishers/anthropic/models/claude-opus-4-7:rawPredict',
		{ anthropic_version: 'vertex-2023-10-16' },
		['temperature', 'top_p', 'model'],
	],
])('a request is fitted for %s', async (_what, access, modelId, ids, path, body, without) => {
	const [deployment] = createDeployments([
		{
			id: 'd',
			kind: 'azure',
			credential: 'env:KEY',
			auth: 'api-key',
			apiKey: 'the-key',
			provider: null,
			models: {},
			baseUrl: url,
			...access,
		},
	]);
	const model = await deployment?.languageModel(modelId, { ids });
	const prompt = [{ role: 'user' as const, content: [{ type: 'text' as const, text: 'Hello' }] }];
	await expect(model?.doGenerate({ prompt, maxOutputTokens: 100, ...SAMPLING })).rejects.toMatchObject({
		statusCode: 400,
	});
	expect(sent).toMatchObject({ path, body });
	for (const name of without) expect(sent?.body).not.toHaveProperty(name);
});
