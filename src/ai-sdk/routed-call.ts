import type { LanguageModelV4CallOptions, SharedV4ProviderMetadata } from '@ai-sdk/provider';
import { type Clock, type ModelName, NANO_PER_USD, type RoutingDecision, type Usage } from '../contracts/index.ts';
import { InvalidConfigError, InvalidInputError } from '../errors/index.ts';
import { createUpstreamTarget, type Deployment, LimitTracker } from '../providers/index.ts';
import {
	limitOutput,
	type NeutralCall,
	resolveOutputLimit,
	resolveStreamTimeouts,
	type StreamTimeouts,
	UsageMeter,
} from '../relay/index.ts';
import {
	type AttemptHooks,
	assertModelHonored,
	type ExecutedTask,
	parseModelChoice,
	type RoutingSystem,
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
export type RoutedAttempt<Value> = (call: NeutralCall, meter: UsageMeter) => Promise<Value>;

type AttemptContext = Parameters<TaskExecutor<unknown>>[1];

/** One call of a routed model: decide, hold, call, settle, over deployments and models. */
export class RoutedCall {
	readonly #name: string;
	readonly #options: LanguageModelV4CallOptions;
	readonly #settings: RoutedModelOptions;
	readonly #meter = new UsageMeter();
	readonly #ports: RoutedPorts;

	constructor(
		model: { name: string; settings: RoutedModelOptions },
		options: LanguageModelV4CallOptions,
		ports: RoutedPorts,
	) {
		const { switchyard, ...providerOptions } = options.providerOptions ?? {};
		this.#name = model.name;
		this.#options = { ...options, providerOptions };
		this.#settings = mergeModelOptions(model.settings, switchyard);
		this.#ports = ports;
	}

	/** Routes and executes. @throws what `executeWithRouting` throws */
	async run<Value extends { usage: Usage }>(
		attempt: RoutedAttempt<Value>,
		hooks: Pick<AttemptHooks, 'isCommitted' | 'timeoutMs'> = {},
	): Promise<{ decision: RoutingDecision; executed: ExecutedTask<Value> }> {
		const { system } = this.#ports;
		const { abortSignal, prompt } = this.#options;
		const choice = parseModelChoice(this.#name, system.router);
		const routed = toRouteOptions(this.#settings, choice);
		// Whoever names a model has chosen, and has chosen to switch: what that model cannot read is then left out.
		const isChosen = choice.model !== undefined;
		const cachedPrefix = isChosen ? null : readCachedPrefix(prompt);
		const decision = await system.routeTask(toConversation(this.#options), {
			...routed,
			constraints: {
				...routed.constraints,
				...(!isChosen && { requiredCapabilities: resolveRequiredCapabilities(this.#options) }),
			},
			...(cachedPrefix !== null && { cachedPrefix }),
		});
		assertModelHonored(decision, choice);
		const executor: TaskExecutor<Value> = async (model, context) => {
			this.#meter.reset();
			return await attempt(this.#createCall(decision, model, context), this.#meter);
		};
		const { timeoutMs } = this.#settings;
		const executed = await system.executeDecision(decision, executor, {
			...routed,
			...(abortSignal !== undefined && { signal: abortSignal }),
			...(timeoutMs !== undefined && { deadlineMs: timeoutMs }),
			hooks: {
				...this.#createHooks(countExpectedTokens(decision)),
				...hooks,
				// The executor's own value, which the chain hands back untyped.
				usageOf: (value) => (value as Value).usage,
			},
		});
		return { decision, executed };
	}

	#createHooks(tokens: number): AttemptHooks {
		const { clock, deployments, limits, served } = this.#ports;
		return {
			getDeployments: (model) => served.get(model) ?? [],
			getCredential: (_model, id) => deployments.find((deployment) => deployment.id === id)?.credential,
			availableAt: (model, deployment) =>
				deployment === null ? 0 : limits.availableAt({ model, deployment }, { tokens }, clock.now()),
			maxOutputTokens: this.#options.maxOutputTokens ?? null,
			meterFailure: () => this.#meter.take(),
		};
	}

	#createCall(decision: RoutingDecision, model: ModelName, context: AttemptContext): NeutralCall {
		const { clock, deployments, limits, streams, system } = this.#ports;
		const { maxOutputTokens = null, prompt, reasoning = 'none' } = this.#options;
		const profile = system.router.catalog.get(model);
		const deployment = deployments.find(({ id }) => id === context.deployment);
		const modelId = deployment?.getModelId(profile) ?? null;
		if (deployment === undefined || modelId === null) {
			throw new InvalidInputError(`No deployment serves ${model}. List it under "deployments", or set its key.`);
		}
		const limited = { model, deployment: deployment.id };
		limits.countRequest(limited, { tokens: countExpectedTokens(decision) });
		const options = { ...this.#options, prompt: withoutForeignReasoning(prompt, model) };
		const own = { maxOutputTokens, modelLimit: profile.maxOutputTokens, answerCount: 1 };
		return {
			clock,
			target: createUpstreamTarget(deployment, modelId),
			modelName: profile.name,
			openModel: () => deployment.languageModel(modelId),
			options: limitOutput(options, context.maxOutputTokens),
			timeouts: resolveStreamTimeouts(profile, streams, reasoning !== 'none' && reasoning !== 'provider-default'),
			signal: context.signal,
			maxOutputTokens: resolveOutputLimit(context.maxOutputTokens, own),
			expectedInputTokens: decision.descriptor.estimatedInputTokens,
			isHeldWhole: false,
			onHeaders: (headers) => limits.observe(limited, (header) => headers[header], clock.now()),
		};
	}
}

/** Tokens a call is expected to take, as limits count them. */
function countExpectedTokens({ descriptor }: RoutingDecision): number {
	return Math.ceil(descriptor.estimatedInputTokens + descriptor.estimatedOutputTokens);
}

/** The answer's metadata with what Switchyard did for it. */
export function withSwitchyardMetadata(
	metadata: SharedV4ProviderMetadata | undefined,
	{ decision, executed }: { decision: RoutingDecision; executed: ExecutedTask<unknown> },
): SharedV4ProviderMetadata {
	const { attempts, costNanoUsd, model } = executed;
	const made = attempts.filter(({ outcome }) => outcome !== 'skipped');
	return {
		...metadata,
		switchyard: {
			decisionId: decision.id,
			model,
			deployment: made.at(-1)?.deployment ?? null,
			attempts: made.length,
			costUsd: costNanoUsd === null ? null : costNanoUsd / NANO_PER_USD,
			reasoning: [...decision.reasoning],
		},
	};
}

/** What models are routed and called with. */
export interface RoutedPorts {
	system: RoutingSystem;
	/** In the order in which they are tried. */
	deployments: readonly Deployment[];
	streams: StreamTimeouts;
	clock: Clock;
	limits: LimitTracker;
	/** Ids of the deployments of each model that some deployment serves. */
	served: ReadonlyMap<ModelName, readonly string[]>;
}

/** The ports of a system and the deployments its models are called at. @throws InvalidConfigError when there is none */
export function createRoutedPorts(given: {
	system: RoutingSystem;
	deployments: readonly Deployment[];
	streams: StreamTimeouts;
	clock?: Clock;
}): RoutedPorts {
	const { system, deployments } = given;
	const served = system.router.catalog.profiles().flatMap((profile) => {
		const ids = deployments.filter((deployment) => deployment.getModelId(profile) !== null).map(({ id }) => id);
		return ids.length === 0 ? [] : [[profile.name, ids] as const];
	});
	if (served.length === 0) {
		const message =
			'No model can be called: set ANTHROPIC_API_KEY, OPENAI_API_KEY or GEMINI_API_KEY, or add a server of your own';
		throw new InvalidConfigError([{ path: 'deployments', message }]);
	}
	return { ...given, clock: given.clock ?? SYSTEM_CLOCK, limits: new LimitTracker(), served: new Map(served) };
}
