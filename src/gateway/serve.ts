import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { Socket } from 'node:net';
import type { GatewayConfig } from '../config/index.ts';
import { InvalidConfigError, RequestRefusedError } from '../errors/index.ts';
import { preloadUpstream } from '../providers/upstream/index.ts';
import type { Gateway, GatewayState } from './gateway-state.ts';

/** Connections that the operating system queues before they are accepted. */
const MAX_BACKLOG = 4096;
/** Milliseconds an idle connection of a caller is kept: longer than the common proxies' 60 s, so that they close first. */
const KEEP_ALIVE_MS = 65_000;
/** Milliseconds between two checks for requests that exceed their head or body timeout. */
const TIMEOUT_CHECK_INTERVAL_MS = 1_000;
/** Bytes of a request's head. */
const MAX_HEADER_BYTES = 32 * 1024;
/** Milliseconds between two checks for idle connections while draining. */
const DRAIN_CHECK_INTERVAL_MS = 50;
/** Milliseconds that aborted requests have to send their callers the reason. */
const ABORT_GRACE_MS = 2_000;
/** Milliseconds after which a caller may find another process here. */
const RESTART_RETRY_AFTER_MS = 5_000;

/** A gateway that listens. */
export interface RunningGateway {
	gateway: Gateway;
	/** e.g. `http://127.0.0.1:4141`. */
	url: string;
	port: number;
	/** Serves the requests from now on with another state; address and port stay. */
	configure(runtime: GatewayState): void;
	/**
	 * Stops listening, gives requests in flight `drainTimeoutMs` to end, aborts the rest (their callers get the reason),
	 * and ends the connections to providers. Idempotent. The routing system is closed by its owner.
	 */
	close(): Promise<void>;
}

/**
 * Listens for requests at the host and port of the gateway's configuration.
 * @throws InvalidConfigError for an address that cannot be listened at
 */
export async function serve(gateway: Gateway): Promise<RunningGateway> {
	const { config } = gateway.runtime;
	const { bodyTimeoutMs } = config.limits;
	const server = createServer(
		{
			keepAlive: true,
			noDelay: true,
			keepAliveTimeout: KEEP_ALIVE_MS,
			headersTimeout: bodyTimeoutMs,
			requestTimeout: bodyTimeoutMs,
			connectionsCheckingInterval: TIMEOUT_CHECK_INTERVAL_MS,
			maxHeaderSize: MAX_HEADER_BYTES,
		},
		gateway.handleRequest,
	);
	const closeSilentSockets = trackSilentSockets(server);
	await listen(server, config);
	preloadUpstream();
	const address = server.address();
	const port = typeof address === 'object' && address !== null ? address.port : config.port;
	const host = config.host.includes(':') ? `[${config.host}]` : config.host;
	const close = async (): Promise<void> => {
		await drain(server, gateway, closeSilentSockets);
		await gateway.settled();
		await gateway.close();
	};
	let closing: Promise<void> | null = null;
	return {
		gateway,
		url: `http://${host}:${port}`,
		port,
		configure: (runtime) => {
			gateway.configure(runtime);
			server.headersTimeout = runtime.config.limits.bodyTimeoutMs;
			server.requestTimeout = runtime.config.limits.bodyTimeoutMs;
		},
		close: () => {
			closing ??= close();
			return closing;
		},
	};
}

/** Tracks connections without a request yet: to Node they are not idle, and would keep the server from closing. */
function trackSilentSockets(server: Server): () => void {
	// As many as there are connections.
	const silent = new Set<Socket>();
	server.on('connection', (socket) => {
		silent.add(socket);
		socket.once('close', () => silent.delete(socket));
	});
	server.on('request', ({ socket }) => silent.delete(socket));
	return () => {
		for (const socket of silent) socket.destroy();
	};
}

async function drain(server: Server, gateway: Gateway, closeSilentSockets: () => void): Promise<void> {
	const { drainTimeoutMs } = gateway.runtime.config;
	gateway.stopAdmitting();
	const closed = once(server, 'close');
	server.close();
	server.closeIdleConnections();
	// A connection becomes idle when its request ends.
	const check = setInterval(() => {
		server.closeIdleConnections();
		closeSilentSockets();
	}, DRAIN_CHECK_INTERVAL_MS);
	const message =
		'This gateway was told to stop before the answer was complete. Ask again: another process may be here by then.';
	const reason = new RequestRefusedError('ROUTER_OVERLOADED', message, { retryAfterMs: RESTART_RETRY_AFTER_MS });
	const abort = setTimeout(() => gateway.abortAll(reason), drainTimeoutMs);
	const end = setTimeout(() => server.closeAllConnections(), drainTimeoutMs + ABORT_GRACE_MS);
	try {
		await closed;
	} finally {
		clearInterval(check);
		clearTimeout(abort);
		clearTimeout(end);
	}
}

/** Why an address cannot be listened at, and what to do. */
const LISTEN_PROBLEMS: Readonly<Record<string, string>> = {
	EADDRINUSE: 'is in use by another program: stop it, or choose another with --port (0 takes any free one)',
	EACCES: 'may not be used by this user: choose one from 1024 on with --port',
	EADDRNOTAVAIL: 'is at no address of this machine: set "gateway.host" to one of its own, such as 127.0.0.1',
	ENOTFOUND: 'is at a host that cannot be found: set "gateway.host" to an address of this machine',
};

/** @throws InvalidConfigError where the address cannot be listened at */
async function listen(server: Server, { host, port }: Pick<GatewayConfig, 'host' | 'port'>): Promise<void> {
	server.listen({ host, port, backlog: MAX_BACKLOG });
	try {
		await once(server, 'listening');
	} catch (error) {
		const code = error instanceof Error && 'code' in error ? String(error.code) : '';
		const problem = LISTEN_PROBLEMS[code];
		if (problem === undefined) throw error;
		throw new InvalidConfigError([{ path: 'gateway.port', message: `${port} on ${host} ${problem}` }]);
	}
}
