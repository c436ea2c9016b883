import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type DeploymentAccess, type OpenGatewayOptions, openGateway } from '../../src/gateway.ts';
import { inventedModel } from './open-scripted-gateway.ts';
import { createTemporaryProject } from './temporary-project.ts';

/** A call as a provider got it. */
export interface ProviderCall {
	path: string;
	body: Record<string, unknown>;
}

/** A gateway in front of Anthropic, OpenAI, Google and a compatible server (model `my-local`), all of which do what one script says. */
export interface ScriptedGateway {
	url: string;
	calls: ProviderCall[];
	/** Sends a request in the format of its path. */
	post(path: string, body: object, headers?: Record<string, string>): Promise<ReceivedAnswer>;
	close(): Promise<void>;
}

/** An answer that was read to its end. */
export interface ReceivedAnswer {
	status: number;
	headers: Headers;
	text: string;
	/** The text parsed; an empty object where it is no JSON object. */
	body: Record<string, unknown>;
	/** Its member `error`; an empty object where there is none. */
	error: Record<string, unknown>;
}

type Script = (call: ProviderCall, response: ServerResponse) => void | Promise<void>;

function createAccess(kind: DeploymentAccess['kind'], origin: string): DeploymentAccess {
	const isCompatible = kind === 'openai-compatible';
	const path = kind.startsWith('openai') ? '/v1' : '';
	const provider = isCompatible ? null : kind;
	const models: Record<string, string> = isCompatible ? { 'my-local': 'llama' } : {};
	return {
		id: kind,
		kind,
		credential: 'none',
		auth: 'api-key',
		apiKey: 'raw',
		baseUrl: origin + path,
		provider,
		models,
	};
}

async function readBody(request: IncomingMessage): Promise<Record<string, unknown>> {
	let text = '';
	request.setEncoding('utf8');
	for await (const part of request) text += part;
	return JSON.parse(text);
}

/** Opens one; without fallbacks unless the configuration says otherwise. */
export async function openScriptedGateway(
	script: Script,
	config: NonNullable<OpenGatewayOptions['argumentValues']> = {},
): Promise<ScriptedGateway> {
	const calls: ProviderCall[] = [];
	const server = createServer((request, response) => {
		void readBody(request).then((body) => {
			const call = { path: request.url ?? '', body };
			calls.push(call);
			return script(call, response);
		});
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	const address = server.address();
	const origin = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
	const project = createTemporaryProject();
	const kinds = ['anthropic', 'openai', 'google', 'openai-compatible'] as const;
	const gateway = await openGateway({
		projectDirectory: project.path,
		environment: { HOME: project.path },
		port: 0,
		argumentValues: {
			fallback: { enabled: false, maxAttempts: 1 },
			models: [inventedModel('my-local')],
			...config,
		},
		simulated: { accesses: kinds.map((kind) => createAccess(kind, origin)), when: 'always' },
		watchConfig: false,
		onWarning: () => {},
	});
	return {
		url: gateway.url,
		calls,
		async post(path, body, headers = {}) {
			const version: Record<string, string> = path === '/v1/messages' ? { 'anthropic-version': '2023-06-01' } : {};
			const response = await fetch(gateway.url + path, {
				method: 'POST',
				headers: { 'content-type': 'application/json', ...version, ...headers },
				body: JSON.stringify(body),
			});
			const text = await response.text();
			const answered: Record<string, unknown> = text.startsWith('{') ? JSON.parse(text) : {};
			const error = (answered['error'] ?? {}) as Record<string, unknown>;
			return { status: response.status, headers: response.headers, text, body: answered, error };
		},
		close: async () => {
			await gateway.close();
			server.closeAllConnections();
			server.close();
			project.remove();
		},
	};
}

/** Answers with JSON. */
export function sendJson(response: ServerResponse, status: number, body: unknown, headers = {}): void {
	response.writeHead(status, { 'content-type': 'application/json', ...headers });
	response.end(typeof body === 'string' ? body : JSON.stringify(body));
}

/** Answers with server-sent events: objects as data, texts as they stand. */
export function sendEvents(response: ServerResponse, events: ReadonlyArray<object | string>): void {
	response.writeHead(200, { 'content-type': 'text/event-stream' });
	response.end(events.map(formatEvent).join(''));
}

/** One event; an object with a `type` gets that as its name. */
export function formatEvent(event: object | string): string {
	if (typeof event === 'string') return event;
	const name = 'type' in event ? `event: ${String(event.type)}\n` : '';
	return `${name}data: ${JSON.stringify(event)}\n\n`;
}

/** A whole answer of OpenAI's chat format. */
export const CHAT_ANSWER: object = {
	id: 'chatcmpl-1',
	object: 'chat.completion',
	created: 1,
	model: 'm',
	choices: [{ index: 0, message: { role: 'assistant', content: 'hi' }, finish_reason: 'stop' }],
	usage: { prompt_tokens: 10, completion_tokens: 2, total_tokens: 12 },
};
