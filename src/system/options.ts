import { DEFAULT_MODEL_PROFILES, type ModelCatalog } from '../catalog/index.ts';
import type {
	Attempt,
	Attribution,
	BudgetConfig,
	CachedPrefix,
	MeteredUsage,
	ModelName,
	RequiredCapability,
	RouterConfig,
	RoutingDecision,
	TaskConstraints,
	TaskDescriptor,
	Usage,
} from '../contracts/index.ts';
import { DEFAULT_BUDGET_CONFIG } from '../cost/index.ts';
import { StreamInterruptedError } from '../errors/index.ts';
import type { ClassifiedFailure, ExecuteChainOptions } from '../execute/index.ts';
import { DEFAULT_WEIGHTS } from '../route/index.ts';
import { estimateFailureUsage } from './attempt-usage.ts';

/** What may be said beside a task. A plain string in its place is the context. */
export interface RouteOptions {
	/** Additional context: counts for tokens, and may sharpen the classification. */
	context?: string;
	/** Hard limits for this task. */
	constraints?: TaskConstraints;
	/** The conversation's cached prefix, so that switching models has its price. */
	cachedPrefix?: CachedPrefix;
	/** Whom the request is done for: budgets and reports go by it. @default nobody in particular */
	attribution?: Attribution;
	/** A policy by name in place of the configured one: `cheap`, `best`, `fast`, `weighted`, `cheapest-good-enough`. */
	policy?: string;
	/** Tokens that are known beforehand, in place of the estimates. */
	tokens?: { input?: number; output?: number };
	/** Sentences that are added to the decision's reasoning before anybody hears of it. */
	notes?: (decision: RoutingDecision) => readonly string[];
}

/** What may be said beside a task that is also executed. */
export interface ExecuteOptions extends RouteOptions {
	/** Ends the request: no further attempt is made, the running one is told. */
	signal?: AbortSignal;
	/** Milliseconds the whole request may take, all attempts together. @default none */
	deadlineMs?: number;
	/** A judge of the answer: 0-100, for learning. @default nobody judges */
	judge?: (value: unknown) => number | Promise<number>;
	/** How calls are made, for callers that know deployments and watch streams. */
	hooks?: AttemptHooks;
}

/** A context string, or options, as options. */
export function toOptions<Options extends RouteOptions>(given: string | Options | undefined): Options | RouteOptions {
	if (given === undefined) return {};
	return typeof given === 'string' ? { context: given } : given;
}

/** What a descriptor says of tokens where they are known: exactly that many. */
export function tokenOverrides({ input, output }: NonNullable<RouteOptions['tokens']>): Partial<TaskDescriptor> {
	const exactly = (tokens: number) => ({ low: tokens, high: tokens });
	return {
		...(input !== undefined && { estimatedInputTokens: input, inputTokensInterval: exactly(input) }),
		...(output !== undefined && { estimatedOutputTokens: output, outputTokensInterval: exactly(output) }),
	};
}

/** A capability stands at its place here, so that equal requirements are written alike. */
const CAPABILITY_ORDER: readonly RequiredCapability[] = [
	'vision',
	'thinking',
	'tools',
	'structured-output',
	'embeddings',
];

/**
 * The caller's constraints, and what the task itself requires (an image needs vision); `undefined` when there are none.
 * Whoever asks, a library, a command line or a gateway, what is required alike reads alike.
 */
export function mergeConstraints(
	seen: TaskConstraints | undefined,
	given: TaskConstraints | undefined,
): TaskConstraints | undefined {
	const { requiredCapabilities: wanted = [], ...limits } = given ?? {};
	const required = new Set([...(seen?.requiredCapabilities ?? []), ...wanted]);
	if (required.size > 0) {
		return { ...limits, requiredCapabilities: CAPABILITY_ORDER.filter((capability) => required.has(capability)) };
	}
	return Object.keys(limits).length === 0 ? undefined : limits;
}

/** How the calls of one request are made, for callers that know deployments and watch streams. */
export interface AttemptHooks {
	/** No other model may stand in for the chosen one. @default false */
	isPinnedToModel?: boolean;
	/** Deployments of a model in the order in which they are tried, before the next model. @default one without a name */
	getDeployments?(model: ModelName): readonly string[];
	/** Whose credential a call is made with. @default the model's provider */
	getCredential?(model: ModelName, deployment: string | null): string | undefined;
	/** Epoch milliseconds before which a limit the provider has told of lets no call through; 0: now. */
	availableAt?(model: ModelName, deployment: string | null): number;
	/** Milliseconds one attempt may take; `Infinity` where the executor watches the time itself. @default `fallback.timeout` */
	timeoutMs?: number;
	/**
	 * Most output tokens the caller allows, all answers together; `null` when it does not say, which may be as many as the
	 * model can give. @default a multiple of what is expected
	 */
	maxOutputTokens?: number | null;
	/** Answers asked for; each may be as long as the model can make it. @default 1 */
	answers?: number;
	/** Output has gone to the caller: what fails now cannot be answered by anybody else. */
	isCommitted?(): boolean;
	/** What an executor's value used. @default read off the value */
	usageOf?(value: unknown): Usage | null;
	/** What a failed attempt used, as far as the executor saw it. @default `unknown` */
	meterFailure?(attempt: Attempt, error: unknown): MeteredUsage;
}

