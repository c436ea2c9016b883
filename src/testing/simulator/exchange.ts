import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ScriptedFault, SimulatedRequest } from './simulator-options.ts';
import type { SimulatedFormat } from './wire-format.ts';

/** Milliseconds between two characters or pings. */
export const DEFAULT_INTERVAL_MS = 100;

/** One answer being sent: writes, waits, breaks off, and completes the request's record. */
export class Exchange {
	readonly record: SimulatedRequest;
	/** Sent with every head. */
	readonly headers: Record<string, string>;
	readonly #response: ServerResponse;
	readonly #gone = new AbortController();
	#isEndedByServer = false;

	/** `headers` go with every head. */
	constructor(response: ServerResponse, record: SimulatedRequest, headers: Record<string, string>) {
		this.#response = response;
		this.record = record;
		this.headers = headers;
		response.once('close', () => {
			const now = Date.now();
			record.endedAt ??= now;
			if (!this.#isEndedByServer && !response.writableFinished) record.abortedAt = now;
			this.#gone.abort();
		});
	}

	/** The connection is closed. */
	get isGone(): boolean {
		return this.#gone.signal.aborted;
	}

	/** Waits, at most until the connection closes. */
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

	/** Sends text; waits for a client that does not read. */
	async write(text: string): Promise<void> {
		if (this.isGone || this.#response.write(text)) return;
		await new Promise<void>((resolve) => {
			this.#response.once('drain', resolve);
			this.#gone.signal.addEventListener('abort', () => resolve(), { once: true });
		});
	}

	/** Sends text one character at a time. */
	async writeSlowly(text: string, everyMs: number = DEFAULT_INTERVAL_MS): Promise<void> {
		for (const character of text) {
			await this.wait(everyMs);
			if (this.isGone) return;
			await this.write(character);
		}
	}

	/** Ends the answer properly. */
	end(text = ''): void {
		this.#response.end(text);
	}

	/** Sends the head of an answer of this text. */
	announce(text: string, type = 'application/json', status = 200, headers: Record<string, string> = {}): void {
		this.head(status, { 'content-type': type, 'content-length': String(Buffer.byteLength(text)), ...headers });
	}

	/** Sends a whole answer of JSON. */
	json(status: number, body: unknown, headers: Record<string, string> = {}): void {
		const text = JSON.stringify(body);
		this.announce(text, 'application/json', status, headers);
		this.end(text);
	}

	/** Sends nothing for so long, then closes the connection; for good without a time. */
	async stall(milliseconds: number | undefined): Promise<void> {
		if (milliseconds === undefined) return;
		await this.wait(milliseconds);
		this.hangUp();
	}

	/** Closes the connection without the end of the answer. */
	hangUp(): void {
		this.#isEndedByServer = true;
		this.#response.socket?.destroySoon();
	}

	/** Resets the connection. */
	reset(): void {
		this.#isEndedByServer = true;
		this.#response.socket?.resetAndDestroy();
	}
}

/** The fields of a usage that count output. */
const OUTPUT_COUNTS: ReadonlySet<string> = new Set(['output_tokens', 'completion_tokens', 'candidatesTokenCount']);

/** An answer, or an event of one, as JSON; a fault may take its usage away or make it impossible. */
export function formatJson(body: unknown, fault: ScriptedFault | null): string {
	if (fault?.fault === 'no-usage')
		return JSON.stringify(body, (name, value) => (/^usage(?:Metadata)?$/.test(name) ? undefined : value));
	if (fault?.fault === 'impossible-usage')
		return JSON.stringify(body, (name, value) => (OUTPUT_COUNTS.has(name) ? 1e15 : value));
	return JSON.stringify(body);
}

/** Sends a whole answer, or what a fault leaves of it. */
export async function sendWhole(exchange: Exchange, body: unknown, fault: ScriptedFault | null): Promise<void> {
	const text = formatJson(body, fault);
	const type = fault?.fault === 'wrong-type' ? 'text/plain' : 'application/json';
	switch (fault?.fault) {
		case 'cut':
		case 'reset':
		case 'stream-error':
			exchange.announce(text, type);
			await exchange.write(text.slice(0, Math.floor(text.length * 0.6)));
			return exchange.hangUp();
		case 'stall':
		case 'pings':
			exchange.announce(text, type);
			return await exchange.stall(fault.forMs);
		case 'slowloris':
			exchange.head(200, { 'content-type': type });
			await exchange.writeSlowly(text, fault.everyMs);
			return exchange.end();
		case 'malformed':
			exchange.head(200, { 'content-type': type });
			return exchange.end(`${text.slice(0, text.length / 2)}"oops`);
		default:
			exchange.announce(text, type);
			exchange.end(text);
	}
}

const STATUS_BY_FAULT: Readonly<Record<string, number>> = {
	'context-too-long': 400,
	'content-policy': 400,
	quota: 429,
};

const MESSAGE_BY_FAULT: Readonly<Record<string, string>> = {
	'context-too-long': 'prompt is too long: this model’s maximum context length is smaller than the request',
	'content-policy': 'Your request was rejected by the content policy.',
	quota: 'You exceeded your current quota, please check your plan and billing details.',
	'401': 'invalid x-api-key',
	'404': 'model not found',
	'429': 'Rate limit reached for requests',
	'503': 'The model is overloaded. Please try again later.',
	'529': 'Overloaded',
};

const PAGE_BY_FAULT: Readonly<Record<string, [type: string, text: string]>> = {
	garbage: ['application/json', '{"id": "msg_1", "cont'],
	html: ['text/html', '<html><body>Bad gateway</body></html>'],
	empty: ['application/json', ''],
};

/** Sends a fault that replaces the whole answer. False when the fault belongs into an answer. */
export async function sendFault(
	exchange: Exchange,
	scripted: ScriptedFault,
	format: SimulatedFormat,
): Promise<boolean> {
	const { fault, retryAfterSeconds = null } = scripted;
	const status = STATUS_BY_FAULT[fault] ?? Number(fault);
	const page = PAGE_BY_FAULT[fault];
	if (Number.isInteger(status)) {
		const hasRetryAfter = [429, 503, 529].includes(status) && fault !== 'quota' && retryAfterSeconds !== null;
		const body = format.error(status, fault, MESSAGE_BY_FAULT[fault] ?? `Simulated ${fault}`);
		exchange.json(status, body, hasRetryAfter ? { 'retry-after': String(retryAfterSeconds) } : {});
	} else if (page !== undefined) {
		const [type, text] = page;
		exchange.announce(text, type);
		exchange.end(text);
	} else if (fault === 'reset' && scripted.afterTokens === undefined) exchange.reset();
	else if (fault === 'hang') await exchange.stall(scripted.forMs);
	else return false;
	return true;
}
