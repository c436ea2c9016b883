import type {
	LanguageModelV4CallOptions,
	LanguageModelV4FinishReason,
	LanguageModelV4StreamPart,
	SharedV4Warning,
} from '@ai-sdk/provider';
import type { FinishReason, Usage } from '../../contracts/index.ts';
import { AttemptTimeoutError, RequestAbortedError, StreamInterruptedError } from '../../errors/index.ts';
import {
	addPromptBreakpoints,
	createMeteredUsage,
	readNeutralUsage,
	type StreamEncoder,
	toCacheableBody,
} from '../../protocol/index.ts';
import { convertSdkError, createInvalidAnswerError } from '../../providers/index.ts';
import { followSignal } from '../../util/index.ts';
import { type AttemptAnswer, type AttemptRequest, charactersToTokens, MAX_OVERRUN_RATIO } from './attempt.ts';
import { InactivityTimer } from './attempt-timeouts.ts';
import type { StreamSink } from './stream-sink.ts';

/** One attempt whose stream is translated through the neutral form, part by part. */
export class TranslatedStream {
	readonly #call: AttemptRequest;
	readonly #sink: StreamSink;
	readonly #encoder: StreamEncoder;
	readonly #timeout = new AbortController();
	readonly #watchdog: InactivityTimer;
	#dropped: string[] = [];
	#characters = 0;
	#hasBegun = false;
	#unfollow: () => void = () => {};
	#hasOutput = false;
	/** Set while the caller has not taken what was sent yet. */
	#goOn: (() => void) | null = null;
	#finish: { usage: Usage; finishReason: FinishReason } | null = null;

