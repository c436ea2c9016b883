import type { IncomingMessage, ServerResponse } from 'node:http';
import { CHARACTERS_PER_TOKEN, type Usage } from '../../contracts/index.ts';
import { isRouterError } from '../../errors/index.ts';
import { CALLER_FORMATS, createJsonArrayWriter } from '../../protocol/index.ts';
import { sendError, sendStreamError } from '../errors.ts';
import type { Caller } from '../keys/caller.ts';
import type { KeyLimiter } from '../limits/index.ts';
import type { Idempotency, ResponseCache } from '../replay/index.ts';
import { replayOrRun } from '../replay/replay-or-run.ts';
import { omitBodyField } from '../request/json-body.ts';
import type { HintedBody } from '../request/routing-hints.ts';
import type { GatewayRoute } from '../routes.ts';
import { formatCostHeader } from './answer-head.ts';
import type { AttemptAnswer } from './attempt.ts';
import { Generation, type GenerationPorts, type GenerationRequest, selectForwardedHeaders } from './generation.ts';
import { createGraceSignal } from './grace-signal.ts';
import { type AnswerListener, type FrameRewriter, StreamSink } from './stream-sink.ts';

/** What answering needs. */
export interface GenerateContext extends AnsweringPorts {
	caller: Caller;
	limiter: KeyLimiter;
	cache: ResponseCache;
	idempotency: Idempotency;
}

/** All tokens that count against a key's limit: what was only read from a provider's cache does not. */
function countLimitedTokens({
	inputTokens,
	cacheWrite5mTokens,
	cacheWrite1hTokens,
	outputTokens,
	reasoningTokens,
}: Usage): number {
	return inputTokens + cacheWrite5mTokens + cacheWrite1hTokens + outputTokens + reasoningTokens;
}

/** Gemini's clients that do not ask for events get one JSON list whose members come as they are made. */
function createRewriter(
	{ format, path }: Extract<GatewayRoute, { kind: 'generate' }>,
	url: string,
): FrameRewriter | null {
	if (format !== 'gemini' || path.isStream !== true || /[?&]alt=sse(?:&|$)/.test(url)) return null;
	return { contentType: 'application/json', ...createJsonArrayWriter() };
}

/** Answers a request for text, in whichever format it came. Once it is read, its errors are told to the caller here. */
export async function handleGenerate(
	http: { request: IncomingMessage; response: ServerResponse } & HintedBody,
	route: Extract<GatewayRoute, { kind: 'generate' }>,
	context: GenerateContext,
): Promise<void> {
	const { request, response, raw, body: whole, hints: wishes } = http;
	const { caller, limiter, runtime } = context;
	const format = CALLER_FORMATS[route.format];
	const leaves = context.running.track(response);
	const [text, body] = omitBodyField(raw, whole, 'switchyard');
	const wire = format.readRequest(body, route.path);
	const expected = Math.ceil(raw.length / CHARACTERS_PER_TOKEN) + (wire.maxOutputTokens ?? 0);
	const admission = caller.key === null ? null : limiter.admit(caller.key, expected);
	const rewriter = createRewriter(route, request.url ?? '');
	const linger = { clock: context.clock, lingerMs: runtime.config.drainTimeoutMs };
	const isKept = request.headers['idempotency-key'] !== undefined;
	const { signal, end } = isKept ? createGraceSignal(leaves, linger) : { signal: leaves, end() {} };
	const read: ParsedRequest = {
		rewriter,
		format,
		text,
		body,
		wire,
		wishes,
		caller,
		forwardedHeaders: selectForwardedHeaders(request.headers),
		signal,
	};
	// an answer given again uses nothing; of one that failed nobody knows
	let used: number | null = 0;
	try {
		await replayOrRun({ http, raw, wishes, caller, signal: leaves }, context, async (listener) => {
			const usage = await generateAnswer(response, read, { ports: context, listener });
			used = usage === null ? null : countLimitedTokens(usage);
			return usage !== null;
		});
	} finally {
		end();
		admission?.release(used);
	}
}

/** A request as it was read: all but where its answer goes. */
export type ParsedRequest = Omit<GenerationRequest, 'sink'> & {
	/** Writes a stream in another shape than events. */
	rewriter: FrameRewriter | null;
};

/** What answering needs. */
export interface AnsweringPorts extends GenerationPorts {
	/** Hears what requests failed of. */
	onError(error: unknown): void;
	/** Hears that the first output of a stream is sent. */
	onFirstOutput(): void;
}

/** The last words of a stream: what could not be known when it began. A comment: clients pass over it. */
function createTrailer(facts: { decision: string; model: string; attempts: number; cost: string }): string {
	const said = Object.entries(facts).map(([name, value]) => `${name}=${value}`);
	return `: switchyard ${said.join(' ')}\n\n`;
}

function sendWholeAnswer(
	response: ServerResponse,
	{ body, head }: NonNullable<AttemptAnswer['whole']>,
	{ cost, listener }: { cost: string; listener: AnswerListener | null },
): void {
	const headers = { ...head.headers, 'x-switchyard-cost': cost };
	listener?.onHead({ status: head.status, headers });
	listener?.onData(body);
	if (response.destroyed) return;
	response.writeHead(head.status, { ...headers, 'content-length': Buffer.byteLength(body) });
	response.end(body);
}

/** Generates an answer and sends it, or tells the caller why there is none. The usage of an answer that is whole, else `null`. */
async function generateAnswer(
	response: ServerResponse,
	request: ParsedRequest,
	{ listener, ports }: { ports: AnsweringPorts; listener: AnswerListener | null },
): Promise<Usage | null> {
	const { format, signal, wire } = request;
	const sink = wire.isStream
		? new StreamSink(response, { listener, rewriter: request.rewriter, onCommit: ports.onFirstOutput })
		: null;
	const generation = new Generation({ ...request, sink }, ports);
	try {
		const { decision, executed } = await generation.run();
		const { usage, whole } = executed.value;
		const cost = formatCostHeader(executed.costNanoUsd);
		if (whole !== null) sendWholeAnswer(response, whole, { cost, listener });
		else sink?.end(createTrailer({ decision: decision.id, model: executed.model, attempts: generation.calls, cost }));
		return usage;
	} catch (failure) {
		// Who was cut is told why; who left hears nothing any more.
		const error = signal.aborted && isRouterError(signal.reason) ? signal.reason : failure;
		const now = ports.clock.now();
		// To who takes nothing any more, nothing can be told.
		if (sink?.isCommitted && response.writableNeedDrain) response.destroy();
		else if (sink?.isCommitted) sendStreamError(sink, format, { error, now });
		else sendError(response, format, { error, now, decision: generation.decision });
		if (!signal.aborted) ports.onError(error);
		return null;
	}
}
