/** A project opened for Node: its configuration, its database, its log and its routing system. */
import {
	type ConfigLayer,
	createTaskHasher,
	type Environment,
	type LoadedConfig,
	loadConfig,
	locateConfigFile,
	processEnvironment,
	readProviderCredentials,
	resolveAlertTargets,
} from './config/index.ts';
import type { RouterStorage } from './contracts/index.ts';
import { DEFAULT_BUDGET_CONFIG } from './cost/index.ts';
import { createAlertDelivery, createFileLogger } from './observe/index.ts';
import { DEFAULT_ROUTER_CONFIG, RoutingSystem } from './system/index.ts';

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
export function locateProjectConfig(
	options: Pick<ProjectOptions, 'projectDirectory' | 'isGlobal' | 'environment'>,
): string {
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
		hashTask: createTaskHasher(paths.databaseFile),
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
