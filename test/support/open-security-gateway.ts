import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { VirtualKey } from '../../src/contracts/index.ts';
import { createKey, type KeyRequest } from '../../src/gateway/index.ts';
import { type OpenGateway, openGateway } from '../../src/gateway.ts';
import type { DeploymentAccess, DeploymentKind } from '../../src/providers/index.ts';
import { type ProviderWitness, startProviderWitness } from './provider-witness.ts';
import { createTemporaryProject, type TemporaryProject } from './temporary-project.ts';

/** What the witness is called with; nothing of it may come out anywhere. */
export const PROVIDER_KEY = 'witnessed.Provider_Key.no-known-shape.7f2c91';

/** A request for an answer, in the format of OpenAI's chat. */
export const CHAT: Record<'model' | 'messages' | 'max_tokens', unknown> = {
	model: 'gpt-5-mini',
	messages: [{ role: 'user', content: 'Say hello.' }],
	max_tokens: 20,
};

/** How one is opened. */
export interface SecurityGatewayOptions {
	/** The project's configuration; `gateway.port` is any free one. */
	config?: Record<string, unknown>;
	environment?: Record<string, string>;
	kinds?: readonly DeploymentKind[];
	baseUrl?: string;
}

/** A gateway in a project of its own, with a witness as its only provider. */
export interface SecurityGateway {
	project: TemporaryProject;
	configFile: string;
	running: OpenGateway;
	witness: ProviderWitness;
	url: string;
	port: number;
	makeKey(change?: Partial<KeyRequest>): Promise<{ token: string; key: VirtualKey }>;
	/** Posts JSON. */
	post(path: string, body: unknown, headers?: Record<string, string>): Promise<Response>;
	chat(headers?: Record<string, string>, change?: object): Promise<Response>;
	close(): Promise<void>;
}

const PATH_OF: Readonly<Partial<Record<DeploymentKind, string>>> = { openai: '/v1', 'openai-compatible': '/v1' };

function accessOf(kind: DeploymentKind, url: string): DeploymentAccess {
	return {
		id: `witness-${kind}`,
		kind,
		credential: `env:WITNESS_${kind}`,
		auth: 'api-key',
		apiKey: PROVIDER_KEY,
		baseUrl: `${url}${PATH_OF[kind] ?? ''}`,
		provider: kind,
		models: {},
	};
}

/** Opens one on any free port. */
export async function openSecurityGateway(options: SecurityGatewayOptions = {}): Promise<SecurityGateway> {
	const { config = {}, environment = {}, kinds = ['openai', 'anthropic', 'google'] } = options;
	const witness = await startProviderWitness();
	const project = createTemporaryProject();
	const folder = join(project.path, '.claude/orchestration/routing');
	const configFile = join(folder, 'config.json');
	mkdirSync(folder, { recursive: true });
	// One attempt is one call, so that what reached the provider can be counted.
	const fallback = { enabled: false, maxAttempts: 1 };
	writeFileSync(configFile, JSON.stringify({ fallback, ...config }));
	const running = await openGateway({
		projectDirectory: project.path,
		environment: { HOME: project.path, ...environment },
		port: 0,
		simulated: { accesses: kinds.map((kind) => accessOf(kind, options.baseUrl ?? witness.url)), when: 'always' },
		watchConfig: false,
		onWarning: () => {},
	});
	const { url, port } = running;
	const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
		fetch(`${url}${path}`, {
			method: 'POST',
			headers: { 'content-type': 'application/json', ...headers },
			body: typeof body === 'string' ? body : JSON.stringify(body),
			redirect: 'manual',
		});
	return {
		project,
		configFile,
		running,
		witness,
		url,
		port,
		makeKey: async (change = {}) => {
			const { keys } = await running.gateway.runtime.system.storage();
			return await createKey(keys, { name: 'test', ...change }, Date.now());
		},
		post,
		chat: (headers, change = {}) => post('/v1/chat/completions', { ...CHAT, ...change }, headers),
		close: async () => {
			await running.close();
			await witness.close();
			project.remove();
		},
	};
}
