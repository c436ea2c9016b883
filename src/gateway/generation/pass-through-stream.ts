import type { IncomingHttpHeaders } from 'node:http';
import { nextTick } from 'node:process';
import { setImmediate } from 'node:timers/promises';
import type { MeteredUsage, Usage } from '../../contracts/index.ts';
import type { ProviderCallError } from '../../errors/index.ts';
import { restoreToolNames, type ToolNames } from '../../model-rules/index.ts';
import {
	endFrame,
	estimateInterruptedUsage,
	type FrameSummary,
	formatSse,
	looksLikeEvents,
	type MeteredTokens,
	parseExactSteps,
	type SseFrame,
	StreamReader,
	type StreamWatcher,
	settleUsage,
	splitWhole,
} from '../../protocol/index.ts';
import { createConnectionError, createEmptyAnswerError, parseStreamError } from '../../providers/index.ts';
import {
	createInterruptedError,
	createSilenceError,
	type InactivityKind,
	isWordlessRefusal,
} from '../../relay/index.ts';
import { isObject, JsonLimitError, JsonSyntaxError, runSteps, type Steps } from '../../util/index.ts';
import { createBodyMemoryError, joinChunks } from '../request/index.ts';
import { type AttemptAnswer, AttemptReader, type AttemptRequest, fitAttempt, sendUpstream } from './attempt.ts';
import type { StreamSink } from './send-answer.ts';
import { MAX_DEPTH } from './whole-answer.ts';

/** Bytes of an error answer, and of an answer that comes whole, that are read. */
const MAX_ERROR_BYTES = 64 * 1024;
const MAX_WHOLE_BYTES = 16 * 1024 * 1024;

function isUnreadable(error: unknown): boolean {
	return error instanceof JsonSyntaxError || error instanceof JsonLimitError;
}

/**
 * One attempt whose stream is passed through in its own format: frame by frame, byte by byte, committed with the first
 * output, complete only with the provider's finish reason.
 */
export class PassThroughStream extends AttemptReader<AttemptAnswer> {
	readonly #attempt: AttemptRequest;
	readonly #sink: StreamSink;
	readonly #names: ToolNames | null;
	readonly #reader: StreamReader;
	/** What came in this tick: it is read, and sent on, as one. */
	#chunks: Buffer[] = [];
	/** False for an error, whatever its status, and for anything else that is no stream. */
	#isStream = false;
	/** What came that is no stream. */
	#whole: Buffer[] = [];
	#wholeBytes = 0;
	/** The provider said something of its answer. */
	#hasBegun = false;
	/** An error came in place of the answer: as under a status of its own, nothing is billed. */
	#isRefused = false;
	#hasOutput = false;
	#malformedCount = 0;
	/** Bytes of the event that is not complete. */
	#reservedBytes = 0;
	/** Frames of the chunk that is being read, to be forwarded together. */
	#pending: Buffer[] = [];
	/** The caller has not taken yet what was sent. */
	#isPaused = false;
	/** What was written is being counted. */
	#isCounting = false;
	/** A large event is being read; those behind it wait. */
	#isReadingLarge = false;
	/** What happened meanwhile: the stream has ended, or the connection has failed. */
	#afterLarge: (() => void) | null = null;

	constructor(attempt: AttemptRequest, sink: StreamSink) {
		const fitted = fitAttempt(attempt);
		const { clock, modelName, signal, target, timeouts } = attempt;
		super({
			clock,
			signal,
			timeouts,
			target,
			modelName,
			send: (handler) => sendUpstream({ attempt, fitted, operation: 'stream', handler }),
			onHead: (status, headers) => attempt.onHeaders(headers, status),
		});
		const { format, meter, wire } = attempt;
		this.#attempt = attempt;
		this.#names = fitted.names;
		this.#sink = sink;
		const watched = { wantsUsage: wire.wantsUsage, answers: wire.answerCount };
		this.#reader = new StreamReader(() => format.createStreamWatcher(watched));
		meter.set(() => this.#meteredUsage());
	}

	get #watcher(): StreamWatcher {
		return this.#reader.watcher;
	}

	override onHead(status: number, headers: IncomingHttpHeaders): void {
		super.onHead(status, headers);
		if (status >= 300 && status < 400) this.fail(this.statusError(''));
		this.#isStream = status < 300 && this.contentType.includes('text/event-stream');
	}

