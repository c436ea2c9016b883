import { SimulatedPromptCache } from './prompt-cache.ts';
import { RateLimiter } from './rate-limiter.ts';
import type { ScriptedFault } from './simulated-fault.ts';
import type { SimulatedModel, SimulatedRequest, SimulatorOptions } from './simulator-options.ts';
import type { WireFormat } from './wire-format.ts';

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
	readonly #limiter = new RateLimiter();
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
	scriptOf(model: string): SimulatedModel {
		return this.#scripts.get(model) ?? this.#scripts.get('*') ?? {};
	}

	/** Counts a request and says what it meets; `null`: all is well. */
	meet(model: string): ScriptedFault | null {
		const script = this.scriptOf(model);
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
		format: WireFormat,
		tokens: number,
	): { headers: Record<string, string>; fault: ScriptedFault | null } {
		const { rateLimit } = this.scriptOf(model);
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
