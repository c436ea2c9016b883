import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Usage } from '../../contracts/index.ts';
import { CALLER_FORMATS, createJsonArrayWriter } from '../../protocol/index.ts';
import { type AnsweringPorts, answerGeneration, type ReadRequest } from '../answer-generation.ts';
import { giveAgain } from '../answers/give-again.ts';
import type { Idempotency, ResponseCache } from '../answers/index.ts';
import type { Caller } from '../caller.ts';
import { passedHeaders } from '../generation.ts';
import type { KeyLimiter } from '../limits/index.ts';
import { lingeringSignal } from '../lingering-signal.ts';
import { readJson } from '../read-json.ts';
import { readWishes } from '../read-wishes.ts';
import type { Route } from '../routes.ts';
import type { FrameRewriter } from '../stream-sink.ts';
import { withoutMember } from '../without-member.ts';

/** Characters per token, for what a key's limit of tokens is held against before the provider has counted. */
const CHARACTERS_PER_TOKEN = 4;

/** What answering needs. */
export interface GenerateContext extends AnsweringPorts {
	caller: Caller;
	limiter: KeyLimiter;
	cache: ResponseCache;
	idempotency: Idempotency;
}

/** All tokens that count against a key's limit: what was only read from a provider's cache does not. */
function countedTokens({
	inputTokens,
	cacheWrite5mTokens,
	cacheWrite1hTokens,
	outputTokens,
	reasoningTokens,
}: Usage): number {
	return inputTokens + cacheWrite5mTokens + cacheWrite1hTokens + outputTokens + reasoningTokens;
}

/** Gemini's clients that do not ask for events get one JSON list whose members come as they are made. */
function rewriterFor({ format, path }: Extract<Route, { kind: 'generate' }>, url: string): FrameRewriter | null {
	if (format !== 'gemini' || path.isStream !== true || /[?&]alt=sse(?:&|$)/.test(url)) return null;
	return { contentType: 'application/json', ...createJsonArrayWriter() };
}

/** Answers a request for text, in whichever format it came. Once it is read, its errors are told to the caller here. */
export async function handleGenerate(
	http: { request: IncomingMessage; response: ServerResponse; text: string },
	route: Extract<Route, { kind: 'generate' }>,
	context: GenerateContext,
): Promise<void> {
	const { request, response, text: raw } = http;
	const { caller, limiter, runtime } = context;
	const format = CALLER_FORMATS[route.format];
	const leaves = context.running.signalOf(response);
	const whole = readJson(raw);
	const wishes = readWishes(request.headers, whole);
	const [text, body] = withoutMember(raw, whole, 'switchyard');
	const wire = format.readRequest(body, route.path);
	const expected = Math.ceil(raw.length / CHARACTERS_PER_TOKEN) + (wire.maxOutputTokens ?? 0);
	const admission = caller.key === null ? null : limiter.admit(caller.key, expected);
	const rewriter = rewriterFor(route, request.url ?? '');
	const linger = { clock: context.clock, lingerMs: runtime.config.drainTimeoutMs };
	const isKept = request.headers['idempotency-key'] !== undefined;
	const { signal, end } = isKept ? lingeringSignal(leaves, linger) : { signal: leaves, end() {} };
	const read: ReadRequest = {
		rewriter,
		format,
		text,
		body,
		wire,
		wishes,
		caller,
		passedHeaders: passedHeaders(request.headers),
		signal,
	};
	// an answer given again uses nothing; of one that failed nobody knows
	let used: number | null = 0;
	try {
		await giveAgain({ http, raw, wishes, caller, signal: leaves }, context, async (listener) => {
			const usage = await answerGeneration(response, read, { ports: context, listener });
			used = usage === null ? null : countedTokens(usage);
			return usage !== null;
		});
	} finally {
		end();
		admission?.release(used);
	}
}
