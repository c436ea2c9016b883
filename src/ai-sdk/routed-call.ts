import type { LanguageModelV4CallOptions, SharedV4ProviderMetadata } from '@ai-sdk/provider';
import { type Clock, NANO_PER_USD, type RoutingDecision, type Usage } from '../contracts/index.ts';
import { InvalidConfigError } from '../errors/index.ts';
import { createInputBound, createUsageLimits, fitCall } from '../protocol/index.ts';
import {
	callWithoutRefused,
	createUpstreamTarget,
	type Deployment,
	DeploymentTable,
	LimitTracker,
	type RefusableCall,
	RefusalMemory,
} from '../providers/index.ts';
import {
	countExpectedTokens,
	describeAttempt,
	limitOutput,
	type NeutralAttempt,
	planAttemptOutput,
	resolveStreamTimeouts,
	type StreamTimeouts,
	type ThinkingEffort,
	toHeldTokens,
	UsageMeter,
} from '../relay/index.ts';
import {
	type AttemptHooks,
	assertModelHonored,
	type ExecutedTask,
	parseModelChoice,
	type RouteOptions,
	type RoutingSystem,
	requireCapabilities,
	type TaskExecutor,
} from '../system/index.ts';
import { SYSTEM_CLOCK } from '../util/index.ts';
import { readCachedPrefix, withoutForeignReasoning } from './bound-reasoning.ts';
import {
	mergeModelOptions,
	type RoutedModelOptions,
	resolveRequiredCapabilities,
	toConversation,
	toRouteOptions,
} from './call-options.ts';

/** One attempt: calls the model and tells the meter what it uses. */
type RoutedAttempt<Value> = (call: NeutralAttempt, meter: UsageMeter) => Promise<Value>;

/** One attempt and the model that it is made at. */
type TargetedAttempt = Omit<NeutralAttempt, 'openModel'> & RefusableCall & { deployment: Deployment };

type AttemptContext = Parameters<TaskExecutor<unknown>>[1];

/** What is known of a call that was answered. */
interface RoutedFacts {
	decision: RoutingDecision;
	executed: ExecutedTask<unknown>;
	/** The longest answer that the money is certain to pay for, tokens; `undefined`: as long as was asked for. */
	loweredTo: number | undefined;
	/** Paths of what was left out or changed for the model, in its provider's format. */
	changed: readonly string[];
}

/** What models are routed and called with. */
export interface RoutedPorts {
	system: RoutingSystem;
	deployments: DeploymentTable;
	streams: StreamTimeouts;
	clock: Clock;
	limits: LimitTracker;
	refusals: RefusalMemory;
}

/** The ports of a system and the deployments its models are called at, in the order in which they are tried. @throws InvalidConfigError when no model is served */
export function createRoutedPorts(
	options: Pick<RoutedPorts, 'system' | 'streams'> & { deployments: readonly Deployment[] },
): RoutedPorts {
	const { streams, system } = options;
	const { catalog } = system.router;
	const deployments = new DeploymentTable(options.deployments, catalog.profiles(), (name) => catalog.find(name));
	if (deployments.servedModels.length === 0) {
		const message =
			'No model can be called: set ANTHROPIC_API_KEY, OPENAI_API_KEY or GEMINI_API_KEY, or add a server of your own';
		throw new InvalidConfigError([{ path: 'deployments', message }]);
	}
	return {
		system,
		deployments,
		streams,
		clock: SYSTEM_CLOCK,
		limits: new LimitTracker(),
		refusals: new RefusalMemory(),
	};
}

/** One call of a routed model: decide, reserve, call, settle, over deployments and models. */
export class RoutedCall {
	readonly #name: string;
	readonly #options: LanguageModelV4CallOptions;
	readonly #settings: RoutedModelOptions;
	readonly #ports: RoutedPorts;
	readonly #meter = new UsageMeter();
	/** As of `OutputPlan`, of the latest attempt. */
	#loweredTo: number | undefined;
	/** What the latest attempt's request was fitted to its model by. */
	#changed: readonly string[] = [];
	/** What its model refused, in a sentence. */
	#refusal: string | undefined;

	constructor(name: string, settings: RoutedModelOptions, options: LanguageModelV4CallOptions, ports: RoutedPorts) {
		const { switchyard, ...providerOptions } = options.providerOptions ?? {};
		this.#name = name;
		this.#options = { ...options, providerOptions };
		this.#settings = mergeModelOptions(settings, switchyard);
		this.#ports = ports;
	}

