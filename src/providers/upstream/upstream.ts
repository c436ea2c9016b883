import type { IncomingHttpHeaders } from 'node:http';
import type { Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib';
import type { Dispatcher, Pool } from 'undici';
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
	body: string | Uint8Array;
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

/** undici, which is loaded for the first call only: it takes longer than everything else together. */
function loadUndici(): Promise<typeof import('undici')> {
	return import('undici');
}

/** Loads what the first call needs, so that it need not wait. A failure is the first call's to report. */
export function preloadUpstream(): void {
	loadUndici().catch(() => {});
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

class Call implements UpstreamRequest, Dispatcher.DispatchHandler {
	readonly #handler: UpstreamHandler;
	#controller: Dispatcher.DispatchController | null = null;
	#aborted: Error | null = null;
	/** `null` for a body that came unpacked. */
	#unpacker: Transform | null = null;
	#isPaused = false;

	constructor(handler: UpstreamHandler) {
		this.#handler = handler;
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
	readonly #options: UpstreamOptions;

	constructor(options: UpstreamOptions = {}) {
		this.#options = options;
	}

	/** Waits only where the connection pool is not there yet. @throws RangeError for too many origins */
	send(
		{ endpoint, headers, body }: UpstreamCall,
		handler: UpstreamHandler,
	): UpstreamRequest | Promise<UpstreamRequest> {
		const call = new Call(handler);
		const options = {
			method: 'POST',
			path: endpoint.path,
			headers: { ...headers, ...endpoint.headers, 'content-type': 'application/json', 'accept-encoding': 'identity' },
			body,
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
		const { Pool } = await loadUndici();
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
			...(this.#options.connect && { connect: this.#options.connect }),
		});
		this.#pools.set(origin, pool);
		return pool;
	}
}
