import type { IncomingHttpHeaders } from 'node:http';
import type { Cancellation, Clock, FinishReason, ModelProfile, ObservedSignal, Usage } from '../../contracts/index.ts';
import type { ProviderCallError } from '../../errors/index.ts';
import { type FittedRequest, fitRequest, getModelRules } from '../../model-rules/index.ts';
import {
	type CacheBreakpoint,
	getToolIdRule,
	hasCacheBreakpoints,
	type JsonText,
	type PromptCachePlanner,
	spliceChanges,
	type UsageLimits,
} from '../../protocol/index.ts';
import {
	type CallFitting,
	createInvalidAnswerError,
	createRedirectError,
	type Deployment,
	type HeaderReader,
	parseErrorResponse,
} from '../../providers/index.ts';
import type { Upstream, UpstreamHandler, UpstreamRequest } from '../../providers/upstream/index.ts';
import {
	type AttemptTimeouts,
	type InactivityKind,
	InactivityTimer,
	type OutputMeter,
	type StreamSource,
	type UsageMeter,
} from '../../relay/index.ts';
import type { JsonObject } from '../../util/index.ts';
import { giveWay, type ReserveBytes } from '../request/index.ts';
import type { GenerationRequest } from './request-context.ts';
import type { AnswerHead, AnswerHeadOptions } from './send-answer.ts';

/** Everything one attempt needs: the request, where it is sent, and within which limits. */
export interface AttemptRequest extends GenerationRequest, StreamSource {
	clock: Clock;
	upstream: Upstream;
	deployment: Deployment;
	/** The model's id at the deployment. */
	modelId: string;
	/** What the request is fitted to the model by. */
	fitting: CallFitting;
	/** Called with what of the conversation is left out, or told in words, because another provider made it. */
	onDropped(name: string): void;
	/** Called where the model refuses a parameter, and the call is made again without it. */
	onRefused(note: string): void;
	/** Chooses breakpoints for the provider's prompt cache; absent where none are set. */
	planBreakpoints: BreakpointPlanner | undefined;
	/** Limit to set in the request, per answer; `undefined`: the caller's stays. */
	maxOutputTokens: number | undefined;
	/** Counts what the answer can have been billed for, and says when it is ended. */
	output: OutputMeter;
	/** Input tokens that an answer without usage is metered with. */
	expectedInputTokens: number;
	/** What the call can have used at most: reports beyond it are not believed. */
	usageLimits: UsageLimits;
	timeouts: AttemptTimeouts;
	/** Hold a stream back until it is complete. */
	isHeldWhole: boolean;
	/** The trace's context, where the deployment is to get it. */
	traceHeaders: Readonly<Record<string, string>> | undefined;
	/** Unique part of the answer's id, for formats that need one. */
	answerId: string;
	/** Where the attempt says how to find out what it has used so far. */
	meter: UsageMeter;
	/** The head of an answer of this attempt. `requestId`: the provider's. */
	createHead(facts: Pick<AnswerHeadOptions, 'status' | 'contentType' | 'requestId' | 'dropped'>): AnswerHead;
	/** Called with the provider's response headers, for its rate limits. */
	onHeaders(headers: ReceivedHeaders, status: number): void;
}

/** An answer that one attempt brought. */
export interface AttemptAnswer {
	usage: Usage;
	finishReason: FinishReason | null;
	/** What the caller's format has no place for. */
	dropped: readonly string[];
	/** The id by which later requests may refer to it at its deployment. @default none */
	responseId?: string | null | undefined;
	/** The model that answered, as its provider names it. @default it named none */
	model?: string | null | undefined;
	/** The whole answer; `null` when it was streamed. */
	whole: { head: AnswerHead; body: Buffer | string } | null;
}

