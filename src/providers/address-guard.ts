import { lookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { Agent, type Dispatcher, type RequestInit, fetch as undiciFetch } from 'undici';
import { InvalidConfigError, ProviderCallError } from '../errors/index.ts';
import { checkHost, checkResolvedAddress, parseHttpAddress } from '../util/index.ts';

/** Where calls may lead beside the internet and this machine. */
export interface AddressPolicy {
	/** Hosts in private networks, as they stand in URLs. @default none */
	allowedPrivateHosts?: readonly string[];
}

/** An address that calls must not lead to. `code` is what `connectionError` shows. */
class RefusedAddressError extends Error {
	override name = 'RefusedAddressError';
	readonly code = 'ADDRESS_REFUSED';
}

/** A deployment's address, as far as it can be judged before it is called. @throws InvalidConfigError */
export function parseBaseUrl(text: string, place: string, policy: AddressPolicy): URL {
	const url = parseHttpAddress(text);
	if (url === null) {
		const message = 'must be an http or https address without a user name, password, query or fragment';
		throw new InvalidConfigError([{ path: place, message }]);
	}
	const verdict = checkHost(url.hostname, policy.allowedPrivateHosts ?? []);
	if (verdict === 'allowed') return url;
	const message =
		verdict === 'private'
			? `leads into a private network. If that is meant, add "${url.hostname}" to gateway.allowedPrivateHosts`
			: `leads to ${url.hostname}, where no provider can be`;
	throw new InvalidConfigError([{ path: place, message }]);
}

/**
 * Resolves names as usual and refuses to connect where one of the internet leads into this machine, its network or a
 * metadata service: what DNS answers is judged at every connection, so a name cannot change its mind after a check.
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

/** Connections that lead only where calls may lead. */
export function createGuardedAgent(policy: AddressPolicy = {}): Agent {
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
	dispatcher: () => Dispatcher;
	/** Credentials that take the place of those the library sends; asked for before every call. */
	headers?: () => Promise<Readonly<Record<string, string>>>;
	/** Headers that are not sent. */
	without?: readonly string[];
}

function addressOf(input: Parameters<typeof fetch>[0]): string {
	return typeof input === 'string' ? input : input instanceof URL ? input.href : input.url;
}

function refusal(id: string, errorType: string, message: string): ProviderCallError {
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
		const address = addressOf(input);
		if (!URL.canParse(address) || new URL(address).origin !== origin) {
			throw refusal(id, 'address_refused', `${id} may call ${origin} only: another address was refused.`);
		}
		const headers = new Headers(init?.headers);
		for (const name of without) headers.delete(name);
		for (const [name, value] of Object.entries((await options.headers?.()) ?? {})) headers.set(name, value);
		const request = { ...init, headers: [...headers], redirect: 'manual', dispatcher: options.dispatcher() } as const;
		// undici's own types of what Node's globals are made of: the same objects under other names.
		const response = (await undiciFetch(address, request as RequestInit)) as unknown as Response;
		if (response.status >= 300 && response.status < 400) {
			await response.body?.cancel();
			throw refusal(id, 'redirect', `${id} answered ${response.status} with a redirect, which is never followed.`);
		}
		return response;
	};
}
