import type {
	Attribution,
	CachedPrefix,
	RequiredCapability,
	RoutingDecision,
	TaskConstraints,
	TaskDescriptor,
} from '../contracts/index.ts';
import type { AttemptControl } from './attempt-control.ts';

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
	control?: AttemptControl;
}

/** A context string, or options, as options. */
export function asOptions<Options extends RouteOptions>(given: string | Options | undefined): Options | RouteOptions {
	if (given === undefined) return {};
	return typeof given === 'string' ? { context: given } : given;
}

/** What a descriptor says of tokens where they are known: exactly that many. */
export function knownTokens({ input, output }: NonNullable<RouteOptions['tokens']>): Partial<TaskDescriptor> {
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