/** What of a control the chain takes as it is. */
export function toChainOptions(
	control: AttemptHooks,
): Pick<ExecuteChainOptions, 'getDeployments' | 'availableAt' | 'timeoutMs' | 'classify'> {
	const { getDeployments: deploymentsOf, availableAt, timeoutMs, isCommitted } = control;
	return {
		...(deploymentsOf && { getDeployments: deploymentsOf }),
		...(availableAt && { availableAt }),
		...(timeoutMs !== undefined && { timeoutMs }),
		...(isCommitted && {
			classify: (error, failure) =>
				isCommitted() ? { ...failure, action: 'give-up' } : skipSilentModel(error, failure),
		}),
	};
}

/** Whoever watches streams has waited long enough for a silent one: asking it again only doubles the wait. */
function skipSilentModel(error: unknown, failure: ClassifiedFailure): ClassifiedFailure {
	const isTimeout = failure.kind === 'timeout' && failure.status === undefined;
	const isSilent = isTimeout || (error instanceof StreamInterruptedError && error.isSilence);
	return isSilent ? { ...failure, action: 'next-model' } : failure;
}

/** What a failed attempt used: what the executor saw of it, else what can be told from outside. */
export function resolveFailureUsage(
	attempt: Attempt,
	error: unknown,
	task: { descriptor: TaskDescriptor; catalog: ModelCatalog; control: AttemptHooks },
): Usage | null {
	const metered = task.control.meterFailure?.(attempt, error) ?? 'unknown';
	if (metered === 'unknown') return estimateFailureUsage(attempt, error, task);
	return metered === 'not-billed' ? null : metered;
}

/** Who follows when a model fails, before the router's own plan. */
export const DEFAULT_FALLBACKS: Readonly<Record<string, ModelName[]>> = {
	opus: ['sonnet', 'gpt-4'],
	sonnet: ['haiku', 'gpt-3.5'],
	haiku: ['gpt-3.5', 'gemini-flash'],
	'gpt-4': ['sonnet', 'opus'],
	'gemini-pro': ['sonnet', 'gpt-4'],
};

/** The router's configuration when nobody says otherwise. */
export const DEFAULT_ROUTER_CONFIG: RouterConfig = {
	models: DEFAULT_MODEL_PROFILES,
	defaultModel: 'sonnet',
	weights: DEFAULT_WEIGHTS,
	enableLearning: true,
	enableCache: true,
	cacheTTL: 3600,
	fallback: { enabled: true, maxAttempts: 3, timeout: 60_000 },
};

/** What a caller may pass of the router's configuration; what is missing keeps its default, also inside `weights` and `fallback`. */
export type RouterOptions = Partial<Omit<RouterConfig, 'weights' | 'fallback' | 'budget'>> & {
	weights?: Partial<RouterConfig['weights']>;
	fallback?: Partial<RouterConfig['fallback']>;
	budget?: BudgetOptions;
};

/** What a caller may pass of the budget; what is missing keeps its default, also inside `alerts`. */
export type BudgetOptions = Partial<Omit<BudgetConfig, 'alerts'>> & { alerts?: Partial<BudgetConfig['alerts']> };

/** Fills what is missing from `base`. */
export function completeRouterConfig(options: RouterOptions, base: RouterConfig = DEFAULT_ROUTER_CONFIG): RouterConfig {
	const { budget, ...rest } = options;
	const complete: RouterConfig = {
		...base,
		...rest,
		weights: { ...base.weights, ...options.weights },
		fallback: { ...base.fallback, ...options.fallback },
	};
	if (budget !== undefined) complete.budget = completeBudgetConfig(budget, base.budget);
	return complete;
}

/** Fills what is missing from `base`. */
export function completeBudgetConfig(options: BudgetOptions, base: BudgetConfig = DEFAULT_BUDGET_CONFIG): BudgetConfig {
	return { ...base, ...options, alerts: { ...base.alerts, ...options.alerts } };
}
