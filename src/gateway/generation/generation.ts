import type { IncomingHttpHeaders } from 'node:http';
import type { Clock, ModelName, ModelProfile, RoutingDecision, TaskConstraints } from '../../contracts/index.ts';
import { InvalidInputError } from '../../errors/index.ts';
import type { CallerFormat, DecodedRequest, PromptCachePlanner, WireRequest } from '../../protocol/index.ts';
import {
	createUpstreamTarget,
	type Deployment,
	type DeploymentTable,
	type LimitTracker,
} from '../../providers/index.ts';
import type { Upstream } from '../../providers/upstream/index.ts';
import {
	type AttemptTimeouts,
	resolveOutputLimit,
	resolveStreamTimeouts,
	resolveWholeTimeouts,
	UsageMeter,
} from '../../relay/index.ts';
import {
	type AttemptHooks,
	assertModelHonored,
	type ExecutedTask,
	type ModelChoice,
	parseModelChoice,
	type RouteOptions,
	type TaskExecutor,
} from '../../system/index.ts';
import type { JsonObject } from '../../util/index.ts';
import type { GatewayState } from '../gateway-state.ts';
import { type Caller, createAttribution } from '../keys/caller.ts';
import { canUseModel, requireModelAccess } from '../keys/index.ts';
import type { InFlightRequests } from '../limits/in-flight-requests.ts';
import type { RoutingHints } from '../request/routing-hints.ts';
import { createAnswerHead } from './answer-head.ts';
import { type AttemptAnswer, RequestCacheBreakpoints } from './attempt.ts';
import { createHeaderReader } from './attempt-reader.ts';
import { callDeployment } from './call-deployment.ts';
import type { ConversationMemory } from './conversation-memory.ts';
import { requireGenerativeModel } from './requested-model.ts';
import type { StreamSink } from './stream-sink.ts';

/** What every request is answered with. */
export interface GenerationPorts {
	runtime: GatewayState;
	deployments: DeploymentTable;
	upstream: Upstream;
	limits: LimitTracker;
	memory: ConversationMemory;
	/** Chooses marks for providers' prompt caches; `null`: none are placed. */
	planCache: PromptCachePlanner | null;
	clock: Clock;
	/** What can be cut when the gateway stops. */
	running: InFlightRequests;
}

/** One request for an answer, read. */
export interface GenerationRequest {
	format: CallerFormat;
	/** The body as it came, without what was meant for the gateway. */
	text: string;
	body: JsonObject;
	wire: WireRequest;
	wishes: RoutingHints;
	caller: Caller;
	forwardedHeaders: Readonly<Record<string, string>>;
	signal: AbortSignal;
	/** Where a stream goes; `null` for a whole answer. */
	sink: StreamSink | null;
}

type Executed = ExecutedTask<AttemptAnswer>;

/** One request from its reading to its answer: decide, hold, call, settle. */
export class Generation {
	readonly #ports: GenerationPorts;
	readonly #request: GenerationRequest;
	readonly #decoded: () => DecodedRequest;
	readonly #cacheMarks: RequestCacheBreakpoints | null;
	#decision: RoutingDecision | null = null;
	readonly #meter = new UsageMeter();
	#calls = 0;

	constructor(request: GenerationRequest, ports: GenerationPorts) {
		this.#request = request;
		this.#decoded = decodeOnce(request.format, request.body);
		this.#ports = ports;
		const { planCache, runtime } = ports;
		const isMarked = planCache !== null && runtime.promptCaching;
		this.#cacheMarks = isMarked ? new RequestCacheBreakpoints(request.body, planCache) : null;
	}

	/** Calls that were made; models passed over are none. */
	get calls(): number {
		return this.#calls;
	}

	/** `null` until there is one. */
	get decision(): RoutingDecision | null {
		return this.#decision;
	}

	/** Routes and executes; a stream has been sent when this resolves, a whole answer is in its value. */
	async run(): Promise<{ decision: RoutingDecision; executed: Executed }> {
		const { system } = this.#ports.runtime;
		const { wire, signal, wishes } = this.#request;
		const choice = parseModelChoice(wire.model, system.router);
		if (choice.model !== undefined) {
			const named = system.router.catalog.get(choice.model);
			requireGenerativeModel(named);
			requireModelAccess(this.#request.caller.key, named);
		}
		const options = this.#routeOptions(choice);
		const decision = await system.routeTask(wire.conversation, options);
		this.#decision = decision;
		assertModelHonored(decision, choice);
		const executor: TaskExecutor<AttemptAnswer> = (model, context) => this.#attempt(decision, model, context);
		const executed = await system.executeDecision(decision, executor, {
			...options,
			signal,
			deadlineMs: wishes.timeoutMs ?? this.#ports.runtime.config.limits.requestTimeoutMs,
			hooks: this.#control(),
		});
		this.#remember(executed);
		return { decision, executed };
	}

	#routeOptions(choice: ModelChoice): RouteOptions {
		const { caller, wire, wishes } = this.#request;
		const policy = choice.policy ?? (choice.model === undefined ? wishes.policy : undefined);
		const cachedPrefix = choice.model === undefined ? this.#cachedPrefix() : undefined;
		return {
			constraints: this.#constraints(choice, cachedPrefix !== undefined),
			attribution: createAttribution(caller, { tags: wishes.tags, session: wishes.session ?? wire.session }),
			notes: (decision) => this.#notes(decision),
			...(policy === undefined ? {} : { policy }),
			...(cachedPrefix === undefined ? {} : { cachedPrefix }),
		};
	}

