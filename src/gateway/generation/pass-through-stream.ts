import type { IncomingHttpHeaders } from 'node:http';
import type { Usage } from '../../contracts/index.ts';
import {
	AttemptTimeoutError,
	InvalidInputError,
	type ProviderCallError,
	RequestAbortedError,
	StreamInterruptedError,
} from '../../errors/index.ts';
import {
	estimateInterruptedUsage,
	type FrameSummary,
	type SseFrame,
	SseParser,
	type StreamWatcher,
} from '../../protocol/index.ts';
import {
	createConnectionError,
	createInvalidAnswerError,
	createRedirectError,
	parseErrorResponse,
} from '../../providers/index.ts';
import type { UpstreamHandler, UpstreamRequest } from '../../providers/upstream/index.ts';
import {
	type AttemptAnswer,
	type AttemptRequest,
	charactersToTokens,
	MAX_OVERRUN_RATIO,
	sendUpstream,
} from './attempt.ts';
import { createHeaderReader, getRequestId, parseStreamError } from './attempt-reader.ts';
import { InactivityTimer } from './attempt-timeouts.ts';
import type { StreamSink } from './stream-sink.ts';

/** Bytes of an error answer that are read. */
const MAX_ERROR_BYTES = 64 * 1024;

/**
 * One attempt whose stream is passed through in its own format: frame by frame, byte by byte, committed with the first
 * output, ended only when the provider has said why it stopped.
 */
export class PassThroughStream implements UpstreamHandler {
	readonly #call: AttemptRequest;
	readonly #watcher: StreamWatcher;
	readonly #frames = new SseParser();
	readonly #watchdog: InactivityTimer;
	readonly #result = Promise.withResolvers<AttemptAnswer>();
	#request: UpstreamRequest | null = null;
	#status = 0;
	#requestId: string | null = null;
	#headers: IncomingHttpHeaders = {};
	#errorText = '';
	#hasOutput = false;
	#malformed = 0;
	/** Frames to be sent on, of the piece that is being read. */
	#pending: Buffer[] = [];
	#isOver = false;
	readonly #onAbort = (): void => this.#fail(abortReason(this.#call.signal));
	/** The caller has not taken what was sent yet. */
	#isPaused = false;

