import { Agent, type Dispatcher, type RequestInit, fetch as undiciFetch } from 'undici';
import { ProviderCallError } from '../errors/index.ts';
import { isObject } from '../util/index.ts';
import type { AddressPolicy } from './address-guard.ts';
import { createConnector } from './connector.ts';
import { parseStreamError } from './errors.ts';

/** Milliseconds until the first byte, and between bytes; the attempt's own timeout is usually shorter. */
const HEADERS_TIMEOUT_MS = 900_000;
/** Largest answer, bytes. */
const MAX_RESPONSE_BYTES = 128 * 1024 * 1024;

/** Connections to allowed addresses only, by way of the policy's proxy where one is meant for them. */
export function createGuardedAgent(policy: AddressPolicy = {}): Agent {
	return new Agent({
		connect: createConnector(() => policy),
		headersTimeout: HEADERS_TIMEOUT_MS,
		bodyTimeout: HEADERS_TIMEOUT_MS,
		maxResponseSize: MAX_RESPONSE_BYTES,
	});
}

/** Which origin a client library may call, and how. */
interface GuardedFetchOptions {
	/** The deployment's id, for messages. */
	id: string;
	/** The only origin it may call. */
	origin: string;
	/** Makes the connections. */
	dispatcher: () => Dispatcher | Promise<Dispatcher>;
	/** Credentials in place of those the library sends; called before every request. */
	headers?: (() => Promise<Readonly<Record<string, string>>>) | undefined;
	/** Headers that are not sent. */
	without?: readonly string[];
}

function getAddress(input: Parameters<typeof fetch>[0]): string {
	return typeof input === 'string' ? input : input instanceof URL ? input.href : input.url;
}

function createRefusal(id: string, errorType: string, message: string): ProviderCallError {
	const unknown = { status: 502, retryAfterMs: null, requestId: null };
	return new ProviderCallError(message, { provider: id, model: '', errorType, ...unknown });
}

/**
 * A `fetch` for client libraries: it calls one origin, follows no redirect, and connects through the guard. Whatever a
 * library would fetch beside that (a file a request names, say) is refused.
 */
export function createGuardedFetch(options: GuardedFetchOptions): typeof fetch {
	const { id, origin, without = [] } = options;
	return async (input, init) => {
		const address = getAddress(input);
		if (!URL.canParse(address) || new URL(address).origin !== origin) {
			throw createRefusal(id, 'address_refused', `${id} may call ${origin} only: another address was refused.`);
		}
		const headers = new Headers(init?.headers);
		for (const name of without) headers.delete(name);
		for (const [name, value] of Object.entries((await options.headers?.()) ?? {})) headers.set(name, value);
		const request = {
			...init,
			headers: [...headers],
			redirect: 'manual',
			dispatcher: await options.dispatcher(),
		} as const;
		// undici has its own types for the classes behind Node's globals.
		const response = (await undiciFetch(address, request as RequestInit)) as unknown as Response;
		if (response.status >= 300 && response.status < 400) {
			await response.body?.cancel();
			const message = `${id} answered ${response.status} with a redirect, which is never followed.`;
			throw createRefusal(id, 'redirect', message);
		}
		return response.ok && isStreamCall(address, init?.body) ? await withErrorStatus(response) : response;
	};
}

/** Whether a library asks for a stream: Google and Amazon say so in the address, the others in the body. */
function isStreamCall(address: string, body: unknown): boolean {
	return /:stream|-stream$/i.test(address) || (typeof body === 'string' && /"stream":\s*true/.test(body));
}

/**
 * Servers that answer JSON with a status of success in place of a stream mean an error by it, which a library would read
 * as a stream without events: it gets the status that its words mean.
 */
async function withErrorStatus(response: Response): Promise<Response> {
	if (!/\bjson\b/i.test(response.headers.get('content-type') ?? '')) return response;
	const text = await response.text();
	const { headers, status } = response;
	return new Response(text, { headers, status: getErrorStatus(text) ?? status });
}

function getErrorStatus(text: string): number | null {
	try {
		const body: unknown = JSON.parse(text);
		const isError = isObject(body) && (body['error'] ?? null) !== null;
		return isError ? parseStreamError(body, { provider: '', model: '' }).status : null;
	} catch {
		// whatever it is, the library will say so
		return null;
	}
}
