import type { JsonObject } from '../../util/index.ts';
import { findModelRefusal } from './find-model-refusal.ts';
import { SimulatedPromptCache } from './prompt-cache.ts';
import type { ScriptedFault, SimulatedModel, SimulatedRequest, SimulatorOptions } from './simulator-options.ts';
import type { ParsedRequest, SimulatedFormat } from './wire-format.ts';

const DEFAULT_KEPT_REQUESTS = 1000;
const DEFAULT_WINDOW_MS = 60_000;
/** Models whose requests are counted; beyond this counting starts again. */
const MAX_COUNTED_MODELS = 10_000;

interface RateLimitWindow {
	requests: number;
	tokens: number;
	/** Epoch milliseconds. */
	resetAt: number;
}

/** What the simulator keeps between requests. */
export class SimulatorState {
	/** The latest requests, oldest first. */
	readonly requests: SimulatedRequest[] = [];
	readonly promptCache: SimulatedPromptCache;
	readonly options: SimulatorOptions;
	readonly #scripts: Map<string, SimulatedModel>;
	/** Requests so far, by model id. */
	readonly #counts = new Map<string, number>();
	/** By model; there are as many as scripts name. */
	readonly #windows = new Map<string, RateLimitWindow>();
	#startedAt = Date.now();

	constructor(options: SimulatorOptions) {
		this.options = options;
		this.#scripts = new Map(Object.entries(options.models ?? {}));
		this.promptCache = new SimulatedPromptCache(options.cacheMinimumTokens);
	}

	/** Replaces the scripts of models; their schedules start again. */
	script(models: Readonly<Record<string, SimulatedModel>>): void {
		for (const [model, script] of Object.entries(models)) {
			this.#scripts.set(model, script);
			this.#counts.delete(model);
		}
	}

	/** Forgets requests, the progress of schedules, limits and `downForMs`. */
	reset(): void {
		this.requests.length = 0;
		this.#counts.clear();
		this.#windows.clear();
		this.#startedAt = Date.now();
	}

	/** Ids of the models that are listed. */
	models(): string[] {
		return ['simulated', ...[...this.#scripts.keys()].filter((id) => id !== '*')];
	}

	/** How a request is answered. */
	getAnswerScript(request: SimulatedRequest): SimulatedModel {
		return this.options.answerWith?.(request) ?? this.getScript(request.model);
	}

	/** How a model behaves. */
	getScript(model: string): SimulatedModel {
		return this.#scripts.get(model) ?? this.#scripts.get('*') ?? {};
	}

	/** Counts a request and answers its fault; `null`: none. */
	nextFault(model: string, script: SimulatedModel = this.getScript(model)): ScriptedFault | null {
		const count = this.#counts.get(model) ?? 0;
		if (this.#counts.size >= MAX_COUNTED_MODELS) this.#counts.clear();
		this.#counts.set(model, count + 1);
		const isDown = Date.now() - this.#startedAt < (script.downForMs ?? 0);
		const next = isDown ? '503' : (script.schedule?.[count] ?? script.afterwards ?? 'ok');
		if (next === 'ok') return null;
		const { retryAfterSeconds: usual = 1 } = this.options;
		const scripted: ScriptedFault = typeof next === 'string' ? { fault: next } : next;
		const { retryAfterSeconds = usual } = scripted;
		return { ...scripted, retryAfterSeconds };
	}

	/** Counts a request against its model's rate limit: the headers that report it, and a fault when it is exceeded. */
	countAgainstLimit(
		model: string,
		format: SimulatedFormat,
		tokens: number,
	): { headers: Record<string, string>; fault: ScriptedFault | null } {
		const { rateLimit } = this.getScript(model);
		if (rateLimit === undefined) return { headers: {}, fault: null };
		const now = Date.now();
		const { windowMs = DEFAULT_WINDOW_MS, ...limits } = rateLimit;
		const window = this.#getWindow(model, windowMs, now);
		const { resetAt } = window;
		const isAllowed = window.requests < limits.requests && window.tokens + tokens <= (limits.tokens ?? Infinity);
		if (isAllowed) {
			window.requests += 1;
			window.tokens += tokens;
		}
		const headers: Record<string, string> = {};
		for (const kind of ['requests', 'tokens'] as const) {
			const limit = limits[kind];
			if (limit === undefined) continue;
			const remaining = Math.max(0, limit - window[kind]);
			Object.assign(headers, format.rateLimitHeaders(kind, { limit, remaining, resetAt }, now));
		}
		const retryAfterSeconds = Math.ceil((resetAt - now) / 1000);
		return { headers, fault: isAllowed ? null : { fault: '429', retryAfterSeconds } };
	}

	/** A window begins with a request. */
	#getWindow(model: string, windowMs: number, now: number): RateLimitWindow {
		const current = this.#windows.get(model);
		if (current !== undefined && current.resetAt > now) return current;
		const window = { requests: 0, tokens: 0, resetAt: now + windowMs };
		this.#windows.set(model, window);
		return window;
	}

	/** What a provider refuses for a model is refused. */
	get isStrict(): boolean {
		return this.options.isStrict !== false;
	}

	/** Keeps a request; the oldest is dropped. */
	addRequest(request: SimulatedRequest): SimulatedRequest {
		this.requests.push(request);
		if (this.requests.length > (this.options.keptRequests ?? DEFAULT_KEPT_REQUESTS)) this.requests.shift();
		return request;
	}
}

/** Who is asked, in which format and how strictly. */
interface RefusalContext {
	model: string;
	script: SimulatedModel;
	format: SimulatedFormat;
	strictBody: JsonObject | null;
}

/** Why a strict provider rejects a request; `null` when it does not. `strictBody`: its body, where the model's rules are kept. */
export function findRefusal(
	request: ParsedRequest,
	{ model, script, format, strictBody }: RefusalContext,
	inputTokens: number,
): { kind: string; message: string } | null {
	if (script.rejectsPrefill === true && request.prefill !== null) {
		const message =
			'This model does not support assistant message prefill. The conversation must end with a user message.';
		return { kind: 'prefill', message };
	}
	if (script.contextWindow !== undefined && inputTokens > script.contextWindow) {
		const message = `prompt is too long: ${inputTokens} tokens > ${script.contextWindow} maximum`;
		return { kind: 'context-too-long', message };
	}
	const unsupported = strictBody === null ? null : findModelRefusal(format.name, model, strictBody);
	if (unsupported !== null) return { kind: 'invalid', message: unsupported };
	const isForged = request.reasoning.some((reasoning) => !format.isGenuineReasoning(model, reasoning));
	return isForged ? { kind: 'forgery', message: format.forgedReasoningMessage } : null;
}
