import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SimulatedRequest } from './simulator-options.ts';

/** One request's answer on its way: writes, waits and breaks off, and keeps the record. */
export class Exchange {
	readonly record: SimulatedRequest;
	/** Sent with every head. */
	readonly headers: Record<string, string>;
	readonly #response: ServerResponse;
	readonly #gone = new AbortController();
	#isBrokenHere = false;

	/** `headers` go with every head. */
	constructor(response: ServerResponse, record: SimulatedRequest, headers: Record<string, string>) {
		this.#response = response;
		this.record = record;
		this.headers = headers;
		response.once('close', () => {
			const now = Date.now();
			record.endedAt ??= now;
			if (!this.#isBrokenHere && !response.writableFinished) record.abortedAt = now;
			this.#gone.abort();
		});
	}

	/** Nobody listens any more. */
	get isGone(): boolean {
		return this.#gone.signal.aborted;
	}

	/** Waits, or less where the client goes away. */
	async wait(milliseconds: number): Promise<void> {
		if (milliseconds <= 0 || this.isGone) return;
		await sleep(milliseconds, undefined, { signal: this.#gone.signal }).catch((error: unknown) => {
			if (!this.isGone) throw error;
		});
	}

	/** Sends the head at once. */
	head(status: number, headers: Record<string, string>): void {
		this.#response.writeHead(status, { ...this.headers, ...headers });
		this.#response.flushHeaders();
	}

	/** Sends on; waits where the client does not read. */
	async write(text: string): Promise<void> {
		if (this.isGone || this.#response.write(text)) return;
		await new Promise<void>((resolve) => {
			this.#response.once('drain', resolve);
			this.#gone.signal.addEventListener('abort', () => resolve(), { once: true });
		});
	}

	/** Ends properly. */
	end(text = ''): void {
		this.#response.end(text);
	}

	/** A whole answer of JSON. */
	json(status: number, body: unknown, headers: Record<string, string> = {}): void {
		const text = JSON.stringify(body);
		this.head(status, {
			'content-type': 'application/json',
			'content-length': String(Buffer.byteLength(text)),
			...headers,
		});
		this.end(text);
	}

	/** Hangs up without the end of the answer. */
	hangUp(): void {
		this.#isBrokenHere = true;
		this.#response.socket?.destroySoon();
	}

	/** Resets the connection. */
	reset(): void {
		this.#isBrokenHere = true;
		this.#response.socket?.resetAndDestroy();
	}
}
