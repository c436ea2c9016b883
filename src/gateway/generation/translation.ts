import type { LanguageModelV4CallOptions, LanguageModelV4FinishReason } from '@ai-sdk/provider';
import { AttemptTimeoutError } from '../../errors/index.ts';
import { asksForThinking } from '../../model-rules/index.ts';
import {
	AnswerIds,
	addPromptBreakpoints,
	fitCall,
	type StreamEncoder,
	toCacheableBody,
	toNeutralUsage,
} from '../../protocol/index.ts';
import { type CallFitting, convertSdkError } from '../../providers/index.ts';
import {
	generateNeutral,
	InactivityTimer,
	limitOutput,
	listUnsupportedFeatures,
	type NeutralAttempt,
	NeutralRelay,
	type NeutralSink,
} from '../../relay/index.ts';
import { followSignal, isObject } from '../../util/index.ts';
import { giveWay } from '../request/index.ts';
import type { AttemptAnswer, AttemptRequest } from './attempt.ts';
import type { StreamSink } from './send-answer.ts';

/** Writes a neutral stream to the caller in the caller's format. */
class EncodingSink implements NeutralSink {
	readonly #request: AttemptRequest;
	readonly #sink: StreamSink;
	readonly #notCarried: string[];
	readonly #ids: AnswerIds;
	readonly #encoder: StreamEncoder;

	/** @param notCarried what of the request is lost */
	constructor(request: AttemptRequest, sink: StreamSink, notCarried: string[]) {
		this.#request = request;
		this.#sink = sink;
		this.#notCarried = notCarried;
		this.#ids = new AnswerIds(request.format.name);
		this.#encoder = request.format.createStreamEncoder(createAnswerInfo(request));
	}

	/** The model that answers, once its provider has named it. */
	model: string | undefined;

	get isCommitted(): boolean {
		return this.#sink.isCommitted;
	}