	constructor(call: AttemptRequest) {
		this.#call = call;
		this.#watcher = call.format.createStreamWatcher({
			wantsUsage: call.wire.wantsUsage,
			answers: call.wire.answerCount,
		});
		call.onMeter(() => this.#meter());
		this.#watchdog = new InactivityTimer(call.clock, call.timeouts, (kind, waitedMs) =>
			this.#onSilence(kind, waitedMs),
		);
		call.signal.addEventListener('abort', this.#onAbort, { once: true });
	}

	/** Sends the request; resolves when the answer is whole. */
	run(): Promise<AttemptAnswer> {
		this.#send().catch((error: unknown) => this.#fail(error));
		return this.#result.promise;
	}

	async #send(): Promise<void> {
		const request = await sendUpstream(this.#call, 'stream', this);
		this.#request = request;
		if (this.#isOver) request.abort(new Error('The attempt is over.'));
	}

	onHead(status: number, headers: IncomingHttpHeaders): void {
		this.#status = status;
		this.#headers = headers;
		this.#requestId = getRequestId(headers);
		this.#call.onHeaders(headers);
		if (status >= 300 && status < 400) this.#fail(createRedirectError(this.#call.target, status));
		else if (status < 400 && !String(headers['content-type'] ?? '').includes('text/event-stream')) {
			const type = String(headers['content-type'] ?? 'no content type').slice(0, 60);
			this.#fail(this.#invalid(`answered ${status} with something that is no event stream (${type})`));
		}
	}

	onData(chunk: Buffer): void {
		if (this.#isOver) return;
		if (this.#status >= 400) {
			if (this.#errorText.length < MAX_ERROR_BYTES) this.#errorText += chunk.toString('utf8');
			return;
		}
		try {
			for (const frame of this.#frames.push(chunk)) this.#take(frame);
			this.#flush();
		} catch (error) {
			this.#fail(error);
		}
	}

	onEnd(): void {
		if (this.#isOver) return;
		if (this.#status >= 400) {
			this.#fail(parseErrorResponse(this.#failed(), this.#errorText, this.#call.target));
			return;
		}
		try {
			const rest = this.#frames.flush();
			if (rest?.data != null) this.#take(rest);
			this.#flush();
			if (this.#watcher.isComplete) this.#finish();
			else this.#fail(this.#broken('ended its stream without saying that the answer is complete'));
		} catch (error) {
			this.#fail(error);
		}
	}

	onError(error: Error): void {
		if (this.#isOver) return;
		// The answer was complete: how the connection ended does not matter any more.
		if (this.#watcher.isComplete) {
			this.#finish();
			return;
		}
		const cause = createConnectionError(this.#call.target, error);
		this.#fail(this.#hasOutput ? this.#broken('broke the connection in the middle of its answer', { cause }) : cause);
	}

	#take(frame: SseFrame): void {
		if (this.#isOver) return;
		const reading = this.#watcher.read(frame);
		if (reading.kind === 'malformed') {
			this.#onMalformed(frame);
			return;
		}
		if (reading.kind === 'error') {
			this.#onErrorFrame(reading);
			return;
		}
		const isOutput = reading.kind === 'output';
		this.#watchdog.touch(isOutput);
		if (reading.kind === 'end' && this.#watcher.isComplete) this.#watchdog.startGracePeriod();
		// A short answer comes in one event with its end.
		this.#hasOutput ||= isOutput || this.#watcher.usage.outputCharacters > 0;
		if (reading.isForwarded) this.#pending.push(frame.raw);
		this.#stopOverrun();
	}

	/** An event begun as a piece of the answer and cut: without it the answer would have a hole. Other noise is left out. */
	#onMalformed({ data }: SseFrame): void {
		this.#malformed += 1;
		if (data?.startsWith('{') !== true) return;
		this.#flush();
		this.#fail(this.#broken('sent a piece of its answer that cannot be read'));
	}

	/** Sends on what came in one piece in one piece; commits when there is output, or an end that is an answer. */
	#flush(): void {
		const { isHeldWhole, sink } = this.#call;
		if (this.#isOver || sink === null || this.#pending.length === 0) return;
		const [only] = this.#pending;
		const bytes = this.#pending.length === 1 && only !== undefined ? only : Buffer.concat(this.#pending);
		this.#pending = [];
		let hasRoom = sink.write(bytes);
		const commits = this.#hasOutput || (this.#watcher.isComplete && !this.#isEmptyAnswer());
		if (commits && !isHeldWhole) hasRoom = this.#commit() && hasRoom;
		if (!hasRoom) this.#waitForRoom(sink);
	}

	/** The caller is slower than the provider: nothing more is taken until it has caught up. */
	#waitForRoom(sink: StreamSink): void {
		if (this.#isPaused) return;
		this.#isPaused = true;
		this.#request?.pause();
		sink.onDrain(() => {
			this.#isPaused = false;
			// The provider was not asked for more meanwhile.
			this.#watchdog.touch(false);
			this.#request?.resume();
		});
	}

	#commit(): boolean {
		const { sink, createHead: headOf } = this.#call;
		if (sink === null || sink.isCommitted) return true;
		return sink.commit(
			headOf({
				status: this.#status,
				contentType: 'text/event-stream; charset=utf-8',
				requestId: this.#requestId,
				dropped: [],
			}),
		);
	}

	/** Nothing in it though the provider says it stopped of itself: not an answer. */
	#isEmptyAnswer(): boolean {
		return !this.#hasOutput && (this.#watcher.finishReason === 'stop' || this.#watcher.finishReason === null);
	}

	#finish(): void {
		try {
			if (this.#isEmptyAnswer()) throw this.#invalid('ended its stream without any output');
			this.#commit();
			const usage = this.#usage();
			this.#settle(() =>
				this.#result.resolve({
					usage,
					finishReason: this.#watcher.finishReason,
					dropped: this.#malformed > 0 ? [`${this.#malformed} malformed event(s)`] : [],
					whole: null,
				}),
			);
		} catch (error) {
			this.#fail(error);
		}
	}

	/** What the provider said, else what was counted here, marked so. */
	#usage(): Usage {
		return this.#said() ?? this.#cutUsage();
	}

	/** What the provider said; figures that cannot be count as not said: the caller has its answer all the same. */
	#said(): Usage | null {
		try {
			return this.#watcher.usage.usage();
		} catch (error) {
			if (error instanceof InvalidInputError) return null;
			throw error;
		}
	}

	#cutUsage(): Usage {
		return estimateInterruptedUsage({ usage: () => this.#said() }, this.#metered());
	}

	#metered(): { inputTokens: number; outputTokens: number } {
		const outputTokens = charactersToTokens(this.#watcher.usage.outputCharacters);
		return { inputTokens: this.#call.expectedInputTokens, outputTokens };
	}

	/** Before a response there is nothing to tell; an error answer is not billed; everything else may be. */
	#meter(): Usage | null | undefined {
		if (this.#status === 0) return undefined;
		return this.#status >= 400 ? null : this.#cutUsage();
	}

	/** A provider that writes on beyond what the money pays for is stopped; the caller's stream ends cleanly. */
	#stopOverrun(): void {
		const { maxOutputTokens, sink, wire } = this.#call;
		if (maxOutputTokens === undefined || this.#watcher.isComplete || sink === null) return;
		const written = this.#metered().outputTokens;
		if (written <= maxOutputTokens * wire.answerCount * MAX_OVERRUN_RATIO) return;
		this.#flush();
		const usage = this.#cutUsage();
		const ending = this.#watcher.endEarly('length', usage);
		sink.write(ending);
		this.#commit();
		this.#settle(() => this.#result.resolve({ usage, finishReason: 'length', dropped: [], whole: null }));
		// Only now: the end of the call is heard at once, and would be taken for a failure of the answer.
		this.#request?.abort(new Error('The money held for the answer is used up.'));
	}

	#onErrorFrame(reading: FrameSummary): void {
		// What came before the error was good.
		this.#flush();
		const error = parseStreamError(reading.data, this.#call.target);
		const isCommitted = this.#call.sink?.isCommitted === true;
		this.#fail(isCommitted ? this.#broken('reported an error in the middle of its answer', { cause: error }) : error);
	}

	#onSilence(kind: 'first-output' | 'idle', waitedMs: number): void {
		if (this.#watcher.isComplete) {
			this.#finish();
			return;
		}
		const waited = Math.round(waitedMs);
		if (this.#isPaused) {
			this.#fail(new RequestAbortedError(`The caller took nothing of its answer for ${waited} ms.`));
			return;
		}
		this.#fail(
			kind === 'idle'
				? this.#broken(`went silent for ${waited} ms in the middle of its answer`, { isSilence: true })
				: new AttemptTimeoutError(this.#call.profile.name, waited, '"gateway.streams.firstOutputTimeoutMs"'),
		);
	}

	#fail(error: unknown): void {
		this.#settle(() => {
			this.#request?.abort(new Error('The attempt has failed.'));
			if (!this.#call.sink?.isCommitted) this.#call.sink?.discard();
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

	#failed(): { status: number; headers: ReturnType<typeof createHeaderReader> } {
		return { status: this.#status, headers: createHeaderReader(this.#headers) };
	}

	#invalid(what: string): ProviderCallError {
		return createInvalidAnswerError(this.#call.target, what, { requestId: this.#requestId });
	}

	#broken(what: string, options: { cause?: unknown; isSilence?: boolean } = {}): StreamInterruptedError {
		return new StreamInterruptedError(`${this.#call.target.provider} ${what} (${this.#call.profile.name}).`, options);
	}
}

function abortReason(signal: AbortSignal): unknown {
	return signal.reason ?? new Error('The request was aborted.');
}
