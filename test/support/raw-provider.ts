import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import {
	createDeployments,
	createGateway,
	DEFAULT_GATEWAY_CONFIG,
	type Deployment,
	type DeploymentAccess,
	getServedModels,
	type OpenGateway,
	type OpenGatewayOptions,
	openGateway,
	type RunningGateway,
	serve,
} from '../../src/gateway.ts';
import { DEFAULT_BUDGET_CONFIG, DEFAULT_ROUTER_CONFIG, RoutingSystem } from '../../src/index.ts';
import { ManualClock } from '../../src/testing.ts';
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

type RawAnswer = (request: IncomingMessage, response: ServerResponse, body: string) => void;

/** Starts a provider of OpenAI's chat format. */
async function startRawProvider(answer: RawAnswer): Promise<{ baseUrl: string; close(): void }> {
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
	const close = () => {
		server.closeAllConnections();
		server.close();
	};
	return { baseUrl: `http://127.0.0.1:${port}/v1`, close };
}

function createRawAccess(baseUrl: string, kind: DeploymentAccess['kind']): DeploymentAccess {
	const key = { credential: 'none', auth: 'api-key', apiKey: 'raw' } as const;
	return { id: 'raw', kind, ...key, baseUrl, provider: 'openai', models: {} };
}

/** Opens one; the provider speaks OpenAI's chat format and serves `gpt-5-mini`. */
export async function openRawGateway(
	answer: RawAnswer,
	config: NonNullable<OpenGatewayOptions['argumentValues']> = {},
	project: TemporaryProject = createTemporaryProject(),
	options: { isCompatible?: boolean } = {},
): Promise<RawGateway> {
	const provider = await startRawProvider(answer);
	// Both speak chat to callers of that format; translated calls reach the first by Responses, the second by chat.
	const kind = options.isCompatible === true ? 'openai-compatible' : 'openai';
	const accesses = [createRawAccess(provider.baseUrl, kind)];
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
			provider.close();
		},
	};
}

/** A gateway in whose time nothing happens until a test moves the clock; it keeps its ledger in memory. */
export interface ClockedGateway {
	url: string;
	clock: ManualClock;
	running: RunningGateway;
	system: RoutingSystem;
	deployments: readonly Deployment[];
	close(): Promise<void>;
}

/** Opens one in front of the same provider. */
export async function openClockedGateway(
	answer: RawAnswer,
	{
		maxAttempts = 1,
		kind = 'openai',
		keepAliveMs = DEFAULT_GATEWAY_CONFIG.streams.keepAliveMs,
	}: { maxAttempts?: number; kind?: DeploymentAccess['kind']; keepAliveMs?: number } = {},
): Promise<ClockedGateway> {
	const provider = await startRawProvider(answer);
	const clock = new ManualClock();
	const deployments = createDeployments([createRawAccess(provider.baseUrl, kind)]);
	const availableModels = getServedModels(deployments, DEFAULT_ROUTER_CONFIG.models);
	const router = {
		...DEFAULT_ROUTER_CONFIG,
		fallback: { ...DEFAULT_ROUTER_CONFIG.fallback, enabled: false, maxAttempts },
	};
	const system = new RoutingSystem(router, DEFAULT_BUDGET_CONFIG, { availableModels, clock });
	const config = { port: 0, streams: { ...DEFAULT_GATEWAY_CONFIG.streams, keepAliveMs } };
	const running = await serve(createGateway(system, { deployments, clock, config }));
	return {
		url: running.url,
		clock,
		running,
		system,
		deployments,
		close: async () => {
			await running.close();
			await system.close();
			provider.close();
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