	/** What the chosen model's first deployment will not be told. */
	#notes({ model }: RoutingDecision): string[] {
		const { deployments } = this.#ports;
		const [first = ''] = deployments.idsServing(model.name);
		return describeDroppedFields(deployments.find(first), { format: this.#request.format, decoded: this.#decoded });
	}

	#constraints({ model }: ModelChoice, isRemembered: boolean): TaskConstraints {
		const { format, wire, wishes } = this.#request;
		const allowed = this.#allowedModels();
		const constraints: TaskConstraints = {
			...wishes.constraints,
			...(allowed === null ? {} : { allowedModels: allowed }),
		};
		if (model !== undefined) {
			if (allowed === null) return { ...constraints, preferredModel: model };
			return { ...constraints, preferredModel: model, allowedModels: allowed };
		}
		const bound = wire.boundToModel && !isRemembered ? PROVIDER_OF_FORMAT[format.name] : undefined;
		return {
			...constraints,
			requiredCapabilities: wire.requiredCapabilities,
			...(bound === undefined ? {} : { allowedProviders: [bound] }),
		};
	}

	/** The models both the caller wishes and its key allows, by their catalog names; `null`: all. */
	#allowedModels(): string[] | null {
		const { caller, wishes } = this.#request;
		const { catalog } = this.#ports.runtime.system.router;
		const wished = wishes.constraints.allowedModels ?? null;
		if (caller.key === null || caller.key.allowedModels === null) return wished;
		const names = wished ?? caller.key.allowedModels;
		return names
			.map((name) => catalog.get(name))
			.filter((profile) => canUseModel(caller.key, profile))
			.map(({ name }) => name);
	}

	#cachedPrefix(): RouteOptions['cachedPrefix'] {
		const { caller, wire, wishes } = this.#request;
		const session = wishes.session ?? wire.session;
		if (session === null) return undefined;
		const now = this.#ports.clock.now();
		return this.#ports.memory.getCachedPrefix({ owner: caller.owner, session }, now, wire.boundToModel);
	}

	#control(): AttemptHooks {
		const { deployments, limits, clock } = this.#ports;
		const { sink, wire } = this.#request;
		const outputLimit = wire.maxOutputTokens;
		return {
			getDeployments: (model) => deployments.idsServing(model),
			getCredential: (_model, deployment) =>
				deployment === null ? undefined : deployments.find(deployment)?.credential,
			availableAt: (model, deployment) =>
				deployment === null
					? 0
					: limits.availableAt({ model, deployment }, { tokens: this.#expectedTokens() }, clock.now()),
			timeoutMs: Number.POSITIVE_INFINITY,
			maxOutputTokens: outputLimit === null ? null : outputLimit * wire.answerCount,
			answers: wire.answerCount,
			isCommitted: () => sink?.isCommitted === true,
			usageOf: (value) => (isAnswer(value) ? value.usage : null),
			meterFailure: () => this.#meter.take(),
		};
	}

	/** Tokens that a provider's limits are held against before it has counted. */
	#expectedTokens(): number {
		const { estimatedInputTokens = 0, estimatedOutputTokens = 0 } = this.#decision?.descriptor ?? {};
		return estimatedInputTokens + estimatedOutputTokens;
	}

	async #attempt(
		decision: RoutingDecision,
		model: ModelName,
		context: Parameters<TaskExecutor<AttemptAnswer>>[1],
	): Promise<AttemptAnswer> {
		this.#meter.reset();
		const { clock, deployments, limits, runtime, upstream } = this.#ports;
		const { wire, wishes } = this.#request;
		const deployment = context.deployment === undefined ? undefined : deployments.find(context.deployment);
		const profile = runtime.system.router.catalog.get(model);
		const modelId = deployment?.getModelId(profile) ?? null;
		if (deployment === undefined || modelId === null) {
			throw new InvalidInputError(
				`No deployment here serves ${model}. List it under "deployments", or set its provider's key.`,
			);
		}
		this.#calls += 1;
		const call = this.#calls;
		const { descriptor } = decision;
		const maxOutputTokens = resolveOutputLimit(context.maxOutputTokens, {
			maxOutputTokens: wire.maxOutputTokens,
			modelLimit: profile.maxOutputTokens,
			answerCount: wire.answerCount,
		});
		const { streams } = runtime.config;
		limits.countRequest({ model, deployment: deployment.id }, { tokens: this.#expectedTokens() });
		return await callDeployment({
			...this.#request,
			decoded: this.#decoded,
			cacheMarks: this.#cacheMarks?.for(deployment, profile),
			clock,
			upstream,
			deployment,
			modelName: profile.name,
			modelId,
			target: createUpstreamTarget(deployment, modelId),
			maxOutputTokens,
			expectedInputTokens: descriptor.estimatedInputTokens,
			signal: context.signal,
			timeouts: this.#timeouts(profile, decision, context.maxOutputTokens),
			isHeldWhole: (wishes.commit ?? streams.commit) === 'whole-answer',
			createHead: (given) => createAnswerHead({ ...given, decision, model, deployment: deployment.id, attempt: call }),
			meter: this.#meter,
			onHeaders: (headers) =>
				limits.observe({ model, deployment: deployment.id }, createHeaderReader(headers).get, clock.now()),
			answerId: decision.id.replaceAll('-', ''),
		});
	}

	#timeouts(
		profile: ModelProfile,
		{ descriptor }: RoutingDecision,
		allowedTokens = Number.POSITIVE_INFINITY,
	): AttemptTimeouts {
		const { attemptTimeoutMs, config } = this.#ports.runtime;
		const { sink, wire } = this.#request;
		const isThinking = wire.requiredCapabilities.includes('thinking');
		if (sink !== null) return resolveStreamTimeouts(profile, config.streams, isThinking);
		const expectedTokens = descriptor.outputTokensInterval?.high ?? descriptor.estimatedOutputTokens;
		const outputTokens = Math.min(allowedTokens, expectedTokens);
		const { idleTimeoutMs } = config.streams;
		return resolveWholeTimeouts(profile, { outputTokens, isThinking }, { attemptTimeoutMs, idleTimeoutMs });
	}

	#remember({ model, value }: Executed): void {
		const { caller, wire, wishes } = this.#request;
		const session = wishes.session ?? wire.session;
		if (session === null) return;
		const { inputTokens, cacheReadTokens, cacheWrite5mTokens, cacheWrite1hTokens, outputTokens } = value.usage;
		const tokens = inputTokens + cacheReadTokens + cacheWrite5mTokens + cacheWrite1hTokens + outputTokens;
		this.#ports.memory.remember({ owner: caller.owner, session }, { model, tokens, at: this.#ports.clock.now() });
	}
}

