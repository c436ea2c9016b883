import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type OpenGateway, openGateway } from '../../../src/gateway.ts';
import { simulatedDeployment } from '../../support/open-scripted-gateway.ts';
import { createTemporaryProject, type TemporaryProject } from '../../support/temporary-project.ts';

const CLAUDE = {
	id: 'msg_1',
	type: 'message',
	role: 'assistant',
	model: 'claude-haiku-4-5',
	content: [{ type: 'text', text: 'Hello from Claude' }],
	stop_reason: 'end_turn',
	usage: { input_tokens: 9, output_tokens: 4 },
};
const GEMINI = {
	candidates: [{ content: { role: 'model', parts: [{ text: 'Hello from Gemini' }] }, finishReason: 'STOP' }],
	usageMetadata: { promptTokenCount: 9, candidatesTokenCount: 4, totalTokenCount: 13 },
};

let server: Server;
let gateway: OpenGateway;
let project: TemporaryProject;
const paths: string[] = [];
beforeAll(async () => {
	server = createServer((request, response) => {
		const path = request.url ?? '';
		paths.push(path);
		const answer = path.includes('/publishers/anthropic/') ? CLAUDE : GEMINI;
		request.resume().on('end', () => {
			response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
		});
	});
	await once(server.listen(0, '127.0.0.1'), 'listening');
	const address = server.address();
	const port = typeof address === 'object' ? address?.port : undefined;
	project = createTemporaryProject();
	const models = { haiku: 'claude-haiku-4-5', 'gemini-2.5-flash': 'gemini-2.5-flash' };
	const vertex = { ...simulatedDeployment('vertex', models), project: 'p', baseUrl: `http://127.0.0.1:${port}` };
	gateway = await openGateway({
		projectDirectory: project.path,
		environment: { HOME: project.path },
		port: 0,
		argumentValues: { fallback: { enabled: false, maxAttempts: 1 } },
		simulated: { accesses: [vertex], when: 'always' },
		watchConfig: false,
		onWarning: () => {},
	});
});
afterAll(async () => {
	await gateway.close();
	server.close().closeAllConnections();
	project.remove();
});

it.each([
	['haiku', 'Hello from Claude', 'anthropic/models/claude-haiku-4-5:rawPredict'],
	['gemini-2.5-flash', 'Hello from Gemini', 'google/models/gemini-2.5-flash:generateContent'],
])('a client of Gemini is answered by %s at Vertex, which speaks its maker’s format there', async (model, text, at) => {
	const response = await fetch(`${gateway.url}/v1beta/models/${model}:generateContent`, {
		method: 'POST',
		headers: { 'content-type': 'application/json' },
		body: JSON.stringify({ contents: [{ role: 'user', parts: [{ text: 'Say hello.' }] }] }),
	});
	expect([response.status, await response.text()]).toEqual([200, expect.stringContaining(text)]);
	expect(paths.at(-1)).toBe(`/v1beta1/projects/p/locations/global/publishers/${at}`);
});
