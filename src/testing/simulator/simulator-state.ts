import { SimulatedPromptCache } from './prompt-cache.ts';
import type {
	ScriptedFault,
	SimulatedModel,
	SimulatedRateLimit,
	SimulatedRequest,
	SimulatorOptions,
} from './simulator-options.ts';
import type { ParsedRequest, SimulatedFormat } from './wire-format.ts';

const DEFAULT_KEPT_REQUESTS = 1000;
/** Models whose requests are counted; beyond it counting begins anew. */
const MAX_COUNTED_MODELS = 10_000;

/** What the simulator remembers between requests. */
export class SimulatorState {
	/** The latest requests, oldest first. */
	readonly requests: SimulatedRequest[] = [];
	readonly promptCache: SimulatedPromptCache;
	readonly #options: SimulatorOptions;
	readonly #scripts: Map<string, SimulatedModel>;
	/** Requests so far, by model id. */
	readonly #counts = new Map<string, number>();
	readonly #limiter = new SimulatedRateLimiter();
	#startedAt = Date.now();

	/** Begins with the options' scripts. */
	constructor(options: SimulatorOptions) {
		this.#options = options;
		this.#scripts = new Map(Object.entries(options.models ?? {}));
		this.promptCache = new SimulatedPromptCache(options.cacheMinimumTokens);
	}

	/** Seconds a refusal asks to wait. */
	get retryAfterSeconds(): number | null {
		return this.#options.retryAfterSeconds === undefined ? 1 : this.#options.retryAfterSeconds;
	}

	/** Gives models other scripts and starts their schedules anew. */
	script(models: Readonly<Record<string, SimulatedModel>>): void {
		for (const [model, script] of Object.entries(models)) {
			this.#scripts.set(model, script);
			this.#counts.delete(model);
		}
	}

	/** Forgets requests, schedules' progress, limits, and when it was started. */
	reset(): void {
		this.requests.length = 0;
		this.#counts.clear();
		this.#limiter.clear();
		this.#startedAt = Date.now();
	}

	/** Ids of the models that it can be asked for by name. */
	models(): string[] {
		return ['simulated', ...[...this.#scripts.keys()].filter((id) => id !== '*')];
	}

	/** How a model behaves. */
	getScript(model: string): SimulatedModel {
		return this.#scripts.get(model) ?? this.#scripts.get('*') ?? {};
	}

	/** Counts a request and says what it meets; `null`: all is well. */
	nextFault(model: string): ScriptedFault | null {
		const script = this.getScript(model);
		const count = this.#counts.get(model) ?? 0;
		if (this.#counts.size >= MAX_COUNTED_MODELS) this.#counts.clear();
		this.#counts.set(model, count + 1);
		if (Date.now() - this.#startedAt < (script.downForMs ?? 0)) return { fault: '503' };
		const next = script.schedule?.[count] ?? script.afterwards ?? 'ok';
		if (next === 'ok') return null;
		return typeof next === 'string' ? { fault: next } : next;
	}

	/** Counts a request against its model's limit; what its headers say, and what it meets when it is too much. */
	limit(
		model: string,
		format: SimulatedFormat,
		tokens: number,
	): { headers: Record<string, string>; fault: ScriptedFault | null } {
		const { rateLimit } = this.getScript(model);
		if (rateLimit === undefined) return { headers: {}, fault: null };
		const now = Date.now();
		const isTaken = this.#limiter.take(model, rateLimit, { tokens, now });
		const state = this.#limiter.state(model, rateLimit, now);
		const retryAfterSeconds = Math.ceil((state.resetAt - now) / 1000);
		return {
			headers: format.rateLimitHeaders(state, now),
			fault: isTaken ? null : { fault: '429', retryAfterSeconds },
		};
	}

	/** Keeps a request; the oldest goes. */
	remember(request: SimulatedRequest): SimulatedRequest {
		this.requests.push(request);
		if (this.requests.length > (this.#options.keptRequests ?? DEFAULT_KEPT_REQUESTS)) this.requests.shift();
		return request;
	}
}

/** What is left of a limit. */
export interface RateLimitState {
	requests: { limit: number; remaining: number };
	tokens: { limit: number; remaining: number } | null;
	/** Epoch milliseconds at which the window ends. */
	resetAt: number;
}

interface Window {
	requests: number;
	tokens: number;
	resetAt: number;
}

const DEFAULT_WINDOW_MS = 60_000;

/** Holds models' limits in windows that begin with a request. */
class SimulatedRateLimiter {
	/** By model; there are as many as scripts name. */
	readonly #windows = new Map<string, Window>();

	/** Counts a request; false when it is more than allowed. */
	take(model: string, limit: SimulatedRateLimit, call: { tokens: number; now: number }): boolean {
		const window = this.#window(model, limit, call.now);
		if (window.requests >= limit.requests) return false;
		if (limit.tokens !== undefined && window.tokens + call.tokens > limit.tokens) return false;
		window.requests += 1;
		window.tokens += call.tokens;
		return true;
	}

	/** What is left now. */
	state(model: string, limit: SimulatedRateLimit, now: number): RateLimitState {
		const { requests, tokens, resetAt } = this.#window(model, limit, now);
		return {
			requests: { limit: limit.requests, remaining: Math.max(0, limit.requests - requests) },
			tokens:
				limit.tokens === undefined ? null : { limit: limit.tokens, remaining: Math.max(0, limit.tokens - tokens) },
			resetAt,
		};
	}

	/** Forgets everything. */
	clear(): void {
		this.#windows.clear();
	}

	#window(model: string, limit: SimulatedRateLimit, now: number): Window {
		const known = this.#windows.get(model);
		if (known !== undefined && known.resetAt > now) return known;
		const fresh = { requests: 0, tokens: 0, resetAt: now + (limit.windowMs ?? DEFAULT_WINDOW_MS) };
		this.#windows.set(model, fresh);
		return fresh;
	}
}

/** Why a provider refuses a request. */
export interface Refusal {
	kind: string;
	message: string;
}

/** What a provider that looks closely finds wrong with a request; `null` when nothing is. */
export function findRefusal(
	ask: ParsedRequest,
	{
		model,
		script,
		format,
		inputTokens,
	}: { model: string; script: SimulatedModel; format: SimulatedFormat; inputTokens: number },
): Refusal | null {
	if (script.rejectsPrefill === true && ask.prefill !== null) {
		return {
			kind: 'prefill',
			message: 'This model does not support assistant message prefill. The conversation must end with a user message.',
		};
	}
	if (script.contextWindow !== undefined && inputTokens > script.contextWindow) {
		return {
			kind: 'context-too-long',
			message: `prompt is too long: ${inputTokens} tokens > ${script.contextWindow} maximum`,
		};
	}
	const forged = ask.reasoning.some((reasoning) => !format.isGenuineReasoning(model, reasoning));
	return forged ? { kind: 'forgery', message: format.forgedReasoningMessage } : null;
}
