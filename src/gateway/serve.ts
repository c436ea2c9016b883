import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { InvalidConfigError, RequestRefusedError } from '../errors/index.ts';
import { Gateway, type GatewayPorts } from './create-gateway.ts';
import type { GatewayState } from './gateway-state.ts';
import { requireKeysBeyondLoopback } from './request/guard-request.ts';

/** Connections that wait to be taken, at most. */
const BACKLOG = 4096;
/** Milliseconds an idle connection of a caller is kept: longer than the common proxies' 60 s, so that they close first. */
const KEEP_ALIVE_MS = 65_000;
/** Milliseconds between two looks at slow requests. */
const SLOW_CHECK_MS = 1_000;
/** Bytes of a request's head. */
const MAX_HEAD_BYTES = 32 * 1024;
/** Milliseconds between two looks for connections whose request has ended, while it stops. */
const SWEEP_MS = 50;
/** Milliseconds that requests which were cut are given to tell their callers so. */
const LAST_WORDS_MS = 2_000;
/** Milliseconds after which a caller may find another process here. */
const RESTART_MS = 5_000;

/** A gateway that listens. */
export interface RunningGateway {
	gateway: Gateway;
	/** e.g. `http://127.0.0.1:4141`. */
	url: string;
	port: number;
	/** Serves what comes from now on with another runtime; address and port stay as they are. */
	configure(runtime: GatewayState): void;
	/**
	 * Stops listening, lets requests under way end within the configured time, cuts the rest (their callers are told),
	 * and writes what waits. Idempotent.
	 */
	close(): Promise<void>;
}

function cutRequests(): RequestRefusedError {
	return new RequestRefusedError(
		'ROUTER_OVERLOADED',
		'This gateway was told to stop before the answer was complete. Ask again: another process may be here by then.',
		{ retryAfterMs: RESTART_MS },
	);
}

/** Connections on which nothing has been asked yet: for Node they are not idle, and would hold up the end. */
function watchUnasked(server: Server): () => void {
	// As many as there are connections.
	const unasked = new Set<Socket>();
	server.on('connection', (socket) => {
		unasked.add(socket);
		socket.once('close', () => unasked.delete(socket));
	});
	server.on('request', ({ socket }) => unasked.delete(socket));
	return () => {
		for (const socket of unasked) socket.destroy();
	};
}

async function drain(server: Server, gateway: Gateway, closeUnasked: () => void): Promise<void> {
	const { drainTimeoutMs } = gateway.runtime.config;
	gateway.queue.close();
	const closed = once(server, 'close');
	server.close();
	server.closeIdleConnections();
	// A connection whose request has just ended is idle from then on.
	const sweep = setInterval(() => {
		server.closeIdleConnections();
		closeUnasked();
	}, SWEEP_MS);
	const cut = setTimeout(() => gateway.inFlightRequests.abortAll(cutRequests()), drainTimeoutMs);
	const end = setTimeout(() => server.closeAllConnections(), drainTimeoutMs + LAST_WORDS_MS);
	try {
		await closed;
	} finally {
		clearInterval(sweep);
		clearTimeout(cut);
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
async function listen(server: Server, { host, port }: GatewayPorts['runtime']['config']): Promise<void> {
	server.listen({ host, port, backlog: BACKLOG });
	try {
		await once(server, 'listening');
	} catch (error) {
		const code = error instanceof Error && 'code' in error ? String(error.code) : '';
		const problem = LISTEN_PROBLEMS[code];
		if (problem === undefined) throw error;
		throw new InvalidConfigError([{ path: 'gateway.port', message: `${port} on ${host} ${problem}` }]);
	}
}

/** Listens for requests. @throws InvalidConfigError for a wide binding without keys or an address that cannot be listened at */
export async function serve(ports: GatewayPorts): Promise<RunningGateway> {
	const { config } = ports.runtime;
	requireKeysBeyondLoopback(config);
	const gateway = new Gateway(ports);
	const { bodyTimeoutMs } = config.limits;
	const server = createServer(
		{
			keepAlive: true,
			noDelay: true,
			keepAliveTimeout: KEEP_ALIVE_MS,
			headersTimeout: bodyTimeoutMs,
			requestTimeout: bodyTimeoutMs,
			connectionsCheckingInterval: SLOW_CHECK_MS,
			maxHeaderSize: MAX_HEAD_BYTES,
		},
		gateway.handleRequest,
	);
	const closeUnasked = watchUnasked(server);
	await listen(server, config);
	const address = server.address();
	const port = typeof address === 'object' && address !== null ? address.port : config.port;
	let closing: Promise<void> | null = null;
	const close = async (): Promise<void> => {
		await drain(server, gateway, closeUnasked);
		await gateway.settled();
		await ports.upstream.close();
		gateway.metrics.close();
	};
	const configure = (runtime: GatewayState): void => {
		gateway.configure(runtime);
		server.headersTimeout = runtime.config.limits.bodyTimeoutMs;
		server.requestTimeout = runtime.config.limits.bodyTimeoutMs;
	};
	const host = config.host.includes(':') ? `[${config.host}]` : config.host;
	return {
		gateway,
		configure,
		url: `http://${host}:${port}`,
		port,
		close: () => {
			closing ??= close();
			return closing;
		},
	};
}
