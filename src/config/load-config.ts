import { dirname, isAbsolute, join, resolve } from 'node:path';
import { withPrices } from '../catalog/index.ts';
import { type ConfigIssue, InvalidConfigError } from '../errors/index.ts';
import { formatPath, SYSTEM_CLOCK, type ValuePath } from '../util/index.ts';
import {
	type ConfigFileContents,
	type ConfigPaths,
	getConfigFilePath,
	type ProjectLocation,
	readConfigFile,
	resolveProjectPath,
	resolveProjectRoot,
} from './config-file.ts';
import {
	type Environment,
	findVariableByPath,
	parseEnvironment,
	processEnvironment,
	readVariable,
} from './environment.ts';
import { type ConfigOrigin, type TracedLayer, traceOrigins } from './origins.ts';
import { readPriceFile } from './read-price-file.ts';
import { getMissingKeyWarnings } from './resolve-deployments.ts';
import { findMissingAlertSecret } from './secrets.ts';
import type { ConfigLayer, SwitchyardConfig } from './switchyard-config.ts';
import {
	type ConfigDefaults,
	completeConfig,
	copyPlain,
	createDefaultLayer,
	deriveCostsFromRates,
	validateLayer,
} from './validate-config.ts';

/** Where configuration comes from. */
interface LoadConfigOptions extends ProjectLocation {
	/** The defaults of the router and of the budget. */
	defaults: ConfigDefaults;
	/** @default process.env */
	environment?: Environment | undefined;
	/** Values of the command line or the caller; they override every other source. */
	argumentValues?: ConfigLayer | undefined;
}

/** The configuration in force, and the source of each value. */
export interface LoadedConfig {
	/** Complete, validated and frozen. */
	config: SwitchyardConfig;
	/** The source of each value, by path: `weights.cost`; of models what a source changed: `models.opus.qualityScore`. */
	origins: Readonly<Record<string, ConfigOrigin>>;
	/** The config file that was read; `null` when there is none. */
	filePath: string | null;
	paths: ConfigPaths;
	/** Problems that stop nothing: unknown variables, keys that are not set. */
	warnings: readonly ConfigIssue[];
}

/** What the sources say, the weakest first. */
interface Sources {
	layers: readonly TracedLayer[];
	issues: ConfigIssue[];
	/** Of the environment. */
	warnings: ConfigIssue[];
}

/** The file of `ROUTING_CONFIG`, else the root's. */
function chooseFile(
	root: string,
	environment: Environment,
	start: string | undefined,
): { path: string; isNamed: boolean } {
	const named = readVariable(environment, 'ROUTING_CONFIG');
	if (named === undefined) return { path: getConfigFilePath(root), isNamed: false };
	return { path: isAbsolute(named) ? named : resolve(start ?? process.cwd(), named), isNamed: true };
}

/** The config file that `loadConfig` would read, whether it is there or not. */
export function locateConfigFile(options: ProjectLocation & { environment?: Environment | undefined } = {}): string {
	return chooseFile(resolveProjectRoot(options), options.environment ?? processEnvironment(), options.projectDirectory)
		.path;
}

function readFileLayer(path: string, isNamed: boolean): ConfigFileContents {
	const file = readConfigFile(path);
	if (file.exists || !isNamed) return file;
	return { ...file, issues: [{ path: 'ROUTING_CONFIG', message: `names a file that does not exist: ${path}` }] };
}

function readSources(
	options: LoadConfigOptions,
	environment: Environment,
	file: ConfigFileContents & { path: string },
): Sources {
	const variables = parseEnvironment(environment);
	const fromEnvironment = validateLayer(variables.layer, (path) => findVariableByPath(path)?.name ?? formatPath(path));
	const fromArguments = validateLayer(copyPlain(options.argumentValues ?? {}), 'argument');
	return {
		layers: [
			{ layer: createDefaultLayer(options.defaults), getOrigin: () => ({ source: 'default' }) },
			{ layer: deriveCostsFromRates(file.layer), getOrigin: () => ({ source: 'file', name: file.path }) },
			{
				layer: fromEnvironment.layer,
				getOrigin: (path) => ({ source: 'environment', name: variables.variables.get(path) ?? path }),
			},
			{ layer: deriveCostsFromRates(fromArguments.layer), getOrigin: () => ({ source: 'argument' }) },
		],
		issues: [...file.issues, ...variables.issues, ...fromEnvironment.issues, ...fromArguments.issues],
		warnings: variables.warnings,
	};
}

