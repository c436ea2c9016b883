import type { ModelName, ModelProfile, RoutingDecision } from '../../contracts/index.ts';
import { createUpstreamTarget } from '../../providers/index.ts';
import {
	type AttemptTimeouts,
	countExpectedTokens,
	resolveOutputLimit,
	resolveStreamTimeouts,
	resolveWholeTimeouts,
	UsageMeter,
} from '../../relay/index.ts';
import { type AttemptHooks, assertModelHonored, type ExecutedTask, type TaskExecutor } from '../../system/index.ts';
import { type AttemptAnswer, type AttemptRequest, createBreakpointPlanners } from './attempt.ts';
import { createHeaderReader } from './attempt-reader.ts';
import { PassThroughStream } from './pass-through-stream.ts';
import type { GenerationRequest, RequestContext } from './request-context.ts';
import { createRouteOptions, rememberTurn, resolveModelChoice } from './routing.ts';
import { createAnswerHead, type StreamSink } from './send-answer.ts';
import { translateAnswer, translateStream } from './translation.ts';
import { passThroughAnswer } from './whole-answer.ts';

type AttemptContext = Parameters<TaskExecutor<AttemptAnswer>>[1];

/** One request from its parsing to its answer: decide, reserve, call, settle. */
export class Generation {
	readonly #request: GenerationRequest;
	readonly #context: RequestContext;
	readonly #sink: StreamSink | null;
	readonly #createPlanner: ReturnType<typeof createBreakpointPlanners> | null;
	readonly #meter = new UsageMeter();
	#decision: RoutingDecision | null = null;
	#callCount = 0;

	/** @param sink where a stream goes; `null` for a whole answer */
	constructor(request: GenerationRequest, context: RequestContext, sink: StreamSink | null) {
		const { planCache, runtime } = context;
		this.#request = request;
		this.#context = context;
		this.#sink = sink;
		this.#createPlanner = runtime.promptCaching ? createBreakpointPlanners(request.body, planCache) : null;
	}

	/** Calls that were made; skipped models count for none. */
	get callCount(): number {
		return this.#callCount;
	}

	/** `null` until there is one. */
	get decision(): RoutingDecision | null {
		return this.#decision;
	}

	/** Routes and executes; a stream has been sent when this resolves, a whole answer is in its value. */
	async run(): Promise<{ decision: RoutingDecision; executed: ExecutedTask<AttemptAnswer> }> {
		const { config, system } = this.#context.runtime;
		const { hints, signal, wire } = this.#request;
		const choice = resolveModelChoice(wire.model, this.#context);
		const options = createRouteOptions(this.#request, this.#context, choice);
		const decision = await system.routeTask(wire.conversation, options);
		this.#decision = decision;
		assertModelHonored(decision, choice);
		const executed = await system.executeDecision<AttemptAnswer>(
			decision,
			(model, context) => this.#attempt(decision, model, context),
			{
				...options,
				signal,
				deadlineMs: hints.timeoutMs ?? config.limits.requestTimeoutMs,
				hooks: this.#createHooks(decision),
			},
		);
		rememberTurn(this.#request, this.#context, { model: executed.model, usage: executed.value.usage });
		return { decision, executed };
	}

	#createHooks(decision: RoutingDecision): AttemptHooks<AttemptAnswer> {
		const { clock, deployments, limits } = this.#context;
		const { answerCount, maxOutputTokens } = this.#request.wire;
		return {
			...limits.createHooks(deployments, { clock, tokens: countExpectedTokens(decision) }),
			// Streams and answers have timeouts of their own.
			timeoutMs: Number.POSITIVE_INFINITY,
			maxOutputTokens: maxOutputTokens === null ? null : maxOutputTokens * answerCount,
			answers: answerCount,
			isCommitted: () => this.#sink?.isCommitted === true,
			usageOf: ({ usage }) => usage,
			meterFailure: () => this.#meter.take(),
		};
	}

	async #attempt(decision: RoutingDecision, model: ModelName, context: AttemptContext): Promise<AttemptAnswer> {
		this.#meter.reset();
		const { clock, deployments, limits, runtime, upstream } = this.#context;
		const { hints, wire } = this.#request;
		const profile = runtime.system.router.catalog.get(model);
		const { deployment, modelId } = deployments.resolve(profile, context.deployment ?? null);
		this.#callCount += 1;
		const attempt = this.#callCount;
		const limited = { model, deployment: deployment.id };
		limits.countRequest(limited, { tokens: countExpectedTokens(decision) });
		return await callDeployment(
			{
				...this.#request,
				signal: context.signal,
				clock,
				upstream,
				deployment,
				modelId,
				modelName: profile.name,
				target: createUpstreamTarget(deployment, modelId),
				planBreakpoints: this.#createPlanner?.(deployment, profile),
				maxOutputTokens: resolveOutputLimit(context.maxOutputTokens, {
					maxOutputTokens: wire.maxOutputTokens,
					modelLimit: profile.maxOutputTokens,
					answerCount: wire.answerCount,
				}),
				expectedInputTokens: decision.descriptor.estimatedInputTokens,
				timeouts: this.#resolveTimeouts(profile, decision, context.maxOutputTokens),
				isHeldWhole: (hints.commit ?? runtime.config.streams.commit) === 'whole-answer',
				answerId: decision.id.replaceAll('-', ''),
				meter: this.#meter,
				createHead: (facts) => createAnswerHead({ ...facts, decision, model, deployment: deployment.id, attempt }),
				onHeaders: (headers) => limits.observe(limited, createHeaderReader(headers).get, clock.now()),
			},
			this.#sink,
		);
	}

	#resolveTimeouts(
		profile: ModelProfile,
		{ descriptor }: RoutingDecision,
		allowedTokens = Number.POSITIVE_INFINITY,
	): AttemptTimeouts {
		const { attemptTimeoutMs, config } = this.#context.runtime;
		const isThinking = this.#request.wire.requiredCapabilities.includes('thinking');
		if (this.#sink !== null) return resolveStreamTimeouts(profile, config.streams, isThinking);
		const expectedTokens = descriptor.outputTokensInterval?.high ?? descriptor.estimatedOutputTokens;
		const outputTokens = Math.min(allowedTokens, expectedTokens);
		const { idleTimeoutMs } = config.streams;
		return resolveWholeTimeouts(profile, { outputTokens, isThinking }, { attemptTimeoutMs, idleTimeoutMs });
	}
}

/** Makes one attempt: bytes are passed through where the deployment speaks the caller's format, else translated. */
async function callDeployment(attempt: AttemptRequest, sink: StreamSink | null): Promise<AttemptAnswer> {
	if (attempt.deployment.formats.includes(attempt.format.name)) {
		return await (sink === null ? passThroughAnswer(attempt) : new PassThroughStream(attempt, sink).run());
	}
	return await (sink === null ? translateAnswer(attempt) : translateStream(attempt, sink));
}
