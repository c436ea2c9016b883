import { type OpenGateway, openGateway } from '../../src/gateway.ts';
import type { DeploymentAccess } from '../../src/providers/index.ts';
import { writeProjectConfig } from './open-test-gateway.ts';
import { type ProviderWitness, startProviderWitness } from './provider-witness.ts';
import { createTemporaryProject, type TemporaryProject } from './temporary-project.ts';

export const CLAUDE_TOKEN = 'sk-ant-oat01-canary-of-a-claude-plan-7f2c91';
export const CHATGPT_TOKEN = 'eyJhbGciOiJub25lIn0.eyJjYW5hcnkiOiJjaGF0Z3B0In0.c2lnbmF0dXJl';
export const ACCOUNT = 'acct-canary-0042';
/** The key that every deployment without a login is called with. */
export const OWN_KEY = 'own-key-of-the-gateway-123456';

/** What Claude Code sends with the login of a plan. */
export const CLAUDE: Record<'authorization' | 'anthropic-beta' | 'user-agent' | 'x-app' | 'cookie', string> = {
	authorization: `Bearer ${CLAUDE_TOKEN}`,
	'anthropic-beta': 'oauth-2025-04-20,claude-code-20250219',
	'user-agent': 'claude-cli/2.1.0',
	'x-app': 'cli',
	cookie: 'session=never-passed-on',
};
/** What Codex sends with the login of a plan. */
export const CODEX: Record<'authorization' | 'chatgpt-account-id' | 'originator', string> = {
	authorization: `Bearer ${CHATGPT_TOKEN}`,
	'chatgpt-account-id': ACCOUNT,
	originator: 'codex_cli_rs',
};
export const MESSAGE: { model: string; max_tokens: number; messages: object[] } = {
	model: 'haiku',
	max_tokens: 20,
	messages: [{ role: 'user', content: 'Say hello.' }],
};

/** A gateway that passes logins on. */
export interface LoginGateway {
	project: TemporaryProject;
	/** Stands in the place of the login's own provider. */
	own: ProviderWitness;
	/** Every other provider, called with keys of the gateway. */
	other: ProviderWitness;
	/** A deployment that is called with logins. */
	login(kind: 'anthropic' | 'openai'): DeploymentAccess;
	/** A deployment that is called with `OWN_KEY`. */
	keyed(kind: 'anthropic' | 'openai' | 'google'): DeploymentAccess;
	/** Opens it, once in a test. */
	open(accesses: readonly DeploymentAccess[], config?: object): Promise<OpenGateway>;
	post(
		path: string,
		body: object,
		headers: Record<string, string>,
	): Promise<{ status: number; headers: Headers; text: string }>;
	close(): Promise<void>;
}

/** Makes the project and the two providers; the gateway is opened by the test. */
export async function createLoginGateway(): Promise<LoginGateway> {
	const project = createTemporaryProject();
	const [own, other] = await Promise.all([startProviderWitness(), startProviderWitness()]);
	let running: OpenGateway | null = null;
	return {
		project,
		own,
		other,
		login: (kind) => ({
			id: `${kind}-plan`,
			kind,
			credential: `passthrough:${kind}-plan`,
			auth: 'passthrough',
			baseUrl: own.url,
			provider: kind,
			models: {},
			priority: 50,
		}),
		keyed: (kind) => ({
			id: `${kind}-key`,
			kind,
			credential: `env:${kind}`,
			auth: 'api-key',
			apiKey: OWN_KEY,
			baseUrl: kind === 'openai' ? `${other.url}/v1` : other.url,
			provider: kind,
			models: {},
			priority: 100,
		}),
		async open(accesses, config = {}) {
			writeProjectConfig(project, { log: { level: 'debug' }, ...config });
			running = await openGateway({
				projectDirectory: project.path,
				environment: { HOME: project.path },
				port: 0,
				simulated: { accesses, when: 'always' },
				watchConfig: false,
				onWarning: () => {},
			});
			return running;
		},
		async post(path, body, headers) {
			const response = await fetch(`${running?.url}${path}`, {
				method: 'POST',
				headers: { 'content-type': 'application/json', ...headers },
				body: JSON.stringify(body),
				redirect: 'manual',
			});
			return { status: response.status, headers: response.headers, text: await response.text() };
		},
		async close() {
			await running?.close();
			await Promise.all([own.close(), other.close()]);
			project.remove();
		},
	};
}

/** The headers of a request that a provider was sent. */
export function headersOf(witness: ProviderWitness, at = 0): Record<string, string> {
	return Object.fromEntries(witness.requests[at]?.headers ?? []);
}
