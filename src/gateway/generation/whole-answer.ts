import { setImmediate } from 'node:timers/promises';
import { AttemptTimeoutError } from '../../errors/index.ts';
import { restoreToolNames } from '../../model-rules/index.ts';
import { type CallerFormat, joinStream, looksLikeEvents } from '../../protocol/index.ts';
import { createConnectionError, createEmptyAnswerError, parseStreamError } from '../../providers/index.ts';
import {
	createInterruptedError,
	type InactivityKind,
	isWordlessRefusal,
	settleWholeAnswer,
} from '../../relay/index.ts';
import {
	isObject,
	JsonLimitError,
	type JsonObject,
	JsonSyntaxError,
	parseAtOnce,
	parseJsonSteps,
	type Steps,
	startSteps,
} from '../../util/index.ts';
import { createBodyMemoryError, giveWay, joinChunks, type ReserveBytes } from '../request/index.ts';
import {
	type AttemptAnswer,
	AttemptReader,
	type AttemptReaderOptions,
	type AttemptRequest,
	fitAttempt,
	sendUpstream,
} from './attempt.ts';

/** Largest answer that is read, bytes. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;
/** Bytes up to which an answer is read in one go. */
const SMALL_ANSWER = 64 * 1024;
/** Objects and lists of an answer that are nested in one another. */
export const MAX_DEPTH = 500;

const OPEN_BRACKET = 0x5b;
const OPEN_BRACE = 0x7b;

/** Whether a text has as many brackets that open as it may be nested: few have, and only those are scanned before they are parsed. */
function mayBeDeep(text: string): boolean {
	let opened = 0;
	for (let at = 0; at < text.length; at += 1) {
		const code = text.charCodeAt(at);
		if (code === OPEN_BRACE || code === OPEN_BRACKET) opened += 1;
	}
	return opened > MAX_DEPTH;
}

/** A whole answer with a status of success. */
export interface FetchedAnswer {
	status: number;
	requestId: string | null;
	bytes: Buffer;
	body: JsonObject;
}

/** How a whole answer is fetched. */
interface FetchOptions extends AttemptReaderOptions {
	/** The format of an answer that may come as a stream. @default it may not */
	format?: CallerFormat;
}

class AnswerReader extends AttemptReader<FetchedAnswer> {
	readonly #chunks: Buffer[] = [];
	readonly #format: CallerFormat | null;
	readonly #reserveBytes: ReserveBytes;
	#bytes = 0;

	constructor(options: FetchOptions) {
		super(options);
		this.#format = options.format ?? null;
		this.#reserveBytes = options.reserveBytes ?? (() => true);
	}