	constructor(call: AttemptRequest, sink: StreamSink) {
		this.#call = call;
		this.#sink = sink;
		const { answerId, body, clock, format, modelId, wire } = call;
		const facts = { id: answerId, model: modelId, createdAt: clock.now(), wantsUsage: wire.wantsUsage, request: body };
		this.#encoder = format.createStreamEncoder(facts);
		call.onMeter(() => (this.#hasBegun ? this.#metered() : undefined));
		this.#watchdog = new InactivityTimer(clock, call.timeouts, (kind, waitedMs) => this.#onSilence(kind, waitedMs));
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
		const { stream, response } = await model.doStream({ ...createCallOptions(this.#call), abortSignal });
		this.#hasBegun = true;
		this.#call.onHeaders(response?.headers ?? {});
		for await (const part of stream) {
			await this.#take(part);
			if (this.#finish !== null) return;
		}
	}

	async #take(part: LanguageModelV4StreamPart): Promise<void> {
		if (part.type === 'error') throw part.error;
		if (part.type === 'stream-start') this.#dropped.push(...listUnsupportedFeatures(part.warnings));
		if (part.type === 'finish') this.#finish = this.#readFinish(part);
		const isOutput = isOutputPart(part);
		this.#watchdog.touch(isOutput);
		this.#characters += countOutputCharacters(part);
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
		if (charactersToTokens(this.#characters) <= maxOutputTokens * wire.answerCount * MAX_OVERRUN_RATIO) return '';
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
			throw createInvalidAnswerError(this.#call.target, 'ended its stream without any output');
		return { usage: readNeutralUsage(part.usage, part.providerMetadata), finishReason };
	}

	#answer(): AttemptAnswer {
		if (this.#finish === null) throw this.#broken('ended its stream without saying that the answer is complete');
		return { ...this.#finish, dropped: [...this.#dropped, ...this.#encoder.dropped], whole: null };
	}

	#commit(): boolean {
		const { createHead: headOf } = this.#call;
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
		this.#watchdog.touch(false);
	}

	#metered(): Usage {
		if (this.#finish !== null) return this.#finish.usage;
		return createMeteredUsage({
			inputTokens: this.#call.expectedInputTokens,
			outputTokens: charactersToTokens(this.#characters),
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
		const known = convertSdkError(error, this.#call.target);
		return this.#hasOutput && !(known instanceof StreamInterruptedError)
			? this.#broken('broke off in the middle of its answer', { cause: known })
			: known;
	}

	#broken(what: string, options: { cause?: unknown; isSilence?: boolean } = {}): StreamInterruptedError {
		return new StreamInterruptedError(`${this.#call.target.provider} ${what} (${this.#call.profile.name}).`, options);
	}
}

/** One attempt whose whole answer is translated through the neutral form. */
export async function translateAnswer(call: AttemptRequest): Promise<AttemptAnswer> {
	const timeout = new AbortController();
	const watchdog = new InactivityTimer(call.clock, call.timeouts, (_kind, waitedMs) =>
		timeout.abort(new AttemptTimeoutError(call.profile.name, Math.round(waitedMs))),
	);
	const unfollow = followSignal(timeout, call.signal);
	try {
		return await generate(call, timeout.signal);
	} catch (error) {
		if (timeout.signal.aborted) throw timeout.signal.reason;
		throw convertSdkError(error, call.target);
	} finally {
		watchdog.stop();
		unfollow();
	}
}

async function generate(call: AttemptRequest, abortSignal: AbortSignal): Promise<AttemptAnswer> {
	const { answerId, body, clock, decoded, format, modelId, wire } = call;
	const { dropped } = decoded();
	const model = await call.deployment.languageModel(modelId);
	const callOptions: LanguageModelV4CallOptions = { ...createCallOptions(call), abortSignal };
	const result = await model.doGenerate(callOptions);
	call.onHeaders(result.response?.headers ?? {});
	const usage = readNeutralUsage(result.usage, result.providerMetadata);
	// It was worked for, whether it is of use or not.
	call.onMeter(() => usage);
	const finishReason = FINISH_REASON_OF[result.finishReason.unified];
	if (finishReason === 'error') throw createInvalidAnswerError(call.target, 'stopped because of an error of its own');
	if (result.content.length === 0 && finishReason === 'stop')
		throw createInvalidAnswerError(call.target, 'answered without any output');
	const facts = {
		id: answerId,
		model: result.response?.modelId ?? modelId,
		createdAt: clock.now(),
		wantsUsage: true,
		request: body,
	};
	const encoded = format.encodeAnswer(result, { ...facts, wantsUsage: wire.wantsUsage || !wire.isStream });
	const all = [...dropped, ...listUnsupportedFeatures(result.warnings), ...encoded.dropped];
	const head = call.createHead({ status: 200, contentType: 'application/json', requestId: null, dropped: all });
	return {
		usage,
		finishReason,
		dropped: all,
		whole: { head, body: JSON.stringify(encoded.body) },
	};
}

/** The neutral form's words for why a model stopped, in ours; `interrupted` is an answer that broke off. */
const FINISH_REASON_OF: Readonly<Record<LanguageModelV4FinishReason['unified'], FinishReason>> = {
	stop: 'stop',
	length: 'length',
	'content-filter': 'content-filter',
	'tool-calls': 'tool-calls',
	error: 'error',
	interrupted: 'error',
	other: 'other',
};

const OUTPUT_PARTS: ReadonlySet<LanguageModelV4StreamPart['type']> = new Set([
	'text-delta',
	'reasoning-delta',
	'tool-input-start',
	'tool-input-delta',
	'tool-call',
	'tool-result',
	'file',
	'reasoning-file',
	'source',
]);

/** Whether a part is output: the first of them commits the answer. */
function isOutputPart(part: LanguageModelV4StreamPart): boolean {
	if ('delta' in part) return part.delta !== '';
	return OUTPUT_PARTS.has(part.type);
}

/** Characters of output in a part, for metering. */
function countOutputCharacters(part: LanguageModelV4StreamPart): number {
	if ('delta' in part) return part.delta.length;
	return part.type === 'tool-call' ? part.input.length : 0;
}

/** The request as it is sent: with the output that the money allows, where it is less than what the caller does, and marks for the cache. */
function createCallOptions({
	cacheMarks,
	decoded,
	maxOutputTokens: limit,
	modelId,
}: Pick<AttemptRequest, 'cacheMarks' | 'decoded' | 'maxOutputTokens' | 'modelId'>): LanguageModelV4CallOptions {
	const { options } = decoded();
	const marked =
		cacheMarks === undefined ? options : addPromptBreakpoints(options, cacheMarks(toCacheableBody(options, modelId)));
	return limit === undefined
		? marked
		: { ...marked, maxOutputTokens: Math.min(marked.maxOutputTokens ?? limit, limit) };
}

/** What the outbound half could not carry, by name. */
function listUnsupportedFeatures(warnings: readonly SharedV4Warning[]): string[] {
	return warnings.flatMap((warning) => (warning.type === 'unsupported' ? [warning.feature] : []));
}
