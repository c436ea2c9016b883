import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type DeploymentAccess, type OpenGateway, type OpenGatewayOptions, openGateway } from '../../src/gateway.ts';
import { createTemporaryProject, type TemporaryProject } from './temporary-project.ts';

/** A gateway in front of a provider that does what it is told, byte by byte. */
export interface RawGateway {
	url: string;
	gateway: OpenGateway;
	project: TemporaryProject;
	/** How the provider is reached; read again with each reload. */
	accesses: DeploymentAccess[];
	close(): Promise<void>;
}

/** Opens one; the provider speaks OpenAI's chat format and serves `gpt-5-mini`. */
export async function openRawGateway(
	answer: (request: IncomingMessage, response: ServerResponse, body: string) => void,
	config: NonNullable<OpenGatewayOptions['argumentValues']> = {},
	project: TemporaryProject = createTemporaryProject(),
	options: { isCompatible?: boolean } = {},
): Promise<RawGateway> {
	const server = createServer((request, response) => {
		let body = '';
		request.setEncoding('utf8').on('data', (text: string) => {
			body += text;
		});
		request.once('end', () => answer(request, response, body));
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	const address = server.address();
	const port = typeof address === 'object' && address !== null ? address.port : 0;
	const access: DeploymentAccess = {
		id: 'raw',
		// Both speak chat to callers of that format; translated calls reach the first by Responses, the second by chat.
		kind: options.isCompatible === true ? 'openai-compatible' : 'openai',
		credential: 'none',
		auth: 'api-key',
		apiKey: 'raw',
		baseUrl: `http://127.0.0.1:${port}/v1`,
		provider: 'openai',
		models: {},
	};
	const accesses = [access];
	const gateway = await openGateway({
		projectDirectory: project.path,
		environment: { HOME: project.path },
		port: 0,
		argumentValues: { fallback: { enabled: false, maxAttempts: 1 }, ...config },
		simulated: { accesses, when: 'always' },
		watchConfig: false,
		onWarning: () => {},
	});
	return {
		url: gateway.url,
		gateway,
		project,
		accesses,
		close: async () => {
			await gateway.close();
			server.closeAllConnections();
			server.close();
		},
	};
}

/** An event of a chat stream. */
export function chatFrame(delta: object, finish: string | null = null): string {
	const choices = [{ index: 0, delta, finish_reason: finish }];
	return `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices })}\n\n`;
}

/** A whole chat answer. */
export function chatAnswer(text: string): string {
	const choices = [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop' }];
	const usage = { prompt_tokens: 1000, completion_tokens: 100, total_tokens: 1100 };
	return JSON.stringify({ id: 'c', object: 'chat.completion', created: 1, model: 'm', choices, usage });
}

/** Asks for an answer to a text. */
export function askChat(url: string, change: object = {}, headers: Record<string, string> = {}): Promise<Response> {
	const body = { model: 'gpt-5-mini', messages: [{ role: 'user', content: 'Say hello.' }], ...change };
	return fetch(`${url}/v1/chat/completions`, {
		method: 'POST',
		headers: { 'content-type': 'application/json', ...headers },
		body: JSON.stringify(body),
	});
}
