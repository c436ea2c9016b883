import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { DEFAULT_INTERVAL_MS, sendByCharacter } from './send-stream.ts';
import type { ScriptedFault, SimulatedRequest } from './simulator-options.ts';
import type { SimulatedFormat } from './wire-format.ts';

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

/** Sends a whole answer, or what a fault leaves of it. */
export async function sendWhole(exchange: Exchange, body: unknown, met: ScriptedFault | null): Promise<void> {
	const text = JSON.stringify(body);
	const declared = String(Buffer.byteLength(text));
	const type = met?.fault === 'wrong-type' ? 'text/plain' : 'application/json';
	switch (met?.fault) {
		case 'cut':
		case 'reset':
		case 'stream-error':
			exchange.head(200, { 'content-type': type, 'content-length': declared });
			await exchange.write(text.slice(0, Math.floor(text.length * 0.6)));
			return exchange.hangUp();
		case 'stall':
		case 'pings':
			exchange.head(200, { 'content-type': type, 'content-length': declared });
			if (met.forMs === undefined) return;
			await exchange.wait(met.forMs);
			return exchange.hangUp();
		case 'slowloris':
			exchange.head(200, { 'content-type': type });
			await sendByCharacter(exchange, text, met.everyMs ?? DEFAULT_INTERVAL_MS);
			return exchange.end();
		case 'malformed':
			exchange.head(200, { 'content-type': type });
			return exchange.end(`${text.slice(0, text.length / 2)}"oops`);
		default:
			exchange.head(200, { 'content-type': type, 'content-length': declared });
			exchange.end(text);
	}
}

const STATUS_OF: Readonly<Record<string, number>> = { 'context-too-long': 400, 'content-policy': 400, quota: 429 };

const MESSAGES: Readonly<Record<string, string>> = {
	'context-too-long': 'prompt is too long: this model’s maximum context length is smaller than the request',
	'content-policy': 'Your request was rejected by the content policy.',
	quota: 'You exceeded your current quota, please check your plan and billing details.',
	'401': 'invalid x-api-key',
	'404': 'model not found',
	'429': 'Rate limit reached for requests',
	'503': 'The model is overloaded. Please try again later.',
	'529': 'Overloaded',
};

/** What a fault needs to be sent. */
export interface FaultContext {
	format: SimulatedFormat;
	retryAfterSeconds: number | null;
}

function sendStatus(exchange: Exchange, met: ScriptedFault & { status: number }, context: FaultContext): void {
	const { fault, status, retryAfterSeconds: seconds = context.retryAfterSeconds } = met;
	const asks = [429, 503, 529].includes(status) && fault !== 'quota' && seconds !== null;
	const message = MESSAGES[fault] ?? `Simulated ${fault}`;
	const headers: Record<string, string> = asks ? { 'retry-after': String(seconds) } : {};
	exchange.json(status, context.format.error(status, fault, message), headers);
}

function sendPage(exchange: Exchange, type: string, text: string): void {
	exchange.head(200, { 'content-type': type, 'content-length': String(Buffer.byteLength(text)) });
	exchange.end(text);
}

/** Answers with a fault that needs no answer text. False when the fault belongs into an answer. */
export async function sendFault(exchange: Exchange, met: ScriptedFault, context: FaultContext): Promise<boolean> {
	const { fault } = met;
	const status = STATUS_OF[fault] ?? Number(fault);
	if (Number.isInteger(status)) {
		sendStatus(exchange, { ...met, status }, context);
		return true;
	}
	switch (fault) {
		case 'reset':
			if (met.afterTokens !== undefined) return false;
			exchange.reset();
			return true;
		case 'hang':
			if (met.forMs === undefined) return true;
			await exchange.wait(met.forMs);
			exchange.hangUp();
			return true;
		case 'garbage':
			sendPage(exchange, 'application/json', '{"id": "msg_1", "cont');
			return true;
		case 'html':
			sendPage(exchange, 'text/html', '<html><body>Bad gateway</body></html>');
			return true;
		case 'empty':
			sendPage(exchange, 'application/json', '');
			return true;
		default:
			return false;
	}
}
