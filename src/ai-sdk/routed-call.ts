import type { LanguageModelV4, LanguageModelV4CallOptions, SharedV4ProviderMetadata } from '@ai-sdk/provider';
import {
	type Clock,
	type ModelName,
	type ModelProfile,
	NANO_PER_USD,
	type RoutingDecision,
	type Usage,
} from '../contracts/index.ts';
import { InvalidConfigError, InvalidInputError } from '../errors/index.ts';
import {
	convertSdkError,
	createUpstreamTarget,
	type Deployment,
	LimitTracker,
	type UpstreamTarget,
} from '../providers/index.ts';
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

/** One attempt: a model at a deployment. */
export interface RoutedAttempt {
	model: LanguageModelV4;
	profile: ModelProfile;
	target: UpstreamTarget;
	/** The caller's, with the output that the money allows and the attempt's signal. */
	options: LanguageModelV4CallOptions;
	signal: AbortSignal;
	decision: RoutingDecision;
	/** Hears the provider's limit headers. */
	onHeaders(headers: Readonly<Record<string, string>> | undefined): void;
}

/** What an attempt needs from whoever makes it. */
export type RoutedAttemptHooks = Pick<AttemptHooks, 'isCommitted' | 'usageOfFailure' | 'timeoutMs'> & {
	usageOf(value: unknown): Usage | null;
};

type AttemptContext = Parameters<TaskExecutor<unknown>>[1];

/** One call of a routed model: decide, hold, call, settle, over deployments and models. */
export class RoutedCall {
	readonly #name: string;
	readonly #options: LanguageModelV4CallOptions;
	readonly #settings: RoutedModelOptions;
	readonly ports: RoutedPorts;

	constructor(
		model: { name: string; settings: RoutedModelOptions },
		options: LanguageModelV4CallOptions,
		ports: RoutedPorts,
	) {
		const { switchyard, ...providerOptions } = options.providerOptions ?? {};
		this.#name = model.name;
		this.#options = { ...options, providerOptions };
		this.#settings = mergeModelOptions(model.settings, switchyard);
		this.ports = ports;
	}

	/** Routes and executes. @throws what `executeWithRouting` throws */
	async run<Value>(
		attempt: (attempt: RoutedAttempt) => Promise<Value>,
		kind: RoutedAttemptHooks,
	): Promise<{ decision: RoutingDecision; executed: ExecutedTask<Value> }> {
		const { system } = this.ports;
		const choice = parseModelChoice(this.#name, system.router);
		const capabilities = resolveRequiredCapabilities(this.#options);
		const routed = toRouteOptions(this.#settings, choice);
		const constraints = {
			...routed.constraints,
			// Whoever names a model has chosen; whoever lets it be chosen needs one that can.
			...(choice.model === undefined && { requiredCapabilities: capabilities }),
		};
		// Whoever names a model has chosen to switch; foreign thoughts are then left out.
		const cachedPrefix = choice.model === undefined ? readCachedPrefix(this.#options.prompt) : null;
		const decision = await system.routeTask(toConversation(this.#options), {
			...routed,
			constraints,
			...(cachedPrefix !== null && { cachedPrefix }),
		});
		assertModelHonored(decision, choice);
		const executor: TaskExecutor<Value> = (model, context) => this.#attempt({ decision, model, context }, attempt);
		const { abortSignal } = this.#options;
		const { timeoutMs } = this.#settings;
		const executed = await system.executeDecision(decision, executor, {
			...routed,
			...(abortSignal !== undefined && { signal: abortSignal }),
			...(timeoutMs !== undefined && { deadlineMs: timeoutMs }),
			hooks: this.#control(kind, expectedTokens(decision)),
		});
		return { decision, executed };
	}

	#control(kind: RoutedAttemptHooks, tokens: number): AttemptHooks {
		const { clock, deployments, limits, served } = this.ports;
		return {
			...kind,
			getDeployments: (model) => served.get(model) ?? [],
			getCredential: (_model, id) => deployments.find((deployment) => deployment.id === id)?.credential,
			availableAt: (model, deployment) =>
				deployment === null ? 0 : limits.availableAt({ model, deployment }, { tokens }, clock.now()),
			maxOutputTokens: this.#options.maxOutputTokens ?? null,
		};
	}

	async #attempt<Value>(
		{ decision, model, context }: { decision: RoutingDecision; model: string; context: AttemptContext },
		attempt: (attempt: RoutedAttempt) => Promise<Value>,
	): Promise<Value> {
		const { clock, deployments, limits, system } = this.ports;
		const profile = system.router.catalog.get(model);
		const deployment = deployments.find(({ id }) => id === context.deployment);
		const modelId = deployment?.getModelId(profile) ?? null;
		if (deployment === undefined || modelId === null) {
			throw new InvalidInputError(`No deployment serves ${model}. List it under "deployments", or set its key.`);
		}
		const called = createUpstreamTarget(deployment, modelId);
		const target = { model, deployment: deployment.id };
		limits.countRequest(target, { tokens: expectedTokens(decision) });
		try {
			return await attempt({
				model: await deployment.languageModel(modelId),
				profile,
				target: called,
				options: {
					...this.#options,
					prompt: withoutForeignReasoning(this.#options.prompt, model),
					...outputLimit(this.#options, context.maxOutputTokens),
					abortSignal: context.signal,
				},
				signal: context.signal,
				decision,
				onHeaders: (headers) => limits.observe(target, (header) => headers?.[header], clock.now()),
			});
		} catch (error) {
			throw convertSdkError(error, called);
		}
	}
}

/** Tokens a call is expected to take, as limits count them. */
function expectedTokens({ descriptor }: RoutingDecision): number {
	return Math.ceil(descriptor.estimatedInputTokens + descriptor.estimatedOutputTokens);
}

function outputLimit({ maxOutputTokens: wanted }: LanguageModelV4CallOptions, allowed: number | undefined): object {
	const limit = Math.min(wanted ?? Number.POSITIVE_INFINITY, allowed ?? Number.POSITIVE_INFINITY);
	return Number.isFinite(limit) ? { maxOutputTokens: limit } : {};
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

/** How long a stream may stay silent, milliseconds. */
export interface StreamTimeouts {
	firstOutputTimeoutMs: number;
	idleTimeoutMs: number;
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
