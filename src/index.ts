/** @module Switchyard for Node: everything wired, SQLite, config and log opened on first use, nothing at import. */

import { createModelCatalog, resolveModelRates } from './catalog/index.ts';
import type { ConfigLayer } from './config/index.ts';
import type { ModelProfile } from './contracts/index.ts';
import { PrefixReuse } from './learn/index.ts';
import { openProject, type ProjectOptions } from './project.ts';
import { type CacheMarker, createCacheMarker } from './protocol/index.ts';
import type { BudgetOptions, RouterOptions, RoutingSystem } from './system/index.ts';
import { SYSTEM_CLOCK } from './util/index.ts';

export type {
	BudgetLayer,
	ConfigLayer,
	ConfigOrigin,
	ConfigPaths,
	CustomModelProfile,
	Environment,
	GatewayCacheConfig,
	GatewayConfig,
	GatewayLayer,
	GatewayLimitsConfig,
	GatewayStreamConfig,
	LoadedConfig,
	LogConfig,
	ProviderName,
	ProviderSettings,
	SettingsLayer,
	StorageConfig,
	SwitchyardConfig,
} from './config/index.ts';
export * from './engine.ts';
export { openProject, type Project, type ProjectOptions } from './project.ts';
export type { CacheMarker, CachePlannerHints } from './protocol/index.ts';
export type { DeploymentAuth, DeploymentKind, DeploymentPresetName, DeploymentSettings } from './providers/index.ts';
export type { JsonObject } from './util/index.ts';

/**
 * Places cache marks on requests to Anthropic's Messages API where they pay, by what it measures of the requests it is
 * given. Keep one for as long as the process lives.
 */
export function createPromptCaching(options: { models: readonly ModelProfile[]; now?: () => number }): CacheMarker {
	const catalog = createModelCatalog(options.models);
	const now = options.now ?? SYSTEM_CLOCK.now;
	const ratesOf = (modelId: string) => resolveModelRates(catalog, modelId, now());
	return createCacheMarker({ memory: new PrefixReuse(), ratesOf, now });
}

/**
 * A routing system for the current project; what is given here is stronger than the config file and the environment.
 * @throws InvalidConfigError (`ROUTER_INVALID_CONFIG`)
 */
export function createRoutingSystem(
	router: RouterOptions = {},
	budget: BudgetOptions = {},
	project: ProjectOptions = {},
): RoutingSystem {
	const argumentValues: ConfigLayer = { ...router, budget: { ...router.budget, ...budget } };
	return openProject({ ...project, argumentValues }).system;
}

/** A routing system for the current project, as its config file and environment say. */
export function createDefaultRoutingSystem(): RoutingSystem {
	return openProject().system;
}
