import { DEFAULT_MODEL_PROFILES } from '../catalog/index.ts';
import {
	type Attempt,
	type Attribution,
	type BudgetConfig,
	type BudgetStatus,
	type CachedPrefix,
	type Cancellation,
	type ClassifiedTask,
	type Classifier,
	type Clock,
	LATER_SIGNALS,
	type LaterSignal,
	type Logger,
	type MeteredUsage,
	type ModelName,
	type ObservedSignal,
	type OutcomeObservation,
	type RandomSource,
	REQUIRED_CAPABILITIES,
	type RequestClass,
	type RouterConfig,
	type RouterEventListener,
	type RouterStorage,
	type RoutingDecision,
	type RoutingStats,
	type TaskConstraints,
	type TaskDescriptor,
	type Usage,
	WORKLOAD_ID,
} from '../contracts/index.ts';
import { DEFAULT_BUDGET_CONFIG } from '../cost/index.ts';
import { InvalidInputError } from '../errors/index.ts';
import type { FallbackChain } from '../execute/index.ts';
import type { InputBound, TextTokenCounter } from '../protocol/index.ts';
import { DEFAULT_WEIGHTS } from '../route/index.ts';
import { findHiddenCharacter } from '../util/index.ts';

/** What this process has routed, spent and configured as fallbacks. */
export interface SystemStatus {
	routing: RoutingStats;
	budget: BudgetStatus;
	fallbacks: ReturnType<FallbackChain['getFallbackConfigs']>;
}

/** What a session's next request may show of an answer, as far as it counts. */
export function listLaterSignals({ enableLearning, learning }: RouterConfig): LaterSignal[] {
	const counted: readonly string[] = (enableLearning ? learning?.observe : undefined) ?? [];
	return LATER_SIGNALS.filter((signal) => counted.includes(signal));
}

/** An answer of which a later request may show how good it was. */
export interface ObservedAnswer extends Pick<OutcomeObservation, 'model' | 'taskType' | 'workload' | 'at'> {
	decisionId: string;
}

/** Options of a task to route. A plain string in their place is the context. */
export interface RouteOptions {
	/** Additional context: counts for tokens, and may sharpen the classification. */
	context?: string | undefined;
	/** Hard limits for this task. */
	constraints?: TaskConstraints | undefined;
	/** The conversation's cached prefix, so that switching models has its price. */
	cachedPrefix?: CachedPrefix | undefined;
	/** Whom the request is done for: budgets and reports go by it. @default nobody in particular */
	attribution?: Attribution | undefined;
	/** Ids that log lines about the request carry, called when one is written. @default its decision's alone */
	correlation?: (() => Readonly<Record<string, string>>) | undefined;
	/** What an agent makes the request for: kept in the descriptor and, with the features, in the decision's record. */
	requestClass?: RequestClass | undefined;
	/** Name of the workload: whose work it is and of which kind, 1 to 64 characters. @default an id made from what the request shows */
	workload?: string | undefined;
	/** The caller's program, such as `claude-cli`: what one does is a workload apart. @default none */
	app?: string | undefined;
	/** A policy by name in place of the configured one: `cheap`, `cheapest`, `best`, `fast`, `utility`, `weighted`, `cheapest-good-enough`. */
	policy?: string | undefined;
	/** Tokens that are known beforehand, in place of the estimates. `maxOutput`: the caller's limit, beyond which nothing is expected. */
	tokens?: { input?: number | undefined; output?: number | undefined; maxOutput?: number | undefined } | undefined;
	/** Models that cannot serve this request, by catalog name, each with the reason why: excluded, and never attempted. @default none */
	unservable?: ReadonlyMap<ModelName, string> | undefined;
	/** Neither decision nor outcome is recorded, and nothing is learned; what is charged is in the ledger all the same: for calls that measure models. @default false */
	isUnrecorded?: boolean | undefined;
	/** Sentences that are added to the decision's reasoning before any listener gets it. */
	notes?: ((decision: RoutingDecision) => readonly string[] | Promise<readonly string[]>) | undefined;
}

const ignore = () => undefined;

/** Where nobody gave a logger. */
export const SILENT_LOGGER: Logger = { error: ignore, warn: ignore, info: ignore, debug: ignore };

/** Options of a task that is also executed. */
export interface ExecuteOptions<Value = unknown> extends RouteOptions {
	/** Aborts the request: no further attempt is made, and the running one gets the signal. */
	signal?: Cancellation | undefined;
	/** Milliseconds the whole request may take, all attempts together. @default none */
	deadlineMs?: number | undefined;
	/** Models to fall back to, in order, in place of those that are defined or planned. @default those */
	fallbacks?: readonly ModelName[] | undefined;
	/** Rates the answer, 0-100, for learning. @default no rating */
	judge?: ((value: Value) => number | Promise<number>) | undefined;
	/** How calls are made, for callers that know deployments and watch streams. */
	hooks?: AttemptHooks<Value> | undefined;
}