/** What an answer shows of itself, whoever rates it. */
export function observeAnswer({ finishReason, usage }: AttemptAnswer): readonly ObservedSignal[] {
	if (finishReason === 'content-filter') return ['refusal'];
	if (finishReason === null) return ['cut'];
	const isEmpty = finishReason === 'stop' && usage.outputTokens + usage.reasoningTokens === 0;
	return isEmpty && usage.isEstimated !== true ? ['empty'] : [];
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

/** What a body is fitted by. */
type FittedAttempt = Pick<
	AttemptRequest,
	'body' | 'deployment' | 'fitting' | 'format' | 'forwardedHeaders' | 'modelId' | 'preferences'
>;

/** The caller's body as the model takes it, for a deployment that speaks the caller's format. */
export function fitAttempt({
	body,
	deployment,
	fitting,
	format,
	forwardedHeaders,
	modelId,
	preferences,
}: FittedAttempt): FittedRequest {
	const { family, ids = [], onFitted, ...options } = fitting;
	const { isCompatible } = deployment;
	const rules = getModelRules({ family, format: format.name, ids: [modelId, ...ids], isCompatible });
	const betas = forwardedHeaders['anthropic-beta'];
	// OpenRouter alone knows where it routes to
	const provider = deployment.takesPreferences === true ? preferences?.provider : undefined;
	const asked = provider === undefined ? body : { ...body, provider };
	const fitted = fitRequest(format.name, asked, { ...options, rules, betas });
	onFitted?.(fitted, format.name);
	return fitted;
}

/** What a request is sent by, and who reads its response. */
interface Sending {
	attempt: AttemptRequest;
	fitted: FittedRequest;
	operation: 'generate' | 'stream';
	handler: UpstreamHandler;
}

/** Sends the caller's bytes, changed only where they must be, to the deployment; at once where nothing has to be waited for. */
export function sendUpstream(sending: Sending): UpstreamRequest | Promise<UpstreamRequest> {
	const { body, deployment, format, modelId, text } = sending.attempt;
	const endpoint = deployment.endpoint({ format: format.name, modelId, operation: sending.operation });
	const turn = giveWay(text);
	if (endpoint instanceof Promise || turn !== undefined) return sendInTurns(sending, endpoint);
	return sendSpliced(sending, endpoint, spliceChanges(text, body, sending.fitted.body));
}

async function sendInTurns(sending: Sending, endpoint: ReturnType<Deployment['endpoint']>): Promise<UpstreamRequest> {
	const { body, text } = sending.attempt;
	const resolved = await endpoint;
	await giveWay(text);
	const written = spliceChanges(text, body, sending.fitted.body);
	await giveWay(text);
	return await sendSpliced(sending, resolved, written);
}

function sendSpliced(
	{ attempt, fitted, handler, operation }: Sending,
	endpoint: Awaited<ReturnType<Deployment['endpoint']>>,
	written: JsonText,
): UpstreamRequest | Promise<UpstreamRequest> {
	const { deployment, format, forwardedHeaders, maxOutputTokens, modelId } = attempt;
	const { onDropped, planBreakpoints, traceHeaders } = attempt;
	if (endpoint === null) {
		const what = `does not serve ${operation} in the format ${format.name}`;
		throw createInvalidAnswerError(attempt.target, what, { status: 404 });
	}
	const isUsageRefused = attempt.fitting.refused?.has('stream_options') === true;
	const includeUsage = operation === 'stream' && !attempt.wire.wantsUsage && !isUsageRefused;
	const toolIds = getToolIdRule(format.name, { isCompatible: deployment.isCompatible, modelId });
	const change = { model: modelId, maxOutputTokens, planBreakpoints, includeUsage, toolIds, onDropped };
	const sent = format.spliceRequest(written, fitted.body, change);
	const headers = traceHeaders === undefined ? forwardedHeaders : { ...forwardedHeaders, ...traceHeaders };
	return attempt.upstream.send({ endpoint, headers, body: sent.bytes }, handler);
}

/** Chooses the cache breakpoints of a request, in the form in which its provider reads it. */
type BreakpointPlanner = (sent: JsonObject) => readonly CacheBreakpoint[];

/**
 * The prompt cache breakpoints of one request, for providers that need them: a planner for each deployment and model,
 * `undefined` where the deployment has no breakpoints, or the caller set its own.
 */
export function createBreakpointPlanners(
	{ body, text }: Pick<GenerationRequest, 'body' | 'text'>,
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
			const breakpoints = planned.get(key) ?? plan({ ...sent, model: modelId }, { scope: id, characters: text.length });
			planned.set(key, breakpoints);
			return breakpoints;
		};
	};
}

/** What reading the answer of one attempt needs. */
export interface AttemptReaderOptions extends StreamSource {
	clock: Clock;
	signal: Cancellation;
	timeouts: AttemptTimeouts;
	/** Sends the request; its response goes to the handler. */
	send(handler: UpstreamHandler): UpstreamRequest | Promise<UpstreamRequest>;
	/** Reserves memory for the next bytes of a whole answer; `false`: there is none left. @default as much as it takes */
	reserveBytes?: ReserveBytes;
	/** Called with the response's status and headers. */
	onHead?(status: number, headers: IncomingHttpHeaders): void;
}

