/** @module Switchyard for Node: everything wired, SQLite, config and log opened on first use, nothing at import. */

import { createModelCatalog, resolveModelRates } from './catalog/index.ts';
import {
	type ConfigLayer,
	type Environment,
	type LoadedConfig,
	loadConfig,
	loadHashKey,
	locateConfigFile,
	processEnvironment,
	readProviderCredentials,
	resolveAlertTargets,
} from './config/index.ts';
import type { ModelProfile, RouterStorage } from './contracts/index.ts';
import { DEFAULT_BUDGET_CONFIG } from './cost/index.ts';
import { PrefixReuse } from './learn/index.ts';
import { createAlertDelivery, createFileLogger } from './observe/index.ts';
import { type CacheMarker, createCacheMarker } from './protocol/index.ts';
import { type BudgetOptions, DEFAULT_ROUTER_CONFIG, type RouterOptions, RoutingSystem } from './system/index.ts';

export {
	BUILTIN_MODELS,
	createModelCatalog,
	createPriceBook,
	DEFAULT_MODEL_PROFILES,
	diffPriceBooks,
	type ModelCatalog,
	type PriceBook,
	type PriceDifference,
	type RepricedModel,
	repriceEntries,
	withPrices,
} from './catalog/index.ts';
export { TaskClassifier, type TaskClassifierOptions } from './classify/index.ts';
export * from './contracts/index.ts';
export { type BudgetCalendar, CostOptimizer, createBudgetCalendar, DEFAULT_BUDGET_CONFIG } from './cost/index.ts';
export * from './errors/index.ts';
export { type AttemptContext, DEFAULT_RETRY_POLICY, FallbackChain, type RetryPolicy } from './execute/index.ts';
export { PerformanceTracker } from './learn/index.ts';
export { type CacheMarker, type CachePlannerHints, recogniseUsage } from './protocol/index.ts';
export {
	type CheckDeploymentOptions,
	checkDeployment,
	createDeployments,
	createProviders,
	type Deployment,
	type DeploymentCheck,
	type DeploymentOptions,
	type ProviderCredentials,
} from './providers/index.ts';
export { DEFAULT_WEIGHTS } from './route/index.ts';
export {
	type BudgetLimitStatus,
	type BudgetOptions,
	completeRouterConfig,
	DEFAULT_FALLBACKS,
	DEFAULT_ROUTER_CONFIG,
	type ExecuteOptions,
	type ExportedData,
	ModelRouter,
	type RouteOptions,
	type RouterOptions,
	RoutingSystem,
	type SystemPorts,
	type SystemStatus,
} from './system/index.ts';

/** The defaults that configuration starts from. */
export const CONFIG_DEFAULTS: Parameters<typeof loadConfig>[0]['defaults'] = {
	router: DEFAULT_ROUTER_CONFIG,
	budget: DEFAULT_BUDGET_CONFIG,
};

/** Where a project's files are and what stands above its config file. */
export interface ProjectOptions {
	/** Where to begin looking for the project. @default the current directory */
	projectDirectory?: string;
	/** Keep configuration and data under the user's home. @default false */
	isGlobal?: boolean;
	/** @default process.env */
	environment?: Environment;
	/** Configuration that is stronger than file and environment. */
	argumentValues?: ConfigLayer;
	/** Takes the place of the SQLite file. */
	openStorage?: () => Promise<RouterStorage> | RouterStorage;
	/** Only models whose provider has a key compete, where any key is set. @default false */
	onlyAvailable?: boolean;
	/** Names the models that can be called, once the configuration is read; stronger than `onlyAvailable`. @default all */
	availableModels?: (loaded: LoadedConfig) => readonly string[];
	/** Hears what stops nothing but should be known. @default process.emitWarning */
	onWarning?: (message: string) => void;
}

/** The config file that a command edits. */
export function configPathOf(options: Pick<ProjectOptions, 'projectDirectory' | 'isGlobal' | 'environment'>): string {
	return locateConfigFile({
		useGlobal: options.isGlobal === true,
		...(options.environment === undefined ? {} : { environment: options.environment }),
		...(options.projectDirectory === undefined ? {} : { projectDirectory: options.projectDirectory }),
	});
}

/** A project with its configuration, opened. */
export interface Project {
	system: RoutingSystem;
	loaded: LoadedConfig;
}

async function openDatabase(loaded: LoadedConfig): Promise<RouterStorage> {
	const { openSqliteStorage } = await import('./storage/sqlite/index.ts');
	return await openSqliteStorage({
		path: loaded.paths.databaseFile,
		retentionDays: loaded.config.storage.retentionDays,
		captureText: loaded.config.storage.captureTaskText,
	});
}

function warn(message: string): void {
	process.emitWarning(message, 'SwitchyardWarning');
}

/**
 * Opens the project of a folder with its config file, environment and arguments.
 * @throws InvalidConfigError (`ROUTER_INVALID_CONFIG`) listing everything wrong with the configuration.
 */
export function openProject(options: ProjectOptions = {}): Project {
	const environment = options.environment ?? processEnvironment();
	const loaded = loadConfig({
		defaults: CONFIG_DEFAULTS,
		environment,
		useGlobal: options.isGlobal === true,
		...(options.projectDirectory === undefined ? {} : { projectDirectory: options.projectDirectory }),
		...(options.argumentValues === undefined ? {} : { argumentValues: options.argumentValues }),
	});
	const { config, paths } = loaded;
	const onWarning = options.onWarning ?? warn;
	for (const { path, message } of loaded.warnings) onWarning(`${path} ${message}`);
	const providers = Object.keys(readProviderCredentials(config, environment));
	const logger = createFileLogger({ ...config.log, path: paths.logFile, mirrorToStderr: config.debug });
	const targets = resolveAlertTargets(config.budget.notify, environment);
	const alerts = targets === null ? null : createAlertDelivery({ ...targets, logger });
	const system = new RoutingSystem(config, config.budget, {
		logger,
		openStorage: options.openStorage ?? (() => openDatabase(loaded)),
		captureTaskText: config.storage.captureTaskText,
		hashKey: () => loadHashKey(paths.databaseFile),
		isDebug: config.debug,
		onDegraded: onWarning,
		...(alerts && { onEvent: (event) => event.type === 'budget-alert' && alerts.deliver(event) }),
		onClose: async () => {
			await alerts?.close();
			await logger.close();
		},
		...(options.availableModels === undefined
			? options.onlyAvailable === true && providers.length > 0 && { availableProviders: providers }
			: { availableModels: options.availableModels(loaded) }),
	});
	return { system, loaded };
}

/**
 * Places cache marks on requests to Anthropic's Messages API where they pay, by what it measures of the requests it is
 * given. Keep one for as long as the process lives; give it to `createProviders`, or call it with bodies of your own.
 */
export function createPromptCaching(options: { models: readonly ModelProfile[]; now?: () => number }): CacheMarker {
	const catalog = createModelCatalog(options.models);
	const now = options.now ?? (() => Date.now());
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