	onData(chunk: Buffer): void {
		if (this.isOver) return;
		this.timer.touch(true);
		this.#bytes += chunk.length;
		if (!this.#reserveBytes(chunk.length)) this.fail(createBodyMemoryError());
		else if (this.#bytes <= MAX_ANSWER_BYTES) this.#chunks.push(chunk);
		else this.fail(this.invalidAnswer(`answered with more than ${MAX_ANSWER_BYTES} bytes`));
	}

	onEnd(): void {
		if (this.isOver) return;
		try {
			const answer = startSteps(this.#parse(), setImmediate);
			if (answer instanceof Promise)
				answer.then(
					(later) => this.resolve(later),
					(error: unknown) => this.fail(error),
				);
			else this.resolve(answer);
		} catch (error) {
			this.fail(error);
		}
	}

	onError(error: Error): void {
		const cause = createConnectionError(this.source.target, error);
		// An answer that had begun is billed, so that it must be booked as interrupted.
		const hasBegun = this.status >= 200 && this.status < 300;
		const what = 'broke the connection in the middle of its answer';
		this.fail(hasBegun ? createInterruptedError(this.source, what, { cause }) : cause);
	}

	protected onTimeout(_kind: InactivityKind, waitedMs: number): void {
		this.fail(new AttemptTimeoutError(this.source.modelName, Math.round(waitedMs)));
	}

	/** Parses the answer, a large one in steps of a few milliseconds. */
	*#parse(): Steps<FetchedAnswer> {
		const bytes = joinChunks(this.#chunks);
		const isLarge = bytes.length > SMALL_ANSWER;
		if (isLarge) yield;
		const text = bytes.toString('utf8');
		if (isLarge) yield;
		const { requestId, status } = this;
		const refusal = this.statusError(text);
		if (refusal !== null) throw refusal;
		const joined = this.#format !== null && looksLikeEvents(text) ? yield* this.#join(this.#format, bytes) : null;
		if (joined !== null) return { status, requestId, body: joined, bytes: Buffer.from(JSON.stringify(joined)) };
		const body = yield* this.#parseObject(text);
		if (isLarge) yield;
		if (body === null) {
			const what = text.trim() === '' ? 'nothing in it' : `something that is no JSON object (${this.contentType})`;
			throw this.invalidAnswer(`answered ${status} with ${what}`);
		}
		if (body['error'] !== undefined && body['error'] !== null)
			throw parseStreamError(body, this.source.target, { keepsBody: true });
		return { status, requestId, bytes, body };
	}

	/** A stream as the whole answer that was asked for. */
	*#join(format: CallerFormat, bytes: Buffer): Steps<JsonObject> {
		const joined = yield* joinStream(format, bytes);
		if (joined.kind === 'answer') return joined.body;
		if (joined.kind === 'error') throw parseStreamError(joined.event, this.source.target, { keepsBody: true });
		throw createInterruptedError(this.source, 'ended its stream without saying that the answer is complete');
	}

	/** The object that a text says; `null` where it says none. */
	*#parseObject(text: string): Steps<JsonObject | null> {
		try {
			const isPlain = text.length <= SMALL_ANSWER && !mayBeDeep(text);
			const value = isPlain ? parseAtOnce(text) : (yield* parseJsonSteps(text, { depth: MAX_DEPTH })).value;
			return isObject(value) ? value : null;
		} catch (error) {
			if (error instanceof JsonSyntaxError) return null;
			if (error instanceof JsonLimitError)
				throw this.invalidAnswer(`answered with JSON that is nested deeper than ${MAX_DEPTH} levels`);
			throw error;
		}
	}
}

/** Sends a request and reads the JSON object that comes back. @throws ProviderCallError, AttemptTimeoutError, or the signal's reason */
export function fetchAnswer(options: FetchOptions): Promise<FetchedAnswer> {
	return new AnswerReader(options).run();
}

/** Makes one attempt whose whole answer is passed through as it came. */
export async function passThroughAnswer(request: AttemptRequest): Promise<AttemptAnswer> {
	const { clock, createHead, format, meter, modelName, onHeaders, reserveBytes, signal, target, timeouts } = request;
	const fitted = fitAttempt(request);
	const { names } = fitted;
	// While no answer has come, only the attempt's duration can tell what it used.
	meter.set(() => 'unknown');
	const { body, bytes, requestId, status } = await fetchAnswer({
		clock,
		signal,
		timeouts,
		target,
		modelName,
		reserveBytes,
		format,
		send: (handler) => sendUpstream({ attempt: request, fitted, operation: 'generate', handler }),
		onHead: (code, headers) => {
			if (code >= 400) meter.set(() => 'not-billed');
			onHeaders(headers, code);
		},
	});
	const {
		failure,
		finishReason,
		hasOutput,
		isRefusal,
		model,
		outputText,
		responseId,
		usage: reported,
	} = format.readAnswer(body);
	const isWordless = isWordlessRefusal(finishReason, outputText !== '');
	const settled = settleWholeAnswer(request, reported, outputText, isWordless);
	const usage = settled instanceof Promise ? await settled : settled;
	meter.set(() => usage);
	const turn = giveWay(bytes);
	if (turn !== undefined) await turn;
	// with a legal reason an answer may be empty, e.g. after a tool's result
	if (!hasOutput && !isRefusal && (finishReason === null || finishReason === 'error'))
		throw createEmptyAnswerError(target, { what: `answered ${status} without any output`, failure }, requestId);
	return {
		usage,
		finishReason,
		responseId,
		model,
		dropped: [],
		whole: {
			head: createHead({ status, contentType: 'application/json', requestId, dropped: [] }),
			body: names === null ? bytes : restoreToolNames(bytes.toString('utf8'), names),
		},
	};
}
