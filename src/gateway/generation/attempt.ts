import type { IncomingHttpHeaders } from 'node:http';
import type { Clock, FinishReason, ModelProfile, Usage } from '../../contracts/index.ts';
import { type CacheBreakpoint, hasCacheBreakpoints, type PromptCachePlanner } from '../../protocol/index.ts';
import { createInvalidAnswerError, type Deployment } from '../../providers/index.ts';
import type { Upstream, UpstreamHandler, UpstreamRequest } from '../../providers/upstream/index.ts';
import type { AttemptTimeouts, StreamSource, UsageMeter } from '../../relay/index.ts';
import type { JsonObject } from '../../util/index.ts';
import type { ReceivedHeaders } from './attempt-reader.ts';
import type { GenerationRequest } from './request-context.ts';
import type { AnswerHead, AnswerHeadOptions } from './send-answer.ts';

/** Everything one attempt needs: the request, where it is sent, and within which limits. */
export interface AttemptRequest extends GenerationRequest, StreamSource {
	clock: Clock;
	upstream: Upstream;
	deployment: Deployment;
	/** The model's id at the deployment. */
	modelId: string;
	/** Chooses breakpoints for the provider's prompt cache; absent where none are set. */
	planBreakpoints: BreakpointPlanner | undefined;
	/** Output tokens per answer; set where the money allows less than the caller does. */
	maxOutputTokens: number | undefined;
	/** Input tokens that an answer without usage is metered with. */
	expectedInputTokens: number;
	timeouts: AttemptTimeouts;
	/** Hold a stream back until it is complete. */
	isHeldWhole: boolean;
	/** Unique part of the answer's id, for formats that need one. */
	answerId: string;
	/** Where the attempt says how to find out what it has used so far. */
	meter: UsageMeter;
	/** The head of an answer of this attempt. `requestId`: the provider's. */
	createHead(facts: Pick<AnswerHeadOptions, 'status' | 'contentType' | 'requestId' | 'dropped'>): AnswerHead;
	/** Called with the provider's response headers, for its rate limits. */
	onHeaders(headers: ReceivedHeaders): void;
}

/** An answer that one attempt brought. */
export interface AttemptAnswer {
	usage: Usage;
	finishReason: FinishReason | null;
	/** What the caller's format has no place for. */
	dropped: readonly string[];
	/** The whole answer; `null` when it was streamed. */
	whole: { head: AnswerHead; body: Buffer | string } | null;
}

/** Headers that go to a provider of the same format: they choose its version and betas. */
const FORWARDED_HEADERS = ['anthropic-version', 'anthropic-beta', 'openai-beta'] as const;

/** The caller's headers that are forwarded; all others, its credentials among them, are not. */
export function selectForwardedHeaders(headers: IncomingHttpHeaders): Record<string, string> {
	const forwarded: Record<string, string> = {};
	for (const name of FORWARDED_HEADERS) {
		const value = headers[name];
		if (value !== undefined) forwarded[name] = Array.isArray(value) ? value.join(',') : value;
	}
	return forwarded;
}

/** Sends the caller's bytes, changed only where they must be, to the deployment. */
export async function sendUpstream(
	attempt: AttemptRequest,
	operation: 'generate' | 'stream',
	handler: UpstreamHandler,
): Promise<UpstreamRequest> {
	const { body, deployment, format, forwardedHeaders, maxOutputTokens, modelId, planBreakpoints, text } = attempt;
	const resolved = deployment.endpoint({ format: format.name, modelId, operation });
	// Only awaited where it must be: an await is a turn of the event loop before the first byte.
	const endpoint = resolved instanceof Promise ? await resolved : resolved;
	if (endpoint === null) {
		const what = `does not serve ${operation} in the format ${format.name}`;
		throw createInvalidAnswerError(attempt.target, what, { status: 404 });
	}
	const includeUsage = operation === 'stream' && !attempt.wire.wantsUsage;
	const changed = format.spliceRequest(text, body, { model: modelId, maxOutputTokens, planBreakpoints, includeUsage });
	return attempt.upstream.send({ endpoint, headers: forwardedHeaders, body: changed }, handler);
}

/** Chooses the cache breakpoints of a request, in the form in which its provider reads it. */
export type BreakpointPlanner = (sent: JsonObject) => readonly CacheBreakpoint[];

/**
 * The prompt cache breakpoints of one request, for providers that need them: a planner for each deployment and model,
 * `undefined` where the deployment has no breakpoints, or the caller set its own.
 */
export function createBreakpointPlanners(
	body: JsonObject,
	plan: PromptCachePlanner,
): (deployment: Deployment, profile: ModelProfile) => BreakpointPlanner | undefined {
	let hasOwn: boolean | null = null;
	// By deployment and model: a retry is the same request, and no evidence of reuse.
	const planned = new Map<string, readonly CacheBreakpoint[]>();
	return ({ formats, id }, { modelId, name }) => {
		if (!formats.includes('anthropic-messages')) return undefined;
		hasOwn ??= hasCacheBreakpoints(body);
		if (hasOwn) return undefined;
		const key = `${id}\n${name}`;
		return (sent) => {
			const breakpoints = planned.get(key) ?? plan({ ...sent, model: modelId }, { scope: id });
			planned.set(key, breakpoints);
			return breakpoints;
		};
	};
}
