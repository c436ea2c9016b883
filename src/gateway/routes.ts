import type { WireFormatName } from '../contracts/index.ts';
import { findHiddenCharacter } from '../util/index.ts';

/** What a request asks for, by method and path. */
export type GatewayRoute =
	| { kind: 'generate'; format: WireFormatName; path: { model?: string; isStream?: boolean } }
	| { kind: 'count-tokens'; format: WireFormatName; model: string | null }
	| { kind: 'embeddings' }
	| { kind: 'models'; id: string | null }
	| { kind: 'feedback' }
	| { kind: 'decision'; id: string }
	| { kind: 'health' }
	| { kind: 'ready' }
	| { kind: 'metrics' }
	| { kind: 'admin' }
	| { kind: 'dashboard' };

const POST_ROUTES: Readonly<Record<string, GatewayRoute>> = {
	'/v1/chat/completions': { kind: 'generate', format: 'openai-chat', path: {} },
	'/v1/responses': { kind: 'generate', format: 'openai-responses', path: {} },
	'/v1/messages': { kind: 'generate', format: 'anthropic-messages', path: {} },
	'/v1/messages/count_tokens': { kind: 'count-tokens', format: 'anthropic-messages', model: null },
	'/v1/embeddings': { kind: 'embeddings' },
	'/v1/feedback': { kind: 'feedback' },
};

const GET_ROUTES: Readonly<Record<string, GatewayRoute>> = {
	'/v1/models': { kind: 'models', id: null },
	'/v1beta/models': { kind: 'models', id: null },
	'/healthz': { kind: 'health' },
	'/readyz': { kind: 'ready' },
	'/metrics': { kind: 'metrics' },
	'/dashboard': { kind: 'dashboard' },
};

/** The routes that answer a request by a model. */
export const GENERATION_ROUTES: readonly string[] = [
	'POST /v1/chat/completions',
	'POST /v1/responses',
	'POST /v1/messages',
	'POST /v1/embeddings',
	'POST /v1beta/models/{model}:generateContent',
];

/** Every route for callers, `{model}` for a model's name; the reference and its test go by it. */
export const ROUTES: readonly string[] = [
	...Object.keys(POST_ROUTES).map((path) => `POST ${path}`),
	...Object.keys(GET_ROUTES).map((path) => `GET ${path}`),
	'GET /v1/decisions/{id}',
	'GET /v1/models/{model}',
	'GET /v1beta/models/{model}',
	'POST /v1beta/models/{model}:generateContent',
	'POST /v1beta/models/{model}:streamGenerateContent',
	'POST /v1beta/models/{model}:countTokens',
];

/** A model's name may hold a colon (`auto:cheap`): the verb follows the last one. */
const GEMINI_PATH = /^\/v1(?:beta|alpha)?\/models\/([^/]{1,200}):(generateContent|streamGenerateContent|countTokens)$/;
const DECISION_PATH = /^\/v1\/decisions\/([^/]{1,100})$/;
const MODEL_PATH = /^\/v1(?:beta)?\/models\/(.{1,200})$/;

function decodeName(name: string): string | null {
	try {
		const decoded = decodeURIComponent(name);
		return findHiddenCharacter(decoded) === null ? decoded : null;
	} catch {
		// A % without two digits is no encoding, and no model's name.
		return null;
	}
}

function parseGeminiRoute(path: string): GatewayRoute | null {
	const [, encoded = '', verb] = GEMINI_PATH.exec(path) ?? [];
	const model = decodeName(encoded);
	if (verb === undefined || model === null) return null;
	if (verb === 'countTokens') return { kind: 'count-tokens', format: 'gemini', model };
	return { kind: 'generate', format: 'gemini', path: { model, isStream: verb === 'streamGenerateContent' } };
}

function parseModelRoute(path: string): GatewayRoute | null {
	// a verb is no part of a model's name
	if (GEMINI_PATH.test(path)) return null;
	const id = decodeName(MODEL_PATH.exec(path)?.[1] ?? '');
	return id === null || id === '' ? null : { kind: 'models', id };
}

/** Letters that every reader takes for themselves: an encoded, doubled or dotted part could lead elsewhere behind the check of a key. */
const ADMIN_PATH = /^\/admin(?:\/[\w-]+)*$/;

/** Below the dashboard: its files, its views, and where a browser signs in. Names of models are parts of it as browsers encode them. */
const DASHBOARD_PATH = /^\/dashboard(?:\/(?!\.{1,2}(?:\/|$))[\w.~!*'()%-]*)*$/;

/** The route of a method and path; `null` when there is none. A HEAD is answered as its GET, without the body. */
export function matchRoute(method: string, path: string): GatewayRoute | null {
	if (ADMIN_PATH.test(path)) return { kind: 'admin' };
	if (DASHBOARD_PATH.test(path) && (method !== 'POST' || path !== '/dashboard')) return { kind: 'dashboard' };
	if (method === 'POST')
		return (Object.hasOwn(POST_ROUTES, path) ? POST_ROUTES[path] : undefined) ?? parseGeminiRoute(path);
	if (method !== 'GET' && method !== 'HEAD') return null;
	const id = DECISION_PATH.exec(path)?.[1];
	if (id !== undefined) return { kind: 'decision', id };
	// Google's newest features are asked for under v1alpha; the models are the same.
	const known = path.replace(/^\/v1alpha\//, '/v1beta/');
	return (Object.hasOwn(GET_ROUTES, known) ? GET_ROUTES[known] : undefined) ?? parseModelRoute(known);
}

/** The methods that a path of callers takes; none where it has no route. */
export function listMethods(path: string): string[] {
	return ['GET', 'HEAD', 'POST'].filter((method) => matchRoute(method, path) !== null);
}

/** Routes for callers; the others are for whoever runs the gateway. */
export type AnsweredRoute = Exclude<GatewayRoute, { kind: 'health' | 'ready' | 'metrics' | 'admin' | 'dashboard' }>;

/** The path of an address, and what follows it from the question mark on. */
export function splitAddress(url: string): [path: string, search: string] {
	const at = url.indexOf('?');
	return at === -1 ? [url, ''] : [url.slice(0, at), url.slice(at)];
}
