/** A project opened for Node: its configuration, its database, its log and its routing system. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { TrainedClassifier } from './classify/index.ts';
import {
	type ConfigLayer,
	createTaskHasher,
	type Environment,
	type LoadedConfig,
	loadConfig,
	locateConfigFile,
	makePrivateFolder,
	processEnvironment,
	resolveAlertTargets,
	resolveDeployments,
} from './config/index.ts';
import type { ModelName, RouterStorage } from './contracts/index.ts';
import { DEFAULT_BUDGET_CONFIG } from './cost/index.ts';
import { createAlertDelivery, createFileLogger } from './observe/index.ts';
import type { DeploymentAccess } from './providers/index.ts';
import {
	createDeployments,
	createProxyFetch,
	type Deployment,
	DeploymentTable,
	readProxySettings,
} from './providers/index.ts';
import { DEFAULT_ROUTER_CONFIG, RoutingSystem } from './system/index.ts';
import { createTextTokenCounter } from './tokenizer/index.ts';

/** The defaults that configuration starts from. */
export const CONFIG_DEFAULTS: Parameters<typeof loadConfig>[0]['defaults'] = {
	router: DEFAULT_ROUTER_CONFIG,
	budget: DEFAULT_BUDGET_CONFIG,
};

/** Where a project's files are and what stands above its config file. */
export interface ProjectOptions {
	/** Where to begin looking for the project. @default the current directory */
	projectDirectory?: string | undefined;
	/** Keep configuration and data under the user's home. @default false */
	isGlobal?: boolean | undefined;
	/** @default process.env */
	environment?: Environment | undefined;
	/** Configuration that is stronger than file and environment. */
	argumentValues?: ConfigLayer | undefined;
	/** Takes the place of the SQLite file. */
	openStorage?: (() => Promise<RouterStorage> | RouterStorage) | undefined;
	/** Called with warnings: conditions that stop nothing. @default process.emitWarning */
	onWarning?: ((message: string) => void) | undefined;
}

/** Where the table may lie: beside the sources, beside a bundle, above a chunk of one. */
const TYPE_TABLES = ['./classify/task-types.bin', './task-types.bin', '../task-types.bin'];

/** The trained table that comes with the package; `null` where it was left behind, as by a bundler that knows nothing of it. */
export function readTypeTable(): Uint8Array | null {
	// a bundle for CommonJS has no address
	const base: string | undefined = import.meta.url;
	const table = base && TYPE_TABLES.map((path) => new URL(path, base)).find((url) => existsSync(url));
	return table ? readFileSync(table) : null;
}

/** The config file that a command edits. */
export function locateProjectConfig(
	options: Pick<ProjectOptions, 'projectDirectory' | 'isGlobal' | 'environment'>,
): string {
	const { environment, isGlobal, projectDirectory } = options;
	return locateConfigFile({ environment, projectDirectory, useGlobal: isGlobal === true });
}

/** A project with its configuration, opened. */
export interface Project {
	system: RoutingSystem;
	loaded: LoadedConfig;
}

/** A project whose models can be called. */
export interface CallableProject extends Project {
	/** In the order in which they are tried. */
	deployments: readonly Deployment[];
}

async function openDatabase({ config, paths }: LoadedConfig, isReadOnly = false): Promise<RouterStorage> {
	const { openSqliteStorage } = await import('./storage/sqlite/index.ts');
	if (!isReadOnly) makeDataFolders(paths);
	return await openSqliteStorage({
		path: paths.databaseFile,
		isReadOnly,
		retentionDays: config.storage.retentionDays,
		captureText: config.storage.captureTaskText,
	});
}

function makeDataFolders({ databaseFile, logFile }: LoadedConfig['paths']): void {
	try {
		if (databaseFile !== ':memory:') for (const file of [databaseFile, logFile]) makePrivateFolder(dirname(file));
	} catch {
		// who opens the files says better why they cannot be
	}
}

function emitWarning(message: string): void {
	process.emitWarning(message, 'SwitchyardWarning');
}

/**
 * Reads the configuration of a folder: its config file, environment and arguments.
 * @throws InvalidConfigError (`ROUTER_INVALID_CONFIG`) listing everything wrong with it
 */
export function loadProject(options: ProjectOptions): LoadedConfig {
	const { argumentValues, environment = processEnvironment(), isGlobal, onWarning = emitWarning } = options;
	const { projectDirectory } = options;
	const useGlobal = isGlobal === true;
	const loaded = loadConfig({ defaults: CONFIG_DEFAULTS, environment, useGlobal, projectDirectory, argumentValues });
	for (const { path, message } of loaded.warnings) onWarning(`${path} ${message}`);
	return loaded;
}

