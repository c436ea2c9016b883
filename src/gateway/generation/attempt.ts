import type { Clock, FinishReason, ModelProfile, Usage } from '../../contracts/index.ts';
import {
	type CacheBreakpoint,
	type CallerFormat,
	type DecodedRequest,
	hasCacheBreakpoints,
	type PromptCachePlanner,
	type WireRequest,
} from '../../protocol/index.ts';
import { createInvalidAnswerError, type Deployment } from '../../providers/index.ts';
import type { Upstream, UpstreamHandler, UpstreamRequest } from '../../providers/upstream/index.ts';
import type { AttemptTimeouts, StreamSource, UsageMeter } from '../../relay/index.ts';
import type { JsonObject } from '../../util/index.ts';
import type { AnswerHead, StreamSink } from './stream-sink.ts';

/** Everything one attempt needs. */
export interface AttemptRequest extends StreamSource {
	clock: Clock;
	upstream: Upstream;
	format: CallerFormat;
	/** The caller's body, as it came and parsed. */
	text: string;
	body: JsonObject;
	wire: WireRequest;
	/** The request in the neutral form, made once for all attempts. @throws InvalidInputError naming the field's path */
	decoded(): DecodedRequest;
	/** Headers of the caller that go to a provider of the same format. */
	forwardedHeaders: Readonly<Record<string, string>>;
	deployment: Deployment;
	modelId: string;
	/** Chooses where the prompt is marked for its provider's cache; absent where it is not. */
	cacheMarks?: ChooseCacheBreakpoints | undefined;
	/** Set where the money allows less output than the caller does, per answer. */
	maxOutputTokens: number | undefined;
	/** Input the request is expected to have, for metering. */
	expectedInputTokens: number;
	signal: AbortSignal;
	timeouts: AttemptTimeouts;
	/** Where a stream goes; `null` for a whole answer. */
	sink: StreamSink | null;
	/** Hold the stream back until it is complete. */
	isHeldWhole: boolean;
	/** The head of an answer of this attempt. */
	createHead(given: {
		status: number;
		contentType: string;
		requestId: string | null;
		dropped: readonly string[];
	}): AnswerHead;
	/** Where the attempt tells how to find out what it has used so far. */
	meter: UsageMeter;
	/** Hears the provider's limit headers. */
	onHeaders(headers: Readonly<Record<string, string | string[] | undefined>>): void;
	/** Unique part of the answer's id, for formats that need one. */
	answerId: string;
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

/** Sends the caller's bytes, changed only where they must be, to the deployment. */
export async function sendUpstream(
	call: AttemptRequest,
	operation: 'generate' | 'stream',
	reader: UpstreamHandler,
): Promise<UpstreamRequest> {
	const {
		body,
		cacheMarks,
		deployment,
		format,
		maxOutputTokens,
		modelId,
		forwardedHeaders: passedHeaders,
		text,
		upstream,
		wire,
	} = call;
	const found = deployment.endpoint({ format: format.name, modelId, operation });
	const endpoint = found instanceof Promise ? await found : found;
	if (endpoint === null) {
		throw createInvalidAnswerError(call.target, `does not serve ${operation} in the format ${format.name}`, {
			status: 404,
		});
	}
	const changed = format.spliceRequest(text, body, {
		model: modelId,
		...(maxOutputTokens === undefined ? {} : { maxOutputTokens }),
		...(cacheMarks === undefined ? {} : { planBreakpoints: cacheMarks }),
		...(operation === 'stream' && !wire.wantsUsage ? { includeUsage: true } : {}),
	});
	return upstream.send({ endpoint, headers: passedHeaders, body: changed }, reader);
}

/** Chooses the marks of one request, in the form in which its provider reads it. */
export type ChooseCacheBreakpoints = (sent: JsonObject) => readonly CacheBreakpoint[];

/** Where one request is marked for the caches of those who need marks. A caller's own marks stand alone. */
export class RequestCacheBreakpoints {
	readonly #body: JsonObject;
	readonly #plan: PromptCachePlanner;
	#isCallers: boolean | null = null;
	/** By deployment and model: a retry is the same request, and no sign of reuse. */
	readonly #chosen = new Map<string, readonly CacheBreakpoint[]>();

	constructor(body: JsonObject, plan: PromptCachePlanner) {
		this.#body = body;
		this.#plan = plan;
	}

	/** `undefined` where the deployment has no marks, or the caller set its own. */
	for(deployment: Deployment, profile: ModelProfile): ChooseCacheBreakpoints | undefined {
		if (!deployment.formats.includes('anthropic-messages')) return undefined;
		this.#isCallers ??= hasCacheBreakpoints(this.#body);
		if (this.#isCallers) return undefined;
		return (sent) => {
			const key = `${deployment.id}\n${profile.name}`;
			const chosen = this.#chosen.get(key) ?? this.#plan({ ...sent, model: profile.modelId }, { scope: deployment.id });
			this.#chosen.set(key, chosen);
			return chosen;
		};
	}
}
