import { AttemptTimeoutError } from '../../errors/index.ts';
import { addPromptBreakpoints, toCacheableBody, toNeutralUsage } from '../../protocol/index.ts';
import { convertSdkError } from '../../providers/index.ts';
import {
	generateNeutral,
	InactivityTimer,
	limitOutput,
	listUnsupportedFeatures,
	type NeutralAttempt,
	NeutralRelay,
	type NeutralSink,
} from '../../relay/index.ts';
import { followSignal } from '../../util/index.ts';
import type { AttemptAnswer, AttemptRequest } from './attempt.ts';
import type { StreamSink } from './send-answer.ts';

/** Writes a neutral stream to the caller in the caller's format. `listDropped`: what could not be carried, by name. */
function createEncodingSink(request: AttemptRequest, sink: StreamSink): NeutralSink & { listDropped(): string[] } {
	const notCarried = [...request.decoded().dropped];
	const encoder = request.format.createStreamEncoder(createAnswerInfo(request));
	const listDropped = () => [...notCarried, ...encoder.dropped];
	return {
		listDropped,
		get isCommitted() {
			return sink.isCommitted;
		},
		write: (part, usage) => {
			if (part.type === 'stream-start') notCarried.push(...listUnsupportedFeatures(part.warnings));
			// the caller is told what is booked
			const told = part.type === 'finish' && usage !== undefined ? { ...part, usage: toNeutralUsage(usage) } : part;
			return sink.write(encoder.push(told));
		},
		endEarly: (reason, usage) => sink.write(encoder.endEarly(reason, usage)),
		commit: () => {
			if (sink.isCommitted) return true;
			const head = { status: 200, contentType: 'text/event-stream; charset=utf-8', requestId: null };
			return sink.commit(request.createHead({ ...head, dropped: listDropped() }));
		},
		discard: () => sink.discard(),
		onDrain: (callback) => sink.onDrain(callback),
	};
}

/** Makes one attempt whose stream is translated through the neutral form, part by part. */
export async function translateStream(request: AttemptRequest, sink: StreamSink): Promise<AttemptAnswer> {
	const encoded = createEncodingSink(request, sink);
	const relay = new NeutralRelay({ ...request, ...createCall(request) }, encoded);
	request.meter.set(() => relay.usage());
	const end = await relay.run();
	return { ...end, dropped: encoded.listDropped(), whole: null };
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
		return await generate({ ...request, signal: timeout.signal });
	} catch (error) {
		if (timeout.signal.aborted) throw timeout.signal.reason;
		throw convertSdkError(error, target);
	} finally {
		timer.stop();
		unfollow();
	}
}

async function generate(request: AttemptRequest): Promise<AttemptAnswer> {
	const { createHead, decoded, format, modelId, wire } = request;
	const { finishReason, result, usage } = await generateNeutral({ ...request, ...createCall(request) }, request.meter);
	const told = { ...result, usage: toNeutralUsage(usage) };
	const encoded = format.encodeAnswer(told, {
		...createAnswerInfo(request),
		model: result.response?.modelId ?? modelId,
		wantsUsage: wire.wantsUsage || !wire.isStream,
	});
	const dropped = [...decoded().dropped, ...listUnsupportedFeatures(result.warnings), ...encoded.dropped];
	const head = createHead({ status: 200, contentType: 'application/json', requestId: null, dropped });
	return { usage, finishReason, dropped, whole: { head, body: JSON.stringify(encoded.body) } };
}

/** What an encoder says about the answer beside its content. */
function createAnswerInfo({ answerId: id, body, clock, modelId, wire }: AttemptRequest) {
	return { id, model: modelId, createdAt: clock.now(), wantsUsage: wire.wantsUsage, request: body };
}

/** The call in the neutral form, within what the money allows and with breakpoints for the provider's prompt cache. */
function createCall(request: AttemptRequest): Pick<NeutralAttempt, 'answerFormat' | 'openModel' | 'options'> {
	const { decoded, deployment, maxOutputTokens, modelId, planBreakpoints } = request;
	const { options } = decoded();
	const breakpoints = planBreakpoints?.(toCacheableBody(options, modelId));
	const planned = breakpoints === undefined ? options : addPromptBreakpoints(options, breakpoints);
	return {
		answerFormat: deployment.getAnswerFormat?.(modelId) ?? null,
		openModel: () => deployment.languageModel(modelId),
		options: limitOutput(planned, maxOutputTokens),
	};
}
