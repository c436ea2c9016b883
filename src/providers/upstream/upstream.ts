import type { IncomingHttpHeaders } from 'node:http';
import { type Dispatcher, Pool } from 'undici';
import type { Endpoint } from '../deployment.ts';

/** Addresses that connections are kept to; more would come from a configuration gone wrong. */
const MAX_ORIGINS = 256;
/** Connections to one address at most. */
const MAX_CONNECTIONS = 1024;
/** Milliseconds an idle connection is kept. */
const KEEP_ALIVE_MS = 30_000;

/** One call to a provider's endpoint. */
export interface UpstreamCall {
	endpoint: Endpoint;
	/** Headers beside the endpoint's own; the endpoint's are stronger. */
	headers: Readonly<Record<string, string>>;
	body: string;
}

/** Hears what comes back. After `end` or `fail` nothing more is said. */
export interface UpstreamHandler {
	onHead(status: number, headers: IncomingHttpHeaders): void;
	onData(chunk: Buffer): void;
	onEnd(): void;
	onError(error: Error): void;
}

/** A call under way. */
export interface UpstreamRequest {
	/** Takes no more data until `resume`. */
	pause(): void;
	resume(): void;
	/** Ends the call; the reader hears `fail` with the reason unless it is over. */
	abort(reason: Error): void;
}

/** How connections are made. */
export interface UpstreamOptions {
	/** Passed to the connector, e.g. a `lookup` that refuses private addresses. */
	connect?: Pool.Options['connect'];
}

class Call implements UpstreamRequest, Dispatcher.DispatchHandler {
	readonly #reader: UpstreamHandler;
	#controller: Dispatcher.DispatchController | null = null;
	#aborted: Error | null = null;

	constructor(reader: UpstreamHandler) {
		this.#reader = reader;
	}

	pause(): void {
		this.#controller?.pause();
	}

	resume(): void {
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
		if (status >= 200) this.#reader.onHead(status, headers);
	}

	onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
		this.#reader.onData(chunk);
	}

	onResponseEnd(): void {
		this.#reader.onEnd();
	}

	onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
		this.#reader.onError(error);
	}
}

/**
 * Sends bytes to providers over connections that are kept. Times are watched by whoever reads: here a call may take as
 * long as it likes. Redirects are answers like any other: they are never followed.
 */
export class Upstream {
	readonly #pools = new Map<string, Pool>();
	readonly #options: UpstreamOptions;

	constructor(options: UpstreamOptions = {}) {
		this.#options = options;
	}

	send({ endpoint, headers, body }: UpstreamCall, reader: UpstreamHandler): UpstreamRequest {
		const call = new Call(reader);
		const options = {
			method: 'POST',
			path: endpoint.path,
			headers: { ...headers, ...endpoint.headers, 'content-type': 'application/json', 'accept-encoding': 'identity' },
			body,
		} as const;
		this.#poolOf(endpoint.origin).dispatch(options, call);
		return call;
	}

	/** Ends every connection. */
	async close(): Promise<void> {
		const pools = [...this.#pools.values()];
		this.#pools.clear();
		await Promise.all(pools.map((pool) => pool.destroy()));
	}

	#poolOf(origin: string): Pool {
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
			...(this.#options.connect === undefined ? {} : { connect: this.#options.connect }),
		});
		this.#pools.set(origin, pool);
		return pool;
	}
}
