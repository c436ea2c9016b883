import type { ServerResponse } from 'node:http';
import {
	CHARACTERS_PER_TOKEN,
	countInputTokens,
	type ModelName,
	type ModelProfile,
	type RoutingDecision,
	type Usage,
} from '../../contracts/index.ts';
import { isRouterError } from '../../errors/index.ts';
import { MIN_RESPONSES_TOKENS } from '../../model-rules/index.ts';
import { CALLER_FORMATS, createInputBound, createJsonArrayWriter, createUsageLimits } from '../../protocol/index.ts';
import {
	callWithoutRefused,
	createUpstreamTarget,
	type RefusalMemory,
	selectPlanHeaders,
	takesFormat,
} from '../../providers/index.ts';
import {
	type AttemptTimeouts,
	countExpectedTokens,
	describeAttempt,
	planAttemptOutput,
	planPatience,
	readThinkingEffort,
	resolveWholeTimeouts,
	toHeldTokens,
	UsageMeter,
} from '../../relay/index.ts';
import { type AttemptHooks, assertModelHonored, type ExecutedTask, type TaskExecutor } from '../../system/index.ts';
import { isObject, type JsonObject } from '../../util/index.ts';
import { describeFailure, sendError } from '../errors/index.ts';
import { hideOthersSpending } from '../keys/key-ring.ts';
import { giveWay, omitBodyField, readApp } from '../request/index.ts';
import type { GatewayRoute } from '../routes.ts';
import {
	type AttemptAnswer,
	type AttemptRequest,
	createBreakpointPlanners,
	createHeaderReader,
	observeAnswer,
	selectForwardedHeaders,
} from './attempt.ts';
import { createGraceSignal } from './create-grace-signal.ts';
import { PassThroughStream } from './pass-through-stream.ts';
import { readPreferences } from './read-preferences.ts';
import type { DrawnAnswer, GenerationRequest, HintedRequest, RequestContext } from './request-context.ts';
import { createRouteOptions, decodeOnce, getSession, rememberTurn, resolveModelChoice } from './routing.ts';
import {
	createAnswerHead,
	createEarlyHeaders,
	type FrameRewriter,
	formatCostHeader,
	formatDroppedFact,
	StreamSink,
	type StreamSinkOptions,
	sendWholeAnswer,
} from './send-answer.ts';
import { translateAnswer, translateStream } from './translation.ts';
import { passThroughAnswer } from './whole-answer.ts';

type GenerateRoute = Extract<GatewayRoute, { kind: 'generate' }>;

/** Answers a request for text, in whichever format it came. Once it is parsed, its errors are sent to the caller here. */
export async function handleGenerate(
	{ request, response, raw, body: hinted, hints: ownHints, reserveBytes }: HintedRequest,
	route: GenerateRoute,
	ownContext: RequestContext,
): Promise<void> {
	const { caller, clock, inFlight, keyLimiter, replay, runtime } = ownContext;
	const format = CALLER_FORMATS[route.format];
	const departure = inFlight.track(response);
	const withoutHints = omitBodyField(raw, hinted, 'switchyard');
	const [ownText, ownBody] = format.listSingles?.(...withoutHints) ?? withoutHints;
	const turn = giveWay(raw);
	if (turn !== undefined) await turn;
	const own = { text: ownText, body: ownBody, hints: ownHints, context: ownContext, preferences: undefined };
	const asked = hasPreferences(route, ownBody) ? readPreferences(own, ownContext) : own;
	const { body, context, hints, preferences, text } = asked;
	const wire = format.readRequest(body, route.path);
	if (turn !== undefined) await giveWay(raw);
	const { key } = caller;
	// a body's characters are counted where there is a limit for them
	const input = key?.limits.tokensPerMinute === undefined ? 0 : Math.ceil(raw.characters / CHARACTERS_PER_TOKEN);
	const admitted = key === null ? null : keyLimiter.admit(key, input + (wire.maxOutputTokens ?? 0));
	// only processes that count together have to be waited for
	const admission = admitted instanceof Promise ? await admitted : admitted;
	const rewriter = createRewriter(route, request.url ?? '');
	const isIdempotent = request.headers['idempotency-key'] !== undefined;
	const { signal, dispose } = isIdempotent
		? createGraceSignal(departure, { clock, gracePeriodMs: runtime.config.drainTimeoutMs })
		: { signal: departure, dispose() {} };
	const generation: GenerationRequest = {
		format,
		text,
		body,
		wire,
		hints,
		app: readApp(request.headers),
		preferences,
		forwardedHeaders: selectForwardedHeaders(request.headers),
		signal,
		decoded: decodeOnce(format, { body, text }, runtime.config.limits),
		reserveBytes,
	};
	// A replayed answer uses nothing; what a failed one used is not known.
	let usedTokens: number | null = 0;
	const replayable = { request, response, raw, caller, hints, config: runtime.config, signal: departure };
	try {
		await replay.replayOrRun(replayable, async (next) => {
			const shadow = context.shadow?.draw(generation, context, next) ?? null;
			const usage = await generateAnswer(generation, context, response, { listener: shadow ?? next, rewriter, shadow });
			usedTokens = usage === null ? null : countLimitedTokens(usage);
			return usage !== null;
		});
	} finally {
		dispose();
		admission?.release(usedTokens);
	}
}

