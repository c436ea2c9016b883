import type { LanguageModelV4, LanguageModelV4CallOptions, SharedV4ProviderMetadata } from '@ai-sdk/provider';
import type { ModelProfile, RoutingDecision, Usage } from '../contracts/index.ts';
import { InvalidInputError } from '../errors/index.ts';
import { type CalledModel, calledModel, readSdkError } from '../providers/index.ts';
import {
	type AttemptControl,
	type ExecutedTask,
	readModelChoice,
	requireChosen,
	type TaskExecutor,
} from '../system/index.ts';
import { prefixOf, withoutForeignReasoning } from './bound-reasoning.ts';
import { mergeOptions, type RoutedModelOptions, routeOptionsOf } from './model-options.ts';
import { capabilitiesOf, conversationOf } from './read-prompt.ts';
import type { RoutedPorts } from './routed-ports.ts';

/** One attempt: a model at a deployment. */
export interface RoutedAttempt {
	model: LanguageModelV4;
	profile: ModelProfile;
	called: CalledModel;
	/** The caller's, with the output that the money allows and the attempt's signal. */
	options: LanguageModelV4CallOptions;
	signal: AbortSignal;
	decision: RoutingDecision;
	/** Hears the provider's limit headers. */
	onHeaders(headers: Readonly<Record<string, string>> | undefined): void;
}

/** What an attempt needs from whoever makes it. */
export type AttemptKind = Pick<AttemptControl, 'isCommitted' | 'usageOfFailure' | 'timeoutMs'> & {
	usageOf(value: unknown): Usage | null;
};

type AttemptContext = Parameters<TaskExecutor<unknown>>[1];

const NANO_PER_USD = 1_000_000_000;

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
		this.#settings = mergeOptions(model.settings, switchyard);
		this.ports = ports;
	}

	/** Routes and executes. @throws what `executeWithRouting` throws */
	async run<Value>(
		attempt: (attempt: RoutedAttempt) => Promise<Value>,
		kind: AttemptKind,
	): Promise<{ decision: RoutingDecision; executed: ExecutedTask<Value> }> {
		const { system } = this.ports;
		const choice = readModelChoice(this.#name, system.router);
		const capabilities = capabilitiesOf(this.#options);
		const routed = routeOptionsOf(this.#settings, choice);
		const constraints = {
			...routed.constraints,
			// Whoever names a model has chosen; whoever lets it be chosen needs one that can.
			...(choice.model === undefined && { requiredCapabilities: capabilities }),
		};
		// Whoever names a model has chosen to switch; foreign thoughts are then left out.
		const cachedPrefix = choice.model === undefined ? prefixOf(this.#options.prompt) : null;
		const decision = await system.routeTask(conversationOf(this.#options), {
			...routed,
			constraints,
			...(cachedPrefix !== null && { cachedPrefix }),
		});
		requireChosen(decision, choice);
		const executor: TaskExecutor<Value> = (model, context) => this.#attempt({ decision, model, context }, attempt);
		const { abortSignal } = this.#options;
		const { timeoutMs } = this.#settings;
		const executed = await system.executeDecision(decision, executor, {
			...routed,
			...(abortSignal !== undefined && { signal: abortSignal }),
			...(timeoutMs !== undefined && { deadlineMs: timeoutMs }),
			control: this.#control(kind, expectedTokens(decision)),
		});
		return { decision, executed };
	}

	#control(kind: AttemptKind, tokens: number): AttemptControl {
		const { clock, deployments, limits, served } = this.ports;
		return {
			...kind,
			deploymentsOf: (model) => served.get(model) ?? [],
			credentialOf: (_model, id) => deployments.find((deployment) => deployment.id === id)?.credential,
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
		const modelId = deployment?.modelIdOf(profile) ?? null;
		if (deployment === undefined || modelId === null) {
			throw new InvalidInputError(`No deployment serves ${model}. List it under "deployments", or set its key.`);
		}
		const called = calledModel(deployment, modelId);
		const target = { model, deployment: deployment.id };
		limits.send(target, { tokens: expectedTokens(decision) });
		try {
			return await attempt({
				model: await deployment.languageModel(modelId),
				profile,
				called,
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
			throw readSdkError(error, called);
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
export function withFacts(
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
