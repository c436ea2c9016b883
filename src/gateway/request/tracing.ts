import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Attributes, Context, Span } from '@opentelemetry/api';
import {
	type Attempt,
	type Clock,
	countInputTokens,
	countOutputTokens,
	type FinishReason,
	NANO_PER_USD,
	type RouterEventListener,
	type RoutingDecision,
} from '../../contracts/index.ts';
import { isRouterError } from '../../errors/index.ts';
import type { Deployment } from '../../providers/index.ts';
import { SECOND_MS, VERSION } from '../../util/index.ts';

type Api = typeof import('@opentelemetry/api');

/** Names of the semantic conventions for generative AI, HTTP and errors; a test compares them with the conventions' package. */
export const ATTRIBUTES = {
	errorType: 'error.type',
	method: 'http.request.method',
	route: 'http.route',
	status: 'http.response.status_code',
	operation: 'gen_ai.operation.name',
	provider: 'gen_ai.provider.name',
	requestModel: 'gen_ai.request.model',
	maxTokens: 'gen_ai.request.max_tokens',
	isStream: 'gen_ai.request.stream',
	serverAddress: 'server.address',
	serverPort: 'server.port',
	responseId: 'gen_ai.response.id',
	responseModel: 'gen_ai.response.model',
	finishReasons: 'gen_ai.response.finish_reasons',
	firstChunk: 'gen_ai.response.time_to_first_chunk',
	inputTokens: 'gen_ai.usage.input_tokens',
	outputTokens: 'gen_ai.usage.output_tokens',
	cacheReadTokens: 'gen_ai.usage.cache_read.input_tokens',
	cacheWriteTokens: 'gen_ai.usage.cache_creation.input_tokens',
	reasoningTokens: 'gen_ai.usage.reasoning.output_tokens',
} as const;

/** The conventions' names of providers, by kind of deployment and by the catalog's provider. */
export const GEN_AI_PROVIDERS: Readonly<Record<string, string>> = {
	anthropic: 'anthropic',
	openai: 'openai',
	google: 'gcp.gemini',
	bedrock: 'aws.bedrock',
	azure: 'azure.ai.openai',
	vertex: 'gcp.vertex_ai',
	deepseek: 'deepseek',
	groq: 'groq',
	mistral: 'mistral_ai',
};

/**
 * Where every version of OpenTelemetry's API keeps what is registered with it, in `globalThis`; absent before anything is. Without
 * it nothing of tracing is made or loaded.
 */
export const TRACING_REGISTRY: symbol = Symbol.for('opentelemetry.js.api.1');

/** Makes the spans of requests with whatever SDK is registered. Attributes hold no text of prompts or answers. */
export class Tracing {
	#api: Api | null = null;
	/** By decision: the ends of attempts are heard as events. As many as there are requests under way. */
	readonly #decided = new Map<string, RequestTrace>();
	readonly #clock: Pick<Clock, 'monotonic'>;

	constructor(clock: Pick<Clock, 'monotonic'>) {
		this.#clock = clock;
		// an SDK that is registered needs the package, and has loaded it; without it there is nothing to be traced by
		import('@opentelemetry/api').then(
			(api) => {
				this.#api = api;
			},
			() => {},
		);
	}

	/** Ends the spans of attempts. */
	readonly onEvent: RouterEventListener = (event) => {
		if (event.type !== 'attempt-end' || event.decisionId === null) return;
		this.#decided.get(event.decisionId)?.endAttempt(event.attempt);
	};

	/**
	 * Begins the span of a request: in the span that is active, as of an instrumented HTTP server, else in that of its
	 * `traceparent`. `route`: its path without what varies. `null` while the API is being loaded.
	 */
	begin(request: IncomingMessage, route: string): RequestTrace | null {
		const api = this.#api;
		if (api === null) return null;
		const active = api.context.active();
		const isInner = api.trace.getSpan(active) !== undefined;
		const parent = isInner ? active : api.propagation.extract(active, request.headers);
		const kind = isInner ? api.SpanKind.INTERNAL : api.SpanKind.SERVER;
		const method = request.method ?? 'GET';
		const span = api.trace.getTracer('switchyard-router', VERSION).startSpan(`${method} ${route}`, { kind }, parent);
		if (span.isRecording()) span.setAttributes({ [ATTRIBUTES.method]: method, [ATTRIBUTES.route]: route });
		return new RequestTrace({
			api,
			span,
			context: api.trace.setSpan(parent, span),
			decided: this.#decided,
			clock: this.#clock,
		});
	}
}