function createSystem(
	loaded: LoadedConfig,
	options: ProjectOptions,
	models: { availableModels?: readonly ModelName[]; callableModels?: readonly ModelName[] } = {},
): RoutingSystem {
	const { config, paths } = loaded;
	const logger = createFileLogger({ ...config.log, path: paths.logFile, mirrorToStderr: config.debug });
	const { environment = processEnvironment() } = options;
	const targets = resolveAlertTargets(config.budget.notify, environment);
	const alerts =
		targets === null
			? null
			: createAlertDelivery({ ...targets, logger, fetch: createProxyFetch(readProxySettings(environment)) });
	// made when it is first needed: its memory is for as many counts as it may ever keep
	let countTexts: ReturnType<typeof createTextTokenCounter> | undefined;
	return new RoutingSystem(config, config.budget, {
		classifier: new TrainedClassifier(readTypeTable),
		logger,
		openStorage: options.openStorage ?? (() => openDatabase(loaded)),
		captureTaskText: config.storage.captureTaskText,
		hashTask: createTaskHasher(paths.databaseFile),
		countTextTokens: (texts) => {
			countTexts ??= createTextTokenCounter();
			return countTexts(texts);
		},
		isDebug: config.debug,
		onDegraded: options.onWarning ?? emitWarning,
		...(alerts && { onEvent: (event) => event.type === 'budget-alert' && alerts.deliver(event) }),
		onClose: async () => {
			await alerts?.close();
			await logger.close();
		},
		...models,
	});
}

/**
 * Opens the project of a folder with its config file, environment and arguments. Where anything can be called and no
 * `candidates` are configured, only what can be called competes; a model that a task names competes in any case.
 * @throws InvalidConfigError (`ROUTER_INVALID_CONFIG`) listing everything wrong with the configuration.
 */
export function openProject(options: ProjectOptions = {}): Project {
	return openLoadedProject(loadProject(options), options);
}

/** The same, whose database is read as it is and never written. @throws InvalidConfigError */
export function openShownProject(options: ProjectOptions): Project {
	const loaded = loadProject(options);
	return openLoadedProject(loaded, { ...options, openStorage: () => openDatabase(loaded, true) });
}

function openLoadedProject(loaded: LoadedConfig, options: ProjectOptions): Project {
	const callableModels = loaded.config.candidates === undefined ? findCallableModels(loaded, options) : null;
	return { system: createSystem(loaded, options, callableModels === null ? {} : { callableModels }), loaded };
}

/** Opens a loaded project in which all models compete, whether they can be called or not. */
export function openUnlimitedProject(loaded: LoadedConfig, options: ProjectOptions): Project {
	return { system: createSystem(loaded, options), loaded };
}

/** Names of the models that can be called by configuration and environment; `null` where nothing can be called. @throws InvalidConfigError */
export function findCallableModels(loaded: LoadedConfig, options: ProjectOptions): ModelName[] | null {
	const accesses = resolveAccesses(loaded, options);
	return accesses.length === 0 ? null : createDeploymentTable(loaded, accesses, options).servedModels;
}

/**
 * Everything that models can be called at, by configuration and environment. `hasCallers`: requests come with the headers of
 * a client, whose login may be passed on. Holds secrets: never log it.
 */
export function resolveAccesses(
	{ config }: LoadedConfig,
	{ environment, hasCallers = false }: ProjectOptions & { hasCallers?: boolean },
): DeploymentAccess[] {
	const { deployments } = resolveDeployments(config, environment ?? processEnvironment());
	return hasCallers ? deployments : deployments.filter(({ auth }) => auth !== 'passthrough');
}

/** Opens a project over deployments: only models that one of them serves compete. @throws InvalidConfigError */
export function openCallableProject(
	loaded: LoadedConfig,
	accesses: readonly DeploymentAccess[],
	options: ProjectOptions,
): CallableProject {
	const table = createDeploymentTable(loaded, accesses, options);
	const system = createSystem(loaded, options, { availableModels: table.servedModels });
	return { system, loaded, deployments: table.list() };
}

function createDeploymentTable(
	{ config: { gateway, models } }: LoadedConfig,
	accesses: readonly DeploymentAccess[],
	{ environment = processEnvironment() }: ProjectOptions,
): DeploymentTable {
	const { allowedPrivateHosts } = gateway;
	return new DeploymentTable(
		createDeployments(accesses, { allowedPrivateHosts, proxy: readProxySettings(environment) }),
		models,
	);
}