	onData(chunk: Buffer): void {
		if (this.#chunks.push(chunk) === 1) nextTick(this.#readChunks);
	}

	readonly #readChunks = (): void => {
		if (this.isOver || this.#chunks.length === 0) return;
		const bytes = joinChunks(this.#chunks);
		this.#chunks = [];
		this.#isStream ||= this.#wholeBytes === 0 && this.status < 300 && looksLikeEvents(bytes.toString('utf8', 0, 16));
		try {
			if (!this.#isStream) {
				this.#keepWhole(bytes);
				return;
			}
			this.#reader.feed(bytes);
			this.#readEvents();
		} catch (error) {
			this.fail(error);
		}
	};

	/** Keeps what is no stream until it has ended; of an error as much as is read. */
	#keepWhole(chunk: Buffer): void {
		this.timer.touch(false);
		const isError = this.status >= 400;
		if (isError && this.#wholeBytes >= MAX_ERROR_BYTES) return;
		this.#wholeBytes += chunk.length;
		if (this.#wholeBytes > MAX_WHOLE_BYTES) throw this.#noStreamError(undefined);
		this.#reserve(this.#wholeBytes);
		this.#whole.push(chunk);
	}

	/** Reads an answer that came whole as the stream that was asked for. */
	*#split(text: string): Steps<string> {
		const value = yield* parseExactSteps(text, { depth: MAX_DEPTH });
		const refusal = [value].flat().find((body) => isObject(body) && (body['error'] ?? null) !== null);
		const split = refusal === undefined ? splitWhole(this.#attempt.format, value) : null;
		if (split === null) throw this.#noStreamError(refusal);
		return split;
	}

	#onWhole(): void {
		const text = joinChunks(this.#whole).toString('utf8');
		this.#whole = [];
		const failure = this.statusError(text.slice(0, MAX_ERROR_BYTES));
		if (failure !== null) throw failure;
		runSteps(this.#split(text), setImmediate).then(
			(events) => {
				this.#isStream = true;
				this.#reserve(0);
				this.onData(Buffer.from(events));
				this.onEnd();
			},
			(error: unknown) => this.fail(isUnreadable(error) ? this.#noStreamError(undefined) : error),
		);
	}

	/** Reserves memory for an event that is not complete, in place of what was reserved for the one before. */
	#reserve(bytes: number): void {
		const more = bytes - this.#reservedBytes;
		if (more === 0) return;
		if (!this.#attempt.reserveBytes(more)) throw createBodyMemoryError();
		this.#reservedBytes = bytes;
	}

	onEnd(): void {
		this.#readChunks();
		if (this.isOver) return;
		if (this.#isReadingLarge) {
			this.#afterLarge = () => this.onEnd();
			return;
		}
		try {
			if (!this.#isStream) {
				this.#onWhole();
				return;
			}
			const last = this.#reader.flush();
			if (last !== null) this.#readAny(this.#attempt.format.allowsComments ? endFrame(last) : last);
			this.#flush();
			if (this.#isReadingLarge) this.#afterLarge = () => this.onEnd();
			else if (this.#watcher.isComplete) this.#finish();
			else
				this.fail(createInterruptedError(this.#attempt, 'ended its stream without saying that the answer is complete'));
		} catch (error) {
			this.fail(error);
		}
	}

	onError(error: Error): void {
		this.#readChunks();
		if (this.isOver) return;
		if (this.#isReadingLarge) {
			this.#afterLarge = () => this.onError(error);
			return;
		}
		// The answer was complete: how the connection ended does not matter any more.
		if (this.#watcher.isComplete) {
			this.#finish();
			return;
		}
		const cause = createConnectionError(this.#attempt.target, error);
		this.#failOrInterrupt(this.#hasOutput, 'broke the connection in the middle of its answer', cause);
	}

	protected onTimeout(kind: InactivityKind, waitedMs: number): void {
		if (this.#watcher.isComplete) this.#finish();
		else this.fail(createSilenceError(this.#attempt, { kind, waitedMs, isReaderSlow: this.#isPaused }));
	}

	protected override onFailure(): void {
		this.#reserve(0);
		if (!this.#sink.isCommitted) this.#sink.discard();
	}

	/** Reads and forwards events in their order, up to a large one; that takes its time, and the others wait for it. */
	#readEvents(): void {
		while (!this.isOver && !this.#isReadingLarge) {
			const repeated = this.#reader.takeRepeated(this.#attempt.output.room);
			if (repeated !== null) {
				this.#attempt.output.add(repeated.text);
				this.timer.touch(true);
				this.#pending.push(this.#restoreNames(repeated.raw));
			}
			const frame = this.#reader.next();
			if (frame === null) break;
			this.#readAny(frame);
		}
		this.#reserve(this.isOver ? 0 : this.#reader.bufferedBytes);
		this.#flush();
	}

	#readAny(frame: SseFrame): void {
		if (frame.read === undefined) this.#readFrame(frame);
		else this.#readLarge(frame.read());
	}

	#readLarge(steps: Steps<SseFrame>): void {
		this.#isReadingLarge = true;
		this.request?.pause();
		runSteps(steps, setImmediate).then(
			(frame) => this.#onLargeRead(frame),
			(error: unknown) => this.fail(error),
		);
	}

	#onLargeRead(frame: SseFrame): void {
		this.#isReadingLarge = false;
		if (this.isOver) return;
		// it was not read meanwhile, so its silence does not count
		this.timer.touch(false);
		try {
			this.#readFrame(frame);
			this.#readEvents();
		} catch (error) {
			this.fail(error);
		}
		if (this.isOver || this.#isReadingLarge) return;
		this.#resume();
		const after = this.#afterLarge;
		this.#afterLarge = null;
		after?.();
	}

	/** Reads on from the provider, unless there is a reason left to wait. */
	#resume(): void {
		if (!this.#isCounting && !this.#isPaused && !this.#isReadingLarge) this.request?.resume();
	}

	#readFrame(frame: SseFrame): void {
		if (this.isOver) return;
		const summary = this.#reader.read(frame);
		const { text, tokens } = this.#watcher.usage.takeOutput();
		this.#attempt.output.add(text);
		this.#attempt.output.addTokens(tokens);
		if (summary.kind === 'malformed') this.#onMalformedFrame(frame);
		else if (summary.kind === 'error') this.#onErrorFrame(frame, summary);
		else this.#onAnswerFrame(frame, summary);
	}

	#onAnswerFrame(frame: SseFrame, summary: FrameSummary): void {
		this.#hasBegun ||= summary.data !== undefined;
		const isOutput = summary.kind === 'output';
		this.timer.touch(isOutput);
		if (summary.kind === 'end' && this.#watcher.isComplete) this.timer.startGracePeriod();
		// A short answer may come in one event with its end.
		this.#hasOutput ||= isOutput || this.#watcher.usage.outputCharacters > 0;
		if (summary.isForwarded) this.#pending.push(this.#restoreNames(frame.raw));
		if (this.#attempt.output.isPassed && !this.#watcher.isComplete) this.#onPassed();
	}

	/** The frame with the names of tools that the caller knows. */
	#restoreNames(raw: Buffer): Buffer {
		return this.#names === null ? raw : Buffer.from(restoreToolNames(raw.toString('utf8'), this.#names));
	}

	/** A truncated piece of the answer would leave a hole in it, so it is a failure; other malformed frames are dropped. */
	#onMalformedFrame({ data }: SseFrame): void {
		this.#malformedCount += 1;
		if (data?.startsWith('{') !== true) return;
		this.#flush();
		this.fail(createInterruptedError(this.#attempt, 'sent a piece of its answer that cannot be read'));
	}

	/** The failure of a success that brought no answer. `refusal`: what the provider says in its place. */
	#noStreamError(refusal: unknown): ProviderCallError {
		this.#isRefused = refusal !== undefined;
		if (refusal !== undefined) return parseStreamError(refusal, this.#attempt.target, { keepsBody: true });
		return this.invalidAnswer(`answered ${this.status} with something that is no event stream (${this.contentType})`);
	}

	#onErrorFrame({ bareError, raw }: SseFrame, { data }: FrameSummary): void {
		this.#isRefused = !this.#hasBegun;
		// What came before the error was good.
		this.#flush();
		// the caller reads the provider's own words in its own frame
		const frame = bareError === 'beside-data' ? Buffer.from(formatSse(data)) : raw;
		if (this.#sink.isCommitted) this.#sink.writeError(frame, { isReadable: bareError !== 'alone' });
		const error = parseStreamError(data, this.#attempt.target, { keepsBody: true });
		const hasBegun = this.#sink.isCommitted || this.#hasOutput;
		this.#failOrInterrupt(hasBegun, 'reported an error in the middle of its answer', error);
	}

	#failOrInterrupt(hasBegun: boolean, what: string, cause: unknown): void {
		this.fail(hasBegun ? createInterruptedError(this.#attempt, what, { cause }) : cause);
	}

	/** Forwards the frames of one chunk in one write; commits when there is output, or an end that is an answer. */
	#flush(): void {
		if (this.isOver || this.#pending.length === 0) return;
		const bytes = joinChunks(this.#pending);
		this.#pending = [];
		let hasRoom = this.#sink.write(bytes);
		const commits = this.#hasOutput || (this.#watcher.isComplete && !this.#isEmptyAnswer());
		if (commits && !this.#attempt.isHeldWhole) hasRoom = this.#commit() && hasRoom;
		if (this.#watcher.isComplete) this.#sink.setWhole();
		if (!hasRoom) this.#waitForDrain();
	}

	/** Backpressure: nothing more is read from the provider until the caller has caught up. */
	#waitForDrain(): void {
		if (this.#isPaused) return;
		this.#isPaused = true;
		this.request?.pause();
		this.#sink.onDrain(() => {
			this.#isPaused = false;
			// The provider was not read meanwhile, so its silence does not count.
			this.timer.touch(false);
			this.#resume();
		});
	}

	#commit(): boolean {
		if (this.#sink.isCommitted) return true;
		const head = { contentType: 'text/event-stream; charset=utf-8', dropped: [] };
		return this.#sink.commit(this.#attempt.createHead({ ...head, status: this.status, requestId: this.requestId }));
	}

	/** Nothing came but an error, or not even why it ended. With a reason an answer may be empty, e.g. after a tool's result. */
	#isEmptyAnswer(): boolean {
		const { finishReason } = this.#watcher;
		return !this.#hasOutput && (finishReason === null || finishReason === 'error');
	}

	#finish(): void {
		try {
			if (this.#isEmptyAnswer()) {
				const what = 'ended its stream without any output';
				throw createEmptyAnswerError(this.#attempt.target, { what, failure: this.#watcher.failure }, this.requestId);
			}
			// a stream that was passed on ends as it came; one that is held may be asked for again
			if (this.#attempt.isHeldWhole && this.#watcher.finishReason === null)
				throw createInterruptedError(this.#attempt, 'ended its stream without a finish reason');
			this.#commit();
			const dropped = this.#malformedCount > 0 ? [`${this.#malformedCount} malformed event(s)`] : [];
			const { finishReason, model, responseId } = this.#watcher;
			const answer = { finishReason, responseId, model, dropped, whole: null };
			const usage = this.#settledUsage();
			if (usage.isEstimated === true && this.#attempt.output.isRough) this.#resolveCounted(answer);
			else this.resolve({ ...answer, usage });
		} catch (error) {
			this.fail(error);
		}
	}

	/** Counts an answer without usage. */
	#resolveCounted(answer: Omit<AttemptAnswer, 'usage'>): void {
		this.timer.stop();
		this.#attempt.output.count().then(
			() => this.resolve({ ...answer, usage: this.#settledUsage() }),
			(error: unknown) => this.fail(error),
		);
	}

	/** The answer has passed what is allowed, or may have: then nothing more is read until it is counted. */
	#onPassed(): void {
		const { output } = this.#attempt;
		if (!output.isRough) this.#endEarly();
		else if (!this.#isCounting) {
			this.#isCounting = true;
			this.request?.pause();
			output.count().then(
				() => this.#onCounted(),
				(error: unknown) => this.fail(error),
			);
		}
	}

	#onCounted(): void {
		this.#isCounting = false;
		if (this.isOver) return;
		this.timer.touch(false);
		try {
			if (!this.#watcher.isComplete && this.#attempt.output.isPassed) this.#onPassed();
		} catch (error) {
			this.fail(error);
		}
		this.#resume();
	}

	/** Ends the caller's stream cleanly in place of a provider that writes on beyond what is allowed. */
	#endEarly(): void {
		this.#flush();
		const usage = this.#interruptedUsage();
		this.#sink.write(this.#watcher.endEarly('length', usage));
		this.#commit();
		this.resolve({ usage, finishReason: 'length', dropped: [], whole: null });
		// Only after resolving: the aborted call fails at once, which must not be taken for a failure of the answer.
		this.request?.abort(new Error('The answer has passed what is allowed.'));
	}

	/** What was counted here. `isCut`: more may have been under way. */
	#getMetered(isCut: boolean): MeteredTokens {
		const { expectedInputTokens: inputTokens, output } = this.#attempt;
		return { inputTokens, outputTokens: output.toCharge(isCut) };
	}

	/** The usage of an answer that is whole. */
	#settledUsage(): Usage {
		const { usageLimits: limits } = this.#attempt;
		const believesZero = isWordlessRefusal(this.#watcher.finishReason, this.#hasOutput);
		return settleUsage(this.#watcher.usage.usage(), this.#getMetered(false), { limits, believesZero });
	}

	/** What the provider reported before it stopped, completed by what was counted here, marked as estimated. */
	#interruptedUsage(): Usage {
		return estimateInterruptedUsage(this.#watcher.usage, this.#getMetered(true), this.#attempt.usageLimits);
	}

	/** Nothing is known before the response; an error response is not billed; everything else may be. */
	async #meteredUsage(): Promise<MeteredUsage> {
		if (this.status === 0) return 'unknown';
		if (this.status >= 400 || this.#isRefused) return 'not-billed';
		await this.#attempt.output.count();
		return this.#interruptedUsage();
	}
}