/** What is known of an attempt when it begins. */
interface AttemptFacts {
	operation: 'chat' | 'embeddings';
	/** The catalog's name. */
	model: string;
	/** The id at the deployment. */
	modelId: string;
	/** The catalog's provider of the model. */
	provider: string;
	deployment: Deployment;
	maxOutputTokens?: number | undefined;
	isStream?: boolean | undefined;
}

/** What is told of an answer: `model` and `responseId` as its provider names them. */
interface GivenAnswer {
	finishReason: FinishReason | null;
	responseId?: string | null | undefined;
	model?: string | null | undefined;
}

interface OpenAttempt {
	span: Span;
	context: Context;
	/** On the monotonic clock. */
	startedAt: number;
}

/** A request whose span has begun. */
interface BegunTrace {
	api: Api;
	span: Span;
	/** With the span. */
	context: Context;
	/** Where ends of attempts look for their request, by its decision. */
	decided: Map<string, RequestTrace>;
	clock: Pick<Clock, 'monotonic'>;
}

/** The spans of one request: its own, that of its decision, and beside it one for each attempt. */
export class RequestTrace {
	readonly #api: Api;
	readonly #span: Span;
	readonly #context: Context;
	readonly #decided: Map<string, RequestTrace>;
	/** The SDK keeps what is said of it: it has chosen this request. */
	readonly #isRecording: boolean;
	#attempt: OpenAttempt | null = null;
	#decisionId: string | null = null;
	#failure: unknown;
	readonly #clock: Pick<Clock, 'monotonic'>;

	constructor(begun: BegunTrace) {
		this.#clock = begun.clock;
		this.#api = begun.api;
		this.#span = begun.span;
		this.#context = begun.context;
		this.#decided = begun.decided;
		this.#isRecording = begun.span.isRecording();
	}

	/** The trace's id in 32 hexadecimal digits; `undefined` where the SDK has none. */
	get traceId(): string | undefined {
		const context = this.#span.spanContext();
		return this.#api.isSpanContextValid(context) ? context.traceId : undefined;
	}

