import type { Clock, ModelName } from '../contracts/index.ts';
import { BoundedMap, DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../util/index.ts';
import { DeploymentBalancer } from './deployment-balancer.ts';
import type { DeploymentTable } from './deployment-table.ts';
import { isCurrentWindow, type PlanWindow, parsePlanLimits } from './plan-limits.ts';

/** What the limits apply to. */
interface LimitedTarget {
	deployment: string;
	/** The catalog's name or the provider's id: the same in every call. */
	model: string;
}

/** A request as limits count it. */
interface LimitedRequest {
	/** Input, and the most output it may give. */
	tokens: number;
}

interface TrackedLimits {
	limits: UpstreamLimits;
	observedAt: number;
	/** Requests and tokens sent since the headers came, which do not include them. */
	sentRequests: number;
	sentTokens: number;
}

const DEFAULT_MAX_TARGETS = 1000;

/** Longest wait for requests that are only counted here: limits count by the minute, and a request that got no answer may not have counted. */
const LIMIT_WINDOW_MS = MINUTE_MS;

/** When so much of a limit is available; for a request larger than the limit: when it is full, and then the provider decides. */
function getAvailableAt(
	limit: UpstreamLimit,
	wanted: number,
	{ observedAt, sent }: { observedAt: number; sent: number },
): number {
	const short = Math.min(wanted, limit.limit) - (limit.remaining - sent);
	if (short <= 0) return 0;
	const missing = limit.limit - limit.remaining;
	// Nothing was missing when the headers came: how fast it refills is not known.
	if (!limit.isGradual || missing <= 0) return limit.resetAt;
	const at = Math.ceil(observedAt + (limit.resetAt - observedAt) * (short / missing));
	return Math.min(at, Math.max(limit.resetAt, observedAt + LIMIT_WINDOW_MS));
}

/** How the execution of a decision finds deployments, their credentials and their providers' rate limits. */
interface DeploymentHooks {
	getDeployments(model: ModelName): readonly string[];
	getCredential(model: ModelName, deployment: string | null): string | undefined;
	/** Epoch milliseconds at which the provider's own limit lets the call through; 0: now. */
	availableAt(model: ModelName, deployment: string | null): number;
}

/**
 * Remembers the limits in providers' headers, so that they are respected before they are hit, and the calls under way; says
 * where the next one goes.
 */
export class LimitTracker {
	readonly #targets: BoundedMap<string, TrackedLimits>;
	readonly #balancer = new DeploymentBalancer();
	/** Windows of subscriptions, by deployment. */
	readonly #plans: BoundedMap<string, { windows: readonly PlanWindow[]; observedAt: number }>;
	/** Calls under way by deployment; none of those without any. */
	readonly #inFlight = new Map<string, number>();

	/** @param options `maxTargets`: pairs of deployment and model that are remembered, the latest. */
	constructor({ maxTargets = DEFAULT_MAX_TARGETS }: { maxTargets?: number } = {}) {
		this.#targets = new BoundedMap(maxTargets);
		this.#plans = new BoundedMap(maxTargets);
	}

	/** Reads the headers of a response. `status` is its HTTP status: of an answer the limits count that are left, no `retry-after`. */
	observe(target: LimitedTarget, header: HeaderLookup, { now, status }: { now: number; status: number }): void {
		const limits = parseLimitHeaders(header, { now, status });
		if (limits.requests === undefined && limits.tokens === undefined && limits.retryAt === undefined) return;
		this.#targets.set(toKey(target), { limits, observedAt: now, sentRequests: 0, sentTokens: 0 });
	}

	/** Reads the windows of a subscription off the headers of a response. */
	observePlan(deployment: string, header: HeaderLookup, now: number): void {
		const windows = parsePlanLimits(header, now);
		if (windows.length > 0) this.#plans.set(deployment, { windows, observedAt: now });
	}

	/** How far the subscription that a deployment was last called with is used up; windows that have begun anew are left out. */
	getPlan(deployment: string, now: number): readonly PlanWindow[] {
		const plan = this.#plans.peek(deployment);
		const observedAt = plan?.observedAt ?? now;
		return plan?.windows.filter((window) => isCurrentWindow(window, { now, observedAt })) ?? [];
	}

	/** The hooks of a request whose calls take about so many tokens each, input and output. `session`: whose conversation it is. */
	createHooks(
		deployments: DeploymentTable,
		{ clock, tokens, session = null }: { clock: Clock; tokens: number; session?: string | null },
	): DeploymentHooks {
		return {
			getDeployments: (model) => this.#order(model, { deployments, session, now: clock.now() }),
			getCredential: (_model, deployment) => deployments.getCredential(deployment),
			availableAt: (model, deployment) =>
				deployment === null ? 0 : this.availableAt({ model, deployment }, { tokens }, clock.now()),
		};
	}

	/** The deployments of a model by priority; those of one priority in the order of the moment. */
	#order(
		model: ModelName,
		{ deployments, session, now }: { deployments: DeploymentTable; session: string | null; now: number },
	): readonly string[] {
		const groups = deployments.groupsServing(model);
		if (groups.every(({ length }) => length === 1)) return deployments.idsServing(model);
		return groups.flatMap((group) => {
			const [only] = group;
			if (group.length === 1 && only !== undefined) return [only.id];
			const balanced = group.map(({ id, weight = 1 }) => {
				const tracked = this.#targets.peek(toKey({ deployment: id, model }));
				const tokensLeft = tracked === undefined ? null : getTokensLeft(tracked, now);
				return { id, weight, inFlight: this.#inFlight.get(id) ?? 0, tokensLeft };
			});
			return this.#balancer.order(model, balanced, session);
		});
	}

	/** Counts a call as under way until it has ended, and its tokens as sent until headers include them. */
	async track<Value>(target: LimitedTarget, request: LimitedRequest, call: () => Promise<Value>): Promise<Value> {
		this.begin(target, request);
		try {
			return await call();
		} finally {
			this.end(target);
		}
	}

	/** The first half of `track`; `end` must follow. */
	begin(target: LimitedTarget, request: LimitedRequest): void {
		this.countRequest(target, request);
		this.#inFlight.set(target.deployment, (this.#inFlight.get(target.deployment) ?? 0) + 1);
	}

	/** The call has ended. */
	end({ deployment }: LimitedTarget): void {
		const others = (this.#inFlight.get(deployment) ?? 1) - 1;
		if (others > 0) this.#inFlight.set(deployment, others);
		else this.#inFlight.delete(deployment);
	}

	/** Counts a request that is sent now, until headers include it. */
	countRequest(target: LimitedTarget, { tokens }: LimitedRequest): void {
		const tracked = this.#targets.peek(toKey(target));
		if (tracked === undefined) return;
		tracked.sentRequests += 1;
		tracked.sentTokens += tokens;
	}

	/** What providers have said is left of their limits, as far as it is still so: requests and tokens sent since are counted. */
	getLeft(target: LimitedTarget, now: number): { requests: LimitLeft | null; tokens: LimitLeft | null } {
		const tracked = this.#targets.peek(toKey(target));
		const describe = (limit: UpstreamLimit | undefined, sent: number): LimitLeft | null =>
			limit === undefined || limit.resetAt <= now
				? null
				: { left: Math.max(0, limit.remaining - sent), limit: limit.limit, resetAt: limit.resetAt };
		return {
			requests: describe(tracked?.limits.requests, tracked?.sentRequests ?? 0),
			tokens: describe(tracked?.limits.tokens, tracked?.sentTokens ?? 0),
		};
	}

	/** Epoch milliseconds from which such a request fits; 0: now. */
	availableAt(target: LimitedTarget, { tokens }: LimitedRequest, now: number): number {
		const tracked = this.#targets.peek(toKey(target));
		if (tracked === undefined) return 0;
		const { limits, observedAt, sentRequests, sentTokens } = tracked;
		const at = Math.max(
			limits.retryAt ?? 0,
			limits.requests === undefined ? 0 : getAvailableAt(limits.requests, 1, { observedAt, sent: sentRequests }),
			limits.tokens === undefined ? 0 : getAvailableAt(limits.tokens, tokens, { observedAt, sent: sentTokens }),
		);
		return at <= now ? 0 : at;
	}
}

/** Tokens that the provider still allows; `null` where it does not say, or its limit has filled up since. */
function getTokensLeft({ limits: { tokens }, sentTokens }: TrackedLimits, now: number): number | null {
	return tokens === undefined || tokens.resetAt <= now ? null : Math.max(0, tokens.remaining - sentTokens);
}

function toKey({ deployment, model }: LimitedTarget): string {
	return `${deployment}\n${model}`;
}

/** One of a provider's limits as its headers give it. */
interface UpstreamLimit {
	limit: number;
	remaining: number;
	/** Epoch milliseconds at which all of it is available again. */
	resetAt: number;
	/** It refills gradually until then (token bucket), rather than at once (window). */
	isGradual: boolean;
}

/** What is left of one of a provider's limits; `resetAt` in epoch milliseconds. */
interface LimitLeft {
	left: number;
	limit: number;
	resetAt: number;
}

/** A provider's limits as the headers of an answer give them. */
interface UpstreamLimits {
	requests?: UpstreamLimit | undefined;
	tokens?: UpstreamLimit | undefined;
	/** Epoch milliseconds before which the provider accepts no request. */
	retryAt?: number | undefined;
}

/** Reads a header by its name in lower case. */
type HeaderLookup = (name: string) => string | null | undefined;

/** Longest wait that is believed, milliseconds: a longer one is a value in another unit. */
const MAX_WAIT_MS = DAY_MS;
const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: SECOND_MS, m: MINUTE_MS, h: HOUR_MS, d: DAY_MS };

/** `1m30.5s`, `20ms`, `6h`; `null` when it is no duration. */
export function parseDuration(text: string): number | null {
	let [sum, at] = [0, 0];
	while (at < text.length) {
		DURATION_PART.lastIndex = at;
		const [part, figure, unit = ''] = DURATION_PART.exec(text) ?? [];
		if (part === undefined) return null;
		sum += Number(figure) * (UNIT_MS[unit] ?? 0);
		at += part.length;
	}
	return at === 0 ? null : sum;
}

/** A figure and its unit, read where the one before it ends. */
const DURATION_PART = /(\d{1,15}(?:\.\d{1,15})?)(ms|[smhd])/y;

/** Seconds, a duration, a date, or epoch seconds or milliseconds, as epoch milliseconds from now to a day from now. */
function parseTime(header: string | null | undefined, now: number): number | undefined {
	const text = header?.trim() ?? '';
	if (text === '' || text.length > 64) return undefined;
	const at = resolveTime(text, now);
	return Number.isNaN(at) ? undefined : Math.min(Math.max(at, now), now + MAX_WAIT_MS);
}

function resolveTime(text: string, now: number): number {
	if (/^\d{1,15}(?:\.\d{1,15})?$/.test(text)) {
		const number = Number(text);
		if (number >= 1e12) return number;
		return number >= 1e9 ? number * 1000 : now + number * 1000;
	}
	const duration = parseDuration(text);
	return duration === null ? Date.parse(text) : now + duration;
}

function parseCount(text: string | null | undefined): number | null {
	return text && /^\s*\d{1,15}\s*$/.test(text) ? Number(text) : null;
}

/** The three headers of a limit. */
interface LimitNames {
	limit: string;
	remaining: string;
	reset: string;
	isGradual: boolean;
}

function anthropic(unit: string): LimitNames {
	const name = `anthropic-ratelimit-${unit}`;
	return { limit: `${name}-limit`, remaining: `${name}-remaining`, reset: `${name}-reset`, isGradual: true };
}

/** `unit` with its dash; without one: requests. */
function openAi(unit = ''): LimitNames {
	const name = (part: string) => `x-ratelimit-${part}${unit}`;
	return { limit: name('limit'), remaining: name('remaining'), reset: name('reset'), isGradual: unit !== '' };
}

/** The headers without a unit mean requests, in a window. */
const REQUESTS: readonly LimitNames[] = [anthropic('requests'), openAi('-requests'), openAi()];
const TOKENS: readonly LimitNames[] = [anthropic('tokens'), anthropic('input-tokens'), openAi('-tokens')];

function parseLimit(names: readonly LimitNames[], header: HeaderLookup, now: number): UpstreamLimit | undefined {
	for (const { limit, remaining, reset, isGradual } of names) {
		const left = parseCount(header(remaining));
		if (left === null) continue;
		const resetAt = parseTime(header(reset), now);
		return {
			limit: Math.max(parseCount(header(limit)) ?? left, left),
			remaining: left,
			// Without a time: such limits count by the minute.
			resetAt: resetAt ?? now + LIMIT_WINDOW_MS,
			isGradual: isGradual && resetAt !== undefined,
		};
	}
	return undefined;
}

/** The provider's limits as a response's headers give them. */
export function parseLimitHeaders(
	header: HeaderLookup,
	{ now, status }: { now: number; status: number },
): UpstreamLimits {
	return {
		requests: parseLimit(REQUESTS, header, now),
		tokens: parseLimit(TOKENS, header, now),
		// Answers carry it too, with most of the limit left: it is an order to wait with a refusal only (RFC 9110, 10.2.3).
		retryAt: status < 400 ? undefined : parseRetryAt(header, now),
	};
}

function parseRetryAt(header: HeaderLookup, now: number): number | undefined {
	const milliseconds = parseCount(header('retry-after-ms'));
	return milliseconds === null ? parseTime(header('retry-after'), now) : now + Math.min(milliseconds, MAX_WAIT_MS);
}
