import type { IncomingMessage, ServerResponse } from 'node:http';
import { CHARACTERS_PER_TOKEN, type Usage } from '../../contracts/index.ts';
import { isRouterError } from '../../errors/index.ts';
import { CALLER_FORMATS, createJsonArrayWriter } from '../../protocol/index.ts';
import { sendError, toClientError } from '../errors.ts';
import { type HintedBody, omitBodyField } from '../request/index.ts';
import type { GatewayRoute } from '../routes.ts';
import { selectForwardedHeaders } from './attempt.ts';
import { Generation } from './generation.ts';
import { createGraceSignal } from './grace-signal.ts';
import type { GenerationRequest, RequestContext } from './request-context.ts';
import { decodeOnce } from './routing.ts';
import {
	type AnswerListener,
	type FrameRewriter,
	formatCostHeader,
	StreamSink,
	sendWholeAnswer,
} from './send-answer.ts';

type GenerateRoute = Extract<GatewayRoute, { kind: 'generate' }>;

/** Where an answer goes. */
interface AnswerOutput {
	response: ServerResponse;
	listener: AnswerListener | null;
	/** Writes a stream in another shape than events. */
	rewriter: FrameRewriter | null;
}

/** Answers a request for text, in whichever format it came. Once it is parsed, its errors are sent to the caller here. */
export async function handleGenerate(
	{ request, response, raw, body: hinted, hints }: { request: IncomingMessage; response: ServerResponse } & HintedBody,
	route: GenerateRoute,
	context: RequestContext,
): Promise<void> {
	const { caller, clock, inFlight, keyLimiter, replay, runtime } = context;
	const format = CALLER_FORMATS[route.format];
	const departure = inFlight.track(response);
	const [text, body] = omitBodyField(raw, hinted, 'switchyard');
	const wire = format.readRequest(body, route.path);
	const expectedTokens = Math.ceil(raw.length / CHARACTERS_PER_TOKEN) + (wire.maxOutputTokens ?? 0);
	const admission = caller.key === null ? null : keyLimiter.admit(caller.key, expectedTokens);
	const rewriter = createRewriter(route, request.url ?? '');
	const isIdempotent = request.headers['idempotency-key'] !== undefined;
	const { signal, dispose } = isIdempotent
		? createGraceSignal(departure, { clock, gracePeriodMs: runtime.config.drainTimeoutMs })
		: { signal: departure, dispose() {} };
	const forwardedHeaders = selectForwardedHeaders(request.headers);
	const decoded = decodeOnce(format, body);
	const generation: GenerationRequest = { format, text, body, wire, hints, forwardedHeaders, signal, decoded };
	// A replayed answer uses nothing; what a failed one used is not known.
	let usedTokens: number | null = 0;
	const replayable = { request, response, raw, caller, hints, config: runtime.config, signal: departure };
	try {
		await replay.replayOrRun(replayable, async (listener) => {
			const usage = await generateAnswer(generation, context, { response, listener, rewriter });
			usedTokens = usage === null ? null : countLimitedTokens(usage);
			return usage !== null;
		});
	} finally {
		dispose();
		admission?.release(usedTokens);
	}
}

/** All tokens that count against a key's limit: those only read from a provider's cache do not. */
function countLimitedTokens(usage: Usage): number {
	const { cacheWrite1hTokens, cacheWrite5mTokens, inputTokens, outputTokens, reasoningTokens } = usage;
	return inputTokens + cacheWrite5mTokens + cacheWrite1hTokens + outputTokens + reasoningTokens;
}

/** Gemini's clients that do not ask for events get one JSON list, whose members are sent as they are made. */
function createRewriter({ format, path }: GenerateRoute, url: string): FrameRewriter | null {
	if (format !== 'gemini' || path.isStream !== true || /[?&]alt=sse(?:&|$)/.test(url)) return null;
	return { contentType: 'application/json', ...createJsonArrayWriter() };
}

/** Generates an answer and sends it, or sends the error. The usage of an answer that is whole, else `null`. */
async function generateAnswer(
	request: GenerationRequest,
	context: RequestContext,
	{ listener, response, rewriter }: AnswerOutput,
): Promise<Usage | null> {
	const { format, signal, wire } = request;
	const sink = wire.isStream ? new StreamSink(response, { listener, rewriter, onCommit: context.onFirstOutput }) : null;
	const generation = new Generation(request, context, sink);
	try {
		const { decision, executed } = await generation.run();
		const { costNanoUsd, model, value } = executed;
		if (value.whole !== null) sendWholeAnswer(response, value.whole, { costNanoUsd, listener });
		else sink?.end(createTrailer({ decision: decision.id, model, attempts: generation.callCount, costNanoUsd }));
		return value.usage;
	} catch (failure) {
		// Where the gateway aborted the request, its reason says more than the failure that followed from it.
		const error = signal.aborted && isRouterError(signal.reason) ? signal.reason : failure;
		const now = context.clock.now();
		if (!sink?.isCommitted) sendError(response, format, { error, now, decision: generation.decision });
		// A caller that has not read what was sent would not read an error behind it either.
		else if (response.writableNeedDrain) response.destroy();
		else {
			const { retryAfterSeconds: _, ...wireError } = toClientError(error, now);
			sink.end(format.encodeStreamError(wireError));
		}
		if (!signal.aborted) context.onError(error);
		return null;
	}
}

/** What is known only at the end of a stream, as a comment, which clients skip. */
function createTrailer(facts: {
	decision: string;
	model: string;
	attempts: number;
	costNanoUsd: number | null;
}): string {
	const { attempts, costNanoUsd, decision, model } = facts;
	const cost = formatCostHeader(costNanoUsd);
	return `: switchyard decision=${decision} model=${model} attempts=${attempts} cost=${cost}\n\n`;
}
