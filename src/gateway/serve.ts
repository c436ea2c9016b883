import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { InvalidConfigError } from '../errors/index.ts';
import { Gateway, type GatewayPorts } from './gateway.ts';
import { isLoopback } from './guard-request.ts';

/** Connections that wait to be taken, at most. */
const BACKLOG = 4096;
/** Milliseconds an idle connection of a caller is kept: longer than the common proxies' 60 s, so that they close first. */
const KEEP_ALIVE_MS = 65_000;
/** Milliseconds between two looks at slow requests. */
const SLOW_CHECK_MS = 1_000;
/** Bytes of a request's head. */
const MAX_HEAD_BYTES = 32 * 1024;

/** A gateway that listens. */
export interface RunningGateway {
	gateway: Gateway;
	/** e.g. `http://127.0.0.1:4141`. */
	url: string;
	port: number;
	/**
	 * Stops listening, lets requests under way end within the configured time, cuts the rest, and writes what waits.
	 * Idempotent.
	 */
	close(): Promise<void>;
}

/** @throws InvalidConfigError for an address that other machines reach, without keys */
function requireKeysWhenWide({ host, requireKey }: GatewayPorts['runtime']['config']): void {
	if (isLoopback(host) || requireKey) return;
	throw new InvalidConfigError([
		{
			path: 'gateway.host',
			message: `is ${host}, which other machines reach, and no key is required: set "gateway.requireKey" to true, make keys with \`switchyard keys create\`, or listen on 127.0.0.1`,
		},
	]);
}

async function drain(server: Server, gateway: Gateway): Promise<void> {
	const { drainTimeoutMs } = gateway.runtime.config;
	gateway.queue.close();
	const closed = once(server, 'close');
	server.close();
	server.closeIdleConnections();
	// A connection whose request has just ended is idle from then on.
	const sweep = setInterval(() => server.closeIdleConnections(), 50);
	const cut = setTimeout(() => server.closeAllConnections(), drainTimeoutMs);
	try {
		await closed;
	} finally {
		clearInterval(sweep);
		clearTimeout(cut);
	}
}

/** Listens for requests. @throws InvalidConfigError for a wide binding without keys; the system's error when the port is taken */
export async function serveGateway(ports: GatewayPorts): Promise<RunningGateway> {
	const { config } = ports.runtime;
	requireKeysWhenWide(config);
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
		gateway.listen,
	);
	server.listen({ host: config.host, port: config.port, backlog: BACKLOG });
	await once(server, 'listening');
	const address = server.address();
	const port = typeof address === 'object' && address !== null ? address.port : config.port;
	let closing: Promise<void> | null = null;
	const close = async (): Promise<void> => {
		await drain(server, gateway);
		await gateway.settled();
		await ports.upstream.close();
	};
	const host = config.host.includes(':') ? `[${config.host}]` : config.host;
	return {
		gateway,
		url: `http://${host}:${port}`,
		port,
		close: () => {
			closing ??= close();
			return closing;
		},
	};
}
