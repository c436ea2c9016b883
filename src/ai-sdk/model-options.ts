import type { Attribution, TaskConstraints } from '../contracts/index.ts';
import type { RouteOptions } from '../system/index.ts';

/** What may be said of a model when it is made; `providerOptions.switchyard` says the same of one call. */
export interface RoutedModelOptions {
	/** Hard limits for every call. */
	constraints?: TaskConstraints;
	/** A policy by name, where the model's name says none: `cheap`, `best`, `fast`, … */
	policy?: string;
	/** Whom calls are done for: budgets and reports go by it. */
	attribution?: Attribution;
	/** Milliseconds one call may take, all attempts together. @default none */
	timeoutMs?: number;
}

/** What a model and one call of it say together; the call is stronger. */
export function mergeOptions(ofModel: RoutedModelOptions, ofCall: unknown): RoutedModelOptions {
	// What a caller wrote beside its prompt: the router judges constraints and policy, as it does everybody's.
	const given = (typeof ofCall === 'object' && ofCall !== null ? ofCall : {}) as RoutedModelOptions;
	return {
		...ofModel,
		...given,
		constraints: { ...ofModel.constraints, ...given.constraints },
		attribution: { ...ofModel.attribution, ...given.attribution },
	};
}

/** What is routed by, of all that was said. */
export function routeOptionsOf(
	{ attribution, policy, constraints }: RoutedModelOptions,
	choice: { policy?: string; model?: string },
): RouteOptions {
	const named = choice.policy ?? (choice.model === undefined ? policy : undefined);
	return {
		constraints: {
			...constraints,
			...(choice.model !== undefined && { preferredModel: choice.model }),
		},
		...(attribution !== undefined && { attribution }),
		...(named !== undefined && { policy: named }),
	};
}