/** Whether a body speaks to OpenRouter, whose fields no format has itself: nearly none does. Gemini's names its model in the path. */
function hasPreferences({ format }: GenerateRoute, { models, provider }: JsonObject): boolean {
	return format !== 'gemini' && (isObject(provider) || Array.isArray(models));
}

/** All tokens that count against a key's limit: those only read from a provider's cache do not. */
function countLimitedTokens(usage: Usage): number {
	return countInputTokens(usage) - usage.cacheReadTokens + usage.outputTokens + usage.reasoningTokens;
}

/** Gemini's clients that do not ask for events get one JSON list, whose members are sent as they are made. */
function createRewriter({ format, path }: GenerateRoute, url: string): FrameRewriter | null {
	if (format !== 'gemini' || path.isStream !== true || /[?&]alt=sse(?:&|$)/.test(url)) return null;
	return { contentType: 'application/json', ...createJsonArrayWriter() };
}

/** Generates an answer and sends it, or sends the error. The usage of an answer that is whole, else `null`. */
async function generateAnswer(
	request: GenerationRequest,
	context: RequestContext,
	response: ServerResponse,
	output: Pick<StreamSinkOptions, 'listener' | 'rewriter'> & { shadow: DrawnAnswer | null },
): Promise<Usage | null> {
	const { format, reserveBytes, signal, wire } = request;
	const sink = wire.isStream
		? new StreamSink(response, {
				...output,
				reserveBytes,
				onCommit: () => {
					context.onFirstOutput(generation.model);
					context.ids.trace?.setFirstOutput();
				},
				onEnding: (ending) => context.inFlight.end(response, ending),
			})
		: null;
	const generation = new Generation(request, context, sink);
	try {
		const { decision, executed } = await generation.run();
		const { costNanoUsd, model, value } = executed;
		sink?.setWhole();
		if (value.whole !== null)
			sendWholeAnswer(response, value.whole, { ...value, costNanoUsd, listener: output.listener });
		// What is known only now, as a comment; where clients cannot skip one, the decision can be read by its id.
		const facts = `decision=${decision.id} model=${model} attempts=${generation.callCount}`;
		const spent = `cost=${formatCostHeader(costNanoUsd)}${value.usage.isEstimated === true ? ' estimated=true' : ''}`;
		sink?.end(
			format.allowsComments
				? `: switchyard ${facts}${sink.lateFacts}${formatDroppedFact(generation.dropped)} ${spent}\n\n`
				: '',
		);
		output.shadow?.offer({ decision, model, costNanoUsd, outputTokens: value.usage.outputTokens });
		return value.usage;
	} catch (failure) {
		// Where the gateway aborted the request, its reason says more than the failure that followed from it.
		const cause = signal.aborted && isRouterError(signal.reason) ? signal.reason : failure;
		const error = hideOthersSpending(cause, context.caller);
		const now = context.clock.now();
		const { decision, model } = generation;
		output.shadow?.drop({ decision, model });
		sink?.stopKeepAlive();
		if (!sink?.isOpen)
			sendError(response, format, { error, now, decision, deadlineMs: getDeadlineMs(request, context) });
		// A caller that has not read what was sent would not read an error behind it either.
		else if (response.writableNeedDrain) response.destroy();
		else {
			const told = describeFailure(response, format, { error, now, decision });
			sink.endWithError(format.encodeStreamError(told), { clock: context.clock, isBroken: !format.readsStreamErrors });
		}
		if (!signal.aborted) context.onError(cause);
		return null;
	}
}

