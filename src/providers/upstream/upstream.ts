import type { IncomingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import type { Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib';
import type { buildConnector, Dispatcher, Pool } from 'undici';
import type { Endpoint } from '../deployment.ts';

/** Origins with a connection pool; more would come from a broken configuration. */
const MAX_ORIGINS = 256;
/** Connections to one origin at most. */
const MAX_CONNECTIONS = 1024;
/** Milliseconds an idle connection is kept. */
const KEEP_ALIVE_MS = 30_000;

/** One call to a provider's endpoint. */
interface UpstreamCall {
	endpoint: Endpoint;
	/** Further headers; the endpoint's own win. */
	headers: Readonly<Record<string, string>>;
	/** Its bytes, each as a character. */
	body: string;
}

/** Callbacks of one call. None follows `onEnd` or `onError`. */
export interface UpstreamHandler {
	onHead(status: number, headers: IncomingHttpHeaders): void;
	onData(chunk: Buffer): void;
	onEnd(): void;
	onError(error: Error): void;
}

/** A call under way. */
export interface UpstreamRequest {
	/** Stops reading until `resume` (backpressure). */
	pause(): void;
	resume(): void;
	/** Ends the call; `onError` is called with the reason unless the call is over. */
	abort(reason: Error): void;
}

/** The part of undici that calls need, loaded for the first one: with all of undici a start takes 60 ms longer. */
function loadPool(): Promise<{ default: typeof Pool }> {
	return import('undici/lib/dispatcher/pool.js');
}

/** Loads what the first call needs, so that it need not wait. A failure is the first call's to report. */
export function preloadUpstream(): void {
	loadPool().catch(() => {});
}

/** How connections are made. */
interface UpstreamOptions {
	/** Passed to the connector, e.g. a `lookup` that refuses private addresses. */
	connect?: Pool.Options['connect'] | undefined;
}

/** What unpacks a body, by its encoding. Unpacked bodies are asked for; some servers and proxies pack them all the same. */
const UNPACKERS: Readonly<Record<string, () => Transform>> = {
	br: createBrotliDecompress,
	deflate: createInflate,
	gzip: createGunzip,
	'x-gzip': createGunzip,
	zstd: createZstdDecompress,
};

/** Bodies below are written into memory of their own: Node takes it from a pool. */
const MIN_POOLED_BYTES = 16 * 1024;
/** Longer bodies are written into memory of their own: they are rare. */
const MAX_POOLED_BYTES = 1024 * 1024;
/** Bytes of memory that waits to be used again. */
const MAX_IDLE_BYTES = 8 * 1024 * 1024;

/**
 * Memory for bodies that are sent, used again for the next: fresh memory for each costs more than to write it. It is used
 * again only when no connection has anything left to send, for a server may answer before it has read all of a body.
 */
class BodyMemory {
	readonly #sockets = new Set<Socket>();
	/** By size. */
	readonly #idle = new Map<number, Buffer[]>();
	#idleBytes = 0;

	/** Follows a connection that bodies are sent by. */
	follow(socket: Socket): void {
		this.#sockets.add(socket);
		socket.once('close', () => this.#sockets.delete(socket));
	}

	/** The body as bytes. */
	write(body: string): Buffer {
		if (body.length < MIN_POOLED_BYTES || body.length > MAX_POOLED_BYTES) return Buffer.from(body, 'latin1');
		const size = 2 ** Math.ceil(Math.log2(body.length));
		const idle = this.#idle.get(size)?.pop();
		if (idle !== undefined) this.#idleBytes -= size;
		const memory = idle ?? Buffer.allocUnsafeSlow(size);
		return memory.subarray(0, memory.write(body, 'latin1'));
	}

	/** The call is over for which the body was written. */
	release(body: Buffer): void {
		const size = body.buffer.byteLength;
		const isPooled = body.length >= MIN_POOLED_BYTES && body.length <= MAX_POOLED_BYTES;
		if (!isPooled || this.#idleBytes + size > MAX_IDLE_BYTES) return;
		for (const socket of this.#sockets) if (socket.writableLength > 0) return;
		const idle = this.#idle.get(size) ?? [];
		idle.push(Buffer.from(body.buffer));
		this.#idle.set(size, idle);
		this.#idleBytes += size;
	}
}

class Call implements UpstreamRequest, Dispatcher.DispatchHandler {
	readonly #handler: UpstreamHandler;
	#controller: Dispatcher.DispatchController | null = null;
	#aborted: Error | null = null;
	/** `null` for a body that came unpacked. */
	#unpacker: Transform | null = null;
	#isPaused = false;
	readonly #onAnswered: () => void;

	/** `onAnswered`: called when the answer has come to its end. */
	constructor(handler: UpstreamHandler, onAnswered: () => void) {
		this.#handler = handler;
		this.#onAnswered = onAnswered;
	}

	pause(): void {
		this.#isPaused = true;
		this.#unpacker?.pause();
		this.#controller?.pause();
	}

	resume(): void {
		this.#isPaused = false;
		this.#unpacker?.resume();
		this.#controller?.resume();
	}

	abort(reason: Error): void {
		this.#aborted = reason;
		this.#controller?.abort(reason);
	}

	onRequestStart(controller: Dispatcher.DispatchController): void {
		this.#controller = controller;
		if (this.#aborted !== null) controller.abort(this.#aborted);
	}

	onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
		if (status < 200) return;
		this.#unpacker = UNPACKERS[String(headers['content-encoding']).trim().toLowerCase()]?.() ?? null;
		this.#unpacker
			?.on('data', (chunk: Buffer) => this.#handler.onData(chunk))
			.once('end', () => this.#handler.onEnd())
			.once('error', (error) => this.#failUnpacking(error));
		this.#handler.onHead(status, headers);
	}

	onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
		if (this.#unpacker === null) this.#handler.onData(chunk);
		else if (!this.#unpacker.write(chunk)) this.#waitForUnpacker(this.#unpacker);
	}

	onResponseEnd(): void {
		this.#onAnswered();
		if (this.#unpacker === null) this.#handler.onEnd();
		else this.#unpacker.end();
	}

	onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
		if (this.#unpacker === null) this.#handler.onError(error);
		else this.#unpacker.destroy(error);
	}

	#waitForUnpacker(unpacker: Transform): void {
		this.#controller?.pause();
		unpacker.once('drain', () => {
			if (!this.#isPaused) this.#controller?.resume();
		});
	}

	/** A body that broke off, or that is not packed as its head says. */
	#failUnpacking(error: Error): void {
		this.#handler.onError(error);
		this.#controller?.abort(error);
	}
}

/**
 * Sends bytes to providers over kept connections. The handler watches the time: here a call may take as long as it
 * likes. A redirect is an answer like any other and is never followed.
 */
export class Upstream {
	readonly #pools = new Map<string, Pool>();
	readonly #connect: Pool.Options['connect'];
	readonly #memory: BodyMemory | null;

	constructor({ connect }: UpstreamOptions = {}) {
		this.#memory = typeof connect === 'function' ? new BodyMemory() : null;
		this.#connect = typeof connect === 'function' ? this.#follow(connect) : connect;
	}

	#follow(connect: buildConnector.connector): buildConnector.connector {
		return (target, callback) =>
			connect(target, (...[error, socket]) => {
				if (error !== null) return callback(error, null);
				this.#memory?.follow(socket);
				callback(null, socket);
			});
	}

	/** Waits only where the connection pool is not there yet. @throws RangeError for too many origins */
	send(
		{ endpoint, headers, body }: UpstreamCall,
		handler: UpstreamHandler,
	): UpstreamRequest | Promise<UpstreamRequest> {
		const memory = this.#memory;
		const bytes = memory?.write(body) ?? Buffer.from(body, 'latin1');
		const call = new Call(handler, () => memory?.release(bytes));
		const options = {
			method: 'POST',
			path: endpoint.path,
			headers: { ...headers, ...endpoint.headers, 'content-type': 'application/json', 'accept-encoding': 'identity' },
			body: bytes,
		} as const;
		const dispatch = (pool: Pool): UpstreamRequest => {
			pool.dispatch(options, call);
			return call;
		};
		const pool = this.#pools.get(endpoint.origin);
		return pool === undefined ? this.#openPool(endpoint.origin).then(dispatch) : dispatch(pool);
	}

	/** Ends every connection. */
	async close(): Promise<void> {
		const pools = [...this.#pools.values()];
		this.#pools.clear();
		await Promise.all(pools.map((pool) => pool.destroy()));
	}

	async #openPool(origin: string): Promise<Pool> {
		const { default: Pool } = await loadPool();
		// another call to the same origin may have waited, too
		const known = this.#pools.get(origin);
		if (known !== undefined) return known;
		if (this.#pools.size >= MAX_ORIGINS)
			throw new RangeError(`More than ${MAX_ORIGINS} provider addresses are in use.`);
		const pool = new Pool(origin, {
			connections: MAX_CONNECTIONS,
			pipelining: 1,
			keepAliveTimeout: KEEP_ALIVE_MS,
			headersTimeout: 0,
			bodyTimeout: 0,
			...(this.#connect && { connect: this.#connect }),
		});
		this.#pools.set(origin, pool);
		return pool;
	}
}
