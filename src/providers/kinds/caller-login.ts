import type { IncomingHttpHeaders } from 'node:http';
import { InvalidConfigError } from '../../errors/index.ts';
import type { Deployment, DeploymentAccess } from '../deployment.ts';

/** How clients of one provider send the login of a subscription. */
export interface CallerLoginRule {
	/** The credential as the client sent it, and what its provider knows the client by; `null` where there is none of this provider. */
	read(headers: IncomingHttpHeaders): Record<string, string> | null;
	/** Of these, the headers that are secret. */
	secrets: readonly string[];
}

function pick(headers: IncomingHttpHeaders, names: readonly string[]): Record<string, string> {
	return Object.fromEntries(
		names.flatMap((name) => {
			const value = headers[name];
			return typeof value === 'string' && value !== '' ? [[name, value]] : [];
		}),
	);
}

/** Anthropic's own credentials, which no other provider's look like: `sk-ant-oat…` of a Claude plan, `sk-ant-api…`. */
const ANTHROPIC_TOKEN = /^(?:Bearer +)?sk-ant-[\w-]{8,}$/i;

/** A Claude plan: Claude Code sends its OAuth token as a bearer token and says so in `anthropic-beta`. */
export const CLAUDE_LOGIN: CallerLoginRule = {
	read(headers) {
		const found = pick(headers, ['authorization', 'x-api-key']);
		const own = Object.entries(found).filter(([, value]) => ANTHROPIC_TOKEN.test(value));
		return own.length === 0 ? null : { ...pick(headers, ['user-agent', 'x-app']), ...Object.fromEntries(own) };
	},
	secrets: ['authorization', 'x-api-key'],
};

/** A ChatGPT plan: Codex sends a signed token (JWT), and the account it is for. */
const CHATGPT_TOKEN = /^Bearer +eyJ[\w-]+\.[\w-]+\.[\w-]+$/i;

/** Source: https://github.com/openai/codex (codex-rs/core and codex-rs/login), read 2026-11-29. */
export const CHATGPT_LOGIN: CallerLoginRule = {
	read(headers) {
		const own = pick(headers, ['authorization', 'chatgpt-account-id']);
		if (own['chatgpt-account-id'] === undefined || !CHATGPT_TOKEN.test(own['authorization'] ?? '')) return null;
		return { ...pick(headers, ['user-agent', 'originator', 'version', 'session_id', 'conversation_id']), ...own };
	},
	secrets: ['authorization', 'chatgpt-account-id'],
};

/** Where the clients of ChatGPT's plans are served. */
export const CHATGPT_ADDRESS = 'https://chatgpt.com/backend-api/codex';

/**
 * A deployment that is called with the login of each request's own client, and with nothing else. Only what `login.bind`
 * makes of it, for one request, can be called; it is dropped with the request.
 */
export function createLoginDeployment(base: Deployment, rule: CallerLoginRule): Deployment {
	const shared: Deployment = {
		...base,
		isCallersLogin: true,
		async languageModel() {
			const message = 'is called with the login of a client of the gateway only, in that client’s own format';
			throw new InvalidConfigError([{ path: `deployments "${base.id}"`, message }]);
		},
	};
	return {
		...shared,
		endpoint: () => null,
		login: {
			bind({ format, headers }) {
				const login = base.formats.includes(format) ? rule.read(headers) : null;
				return login === null ? null : bindLogin(shared, login, rule);
			},
		},
	};
}

function bindLogin(deployment: Deployment, login: Record<string, string>, { secrets }: CallerLoginRule): Deployment {
	// the header's value, and the token alone
	const masked = secrets.flatMap((name) => {
		const value = login[name];
		return value === undefined ? [] : [value, value.replace(/^Bearer +/i, '')];
	});
	return {
		...deployment,
		redact: (text) =>
			masked.reduce((redacted, secret) => redacted.replaceAll(secret, '[masked]'), deployment.redact(text)),
		endpoint(call) {
			const resolved = deployment.endpoint(call);
			// deployments with a login know their addresses at once
			if (resolved === null || resolved instanceof Promise) return null;
			return { ...resolved, headers: { ...resolved.headers, ...login } };
		},
	};
}

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/** Refuses to pass a login on to anybody but its provider; a server on this machine may stand in its place, for tests. @throws InvalidConfigError */
export function requireOwnAddress({ baseUrl, id }: Pick<DeploymentAccess, 'baseUrl' | 'id'>): void {
	if (baseUrl === undefined || (URL.canParse(baseUrl) && LOOPBACK.test(new URL(baseUrl).hostname))) return;
	const message = 'must be left out: a login is passed on to its own provider only';
	throw new InvalidConfigError([{ path: `deployments "${id}".baseUrl`, message }]);
}