/** How the calls of one request are made, for callers that know deployments and watch streams. */
export interface AttemptHooks<Value = unknown> {
	/** The chosen model has no fallback. @default false */
	isPinnedToModel?: boolean | undefined;
	/** Deployments of a model in the order in which they are tried, before the next model. @default one without a name */
	getDeployments?: ((model: ModelName) => readonly string[]) | undefined;
	/** Whose credential a call is made with. @default the model's provider */
	getCredential?: ((model: ModelName, deployment: string | null) => string | undefined) | undefined;
	/** Epoch milliseconds at which the provider's own rate limit, as its headers state it, lets a call through; 0: now. */
	availableAt?: ((model: ModelName, deployment: string | null) => number) | undefined;
	/** Milliseconds one attempt may take; `Infinity` where the executor has its own timeouts. @default `fallback.timeout` */
	timeoutMs?: number | undefined;
	/**
	 * Most output tokens the caller allows, all answers together; `null` when it sets no limit, which may be as many as the
	 * model can give. @default a multiple of what is expected
	 */
	maxOutputTokens?: number | null | undefined;
	/** Most input tokens of the request that is sent. @default counted on the task */
	inputBound?: InputBound | undefined;
	/** Fewest output tokens of an answer that is worth its input. @default 256 */
	minOutputTokens?: number | undefined;
	/**
	 * Output tokens to hold for answers of so many in all: more of them where an answer is metered and ended, as it may pass its
	 * limit before that is seen. @default as many
	 */
	toHeldTokens?: ((model: ModelName, tokens: number) => number) | undefined;
	/** Answers asked for; each may be as long as the model can make it. @default 1 */
	answers?: number | undefined;
	/** Whether a deployment bills an answer to its end though nobody waits for it any more. @default none does */
	billsAfterDisconnect?: ((deployment: string) => boolean) | undefined;
	/** Whether calls of a deployment are on a plan of the caller's: what they cost by the list is nobody's bill. @default none are */
	isListPriceOnly?: ((deployment: string) => boolean) | undefined;
	/** Output has been sent to the caller: a failure after that cannot be retried or answered by another model. */
	isCommitted?: (() => boolean) | undefined;
	/** What is seen of an answer that nobody may rate. @default nothing */
	observe?: ((value: Value) => readonly ObservedSignal[]) | undefined;
	/** What the executor's value used. @default read off the value */
	usageOf?: ((value: Value) => Usage | null) | undefined;
	/** What is to be known of the attempt that has just ended, in a sentence of its record. */
	getNote?: (() => string | undefined) | undefined;
	/** What a failed attempt used, as far as the executor metered it. @default `unknown` */
	meterFailure?: ((attempt: Attempt, error: unknown) => MeteredUsage | Promise<MeteredUsage>) | undefined;
}

/** A context string, or options, as options. */
export function toOptions<Options extends RouteOptions>(context: string | Options | undefined): Options | RouteOptions {
	return typeof context === 'object' ? context : { context };
}

/** Tags of one request: those of a key and of its caller together. */
const MAX_TAGS = 200;
/** Characters of a name that a request is attributed to: it is kept with every charge. */
const MAX_NAME_CHARACTERS = 512;

/** @throws InvalidInputError for names that would take more memory and room in reports than a name should */
export function checkAttribution({ key, namedBy, session, tags = [], team }: Attribution): void {
	if (tags.length > MAX_TAGS)
		throw new InvalidInputError(
			`attribution.tags has ${tags.length} tags; it must have at most ${MAX_TAGS}. Send fewer.`,
		);
	checkName('key', key);
	checkName('namedBy', namedBy);
	checkName('session', session);
	checkName('team', team);
	for (const [index, tag] of tags.entries()) checkName(`tags[${index}]`, tag);
}

function checkName(place: string, name: string | undefined): void {
	if (name === undefined || name.length <= MAX_NAME_CHARACTERS) return;
	throw new InvalidInputError(
		`attribution.${place} has ${name.length} characters; it must have at most ${MAX_NAME_CHARACTERS}. Send a shorter name.`,
	);
}

/** Characters of a workload's name. */
const MAX_WORKLOAD_CHARACTERS = 64;

/** The name of a workload. @throws InvalidInputError for one that is too long, would not be read in reports, or looks like an id */
export function checkWorkload(name: string): string {
	const shown = JSON.stringify(name.slice(0, MAX_WORKLOAD_CHARACTERS));
	if (name.trim() === '' || name.length > MAX_WORKLOAD_CHARACTERS || findHiddenCharacter(name) !== null)
		throw new InvalidInputError(
			`workload is ${shown}; it must be a name of 1 to ${MAX_WORKLOAD_CHARACTERS} characters that can be seen.`,
		);
	if (WORKLOAD_ID.test(name))
		throw new InvalidInputError(
			`workload is ${shown}, which looks like the id of one that nobody named. Give it a name of another form.`,
		);
	return name;
}

