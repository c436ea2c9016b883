import type { ModelCatalog } from '../catalog/index.ts';
import { type ModelName, type NanoUsd, type RouterConfig, type RoutingWeights, usdToNano } from '../contracts/index.ts';
import { InvalidConfigError } from '../errors/index.ts';
import { resolveConfiguredModel } from './candidate-pool.ts';
import { createPolicy, type RoutingPolicy } from './policies.ts';
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

function resolveFallbacks(catalog: ModelCatalog, config: RouterConfig): Map<ModelName, ModelName[]> {
	return new Map(
		Object.entries(config.fallbacks ?? {}).map(([primary, names]) => [
			resolveConfiguredModel(catalog, primary, `fallbacks.${primary}`),
			names.map((name, index) => resolveConfiguredModel(catalog, name, `fallbacks.${primary}[${index}]`)),
		]),
	);
}

function readMaxModels({ fallback }: RouterConfig): number {
	if (!fallback.enabled) return 1;
	if (Number.isInteger(fallback.maxAttempts) && fallback.maxAttempts >= 1) return fallback.maxAttempts;
	throw new InvalidConfigError([
		{ path: 'fallback.maxAttempts', message: `must be a whole number ≥ 1, got ${fallback.maxAttempts}` },
	]);
}

function readLimit(usd: number | undefined): NanoUsd | null {
	if (usd === undefined) return null;
	if (usd >= 0 && usd <= 9_000_000) return usdToNano(usd);
	throw new InvalidConfigError([
		{ path: 'budget.perRequestLimit', message: `must be an amount in USD from 0 to 9,000,000, got ${usd}` },
	]);
}

/** The configuration as the router uses it. @throws InvalidConfigError */
export function resolveRouteSettings(
	config: RouterConfig,
	catalog: ModelCatalog,
	given: ModelAvailability,
): RouteSettings {
	const policy = config.policy;
	return {
		policy: createPolicy(
			policy?.name === 'fixed'
				? { name: 'fixed', model: resolveConfiguredModel(catalog, policy.model, 'policy.model') }
				: policy,
		),
		weights: normalizeWeights(config.weights),
		defaultModel: resolveConfiguredModel(catalog, config.defaultModel, 'defaultModel'),
		availableProviders: given.availableProviders === undefined ? null : new Set(given.availableProviders),
		availableModels: given.availableModels === undefined ? null : new Set(given.availableModels),
		allowUnpriced: new Set(
			(config.allowUnpriced ?? []).map((name, index) =>
				resolveConfiguredModel(catalog, name, `allowUnpriced[${index}]`),
			),
		),
		perRequestLimitNanoUsd: readLimit(given.perRequestLimitUsd ?? config.budget?.perRequestLimit),
		fallbacks: resolveFallbacks(catalog, config),
		maxModels: readMaxModels(config),
		usesHistory: config.enableLearning,
	};
}