/** Milliseconds the whole request may take. */
function getDeadlineMs({ hints }: Pick<GenerationRequest, 'hints'>, { runtime }: RequestContext): number {
	return hints.timeoutMs ?? runtime.config.limits.requestTimeoutMs;
}

type AttemptContext = Parameters<TaskExecutor<AttemptAnswer>>[1];

/** One request from its parsing to its answer: decide, reserve, call, settle. */
export class Generation {
	readonly #request: GenerationRequest;
	readonly #context: RequestContext;
	readonly #sink: StreamSink | null;
	readonly #createPlanner: ReturnType<typeof createBreakpointPlanners> | null;
	readonly #meter = new UsageMeter();
	/** As of `OutputPlan`, of the latest attempt. */
	#loweredTo: number | undefined;
	/** What the latest attempt's request was fitted to its model by. */
	#changed: readonly string[] = [];
	/** What of the request and of the answer the latest attempt could not carry, by name. */
	#dropped: readonly string[] = [];
	/** What its model refused, in a sentence. */
	#refusal: string | null = null;
	/** What the latest answer's provider says of the caller's plan. */
	#planHeaders: Readonly<Record<string, string>> = {};
	/** False for an answer that its provider ended without a finish reason. */
	#hasReason = true;
	/** `null` until there is one. */
	decision: RoutingDecision | null = null;
	/** The model that was called last. */
	model: ModelName = '';
	/** Calls that were made; skipped models count for none. */
	callCount = 0;

	/** @param sink where a stream goes; `null` for a whole answer */
	constructor(request: GenerationRequest, context: RequestContext, sink: StreamSink | null) {
		const { planCache, runtime } = context;
		this.#request = request;
		this.#context = context;
		this.#sink = sink;
		this.#createPlanner = runtime.promptCaching ? createBreakpointPlanners(request, planCache) : null;
	}