/** The estimates of a descriptor that known token counts replace: exactly that many, and no more than the caller allows. */
export function tokenOverrides(
	{ input, output, maxOutput = Number.POSITIVE_INFINITY }: NonNullable<RouteOptions['tokens']>,
	{
		estimatedOutputTokens,
		outputTokensInterval,
	}: Pick<TaskDescriptor, 'estimatedOutputTokens' | 'outputTokensInterval'>,
): Partial<TaskDescriptor> {
	const exactly = (tokens: number) => ({ low: tokens, high: tokens });
	const expected = output ?? estimatedOutputTokens;
	const { low, high } = (output === undefined ? outputTokensInterval : undefined) ?? exactly(expected);
	return {
		...(input !== undefined && { estimatedInputTokens: input, inputTokensInterval: exactly(input) }),
		estimatedOutputTokens: Math.min(expected, maxOutput),
		outputTokensInterval: { low: Math.min(low, maxOutput), high: Math.min(high, maxOutput) },
	};
}

/** The caller's constraints with the capabilities that the task itself requires (an image needs vision); `undefined`: none. */
export function mergeConstraints(
	inferred: TaskConstraints | undefined,
	explicit: TaskConstraints | undefined,
): TaskConstraints | undefined {
	const { requiredCapabilities = [], ...limits } = explicit ?? {};
	const required = [...(inferred?.requiredCapabilities ?? []), ...requiredCapabilities];
	if (required.length > 0) {
		// In one order, so that equal requirements have equal decision cache keys.
		const inOrder = REQUIRED_CAPABILITIES.filter((capability) => required.includes(capability));
		return { ...limits, requiredCapabilities: inOrder };
	}
	return Object.keys(limits).length === 0 ? undefined : limits;
}

/** What a caller knows and asks of a task, in its descriptor: limits, tokens, the conversation's prefix and the request's class. @throws InvalidInputError */
export function applyOptions(descriptor: ClassifiedTask, options: RouteOptions): ClassifiedTask {
	if (options.attribution !== undefined) checkAttribution(options.attribution);
	const constraints = mergeConstraints(descriptor.constraints, options.constraints);
	if (constraints !== undefined) descriptor.constraints = constraints;
	if (options.cachedPrefix !== undefined) descriptor.cachedPrefix = options.cachedPrefix;
	if (options.tokens !== undefined) Object.assign(descriptor, tokenOverrides(options.tokens, descriptor));
	if (options.requestClass !== undefined) {
		descriptor.requestClass = options.requestClass;
		const feature = { name: options.requestClass, target: 'request-class', weight: 1 };
		descriptor.features = [feature, ...(descriptor.features ?? [])];
	}
	return descriptor;
}

/** What the system needs from its environment; everything has a default. */
export interface SystemPorts {
	/** @default the machine's clock */
	clock?: Clock | undefined;
	/** @default Math.random */
	random?: RandomSource | undefined;
	/** @default silent */
	logger?: Logger | undefined;
	/** Opens the storage on first use. @default memory */
	openStorage?: (() => Promise<RouterStorage> | RouterStorage) | undefined;
	/** @default the lexicon classifier */
	classifier?: Classifier | undefined;
	/** Only models of these providers compete. @default all */
	availableProviders?: readonly string[] | undefined;
	/** Only these models compete. @default all */
	availableModels?: readonly ModelName[] | undefined;
	/** Only these models compete where a task names none of the others. @default all */
	callableModels?: readonly ModelName[] | undefined;
	/** Counts the tokens of a text by OpenAI's `o200k_base`, where a bound by bytes takes more money than is left. @default none */
	countTextTokens?: TextTokenCounter | undefined;
	/** Store the text of tasks. @default false */
	captureTaskText?: boolean | undefined;
	/**
	 * A keyed one-way hash of a task's text, kept in place of the text: equal tasks can be counted. The Node entry point passes
	 * HMAC-SHA-256; the engine itself has none. @default the empty string for every task
	 */
	hashTask?: ((text: string) => string) | undefined;
	/** Called with every event from the first on. */
	onEvent?: RouterEventListener | undefined;
	/** Log every decision with its scores and reasons. @default false */
	isDebug?: boolean | undefined;
	/** Called with a sentence when memory replaces the storage. */
	onDegraded?: ((message: string) => void) | undefined;
	/** Called last when the system is closed. */
	onClose?: (() => void | Promise<void>) | undefined;
}

/** The specification's fallbacks. Where nobody changed them the decision's own plan is followed. */
export const DEFAULT_FALLBACKS: Readonly<Record<string, ModelName[]>> = {
	opus: ['sonnet', 'gpt-4'],
	sonnet: ['haiku', 'gpt-3.5'],
	haiku: ['gpt-3.5', 'gemini-flash'],
	'gpt-4': ['sonnet', 'opus'],
	'gemini-pro': ['sonnet', 'gpt-4'],
};

/** The router's configuration where nothing else is configured. */
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
