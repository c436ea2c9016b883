import type { IncomingHttpHeaders } from 'node:http';
import type { Clock } from '../../contracts/index.ts';
import { AttemptTimeoutError, StreamInterruptedError } from '../../errors/index.ts';
import { type CalledModel, connectionError, invalidAnswer, readError, redirectAnswer } from '../../providers/index.ts';
import type { UpstreamReader, UpstreamRequest } from '../../providers/upstream/index.ts';
import { isJsonObject, type JsonObject } from '../read-json.ts';
import { type Patience, Watchdog } from '../watchdog.ts';
import { errorInStream } from './error-in-stream.ts';
import { headerReader, requestIdOf } from './header-reader.ts';

/** Largest answer that is read, bytes. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

/** What fetching a whole answer needs. */
export interface WholeCall {
	clock: Clock;
	called: CalledModel;
	/** Our name of the model, for messages. */
	name: string;
	signal: AbortSignal;
	patience: Patience;
	send(reader: UpstreamReader): Promise<UpstreamRequest>;
	onHead?(status: number, headers: IncomingHttpHeaders): void;
}

/** A whole answer, good by its status. */
export interface WholeAnswer {
	status: number;
	requestId: string | null;
	bytes: Buffer;
	body: JsonObject;
}

class WholeReader implements UpstreamReader {
	readonly #call: WholeCall;
	readonly #watchdog: Watchdog;
	readonly #result = Promise.withResolvers<WholeAnswer>();
	readonly #chunks: Buffer[] = [];
	#bytes = 0;
	#request: UpstreamRequest | null = null;
	#status = 0;
	#headers: IncomingHttpHeaders = {};
	#isOver = false;
	readonly #onAbort = (): void => this.#fail(this.#call.signal.reason);

	constructor(call: WholeCall) {
		this.#call = call;
		this.#watchdog = new Watchdog(call.clock, call.patience, (_kind, waitedMs) =>
			this.#fail(new AttemptTimeoutError(call.name, Math.round(waitedMs))),
		);
		call.signal.addEventListener('abort', this.#onAbort, { once: true });
	}

	run(): Promise<WholeAnswer> {
		// A signal that has been given is not heard again.
		if (this.#call.signal.aborted) this.#fail(this.#call.signal.reason);
		else this.#send().catch((error: unknown) => this.#fail(error));
		return this.#result.promise;
	}

	async #send(): Promise<void> {
		const request = await this.#call.send(this);
		this.#request = request;
		if (this.#isOver) request.abort(new Error('The attempt is over.'));
	}

	head(status: number, headers: IncomingHttpHeaders): void {
		this.#status = status;
		this.#headers = headers;
		this.#call.onHead?.(status, headers);
	}

	data(chunk: Buffer): void {
		if (this.#isOver) return;
		this.#watchdog.sign(true);
		this.#bytes += chunk.length;
		if (this.#bytes > MAX_ANSWER_BYTES) {
			this.#fail(invalidAnswer(this.#call.called, `answered with more than ${MAX_ANSWER_BYTES} bytes`));
		} else this.#chunks.push(chunk);
	}

	end(): void {
		if (this.#isOver) return;
		const [only] = this.#chunks;
		const bytes = this.#chunks.length === 1 && only !== undefined ? only : Buffer.concat(this.#chunks);
		try {
			const answer = this.#read(bytes);
			this.#settle(() => this.#result.resolve(answer));
		} catch (error) {
			this.#fail(error);
		}
	}

	fail(error: Error): void {
		const { called, name } = this.#call;
		const cause = connectionError(called, error);
		// An answer that had begun was worked on, and is billed.
		const hasBegun = this.#status >= 200 && this.#status < 300;
		const what = `${called.provider} broke the connection in the middle of its answer (${name}).`;
		this.#fail(hasBegun ? new StreamInterruptedError(what, { cause }) : cause);
	}

	#read(bytes: Buffer): WholeAnswer {
		const { called } = this.#call;
		const text = bytes.toString('utf8');
		const status = this.#status;
		const requestId = requestIdOf(this.#headers);
		if (status >= 300 && status < 400) throw redirectAnswer(called, status);
		if (status >= 400) throw readError({ status, headers: headerReader(this.#headers) }, text, called);
		const body = parseObject(text);
		if (body === null) {
			const type = String(this.#headers['content-type'] ?? 'no content type').slice(0, 60);
			const what = text.trim() === '' ? 'nothing in it' : `something that is no JSON object (${type})`;
			throw invalidAnswer(called, `answered ${status} with ${what}`, { requestId });
		}
		if (body['error'] !== undefined && body['error'] !== null) throw errorInStream(body, called);
		return { status, requestId, bytes, body };
	}

	#fail(error: unknown): void {
		this.#settle(() => {
			this.#request?.abort(new Error('The attempt has failed.'));
			this.#result.reject(error);
		});
	}

	#settle(act: () => void): void {
		if (this.#isOver) return;
		this.#isOver = true;
		this.#watchdog.stop();
		// Node keeps a combined signal, and with it the whole request, for as long as anybody listens to it.
		this.#call.signal.removeEventListener('abort', this.#onAbort);
		act();
	}
}

function parseObject(text: string): JsonObject | null {
	try {
		const value: unknown = JSON.parse(text);
		return isJsonObject(value) ? value : null;
	} catch {
		// Whatever it is, it is no JSON: the caller says so.
		return null;
	}
}

/** Sends a request and reads the JSON object that comes back. @throws ProviderCallError, AttemptTimeoutError, or the signal's reason */
export function fetchWhole(call: WholeCall): Promise<WholeAnswer> {
	return new WholeReader(call).run();
}
