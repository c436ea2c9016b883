import type { TaskType } from './task-types.ts';

/** The four levels of complexity, in rising order. */
export const TASK_COMPLEXITIES = ['simple', 'medium', 'complex', 'critical'] as const;
/**
 * How much work an ask describes, by its kind, words, length and listed steps, and `critical` by what is at stake. It does not
 * say whether a model will succeed.
 */
export type TaskComplexity = (typeof TASK_COMPLEXITIES)[number];

/**
 * How a task unfolds. The classifier answers with the first three;
 * `chain-of-thought` is accepted on input and means `multi-step`.
 */
export type TaskPattern = 'single-shot' | 'multi-step' | 'iterative' | 'chain-of-thought';

/** Capabilities that a task may require of a model. */
export const REQUIRED_CAPABILITIES = ['vision', 'thinking', 'tools', 'structured-output', 'embeddings'] as const;
/** A capability that a task may require of a model. */
export type RequiredCapability = (typeof REQUIRED_CAPABILITIES)[number];

/** Hard limits: a model that breaks one is excluded with its reason, never silently relaxed. */
export interface TaskConstraints {
	/** Highest expected cost of the request in USD, ≥ 0. */
	maxCost?: number;
	/** Highest typical latency in milliseconds (`estimatedLatencyMs`: a short answer is complete, a long one well begun), > 0. */
	maxLatency?: number;
	/** Highest expected time to the last token of the answer in milliseconds (`estimatedCompletionMs`), > 0. */
	maxCompletionMs?: number;
	/** Lowest quality of the model for this task type, 0-100. */
	minQuality?: number;
	/**
	 * The model asked for by name: chosen when it is eligible; when it is not, its exclusion says why. A budget's limit refuses
	 * it instead of replacing it, unless the limit's `atLimit` says otherwise.
	 */
	preferredModel?: string;
	/** Capabilities the model must have. */
	requiredCapabilities?: RequiredCapability[];
	/** Smallest context window in tokens. */
	minContextWindow?: number;
	/** Only these models (names or aliases). */
	allowedModels?: string[];
	/** Never these models (names or aliases). */
	excludedModels?: string[];
	/** Only models of these providers, in any case of letters. */
	allowedProviders?: string[];
	/** Never models of these providers, in any case of letters; one that no model has is refused. */
	excludedProviders?: string[];
	/** What one point of quality is worth, USD per point and request; ≥ 0. */
	willingnessToPay?: number;
}

/** A range that holds the true value in about 80 % of cases; both ends inclusive, in tokens. */
export interface TokenInterval {
	low: number;
	high: number;
}

/** A sign in the text that moved the classification. */
export interface ClassificationFeature {
	/** What was seen, e.g. `fix` or `stack trace`; never more than 40 characters of the text. */
	name: string;
	/** What it speaks for, e.g. `type:debugging` or `complexity`. */
	target: string;
	/** Signed weight of the sign in the sum it entered. */
	weight: number;
}

/**
 * What a request of an agent is made for: a turn of its conversation (`main`), of a subagent's or a workflow's, or one of its
 * own calls beside it. `auxiliary` and `side_reply` are what Claude Code names so.
 */
export const REQUEST_CLASSES = [
	'main',
	'subagent',
	'workflow',
	'compaction',
	'title',
	'summary',
	'web-search',
	'probe',
	'auxiliary',
	'side_reply',
] as const;
/** What a request of an agent is made for. */
export type RequestClass = (typeof REQUEST_CLASSES)[number];

/** A workload that nobody named: its id is made from what requests show, so that only one key's are in it. */
export const WORKLOAD_ID: RegExp = /^[0-9a-f]{16}$/;

/** What the router knows of a task. Write one by hand, or let the `TaskClassifier` make it. */
export interface TaskDescriptor {
	/** The task's text as read (bounded; the person's ask without boilerplate). */
	task: string;
	type: TaskType;
	complexity: TaskComplexity;
	pattern: TaskPattern;
	/** Expected input tokens of the request, context included. */
	estimatedInputTokens: number;
	/** Expected output tokens. */
	estimatedOutputTokens: number;
	requiresExtendedThinking: boolean;
	involvesCode: boolean;
	/** The task asks for invention rather than for a known answer. */
	requiresCreativity?: boolean;
	/** 1-5, 5 highest. */
	priority: number;
	/** Additional context handed in beside the task. */
	context?: string | undefined;
	constraints?: TaskConstraints | undefined;
	/** Interval around `estimatedInputTokens`. */
	inputTokensInterval?: TokenInterval;
	/** Interval around `estimatedOutputTokens`. */
	outputTokensInterval?: TokenInterval;
	/** Confidence in `type`, 0-1. */
	confidence?: number;
	/** The type is a guess: its confidence is below 0.4. The router then weighs the likely types instead of trusting the first. */
	isGuess?: boolean;
	/** Probability of every type; sums to 1. */
	typeProbabilities?: Record<TaskType, number>;
	/**
	 * What `complexity` is cut from, 0-1, higher for more work. No chance of failure: over public outcomes its rank correlation
	 * with the share of models that fail is about 0.
	 */
	difficulty?: number;
	/** The signs that decided, strongest first (bounded). */
	features?: ClassificationFeature[];
	/** Which classifier made this, as `name@version`. */
	classifier?: string;
	/** The conversation's cached prefix, when there is one: switching away from it has a price. */
	cachedPrefix?: CachedPrefix;
	/** What an agent makes the request for; absent where nothing says so. */
	requestClass?: RequestClass;
	/** Whose work it is and of which kind: a name that somebody gave it, or an id made from what the request shows; absent where it shows nothing. */
	workload?: string;
}

/** What a provider already holds in its prompt cache for this conversation. */
export interface CachedPrefix {
	/** The model whose provider holds the prefix. */
	model: string;
	/** Length of the prefix in tokens. */
	tokens: number;
	/** Turns still expected in this conversation; @default 1 */
	expectedTurns?: number;
	/** The last turn carries signed or encrypted reasoning that only this model can read. */
	boundToModel?: boolean;
}

/** A descriptor as the classifier returns it: every measured field is present. */
export type ClassifiedTask = TaskDescriptor &
	Required<Omit<TaskDescriptor, 'context' | 'constraints' | 'cachedPrefix' | 'requestClass' | 'workload'>>;

/** Expected tokens of a task. */
export interface TokenEstimate {
	input: number;
	output: number;
	total: number;
	/** 0-1. */
	confidence: number;
}

/** One message as a provider's API takes it: OpenAI and Anthropic (`content`) or Gemini (`parts`). */
export interface ConversationMessage {
	role?: string;
	content?: unknown;
	parts?: unknown;
}

/** A conversation as a provider's API takes it. `contents` is Gemini's name for `messages`. */
export interface Conversation {
	system?: unknown;
	messages?: readonly ConversationMessage[];
	contents?: readonly ConversationMessage[];
	tools?: readonly unknown[];
}

/** A task: a text, or a conversation. */
export type TaskInput = string | Conversation;

/** The port a classifier fills; the lexicon is the baseline, a trained model can take its place. */
export interface Classifier {
	/** Name and version, as `name@version`; part of every decision's cache key. */
	readonly version: string;
	/** Deterministic, no I/O, work bounded whatever the input's size. */
	classify(task: TaskInput, context?: string): ClassifiedTask;
}
