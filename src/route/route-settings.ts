import { getModelNames, type ModelCatalog } from '../catalog/index.ts';
import {
	MAX_USD,
	type ModelName,
	type NanoUsd,
	type RouterConfig,
	type RoutingWeights,
	usdToNano,
} from '../contracts/index.ts';
import { InvalidConfigError } from '../errors/index.ts';
import { formatIssues, numberFrom, optionally } from '../util/index.ts';
import { createPolicy, type RoutingPolicy } from './policies.ts';
import { findRouterIssues } from './validate-router-config.ts';
import { normalizeWeights } from './weights.ts';

/** What a router decides by, checked and fixed for its life. */
export interface RouteSettings {
	policy: RoutingPolicy;
	weights: RoutingWeights;
	defaultModel: ModelName;
	/** `null`: all. */
	availableProviders: ReadonlySet<string> | null;
	/** Names of the models that some deployment serves; `null`: all. */
	availableModels: ReadonlySet<string> | null;
	allowUnpriced: ReadonlySet<string>;
	perRequestLimitNanoUsd: NanoUsd | null;
	/** Configured chains by primary model; a model without an entry gets the router's own plan. */
	fallbacks: ReadonlyMap<ModelName, readonly ModelName[]>;
	/** Models of a chain, the chosen one included. */
	maxModels: number;
	usesHistory: boolean;
}

/** What is known beside the configuration. */
export interface ModelAvailability {
	availableProviders?: readonly string[] | undefined;
	availableModels?: readonly ModelName[] | undefined;
	perRequestLimitUsd?: number | undefined;
}

/** The configuration as the router uses it. @throws InvalidConfigError listing everything wrong with it */
export function resolveRouteSettings(
	config: RouterConfig,
	catalog: ModelCatalog,
	availability: ModelAvailability,
): RouteSettings {
	const issues = findRouterIssues(config, catalog.profiles().flatMap(getModelNames));
	const limit = availability.perRequestLimitUsd ?? config.budget?.perRequestLimit;
	issues.push(...optionally(numberFrom(0, MAX_USD))(limit, ['budget', 'perRequestLimit']));
	if (issues.length > 0) throw new InvalidConfigError(formatIssues(issues));
	const { policy, fallback, fallbacks = {}, allowUnpriced = [] } = config;
	const { availableProviders, availableModels } = availability;
	const resolve = (name: ModelName): ModelName => catalog.get(name).name;
	return {
		policy: createPolicy(policy?.name === 'fixed' ? { name: 'fixed', model: resolve(policy.model) } : policy),
		weights: normalizeWeights(config.weights),
		defaultModel: resolve(config.defaultModel),
		availableProviders: availableProviders === undefined ? null : new Set(availableProviders),
		availableModels: availableModels === undefined ? null : new Set(availableModels),
		allowUnpriced: new Set(allowUnpriced.map(resolve)),
		perRequestLimitNanoUsd: limit === undefined ? null : usdToNano(limit),
		fallbacks: new Map(Object.entries(fallbacks).map(([primary, chain]) => [resolve(primary), chain.map(resolve)])),
		maxModels: fallback.enabled ? fallback.maxAttempts : 1,
		usesHistory: config.enableLearning,
	};
}