	/** Routes and executes. @throws what `executeWithRouting` throws */
	async run<Value extends { usage: Usage }>(
		attempt: RoutedAttempt<Value>,
		hooks: Pick<AttemptHooks<Value>, 'isCommitted' | 'isPinnedToModel' | 'minOutputTokens' | 'timeoutMs'> = {},
		{ isUnrecorded }: Pick<RouteOptions, 'isUnrecorded'> = {},
	): Promise<RoutedFacts & { executed: ExecutedTask<Value> }> {
		const { clock, deployments, limits, refusals, system } = this.#ports;
		const { abortSignal, maxOutputTokens = null, prompt, responseFormat, tools } = this.#options;
		const choice = parseModelChoice(this.#name, system.router);
		if (this.#settings.policy !== undefined) system.checkPolicy(this.#settings.policy);
		const routed = toRouteOptions(this.#settings, choice);
		const required = resolveRequiredCapabilities(this.#options);
		const { requiredCapabilities, unservable } = requireCapabilities(required, choice, system.router.catalog);
		const decision = await system.routeTask(toConversation(this.#options), {
			...routed,
			isUnrecorded,
			constraints: {
				...routed.constraints,
				requiredCapabilities: [...(routed.constraints?.requiredCapabilities ?? []), ...requiredCapabilities],
			},
			unservable,
			tokens: { maxOutput: maxOutputTokens ?? undefined },
			// Whoever names a model has chosen to switch: reasoning that it cannot read is left out.
			cachedPrefix: choice.model === undefined ? (readCachedPrefix(prompt) ?? undefined) : undefined,
		});
		assertModelHonored(decision, choice);
		const isStream = hooks.isCommitted !== undefined;
		const executor: TaskExecutor<Value> = async (_model, context) => {
			this.#meter.reset();
			this.#loweredTo = undefined;
			this.#changed = [];
			this.#refusal = undefined;
			const limited = { model: context.model, deployment: context.deployment ?? '' };
			return await limits.track(limited, { tokens: countExpectedTokens(decision) }, () =>
				callWithoutRefused(this.#createCall(decision, context, isStream), refusals, ({ fitting, ...call }) =>
					attempt({ ...call, openModel: () => call.deployment.languageModel(call.modelId, fitting) }, this.#meter),
				),
			);
		};
		const executed = await system.executeDecision(decision, executor, {
			...routed,
			isUnrecorded,
			signal: abortSignal,
			deadlineMs: this.#settings.timeoutMs,
			hooks: {
				...limits.createHooks(deployments, {
					clock,
					tokens: countExpectedTokens(decision),
					session: this.#settings.attribution?.session ?? null,
				}),
				maxOutputTokens,
				toHeldTokens: (model, tokens) => (isStream ? toHeldTokens(tokens, system.router.catalog.get(model)) : tokens),
				inputBound: createInputBound({ input: { messages: prompt, tools, responseFormat } }),
				billsAfterDisconnect: (id) => deployments.find(id)?.billsAfterDisconnect === true,
				usageOf: ({ usage }) => usage,
				meterFailure: () => this.#meter.take(),
				getNote: () => {
					const fitted = describeAttempt({ loweredTo: this.#loweredTo, changed: this.#changed });
					return [fitted, this.#refusal].filter(Boolean).join(' ') || undefined;
				},
				...hooks,
			},
		});
		return { decision, executed, loweredTo: this.#loweredTo, changed: this.#changed };
	}

	#createCall(decision: RoutingDecision, context: AttemptContext, isStream: boolean): TargetedAttempt {
		const { model } = context;
		const { clock, deployments, limits, streams, system } = this.#ports;
		const { maxOutputTokens = null, prompt } = this.#options;
		const profile = system.router.catalog.get(model);
		const { deployment, modelId } = deployments.resolve(profile, context.deployment ?? null);
		const limited = { model, deployment: deployment.id };
		const answerFormat = deployment.getAnswerFormat?.(modelId) ?? null;
		const own = { ...this.#options, prompt: withoutForeignReasoning(prompt, model) };
		const { options } = fitCall(own, null, { format: answerFormat, modelId, isCompatible: deployment.isCompatible });
		const { output, plan } = planAttemptOutput({
			heldTokens: context.maxOutputTokens,
			limits: { maxOutputTokens, answerCount: 1 },
			isStream,
			profile,
			deployment,
			clock,
			countTokens: system.countTextTokens,
		});
		this.#loweredTo = plan.loweredTo;
		return {
			clock,
			target: createUpstreamTarget(deployment, modelId),
			modelName: profile.name,
			deployment,
			modelId,
			fitting: {
				ids: [profile.modelId, profile.id],
				family: profile.family,
				limit: plan.maxOutputTokens,
				ceiling: profile.maxOutputTokens,
				onFitted: ({ dropped }) => {
					this.#changed = dropped;
				},
			},
			onRefused: (note) => {
				this.#refusal = note;
			},
			options: limitOutput(options, plan.maxOutputTokens ?? profile.maxOutputTokens),
			timeouts: resolveStreamTimeouts(profile, streams, {
				effort: toThinkingEffort(this.#options.reasoning),
				inputTokens: decision.descriptor.estimatedInputTokens,
			}),
			signal: context.signal,
			output,
			answerFormat,
			expectedInputTokens: decision.descriptor.estimatedInputTokens,
			usageLimits: createUsageLimits(profile, { maxOutputTokens }),
			isHeldWhole: false,
			onHeaders: (headers, status) =>
				limits.observe(limited, (header) => headers[header], { now: clock.now(), status }),
		};
	}
}

/** How much a call asks the model to think. */
function toThinkingEffort(reasoning: LanguageModelV4CallOptions['reasoning']): ThinkingEffort {
	if (reasoning === undefined || reasoning === 'provider-default') return 'unasked';
	if (reasoning === 'none' || reasoning === 'minimal') return 'off';
	return reasoning === 'low' ? 'low' : 'high';
}

/** The answer's metadata, with the decision, the attempts and the cost under `switchyard`. */
export function withSwitchyardMetadata(
	metadata: SharedV4ProviderMetadata | undefined,
	{ changed, decision, executed, loweredTo }: RoutedFacts,
): SharedV4ProviderMetadata {
	const { attempts, costNanoUsd, model, replaced } = executed;
	const made = attempts.filter(({ outcome }) => outcome !== 'skipped');
	return {
		...metadata,
		switchyard: {
			decisionId: decision.id,
			model,
			deployment: made.at(-1)?.deployment ?? null,
			attempts: made.length,
			costUsd: costNanoUsd === null ? null : costNanoUsd / NANO_PER_USD,
			...(loweredTo !== undefined && { maxTokens: loweredTo }),
			...(changed.length > 0 && { dropped: [...changed] }),
			...(replaced !== null && { replaced: { ...replaced } }),
			reasoning: [...decision.reasoning],
		},
	};
}
