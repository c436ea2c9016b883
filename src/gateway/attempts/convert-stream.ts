import type { LanguageModelV4StreamPart } from '@ai-sdk/provider';
import type { FinishReason, Usage } from '../../contracts/index.ts';
import { AttemptTimeoutError, RequestAbortedError, StreamInterruptedError } from '../../errors/index.ts';
import { meteredUsage, readNeutralUsage, type StreamEncoder } from '../../protocol/index.ts';
import { invalidAnswer, readSdkError } from '../../providers/index.ts';
import { followSignal } from '../../util/index.ts';
import type { StreamSink } from '../stream-sink.ts';
import { Watchdog } from '../watchdog.ts';
import { type AttemptAnswer, OVERRUN, tokensOfCharacters } from './attempt-answer.ts';
import type { AttemptCall } from './attempt-call.ts';
import { charactersOf, FINISH_REASON_OF, isOutputPart, namesOfWarnings, sentOptions } from './neutral-call.ts';

/** One attempt whose stream is translated through the neutral form, part by part. */
export class StreamConversion {
	readonly #call: AttemptCall;
	readonly #sink: StreamSink;
	readonly #encoder: StreamEncoder;
	readonly #timeout = new AbortController();
	readonly #watchdog: Watchdog;
	#dropped: string[] = [];
	#characters = 0;
	#hasBegun = false;
	#unfollow: () => void = () => {};
	#hasOutput = false;
	/** Set while the caller has not taken what was sent yet. */
	#goOn: (() => void) | null = null;
	#finish: { usage: Usage; finishReason: FinishReason } | null = null;