/** `debug` raises the log level, unless a source sets one. */
function findDebugLevel(layers: readonly TracedLayer[], origins: Record<string, ConfigOrigin>): ConfigLayer {
	const isDebug = layers.findLast(({ layer }) => layer.debug !== undefined)?.layer.debug;
	const origin = origins['debug'];
	if (isDebug !== true || origin === undefined || origins['log.level']?.source !== 'default') return {};
	origins['log.level'] = origin;
	return { log: { level: 'debug' } };
}

/** The origin of a value; of a section, or of a value that is missing, the origin of something near it. */
function findOrigin(
	parts: readonly string[],
	origins: Readonly<Record<string, ConfigOrigin>>,
): ConfigOrigin | undefined {
	const written = parts.join('.');
	const within = Object.entries(origins).find(([known]) => known === written || known.startsWith(`${written}.`));
	return within?.[1] ?? (parts.length > 2 ? findOrigin(parts.slice(0, -1), origins) : undefined);
}

/** The place of a value as the author of its source knows it. */
function formatPlace(path: ValuePath, origins: Readonly<Record<string, ConfigOrigin>>): string {
	const origin = findOrigin(path.filter((part) => typeof part !== 'number').map(String), origins);
	if (origin?.source === 'environment') return origin.name;
	if (origin?.source === 'file') return `${origin.name}: ${formatPath(path)}`;
	return origin?.source === 'argument' ? `argument: ${formatPath(path)}` : formatPath(path);
}

/** The configuration with the user's own prices. @throws InvalidConfigError for a price file that cannot be used */
function withPriceFile(config: SwitchyardConfig, path: string): SwitchyardConfig {
	const { prices, issues } = readPriceFile(path, config.models);
	if (issues.length > 0) throw new InvalidConfigError(issues);
	return prices.size === 0
		? config
		: Object.freeze({ ...config, models: withPrices(config.models, prices, SYSTEM_CLOCK.now()) });
}

/**
 * Reads the configuration: defaults < file < environment < arguments.
 * Everything wrong with it is reported at once.
 * @throws InvalidConfigError (`ROUTER_INVALID_CONFIG`) when a source cannot be read or holds a value that cannot be used.
 */
export function loadConfig(options: LoadConfigOptions): LoadedConfig {
	const environment = options.environment ?? processEnvironment();
	const root = resolveProjectRoot(options);
	const { path, isNamed } = chooseFile(root, environment, options.projectDirectory);
	const file = readFileLayer(path, isNamed);
	const sources = readSources(options, environment, { ...file, path });
	const origins = traceOrigins(sources.layers);
	const whole = completeConfig([...sources.layers.map(({ layer }) => layer), findDebugLevel(sources.layers, origins)]);
	const wholeIssues = 'issues' in whole ? whole.issues : [];
	const issues = [
		...sources.issues,
		...wholeIssues.map((issue) => ({ path: formatPlace(issue.path, origins), message: issue.message })),
	];
	if (issues.length > 0 || !('config' in whole)) throw new InvalidConfigError(issues);
	const priceFile = join(dirname(path), 'prices.json');
	const config = withPriceFile(whole.config, priceFile);
	const place = { root, home: options.home };
	return {
		config,
		origins,
		filePath: file.exists ? path : null,
		paths: {
			projectRoot: root,
			configFile: path,
			priceFile,
			databaseFile: resolveProjectPath(config.storage.path, place),
			logFile: resolveProjectPath(config.log.file, place),
		},
		warnings: [
			...sources.warnings,
			...getMissingKeyWarnings(config, environment),
			...findMissingAlertSecret(config.budget.notify, environment),
		],
	};
}