/** Whose models made reasoning that a conversation in a format carries, where nobody remembers which model it was. */
const PROVIDER_OF_FORMAT: Readonly<Partial<Record<CallerFormat['name'], string>>> = {
	'anthropic-messages': 'anthropic',
	'openai-responses': 'openai',
	gemini: 'google',
};

function isAnswer(value: unknown): value is AttemptAnswer {
	return typeof value === 'object' && value !== null && 'usage' in value && 'dropped' in value;
}

/** Headers of a caller that go to a provider of the same format: what chooses its version and betas. */
const FORWARDED_HEADERS = ['anthropic-version', 'anthropic-beta', 'openai-beta'] as const;

/** The headers that are passed on; everything else of a caller's stays here. */
export function selectForwardedHeaders(headers: IncomingHttpHeaders): Record<string, string> {
	const passed: Record<string, string> = {};
	for (const name of FORWARDED_HEADERS) {
		const value = headers[name];
		if (value !== undefined) passed[name] = Array.isArray(value) ? value.join(',') : value;
	}
	return passed;
}

/** Characters of a sentence that lists names. */
const MAX_NOTE_CHARACTERS = 500;

/** A request in the neutral form: made when it is first asked for, and once. */
export function decodeOnce(format: CallerFormat, body: JsonObject): () => DecodedRequest {
	let decoded: DecodedRequest | null = null;
	return () => {
		decoded ??= format.decodeRequest(body);
		return decoded;
	};
}

/**
 * The sentences of a decision that say what of the request does not reach the deployment. Names come from the caller:
 * what no name has becomes `?`. @throws InvalidInputError for a request that cannot be translated
 */
function describeDroppedFields(
	deployment: Deployment | undefined,
	{ decoded, format }: { format: CallerFormat; decoded: () => DecodedRequest },
): string[] {
	if (deployment === undefined || deployment.formats.includes(format.name)) return [];
	const { dropped } = decoded();
	if (dropped.length === 0) return [];
	const names = [...new Set(dropped)].join(', ').replace(/[^\x20-\x7e]/g, '?');
	return [`Not carried to ${deployment.id}: ${names}`.slice(0, MAX_NOTE_CHARACTERS)];
}