	constructor(call: AttemptCall, sink: StreamSink) {
		this.#call = call;
		this.#sink = sink;
		const { answerId, body, clock, format, modelId, wire } = call;
		const facts = { id: answerId, model: modelId, at: clock.now(), wantsUsage: wire.wantsUsage, request: body };
		this.#encoder = format.createStreamEncoder(facts);
		call.onMeter(() => (this.#hasBegun ? this.#metered() : undefined));
		this.#watchdog = new Watchdog(clock, call.patience, (kind, waitedMs) => this.#onSilence(kind, waitedMs));
	}

	/** Makes the call; resolves when the answer is whole. */
	async run(): Promise<AttemptAnswer> {
		const { signal } = this.#call;
		const wake = (): void => this.#goOn?.();
		signal.addEventListener('abort', wake);
		this.#timeout.signal.addEventListener('abort', wake);
		try {
			await this.#read();
			return this.#answer();
		} catch (error) {
			if (!this.#sink.isCommitted) this.#sink.discard();
			throw this.#failure(error);
		} finally {
			this.#watchdog.stop();
			this.#unfollow();
			signal.removeEventListener('abort', wake);
			// A provider that goes on after we stopped listening would be paid for nothing.
			this.#timeout.abort(new Error('The attempt is over.'));
		}
	}

	async #read(): Promise<void> {
		const { decoded, deployment, modelId, signal } = this.#call;
		this.#dropped = [...decoded().dropped];
		const model = await deployment.languageModel(modelId);
		this.#unfollow = followSignal(this.#timeout, signal);
		const abortSignal = this.#timeout.signal;
		const { stream, response } = await model.doStream({ ...sentOptions(this.#call), abortSignal });
		this.#hasBegun = true;
		this.#call.onLimits(response?.headers ?? {});
		for await (const part of stream) {
			await this.#take(part);
			if (this.#finish !== null) return;
		}
	}

	async #take(part: LanguageModelV4StreamPart): Promise<void> {
		if (part.type === 'error') throw part.error;
		if (part.type === 'stream-start') this.#dropped.push(...namesOfWarnings(part.warnings));
		if (part.type === 'finish') this.#finish = this.#readFinish(part);
		const isOutput = isOutputPart(part);
		this.#watchdog.sign(isOutput);
		this.#characters += charactersOf(part);
		this.#hasOutput ||= isOutput;
		const goesOn = this.#sink.write(this.#encoder.push(part) + this.#stopOverrun());
		const commits = isOutput || this.#finish !== null;
		const isReady = commits && (!this.#call.isHeldWhole || this.#finish !== null) ? this.#commit() : true;
		if (!(goesOn && isReady)) await this.#room();
	}

	/** What ends the caller's stream cleanly where a provider writes on beyond what the money pays for; else nothing. */
	#stopOverrun(): string {
		const { maxOutputTokens, wire } = this.#call;
		if (maxOutputTokens === undefined || this.#finish !== null) return '';
		if (tokensOfCharacters(this.#characters) <= maxOutputTokens * wire.answers * OVERRUN) return '';
		const usage = this.#metered();
		this.#finish = { usage, finishReason: 'length' };
		return this.#encoder.endEarly('length', usage);
	}

	#readFinish(part: Extract<LanguageModelV4StreamPart, { type: 'finish' }>): {
		usage: Usage;
		finishReason: FinishReason;
	} {
		const finishReason = FINISH_REASON_OF[part.finishReason.unified];
		if (finishReason === 'error') throw this.#broken('stopped in the middle of its answer');
		if (!this.#hasOutput && finishReason === 'stop')
			throw invalidAnswer(this.#call.called, 'ended its stream without any output');
		return { usage: readNeutralUsage(part.usage, part.providerMetadata), finishReason };
	}

	#answer(): AttemptAnswer {
		if (this.#finish === null) throw this.#broken('ended its stream without saying that the answer is complete');
		return { ...this.#finish, dropped: [...this.#dropped, ...this.#encoder.dropped], whole: null };
	}

	#commit(): boolean {
		const { headOf } = this.#call;
		const dropped = [...this.#dropped, ...this.#encoder.dropped];
		return this.#sink.commit(
			headOf({ status: 200, contentType: 'text/event-stream; charset=utf-8', requestId: null, dropped }),
		);
	}

	/** The caller has room again, or the attempt is over. */
	async #room(): Promise<void> {
		if (this.#call.signal.aborted || this.#timeout.signal.aborted) return;
		const { promise, resolve } = Promise.withResolvers<void>();
		this.#goOn = resolve;
		this.#sink.onDrain(resolve);
		await promise;
		this.#goOn = null;
		// The provider was not asked for more meanwhile.
		this.#watchdog.sign(false);
	}

	#metered(): Usage {
		if (this.#finish !== null) return this.#finish.usage;
		return meteredUsage({
			inputTokens: this.#call.expectedInputTokens,
			outputTokens: tokensOfCharacters(this.#characters),
		});
	}

	#onSilence(kind: 'first-output' | 'idle', waitedMs: number): void {
		const waited = Math.round(waitedMs);
		if (this.#goOn !== null) {
			this.#timeout.abort(new RequestAbortedError(`The caller took nothing of its answer for ${waited} ms.`));
			return;
		}
		this.#timeout.abort(
			kind === 'idle'
				? this.#broken(`went silent for ${waited} ms in the middle of its answer`, { isSilence: true })
				: new AttemptTimeoutError(this.#call.profile.name, waited, '"gateway.streams.firstOutputTimeoutMs"'),
		);
	}

	#failure(error: unknown): unknown {
		if (this.#timeout.signal.aborted) return this.#timeout.signal.reason;
		if (this.#call.signal.aborted) return this.#call.signal.reason;
		const known = readSdkError(error, this.#call.called);
		return this.#hasOutput && !(known instanceof StreamInterruptedError)
			? this.#broken('broke off in the middle of its answer', { cause: known })
			: known;
	}

	#broken(what: string, options: { cause?: unknown; isSilence?: boolean } = {}): StreamInterruptedError {
		return new StreamInterruptedError(`${this.#call.called.provider} ${what} (${this.#call.profile.name}).`, options);
	}
}