	/** The decision for a request, in a span of its own. */
	async decide(asked: string, route: () => Promise<RoutingDecision>): Promise<RoutingDecision> {
		const span = this.#startSpan('switchyard.decision');
		if (this.#isRecording) this.#span.setAttribute(ATTRIBUTES.requestModel, asked);
		try {
			const decision = await route();
			this.#decisionId = decision.id;
			this.#decided.set(decision.id, this);
			if (this.#isRecording) span.setAttributes(describeDecision(decision));
			return decision;
		} catch (error) {
			this.#setError(span, getErrorType(error));
			throw error;
		} finally {
			span.end();
		}
	}

	/** Makes a call in the span of an attempt, which ends with the attempt's record. */
	attempt<Answer>(facts: AttemptFacts, call: () => Promise<Answer>): Promise<Answer> {
		const { SpanKind, context, trace } = this.#api;
		const span = this.#startSpan(`${facts.operation} ${facts.modelId}`, SpanKind.CLIENT);
		if (this.#isRecording) span.setAttributes(describeAttempt(facts));
		this.#attempt = { span, context: trace.setSpan(this.#context, span), startedAt: this.#clock.monotonic() };
		return context.with(this.#attempt.context, call);
	}

	/** The context of the attempt under way as headers, by the propagator that is registered. */
	inject(): Record<string, string> {
		const headers: Record<string, string> = {};
		this.#api.propagation.inject(this.#attempt?.context ?? this.#context, headers);
		return headers;
	}

	/** The first output was sent. */
	setFirstOutput(): void {
		if (this.#attempt === null || !this.#isRecording) return;
		const { span, startedAt } = this.#attempt;
		span.setAttribute(ATTRIBUTES.firstChunk, (this.#clock.monotonic() - startedAt) / SECOND_MS);
	}

	/** What an attempt brought. */
	setAnswer({ finishReason, model, responseId }: GivenAnswer): void {
		if (this.#attempt === null || !this.#isRecording) return;
		const { span } = this.#attempt;
		if (finishReason !== null) span.setAttribute(ATTRIBUTES.finishReasons, [finishReason]);
		if (responseId) span.setAttribute(ATTRIBUTES.responseId, responseId);
		if (model) span.setAttribute(ATTRIBUTES.responseModel, model);
	}

	/** An attempt has ended and is charged; one that was never called is told as an event of the request. */
	endAttempt(attempt: Attempt): void {
		const open = this.#attempt;
		this.#attempt = null;
		if (open === null) {
			const facts = { 'switchyard.model': attempt.model, 'switchyard.deployment': attempt.deployment ?? '' };
			if (this.#isRecording) this.#span.addEvent('switchyard.model_skipped', facts);
			return;
		}
		if (this.#isRecording) open.span.setAttributes(describeEnding(attempt));
		if (attempt.outcome === 'failure') this.#setError(open.span, attempt.failure ?? 'unknown');
		open.span.end();
	}

	/** What the request ended with, unless its caller had left. */
	fail(error: unknown): void {
		this.#failure = error;
	}

	/** The answer has ended; `broken`: a stream with an error at its end. */
	end({ statusCode }: ServerResponse, ending: 'whole' | 'broken' | undefined): void {
		if (this.#decisionId !== null) this.#decided.delete(this.#decisionId);
		this.#attempt?.span.end();
		if (this.#isRecording) this.#span.setAttribute(ATTRIBUTES.status, statusCode);
		// an error of the caller's is none of the server's
		const isFault = statusCode >= 500 || ending === 'broken';
		if (isFault) this.#setError(this.#span, getErrorType(this.#failure ?? String(statusCode)));
		else if (this.#failure !== undefined) this.#span.setAttribute(ATTRIBUTES.errorType, getErrorType(this.#failure));
		this.#span.end();
	}

	#startSpan(name: string, kind = this.#api.SpanKind.INTERNAL): Span {
		return this.#api.trace.getTracer('switchyard-router', VERSION).startSpan(name, { kind }, this.#context);
	}

	#setError(span: Span, type: string): void {
		span.setStatus({ code: this.#api.SpanStatusCode.ERROR });
		span.setAttribute(ATTRIBUTES.errorType, type);
	}
}

/** A word for a failure; its message may quote what was asked. */
function getErrorType(error: unknown): string {
	if (typeof error === 'string') return error;
	if (isRouterError(error)) return error.code;
	return error instanceof Error ? error.name : 'unknown';
}

function describeDecision(decision: RoutingDecision): Attributes {
	const { confidence, descriptor, estimatedCostNanoUsd, id, model, policy } = decision;
	return {
		'switchyard.decision.id': id,
		'switchyard.decision.model': model.name,
		'switchyard.decision.policy': policy.name,
		'switchyard.decision.confidence': confidence,
		'switchyard.decision.cached': decision.cached,
		'switchyard.task.type': descriptor.type,
		'switchyard.task.complexity': descriptor.complexity,
		...(estimatedCostNanoUsd !== null && {
			'switchyard.decision.estimated_cost_usd': estimatedCostNanoUsd / NANO_PER_USD,
		}),
	};
}

function describeAttempt({
	deployment,
	isStream,
	maxOutputTokens,
	model,
	modelId,
	operation,
	provider,
}: AttemptFacts): Attributes {
	const { kind = provider } = deployment;
	const serving = kind === 'openai-compatible' ? provider : kind;
	return {
		[ATTRIBUTES.operation]: operation,
		[ATTRIBUTES.provider]: GEN_AI_PROVIDERS[serving] ?? serving,
		[ATTRIBUTES.requestModel]: modelId,
		...describeServer(deployment.origin),
		'switchyard.model': model,
		'switchyard.deployment': deployment.id,
		...(isStream !== undefined && { [ATTRIBUTES.isStream]: isStream }),
		...(maxOutputTokens !== undefined && { [ATTRIBUTES.maxTokens]: maxOutputTokens }),
	};
}

/** Where a deployment is called. An origin has no credentials and no path. */
function describeServer(origin: string | undefined): Attributes {
	if (origin === undefined || !URL.canParse(origin)) return {};
	const { hostname, port, protocol } = new URL(origin);
	const implied = protocol === 'http:' ? 80 : 443;
	return {
		// an IPv6 address stands without the brackets of an address
		[ATTRIBUTES.serverAddress]: hostname.replace(/^\[|\]$/g, ''),
		[ATTRIBUTES.serverPort]: port === '' ? implied : Number(port),
	};
}

function describeEnding({ costNanoUsd, number, status, usage }: Attempt): Attributes {
	return {
		'switchyard.attempt.number': number,
		...(status !== undefined && { [ATTRIBUTES.status]: status }),
		...(costNanoUsd != null && { 'switchyard.cost_usd': costNanoUsd / NANO_PER_USD }),
		...(usage !== undefined && {
			[ATTRIBUTES.inputTokens]: countInputTokens(usage),
			[ATTRIBUTES.outputTokens]: countOutputTokens(usage),
			[ATTRIBUTES.cacheReadTokens]: usage.cacheReadTokens,
			[ATTRIBUTES.cacheWriteTokens]: usage.cacheWrite5mTokens + usage.cacheWrite1hTokens,
			[ATTRIBUTES.reasoningTokens]: usage.reasoningTokens,
			...(usage.isEstimated === true && { 'switchyard.usage.estimated': true }),
		}),
	};
}