/**
 * Sends one request and reads the response until the answer is whole, it fails, falls silent or is aborted, whichever is
 * first. What comes later is ignored, and the connection is closed.
 */
export abstract class AttemptReader<Answer> implements UpstreamHandler {
	protected readonly timer: InactivityTimer;
	/** 0 before the response. */
	protected status = 0;
	protected headers: IncomingHttpHeaders = {};
	protected request: UpstreamRequest | null = null;
	protected readonly source: StreamSource;
	readonly #options: AttemptReaderOptions;
	readonly #result = Promise.withResolvers<Answer>();
	protected isOver = false;
	readonly #onAbort = (): void => this.fail(this.#options.signal.reason);

	constructor(options: AttemptReaderOptions) {
		const { clock, signal, timeouts } = options;
		this.#options = options;
		this.source = options;
		this.timer = new InactivityTimer(clock, timeouts, (kind, waitedMs) => this.onTimeout(kind, waitedMs));
		signal.addEventListener('abort', this.#onAbort, { once: true });
	}

	/** @throws ProviderCallError, AttemptTimeoutError, StreamInterruptedError, RequestAbortedError, or the signal's reason */
	run(): Promise<Answer> {
		// A signal that has been aborted emits no event any more.
		if (this.#options.signal.aborted) this.fail(this.#options.signal.reason);
		else this.#send();
		return this.#result.promise;
	}

	onHead(status: number, headers: IncomingHttpHeaders): void {
		this.status = status;
		this.headers = headers;
		this.#options.onHead?.(status, headers);
	}

	abstract onData(chunk: Buffer): void;
	abstract onEnd(): void;
	abstract onError(error: Error): void;
	protected abstract onTimeout(kind: InactivityKind, waitedMs: number): void;

	/** Called before a failure is reported. */
	protected onFailure(): void {}

	protected resolve(answer: Answer): void {
		this.#settle(() => this.#result.resolve(answer));
	}

	protected fail(error: unknown): void {
		this.#settle(() => {
			this.request?.abort(new Error('The attempt has failed.'));
			this.onFailure();
			this.#result.reject(error);
		});
	}

	/** The provider's id of the request, without the secrets that it was called with. */
	protected get requestId(): string | null {
		const { get } = createHeaderReader(this.headers);
		const id = get('request-id') ?? get('x-request-id');
		const { redact = (text: string) => text } = this.source.target;
		return id === null ? null : redact(id);
	}

	/** The error of a response whose status is no success; `null` for a success. */
	protected statusError(text: string): ProviderCallError | null {
		const { headers, status } = this;
		if (status >= 400)
			return parseErrorResponse({ status, headers: createHeaderReader(headers) }, text, this.source.target, {
				keepsBody: true,
			});
		return status >= 300 ? createRedirectError(this.source.target, status) : null;
	}

	protected invalidAnswer(what: string): ProviderCallError {
		return createInvalidAnswerError(this.source.target, what, { requestId: this.requestId });
	}

	/** The content type, for messages. */
	protected get contentType(): string {
		return String(this.headers['content-type'] ?? 'no content type').slice(0, 60);
	}

	#settle(act: () => void): void {
		if (this.isOver) return;
		this.isOver = true;
		this.timer.stop();
		// the caller's end may be listened to for longer than one attempt
		this.#options.signal.removeEventListener('abort', this.#onAbort);
		act();
	}

	#send(): void {
		const onFailed = (error: unknown): void => this.fail(error);
		try {
			const sent = this.#options.send(this);
			if (sent instanceof Promise) sent.then((request) => this.#onSent(request), onFailed);
			else this.#onSent(sent);
		} catch (error) {
			onFailed(error);
		}
	}

	#onSent(request: UpstreamRequest): void {
		this.request = request;
		if (this.isOver) request.abort(new Error('The attempt is over.'));
	}
}

/** Headers as Node or a client library gives them, names in lower case. */
type ReceivedHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** Headers behind the reader's interface. */
export function createHeaderReader(headers: ReceivedHeaders): HeaderReader {
	return {
		get: (name) => {
			const value = headers[name];
			return Array.isArray(value) ? (value[0] ?? null) : (value ?? null);
		},
	};
}
