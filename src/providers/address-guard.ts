import { lookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import type { Agent, Dispatcher, RequestInit } from 'undici';
import { InvalidConfigError, ProviderCallError } from '../errors/index.ts';
import { checkHost, checkResolvedAddress, parseHttpAddress } from '../util/index.ts';

/** Where calls may lead beside the internet and this machine. */
export interface AddressPolicy {
	/** Hosts in private networks, as they stand in URLs. @default none */
	allowedPrivateHosts?: readonly string[] | undefined;
}

/** An address that calls must not lead to. `code` is what `createConnectionError` shows. */
class RefusedAddressError extends Error {
	override name = 'RefusedAddressError';
	readonly code = 'ADDRESS_REFUSED';
}

/** Why no provider may be called at a host, as far as its name tells; `null` where it may. */
export function describeForbiddenHost(hostname: string, allowedPrivateHosts: readonly string[] = []): string | null {
	const verdict = checkHost(hostname, allowedPrivateHosts);
	if (verdict === 'allowed') return null;
	return verdict === 'private'
		? `leads into a private network. If that is meant, add "${hostname}" to gateway.allowedPrivateHosts`
		: `leads to ${hostname}, where no provider can be: link-local, reserved and metadata addresses are never called`;
}

/** A deployment's address, checked as far as that is possible before it is called. @throws InvalidConfigError */
export function parseBaseUrl(text: string, path: string, policy: AddressPolicy): URL {
	const url = parseHttpAddress(text);
	const message =
		url === null
			? 'must be an http or https address without a user name, password, query or fragment'
			: describeForbiddenHost(url.hostname, policy.allowedPrivateHosts);
	if (url === null || message !== null) throw new InvalidConfigError([{ path, message: message ?? '' }]);
	return url;
}

/**
 * Resolves names as usual and refuses to connect where one of the internet leads into this machine, its network or a
 * metadata service: what DNS answers is checked at every connection, so a name cannot change its mind after a check.
 */
export function createGuardedLookup(policy: AddressPolicy = {}, resolve: typeof lookup = lookup): LookupFunction {
	const allowed = policy.allowedPrivateHosts ?? [];
	return (hostname, options, callback) => {
		resolve(hostname, { ...options, all: true }, (error, addresses) => {
			if (error !== null) return callback(error, '');
			const refused = addresses.find(({ address }) => checkResolvedAddress(hostname, address, allowed) !== 'allowed');
			const [first] = addresses;
			if (refused !== undefined || first === undefined) {
				const where = refused === undefined ? 'no address' : `${refused.address}, where calls must not lead`;
				const hint = 'If it is a server of yours, add its name to gateway.allowedPrivateHosts.';
				return callback(new RefusedAddressError(`${hostname} resolves to ${where}. ${hint}`), '');
			}
			if (options.all === true) callback(null, addresses);
			else callback(null, first.address, first.family);
		});
	};
}

/** Milliseconds a provider may think before its first byte; the attempt's own time is shorter as a rule. */
const HEADERS_TIMEOUT_MS = 900_000;
/** Largest answer, bytes. */
const MAX_RESPONSE_BYTES = 128 * 1024 * 1024;

/** Connections that lead only where calls may lead. undici is loaded here: most commands call nobody. */
export async function createGuardedAgent(policy: AddressPolicy = {}): Promise<Agent> {
	const { Agent } = await import('undici');
	return new Agent({
		connect: { lookup: createGuardedLookup(policy) },
		headersTimeout: HEADERS_TIMEOUT_MS,
		bodyTimeout: HEADERS_TIMEOUT_MS,
		maxResponseSize: MAX_RESPONSE_BYTES,
	});
}

/** What a client library may reach, and how. */
export interface GuardedFetchOptions {
	/** The deployment's id, for messages. */
	id: string;
	/** The only origin it may call. */
	origin: string;
	/** Makes the connections. */
	dispatcher: () => Dispatcher | Promise<Dispatcher>;
	/** Credentials that take the place of those the library sends; asked for before every call. */
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
		// undici's own types of what Node's globals are made of: the same objects under other names.
		const { fetch: undiciFetch } = await import('undici');
		const response = (await undiciFetch(address, request as RequestInit)) as unknown as Response;
		if (response.status >= 300 && response.status < 400) {
			await response.body?.cancel();
			throw createRefusal(
				id,
				'redirect',
				`${id} answered ${response.status} with a redirect, which is never followed.`,
			);
		}
		return response;
	};
}
