import type { LanguageModelV4CallOptions, LanguageModelV4StreamPart } from '@ai-sdk/provider';
import type { Usage } from '../../contracts/index.ts';
import { AttemptTimeoutError } from '../../errors/index.ts';
import { addPromptBreakpoints, readNeutralUsage, type StreamEncoder, toCacheableBody } from '../../protocol/index.ts';
import { convertSdkError } from '../../providers/index.ts';
import {
	checkNeutralResult,
	InactivityTimer,
	limitOutput,
	listUnsupportedFeatures,
	NeutralRelay,
	type NeutralSink,
} from '../../relay/index.ts';
import { followSignal } from '../../util/index.ts';
import type { AttemptAnswer, AttemptRequest } from './attempt.ts';
import type { StreamSink } from './send-answer.ts';

/** Writes a neutral stream to the caller in the caller's format. */
class EncodingSink implements NeutralSink {
	readonly #request: AttemptRequest;
	readonly #sink: StreamSink;
	readonly #encoder: StreamEncoder;
	readonly #dropped: string[];

	constructor(request: AttemptRequest, sink: StreamSink) {
		const { answerId: id, body, clock, decoded, format, modelId, wire } = request;
		this.#request = request;
		this.#sink = sink;
		this.#dropped = [...decoded().dropped];
		const createdAt = clock.now();
		this.#encoder = format.createStreamEncoder({
			id,
			model: modelId,
			createdAt,
			wantsUsage: wire.wantsUsage,
			request: body,
		});
	}

	get isCommitted(): boolean {
		return this.#sink.isCommitted;
	}

	/** What of the request and its answer could not be carried, by name. */
	get dropped(): string[] {
		return [...this.#dropped, ...this.#encoder.dropped];
	}

	write(part: LanguageModelV4StreamPart): boolean {
		if (part.type === 'stream-start') this.#dropped.push(...listUnsupportedFeatures(part.warnings));
		return this.#sink.write(this.#encoder.push(part));
	}

	endEarly(reason: 'length', usage: Usage): boolean {
		return this.#sink.write(this.#encoder.endEarly(reason, usage));
	}

	commit(): boolean {
		if (this.isCommitted) return true;
		const head = { status: 200, contentType: 'text/event-stream; charset=utf-8', requestId: null };
		return this.#sink.commit(this.#request.createHead({ ...head, dropped: this.dropped }));
	}

	discard(): void {
		this.#sink.discard();
	}

	onDrain(callback: () => void): void {
		this.#sink.onDrain(callback);
	}
}

/** Makes one attempt whose stream is translated through the neutral form, part by part. */
export async function translateStream(request: AttemptRequest, sink: StreamSink): Promise<AttemptAnswer> {
	const { deployment, maxOutputTokens, meter, modelId, wire } = request;
	const output = new EncodingSink(request, sink);
	const relay = new NeutralRelay(
		{
			...request,
			openModel: () => deployment.languageModel(modelId),
			options: createCallOptions(request),
			maxOutputTokens: maxOutputTokens === undefined ? undefined : maxOutputTokens * wire.answerCount,
		},
		output,
	);
	meter.set(() => relay.usage);
	const end = await relay.run();
	return { ...end, dropped: output.dropped, whole: null };
}

/** Makes one attempt whose whole answer is translated through the neutral form. */
export async function translateAnswer(request: AttemptRequest): Promise<AttemptAnswer> {
	const { clock, modelName, signal, target, timeouts } = request;
	const timeout = new AbortController();
	const timer = new InactivityTimer(clock, timeouts, (_kind, waitedMs) =>
		timeout.abort(new AttemptTimeoutError(modelName, Math.round(waitedMs))),
	);
	const unfollow = followSignal(timeout, signal);
	try {
		return await generate(request, timeout.signal);
	} catch (error) {
		if (timeout.signal.aborted) throw timeout.signal.reason;
		throw convertSdkError(error, target);
	} finally {
		timer.stop();
		unfollow();
	}
}

async function generate(request: AttemptRequest, abortSignal: AbortSignal): Promise<AttemptAnswer> {
	const { answerId: id, body, clock, createHead, decoded, deployment, format, modelId, wire } = request;
	const model = await deployment.languageModel(modelId);
	const result = await model.doGenerate({ ...createCallOptions(request), abortSignal });
	request.onHeaders(result.response?.headers ?? {});
	const usage = readNeutralUsage(result.usage, result.providerMetadata);
	// The provider has done the work, so that it is billed even where the answer is of no use.
	request.meter.set(() => usage);
	const finishReason = checkNeutralResult(result, request.target);
	const encoded = format.encodeAnswer(result, {
		id,
		model: result.response?.modelId ?? modelId,
		createdAt: clock.now(),
		wantsUsage: wire.wantsUsage || !wire.isStream,
		request: body,
	});
	const dropped = [...decoded().dropped, ...listUnsupportedFeatures(result.warnings), ...encoded.dropped];
	const head = createHead({ status: 200, contentType: 'application/json', requestId: null, dropped });
	return { usage, finishReason, dropped, whole: { head, body: JSON.stringify(encoded.body) } };
}

/** The request in the neutral form, within what the money allows and with breakpoints for the provider's prompt cache. */
function createCallOptions(request: AttemptRequest): LanguageModelV4CallOptions {
	const { decoded, maxOutputTokens, modelId, planBreakpoints } = request;
	const { options } = decoded();
	const breakpoints = planBreakpoints?.(toCacheableBody(options, modelId));
	return limitOutput(breakpoints === undefined ? options : addPromptBreakpoints(options, breakpoints), maxOutputTokens);
}