	/** What was left out or changed between the caller and the model that answered, by name. */
	get dropped(): readonly string[] {
		return joinNames(this.#changed, this.#dropped);
	}

	/** Routes and executes; a stream has been sent when this resolves, a whole answer is in its value. */
	async run(): Promise<{ decision: RoutingDecision; executed: ExecutedTask<AttemptAnswer> }> {
		const { ids, runtime } = this.#context;
		const { system } = runtime;
		const { preferences, signal, wire } = this.#request;
		const choice = resolveModelChoice(wire.model, this.#context);
		const options = createRouteOptions(this.#request, this.#context, choice);
		const route = () => system.routeTask(wire.conversation, options);
		const decision = await (ids.trace === null ? route() : ids.trace.decide(wire.model, route));
		ids.decisionId = decision.id;
		this.decision = decision;
		const turn = giveWay(this.#request.text);
		if (turn !== undefined) await turn;
		assertModelHonored(decision, choice);
		this.#startKeepAlive(decision);
		const executor: TaskExecutor<AttemptAnswer> = (model, attempt) => this.#attempt(decision, model, attempt);
		const deadlineMs = getDeadlineMs(this.#request, this.#context);
		const executed = await system.executeDecision(decision, executor, {
			...options,
			signal,
			deadlineMs,
			hooks: this.#createHooks(decision),
			fallbacks: preferences?.fallbacks,
		});
		const { model, value } = executed;
		rememberTurn(this.#request, this.#context, { decision, model, options, usage: value.usage });
		return { decision, executed };
	}

	#startKeepAlive(decision: RoutingDecision): void {
		const { clock, runtime } = this.#context;
		const { keepAliveMs: intervalMs } = runtime.config.streams;
		const { format } = this.#request;
		if (this.#sink === null || intervalMs === 0) return;
		const headers = createEarlyHeaders(format.name, decision);
		this.#sink.keepAlive({ clock, intervalMs, headers, frame: format.keepAlive });
	}

	#createHooks(decision: RoutingDecision): AttemptHooks<AttemptAnswer> {
		const { clock, deployments, limits, memory, runtime } = this.#context;
		const { body, forwardedHeaders, text, wire } = this.#request;
		const { answerCount, isStream, maxOutputTokens, thinkingTokens = 0 } = wire;
		const { catalog } = runtime.system.router;
		const limited = limits.createHooks(deployments, {
			clock,
			tokens: countExpectedTokens(decision),
			session: getSession(this.#request),
		});
		const holder = memory.getHolder(wire.previousResponse);
		return {
			...limited,
			getDeployments: (model) => {
				const ids = limited.getDeployments(model);
				return holder !== undefined && ids.includes(holder) ? [holder] : ids;
			},
			// Streams and answers have timeouts of their own.
			timeoutMs: Number.POSITIVE_INFINITY,
			maxOutputTokens: maxOutputTokens === null ? null : maxOutputTokens * answerCount,
			minOutputTokens: thinkingTokens > 0 ? thinkingTokens + 1 : undefined,
			toHeldTokens: (model, tokens) => {
				const profile = catalog.get(model);
				const least = Math.max(tokens, getLeastOutput(profile) * answerCount);
				return isStream ? toHeldTokens(least, profile) : least;
			},
			answers: answerCount,
			inputBound: createInputBound({
				input: body,
				bodyBytes: text.length,
				mayPlanCache: runtime.promptCaching,
				contextWindow: getContextWindow(forwardedHeaders),
			}),
			isCommitted: () => this.#sink?.isCommitted === true,
			isListPriceOnly: (id) => deployments.find(id)?.isCallersLogin === true,
			billsAfterDisconnect: (id) => deployments.find(id)?.billsAfterDisconnect === true,
			usageOf: ({ usage }) => usage,
			observe: observeAnswer,
			meterFailure: () => this.#meter.take(),
			getNote: () => this.#describeAttempt(),
		};
	}

	/** What the record of the latest attempt says beside its outcome. */
	#describeAttempt(): string | undefined {
		const isPlain = this.#loweredTo === undefined && this.#refusal === null && this.#hasReason;
		if (isPlain && this.#changed.length === 0 && this.#dropped.length === 0) return undefined;
		const fitted = describeAttempt({ loweredTo: this.#loweredTo, changed: this.#changed, dropped: this.#dropped });
		const refused = this.#refusal === null ? [] : [this.#refusal];
		const ending = this.#hasReason ? [] : ['The provider gave no finish reason.'];
		return [fitted, ...refused, ...ending].filter(Boolean).join(' ') || undefined;
	}

	async #attempt(decision: RoutingDecision, model: ModelName, context: AttemptContext): Promise<AttemptAnswer> {
		this.#meter.reset();
		this.#loweredTo = undefined;
		this.#changed = [];
		this.#dropped = [];
		this.#refusal = null;
		this.#hasReason = true;
		this.#planHeaders = {};
		const { caller, clock, deployments, ids, limits, runtime, upstream } = this.#context;
		const { format, hints, wire } = this.#request;
		const profile = runtime.system.router.catalog.get(model);
		const { deployment, modelId } = deployments.resolve(profile, context.deployment ?? null);
		this.callCount += 1;
		this.model = model;
		const attempt = this.callCount;
		const limited = { model, deployment: deployment.id };
		// what the model writes at least is paid for, and believed
		const maxOutputTokens = wire.maxOutputTokens && Math.max(wire.maxOutputTokens, getLeastOutput(profile));
		const { output, plan } = planAttemptOutput({
			heldTokens: context.maxOutputTokens,
			limits: { ...wire, maxOutputTokens },
			isStream: this.#sink !== null,
			profile,
			deployment,
			clock,
			countTokens: runtime.system.countTextTokens,
		});
		this.#loweredTo = plan.loweredTo;
		// OpenRouter is told all of it, and follows what it can
		const notFollowed = (deployment.takesPreferences !== true && this.#request.preferences?.dropped) || [];
		const { trace } = ids;
		const call = () =>
			callDeployment(
				this.#context.refusals,
				{
					...this.#request,
					signal: context.cancellation,
					clock,
					upstream,
					deployment,
					modelId,
					modelName: profile.name,
					target: createUpstreamTarget(deployment, modelId),
					planBreakpoints: this.#createPlanner?.(deployment, profile),
					maxOutputTokens: plan.maxOutputTokens,
					fitting: {
						ids: [profile.modelId, profile.id],
						family: profile.family,
						limit: plan.maxOutputTokens,
						ceiling: profile.maxOutputTokens,
						onFitted: ({ dropped }) => {
							this.#changed = dropped;
						},
					},
					onDropped: (name) => {
						if (!this.#changed.includes(name)) this.#changed = [...this.#changed, name];
					},
					onRefused: (note) => {
						this.#refusal = note;
					},
					output,
					expectedInputTokens: decision.descriptor.estimatedInputTokens,
					usageLimits: createUsageLimits(profile, { maxOutputTokens, answers: wire.answerCount }),
					timeouts: this.#resolveTimeouts({ profile, deployment: deployment.id }, decision, context.maxOutputTokens),
					isHeldWhole: (hints.commit ?? caller.key?.commit ?? runtime.config.streams.commit) === 'whole-answer',
					traceHeaders: deployment.passTraceContext === true ? ids.readTraceHeaders() : undefined,
					answerId: decision.id.replaceAll('-', ''),
					meter: this.#meter,
					createHead: (facts) => {
						const head = createAnswerHead({
							...facts,
							dropped: joinNames(this.#changed, facts.dropped, notFollowed),
							format: format.name,
							decision,
							model,
							deployment: deployment.id,
							attempt,
							loweredTo: plan.loweredTo,
							replaced: context.replaced,
						});
						Object.assign(head.headers, this.#planHeaders);
						return head;
					},
					onHeaders: (headers, status) => {
						const { get } = createHeaderReader(headers);
						limits.observe(limited, get, { now: clock.now(), status });
						if (deployment.isCallersLogin !== true) return;
						limits.observePlan(deployment.id, get, clock.now());
						const told = Object.entries(selectPlanHeaders(headers));
						this.#planHeaders = Object.fromEntries(told.map(([name, value]) => [name, deployment.redact(value)]));
					},
				},
				this.#sink,
			);
		const facts = {
			operation: 'chat',
			model,
			modelId,
			provider: profile.provider,
			deployment,
			isStream: this.#sink !== null,
			maxOutputTokens: plan.maxOutputTokens,
		} as const;
		limits.begin(limited, { tokens: countExpectedTokens(decision) });
		let answer: AttemptAnswer;
		try {
			answer = await (trace === null ? call() : trace.attempt(facts, call));
		} finally {
			limits.end(limited);
		}
		trace?.setAnswer(answer);
		this.#hasReason = answer.finishReason !== null;
		// what the caller asked not to be stored is held by nobody
		if (answer.responseId && this.#request.body['store'] !== false)
			this.#context.memory.rememberResponse(answer.responseId, deployment.id);
		this.#dropped = answer.dropped;
		return answer;
	}

	#resolveTimeouts(
		target: { profile: ModelProfile; deployment: string },
		{ descriptor }: RoutingDecision,
		allowedTokens = Number.POSITIVE_INFINITY,
	): AttemptTimeouts {
		const { attemptTimeoutMs, config } = this.#context.runtime;
		const { firstOutputTimeoutMs: configuredMs, idleTimeoutMs } = config.streams;
		const effort = readThinkingEffort(this.#request.body);
		if (this.#sink !== null) {
			const options = { effort, inputTokens: descriptor.estimatedInputTokens };
			const patience = planPatience(target, options, { configuredMs, times: this.#context.firstOutputTimes });
			return { ...patience, idleMs: idleTimeoutMs };
		}
		const expectedTokens = descriptor.outputTokensInterval?.high ?? descriptor.estimatedOutputTokens;
		const outputTokens = Math.min(allowedTokens, expectedTokens);
		return resolveWholeTimeouts(target.profile, { outputTokens, effort }, { attemptTimeoutMs, idleTimeoutMs });
	}
}

/** All names, each once. */
function joinNames(one: readonly string[], other: readonly string[], third: readonly string[] = []): readonly string[] {
	if (one.length + other.length + third.length === 0) return third;
	return [...new Set([...one, ...other, ...third])];
}

/** Anthropic's window of a million tokens is asked for by a header; without it a model has its own. */
function getContextWindow(headers: GenerationRequest['forwardedHeaders']): number | undefined {
	return headers['anthropic-beta']?.includes('context-1m') ? 1_000_000 : undefined;
}

/** The smallest output limit of a provider, tokens: a smaller one of the caller is raised to it. */
function getLeastOutput({ provider }: ModelProfile): number {
	return provider === 'openai' ? MIN_RESPONSES_TOKENS : 0;
}

/** Makes one attempt: bytes are passed through where the deployment speaks the caller's format, else translated. */
function callDeployment(
	refusals: RefusalMemory,
	attempt: AttemptRequest,
	sink: StreamSink | null,
): Promise<AttemptAnswer> {
	const isOwnFormat = takesFormat(attempt.deployment, attempt.format.name, attempt.modelId);
	return callWithoutRefused(attempt, refusals, (fitted) => {
		if (!isOwnFormat) return sink === null ? translateAnswer(fitted) : translateStream(fitted, sink);
		return sink === null ? passThroughAnswer(fitted) : new PassThroughStream(fitted, sink).run();
	});
}
