import type { IncomingHttpHeaders } from 'node:http';
import type { Clock, Usage } from '../../contracts/index.ts';
import { AttemptTimeoutError, InvalidInputError, StreamInterruptedError } from '../../errors/index.ts';
import { type AnswerSummary, type CallerFormat, createMeteredUsage } from '../../protocol/index.ts';
import {
	createConnectionError,
	createInvalidAnswerError,
	createRedirectError,
	parseErrorResponse,
	type UpstreamTarget,
} from '../../providers/index.ts';
import type { UpstreamHandler, UpstreamRequest } from '../../providers/upstream/index.ts';
import { isObject, type JsonObject } from '../../util/index.ts';
import { type AttemptAnswer, type AttemptRequest, charactersToTokens, sendUpstream } from './attempt.ts';
import { createHeaderReader, getRequestId, parseStreamError } from './attempt-reader.ts';
import { type AttemptTimeouts, InactivityTimer } from './attempt-timeouts.ts';

/** Largest answer that is read, bytes. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

/** What fetching a whole answer needs. */
export interface FetchAnswerOptions {
	clock: Clock;
	target: UpstreamTarget;
	/** Our name of the model, for messages. */
	modelName: string;
	signal: AbortSignal;
	timeouts: AttemptTimeouts;
	send(reader: UpstreamHandler): Promise<UpstreamRequest>;
	onHead?(status: number, headers: IncomingHttpHeaders): void;
}

/** A whole answer, good by its status. */
export interface FetchedAnswer {
	status: number;
	requestId: string | null;
	bytes: Buffer;
	body: JsonObject;
}

class AnswerReader implements UpstreamHandler {
	readonly #call: FetchAnswerOptions;
	readonly #watchdog: InactivityTimer;
	readonly #result = Promise.withResolvers<FetchedAnswer>();
	readonly #chunks: Buffer[] = [];
	#bytes = 0;
	#request: UpstreamRequest | null = null;
	#status = 0;
	#headers: IncomingHttpHeaders = {};
	#isOver = false;
	readonly #onAbort = (): void => this.#fail(this.#call.signal.reason);

	constructor(call: FetchAnswerOptions) {
		this.#call = call;
		this.#watchdog = new InactivityTimer(call.clock, call.timeouts, (_kind, waitedMs) =>
			this.#fail(new AttemptTimeoutError(call.modelName, Math.round(waitedMs))),
		);
		call.signal.addEventListener('abort', this.#onAbort, { once: true });
	}

	run(): Promise<FetchedAnswer> {
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

	onHead(status: number, headers: IncomingHttpHeaders): void {
		this.#status = status;
		this.#headers = headers;
		this.#call.onHead?.(status, headers);
	}

	onData(chunk: Buffer): void {
		if (this.#isOver) return;
		this.#watchdog.touch(true);
		this.#bytes += chunk.length;
		if (this.#bytes > MAX_ANSWER_BYTES) {
			this.#fail(createInvalidAnswerError(this.#call.target, `answered with more than ${MAX_ANSWER_BYTES} bytes`));
		} else this.#chunks.push(chunk);
	}

	onEnd(): void {
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

	onError(error: Error): void {
		const { target: called, modelName: name } = this.#call;
		const cause = createConnectionError(called, error);
		// An answer that had begun was worked on, and is billed.
		const hasBegun = this.#status >= 200 && this.#status < 300;
		const what = `${called.provider} broke the connection in the middle of its answer (${name}).`;
		this.#fail(hasBegun ? new StreamInterruptedError(what, { cause }) : cause);
	}

	#read(bytes: Buffer): FetchedAnswer {
		const { target: called } = this.#call;
		const text = bytes.toString('utf8');
		const status = this.#status;
		const requestId = getRequestId(this.#headers);
		if (status >= 300 && status < 400) throw createRedirectError(called, status);
		if (status >= 400) throw parseErrorResponse({ status, headers: createHeaderReader(this.#headers) }, text, called);
		const body = parseObject(text);
		if (body === null) {
			const type = String(this.#headers['content-type'] ?? 'no content type').slice(0, 60);
			const what = text.trim() === '' ? 'nothing in it' : `something that is no JSON object (${type})`;
			throw createInvalidAnswerError(called, `answered ${status} with ${what}`, { requestId });
		}
		if (body['error'] !== undefined && body['error'] !== null) throw parseStreamError(body, called);
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
		return isObject(value) ? value : null;
	} catch {
		// Whatever it is, it is no JSON: the caller says so.
		return null;
	}
}

/** Sends a request and reads the JSON object that comes back. @throws ProviderCallError, AttemptTimeoutError, or the signal's reason */
export function fetchAnswer(call: FetchAnswerOptions): Promise<FetchedAnswer> {
	return new AnswerReader(call).run();
}

/** One attempt whose whole answer is passed through as it came. */
export async function passThroughAnswer(call: AttemptRequest): Promise<AttemptAnswer> {
	const { target: called, clock, format, createHead: headOf, timeouts: patience, profile, signal } = call;
	let answeredStatus = 0;
	let said: Usage | null = null;
	// An error answer is not billed, one of no use is; of one that never came nobody can tell more than its time.
	call.onMeter(() => said ?? (answeredStatus >= 400 ? null : undefined));
	const { body, bytes, requestId, status } = await fetchAnswer({
		clock,
		target: called,
		modelName: profile.name,
		signal,
		timeouts: patience,
		send: (reader) => sendUpstream(call, 'generate', reader),
		onHead: (code, headers) => {
			answeredStatus = code;
			call.onHeaders(headers);
		},
	});
	const { finishReason, hasOutput, isRefusal, usage } = readAnswer(format, body);
	said = usage;
	if (!hasOutput && !isRefusal && finishReason !== 'length') {
		throw createInvalidAnswerError(called, `answered ${status} without any output`, { requestId });
	}
	return {
		usage: usage ?? estimate(call, hasOutput ? bytes.length : 0),
		finishReason,
		dropped: [],
		whole: { head: headOf({ status, contentType: 'application/json', requestId, dropped: [] }), body: bytes },
	};
}

/** What an answer says of itself; figures that cannot be are no reason to keep it from the caller, and count as not said. */
function readAnswer({ readAnswer: read }: CallerFormat, body: JsonObject): AnswerSummary {
	try {
		return read(body);
	} catch (error) {
		if (!(error instanceof InvalidInputError)) throw error;
		const { usage: _, usageMetadata: __, ...answer } = body;
		return read(answer);
	}
}

/** For a provider that says nothing of usage: what was expected in, what came out, marked as estimated. */
function estimate({ expectedInputTokens }: AttemptRequest, characters: number): Usage {
	return createMeteredUsage({ inputTokens: expectedInputTokens, outputTokens: charactersToTokens(characters) });
}