	/** What could not be carried, by name. */
	listDropped(): string[] {
		return [...this.#notCarried, ...this.#encoder.dropped];
	}

	write(...[part, usage]: Parameters<NeutralSink['write']>): boolean {
		if (part.type === 'response-metadata') this.model = part.modelId;
		if (part.type === 'stream-start') this.#notCarried.push(...listUnsupportedFeatures(part.warnings));
		if (part.type === 'finish') this.#notCarried.push(...listLostEnd(part.finishReason, this.#request));
		// the caller is told what is booked
		const told = part.type === 'finish' && usage !== undefined ? { ...part, usage: toNeutralUsage(usage) } : part;
		return this.#sink.write(this.#encoder.push(this.#ids.fit(told)));
	}

	endEarly(...[reason, usage]: Parameters<NeutralSink['endEarly']>): boolean {
		return this.#sink.write(this.#encoder.endEarly(reason, usage));
	}

	commit(): boolean {
		if (this.#sink.isCommitted) return true;
		const head = { status: 200, contentType: 'text/event-stream; charset=utf-8', requestId: null };
		return this.#sink.commit(this.#request.createHead({ ...head, dropped: this.listDropped() }));
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
	const { dropped, ...call } = await createCall(request);
	const encoded = new EncodingSink(request, sink, dropped);
	const relay = new NeutralRelay({ ...request, ...call }, encoded);
	request.meter.set(() => relay.usage());
	const end = await relay.run();
	return { ...end, model: encoded.model, dropped: [...encoded.listDropped(), ...end.leftOut], whole: null };
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

async function generate(request: AttemptRequest, signal: AbortSignal): Promise<AttemptAnswer> {
	const { createHead, format, modelId, wire } = request;
	const { dropped: notCarried, ...call } = await createCall(request);
	const neutral = { ...request, ...call, signal };
	const { finishReason, leftOut, result, usage } = await generateNeutral(neutral, request.meter);
	const ids = new AnswerIds(format.name);
	const content = result.content.map((part) => ids.fit(part));
	const told = { ...result, content, usage: toNeutralUsage(usage) };
	const encoded = format.encodeAnswer(told, {
		...createAnswerInfo(request),
		model: result.response?.modelId ?? modelId,
		wantsUsage: wire.wantsUsage || !wire.isStream,
	});
	const lost = [...listLostEnd(result.finishReason, request), ...leftOut];
	const dropped = [...notCarried, ...listUnsupportedFeatures(result.warnings), ...encoded.dropped, ...lost];
	const head = createHead({ status: 200, contentType: 'application/json', requestId: null, dropped });
	const model = result.response?.modelId;
	return { usage, finishReason, model, dropped, whole: { head, body: JSON.stringify(encoded.body) } };
}

/** A turn that its caller is to let go on, for which only Anthropic's format has a word. */
function listLostEnd({ raw }: LanguageModelV4FinishReason, { format }: AttemptRequest): string[] {
	return raw === 'pause_turn' && format.name !== 'anthropic-messages' ? ['stop_reason.pause_turn'] : [];
}

/** What an encoder says about the answer beside its content. */
function createAnswerInfo({ answerId: id, body, clock, expectedInputTokens, modelId, wire }: AttemptRequest) {
	const { wantsUsage } = wire;
	return { id, model: modelId, createdAt: clock.now(), wantsUsage, expectedInputTokens, request: body };
}

type Call = Pick<NeutralAttempt, 'answerFormat' | 'openModel' | 'options'>;

/** The call in the neutral form, fitted to its provider, within what the money allows and with breakpoints for the prompt cache. */
async function createCall(request: AttemptRequest): Promise<Call & { dropped: string[] }> {
	const { decoded, deployment, fitting, format, maxOutputTokens, modelId, planBreakpoints, traceHeaders } = request;
	const answerFormat = deployment.getAnswerFormat?.(modelId) ?? null;
	const { dropped, options } = await decoded();
	await giveWay(request.text);
	const fitted = fitCall(options, format.name, {
		format: answerFormat,
		modelId,
		isCompatible: deployment.isCompatible,
	});
	const breakpoints = planBreakpoints?.(toCacheableBody(fitted.options, modelId));
	const planned = breakpoints === undefined ? fitted.options : addPromptBreakpoints(fitted.options, breakpoints);
	const lost = [...dropped, ...fitted.dropped, ...listLostSettings(options, answerFormat)];
	return {
		answerFormat,
		dropped: lost,
		openModel: () => deployment.languageModel(modelId, withThinkingWatched(fitting, options)),
		options: {
			...limitOutput(planned, maxOutputTokens),
			...(traceHeaders !== undefined && { headers: { ...planned.headers, ...traceHeaders } }),
		},
	};
}

/** Settings of the caller that only a provider of its own format has a place for. */
function listLostSettings(
	{ providerOptions }: LanguageModelV4CallOptions,
	answerFormat: NeutralAttempt['answerFormat'],
): string[] {
	if (answerFormat === 'anthropic-messages') return [];
	const { inferenceGeo, metadata, serviceTier, speed } = providerOptions?.['anthropic'] ?? {};
	return [
		...(isObject(metadata) && metadata['userId'] !== undefined ? ['metadata.user_id'] : []),
		// `auto` leaves the service to the provider, `standard` and `global` ask for nothing else than there is
		...(serviceTier === 'standard_only' ? ['service_tier'] : []),
		...(speed === 'fast' ? ['speed'] : []),
		...(inferenceGeo === 'us' ? ['inference_geo'] : []),
	];
}

/** Names thinking that was asked for and is not in the request: client libraries leave it out where the model has none. */
function withThinkingWatched(fitting: CallFitting, options: LanguageModelV4CallOptions): CallFitting {
	const { providerOptions, reasoning = 'none' } = options;
	const thinking = providerOptions?.['anthropic']?.['thinking'];
	const isSet = isObject(thinking) && thinking['type'] !== 'disabled';
	if (!isSet && (reasoning === 'none' || reasoning === 'provider-default')) return fitting;
	return {
		...fitting,
		onFitted({ body, dropped }, format) {
			const isNamed = asksForThinking(format, body) || dropped.includes('thinking');
			fitting.onFitted?.({ body, dropped: isNamed ? dropped : [...dropped, 'reasoning'] }, format);
		},
	};
}
