import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Cancellation, Clock, ModelName, NanoUsd, RoutingDecision } from '../../contracts/index.ts';
import type { CallerFormat, DecodedRequest, JsonText, PromptCachePlanner, WireRequest } from '../../protocol/index.ts';
import type { DeploymentTable, LimitTracker, RefusalMemory } from '../../providers/index.ts';
import type { Upstream } from '../../providers/upstream/index.ts';
import type { FirstOutputTimes } from '../../relay/index.ts';
import type { JsonObject } from '../../util/index.ts';
import type { GatewayState } from '../gateway-state.ts';
import type { Caller } from '../keys/key-ring.ts';
import type { InFlightRequests, KeyLimitCounter } from '../limits/index.ts';
import type { AnswerReplay } from '../replay/index.ts';
import type { HintedBody, RequestIds, ReserveBytes, RoutingHints } from '../request/index.ts';
import type { ConversationMemory } from './conversation-memory.ts';
import type { AnswerListener } from './send-answer.ts';

/** A request whose body has been read, and where its answer goes. */
export interface HintedRequest extends HintedBody {
	request: IncomingMessage;
	response: ServerResponse;
	/** Reserves memory for its answer, until the response closes. */
	reserveBytes: ReserveBytes;
}

/** What one request is served with: its caller, the state in force when it arrived, and what outlives a state. */
export interface RequestContext {
	caller: Caller;
	runtime: GatewayState;
	deployments: DeploymentTable;
	clock: Clock;
	upstream: Upstream;
	limits: LimitTracker;
	keyLimiter: KeyLimitCounter;
	memory: ConversationMemory;
	refusals: RefusalMemory;
	/** How long first outputs took. */
	firstOutputTimes: FirstOutputTimes;
	planCache: PromptCachePlanner;
	replay: AnswerReplay;
	inFlight: InFlightRequests;
	/** Asks other models what some callers asked, after they have their answers; `null`: none is asked. */
	shadow: ShadowPort | null;
	ids: RequestIds;
	/** Called with the error that a request ended with, unless its caller had left. */
	onError(error: unknown): void;
	/** Called when the first output of a stream is sent, with the model that it is of. */
	onFirstOutput(model: ModelName): void;
}

/** How an answer came about that another model's is compared with. */
export interface UsedAnswer {
	decision: RoutingDecision;
	model: ModelName;
	costNanoUsd: NanoUsd | null;
	outputTokens: number;
}

/** A request that ended without a whole answer. */
export interface UnansweredRequest {
	/** `null`: it ended before it was decided. */
	decision: RoutingDecision | null;
	/** The model that was called last; empty: none was. */
	model: ModelName;
}

/** Gathers what is sent to the caller of a request that was drawn. */
export interface DrawnAnswer extends AnswerListener {
	/** The caller has its answer: it may be compared with another one now. */
	offer(used: UsedAnswer): void;
	/** The caller gets no whole answer: there is nothing to compare. */
	drop(unanswered: UnansweredRequest): void;
}

/** Draws requests for comparison with other models, and keeps out of their way. */
export interface ShadowPort {
	/** `null` for nearly all. `next`: who else gets what is sent. */
	draw(request: GenerationRequest, context: RequestContext, next: AnswerListener | null): DrawnAnswer | null;
}

/** What a request says to OpenRouter of where it may go, as it is followed here. */
export interface ProviderPreferences {
	/** Models to fall back to, in order. @default the router's plan */
	fallbacks?: readonly ModelName[] | undefined;
	/** Models that may not answer, each with the reason. */
	unservable: ReadonlyMap<ModelName, string>;
	/** Paths of what is not followed; OpenRouter itself, where it is called, gets all of `provider`. */
	dropped: readonly string[];
	/** As it was sent. */
	provider: JsonObject | undefined;
}

/** One request for an answer, parsed. */
export interface GenerationRequest {
	format: CallerFormat;
	/** The body as it came, without the field that is meant for the gateway. */
	text: JsonText;
	/** `text`, parsed. */
	body: JsonObject;
	wire: WireRequest;
	hints: RoutingHints;
	/** The caller's program, where it names itself. */
	app: string | undefined;
	/** Where it may go, in OpenRouter's words; `undefined` for nearly all. */
	preferences?: ProviderPreferences | undefined;
	/** Headers of the caller that go to a provider of the same format. */
	forwardedHeaders: Readonly<Record<string, string>>;
	reserveBytes: ReserveBytes;
	/** Aborts when the answer is not waited for any more. */
	signal: Cancellation;
	/** The request in the neutral form, decoded once for all attempts. @throws InvalidInputError naming the field's path */
	decoded(): Promise<DecodedRequest>;
}

/**
 * Runs a call within the limits of the caller's key. `tokens`: as many as it is expected to use.
 * @throws RequestRefusedError (`ROUTER_RATE_LIMITED`), and what `call` throws
 */
export async function withKeyLimits<Value>(
	{ caller, keyLimiter }: RequestContext,
	tokens: number,
	call: () => Promise<Value>,
): Promise<Value> {
	const admission = caller.key === null ? null : await keyLimiter.admit(caller.key, tokens);
	try {
		return await call();
	} finally {
		admission?.release(null);
	}
}
