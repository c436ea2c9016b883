import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Socket } from 'node:net';
import type { Agent, buildConnector, RequestInit } from 'undici';
import {
	type AddressPolicy,
	createGuardedLookup,
	describeForbiddenHost,
	RefusedAddressError,
} from './address-guard.ts';
import { getAddressRange } from './address-range.ts';
import { findProxy, type ProxySettings } from './proxy.ts';

/** Milliseconds until a proxy must have opened the way to a provider. */
const PROXY_TIMEOUT_MS = 10_000;

/** A proxy that did not open the way to a host. `code` is what `createConnectionError` shows. */
class ProxyError extends Error {
	override name = 'ProxyError';
	readonly code: string;

	constructor(message: string, options?: { code?: string | undefined; cause?: unknown }) {
		super(message, { cause: options?.cause });
		this.code = options?.code ?? 'PROXY_REFUSED';
	}
}

/**
 * Makes the connections of undici's pools and agents: directly, to allowed addresses only, or by way of the proxy that the
 * policy names, which resolves the name itself. The policy in force is asked for with each connection.
 */
export function createConnector(getPolicy: () => AddressPolicy): buildConnector.connector {
	let connect: Promise<buildConnector.connector> | null = null;
	const load = async (): Promise<buildConnector.connector> => {
		const { default: build } = await import('undici/lib/core/connect.js');
		return build({
			lookup: (hostname, options, callback) => createGuardedLookup(getPolicy())(hostname, options, callback),
		});
	};
	return (target, callback) => {
		connect ??= load();
		connect
			.then(async (connectDirectly) => {
				const policy = getPolicy();
				const proxy = findProxy(target, policy);
				if (proxy === null) return connectDirectly(target, callback);
				rejectUncheckable(target.hostname, policy);
				const tunnel = await openTunnel(proxy, target);
				if (target.protocol === 'https:') connectDirectly({ ...target, httpSocket: tunnel }, callback);
				else callback(null, tunnel);
			})
			.catch((error: unknown) => callback(error instanceof Error ? error : new Error(String(error)), null));
	};
}

/** @throws RefusedAddressError for a host that must not be called by way of a proxy */
function rejectUncheckable(hostname: string, policy: AddressPolicy): void {
	const forbidden = describeForbiddenHost(hostname, policy.allowedPrivateHosts);
	if (forbidden !== null) throw new RefusedAddressError(`${hostname} ${forbidden}.`);
	if (getAddressRange(hostname) !== null)
		throw new RefusedAddressError(
			`${hostname} is an address, not a name: it is not called through a proxy. ${NO_PROXY_HINT}`,
		);
}

const NO_PROXY_HINT = 'Add it to NO_PROXY to call it directly.';

/** A connection to the target through the proxy (RFC 9110, CONNECT), for `http:` addresses too. */
function openTunnel(proxy: URL, { hostname, port, protocol }: buildConnector.Options): Promise<Socket> {
	const { promise, resolve, reject } = Promise.withResolvers<Socket>();
	const authority = `${hostname}:${port || (protocol === 'https:' ? '443' : '80')}`;
	const isSecure = proxy.protocol === 'https:';
	const asked = (isSecure ? requestHttps : requestHttp)({
		method: 'CONNECT',
		host: proxy.hostname.replace(/^\[|\]$/g, ''),
		port: proxy.port || (isSecure ? 443 : 80),
		path: authority,
		headers: { host: authority, ...createProxyCredentials(proxy) },
		agent: false,
		timeout: PROXY_TIMEOUT_MS,
	});
	asked.once('connect', ({ statusCode = 0 }, socket: Socket, head: Buffer) => {
		if (statusCode < 200 || statusCode > 299) {
			socket.destroy();
			return reject(new ProxyError(`the proxy answered ${statusCode}`));
		}
		socket.setTimeout(0);
		if (head.length > 0) socket.unshift(head);
		resolve(socket);
	});
	asked.once('timeout', () =>
		asked.destroy(new ProxyError('the proxy did not answer', { code: 'UND_ERR_CONNECT_TIMEOUT' })),
	);
	asked.once('error', (cause: NodeJS.ErrnoException) => {
		reject(
			cause instanceof ProxyError
				? cause
				: new ProxyError('the proxy could not be reached', { code: cause.code, cause }),
		);
	});
	asked.end();
	return promise;
}

function createProxyCredentials({ password, username }: URL): Record<string, string> {
	if (username === '' && password === '') return {};
	const credentials = `${decodePercents(username)}:${decodePercents(password)}`;
	return { 'proxy-authorization': `Basic ${Buffer.from(credentials).toString('base64')}` };
}

/** What is percent-encoded, decoded; a % that begins no character stands for itself, as in a password that was pasted. */
function decodePercents(text: string): string {
	return text.replace(/(?:%[0-9a-f]{2})+/gi, (encoded) => {
		try {
			return decodeURIComponent(encoded);
		} catch {
			return encoded;
		}
	});
}

/** `fetch` by way of the proxy that is meant for an address; where none is, Node's own. */
export function createProxyFetch(proxy: ProxySettings): typeof fetch {
	let agent: Agent | null = null;
	return async (input, init) => {
		const url = new URL(input instanceof Request ? input.url : input);
		if (findProxy(url, { proxy }) === null) return await fetch(input, init);
		const undici = await import('undici');
		agent ??= new undici.Agent({ connect: createConnector(() => ({ proxy })) });
		// undici has its own types for the classes behind Node's globals.
		const request = { ...init, dispatcher: agent } as RequestInit;
		return (await undici.fetch(url, request)) as unknown as Response;
	};
}
