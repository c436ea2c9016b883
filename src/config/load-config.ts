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
import { copyPlain, mergeConfig } from './merge-config.ts';
import { type ConfigOrigin, type TracedLayer, traceOrigins } from './origins.ts';
import { readPriceFile } from './price-file.ts';
import { getMissingKeyWarnings } from './resolve-deployments.ts';
import { findMissingAlertSecret } from './secrets.ts';
import type { ConfigLayer, SwitchyardConfig } from './switchyard-config.ts';
import {
	type ConfigDefaults,
	completeConfig,
	createDefaultLayer,
	deriveCostsFromRates,
	validateLayer,
} from './validate-config.ts';

/** What `loadConfig` may be told. */
export interface LoadConfigOptions extends ProjectLocation {
	/** The defaults of the router and of the budget. */
	defaults: ConfigDefaults;
	/** @default process.env */
	environment?: Environment | undefined;
	/** What the command line or the caller says; stronger than everything else. */
	argumentValues?: ConfigLayer | undefined;
}

/** The configuration in force, and who said what. */
export interface LoadedConfig {
	/** Complete, validated and frozen. */
	config: SwitchyardConfig;
	/** Who said each value, by path: `weights.cost`; of models what a source changed: `models.opus.qualityScore`. */
	origins: Readonly<Record<string, ConfigOrigin>>;
	/** The config file that was read; `null` when there is none. */
	filePath: string | null;
	paths: ConfigPaths;
	/** Oddities that stop nothing: variables nobody knows, keys that are not set. */
	warnings: readonly ConfigIssue[];
}

interface Sources {
	defaults: TracedLayer;
	/** File, environment, arguments: rising in strength. */
	said: readonly TracedLayer[];
	file: ConfigFileContents;
	issues: ConfigIssue[];
	warnings: ConfigIssue[];
}

/** The file that is meant: `ROUTING_CONFIG`, else the root's. */
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
	const reading = parseEnvironment(environment);
	const fromEnvironment = validateLayer(reading.layer, (path) => findVariableByPath(path)?.name ?? formatPath(path));
	const fromArguments = validateLayer(copyPlain(options.argumentValues ?? {}), 'argument');
	const defaults: TracedLayer = {
		layer: createDefaultLayer(options.defaults),
		getOrigin: () => ({ source: 'default' }),
	};
	const said: TracedLayer[] = [
		{ layer: deriveCostsFromRates(file.layer), getOrigin: () => ({ source: 'file', name: file.path }) },
		{
			layer: fromEnvironment.layer,
			getOrigin: (path) => ({ source: 'environment', name: reading.variables.get(path) ?? path }),
		},
		{ layer: deriveCostsFromRates(fromArguments.layer), getOrigin: () => ({ source: 'argument' }) },
	];
	const issues = [...file.issues, ...reading.issues, ...fromEnvironment.issues, ...fromArguments.issues];
	return { defaults, said, file, issues, warnings: reading.warnings };
}

/** `debug` lifts the log's level, unless someone has chosen one. */
function withDebugLevel(merged: ConfigLayer, origins: Record<string, ConfigOrigin>): ConfigLayer {
	const origin = origins['debug'];
	if (merged.debug !== true || origin === undefined || origins['log.level']?.source !== 'default') return merged;
	origins['log.level'] = origin;
	return { ...merged, log: { ...merged.log, level: 'debug' } };
}

/** Who said a value; of a whole, or of a value that is missing, who said something near it. */
function originOf(parts: readonly string[], origins: Readonly<Record<string, ConfigOrigin>>): ConfigOrigin | undefined {
	const written = parts.join('.');
	const within = Object.entries(origins).find(([known]) => known === written || known.startsWith(`${written}.`));
	return within?.[1] ?? (parts.length > 2 ? originOf(parts.slice(0, -1), origins) : undefined);
}

/** Names the place of a value as the author of its source knows it. */
function placeByOrigin(path: ValuePath, origins: Readonly<Record<string, ConfigOrigin>>): string {
	const origin = originOf(path.filter((part) => typeof part !== 'number').map(String), origins);
	if (origin?.source === 'environment') return origin.name;
	if (origin?.source === 'file') return `${origin.name}: ${formatPath(path)}`;
	return origin?.source === 'argument' ? `argument: ${formatPath(path)}` : formatPath(path);
}

function priceFileBeside(configFile: string): string {
	return join(dirname(configFile), 'prices.json');
}

/** The configuration with the prices of one's own file. @throws InvalidConfigError when the file says what cannot be */
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
 * @throws InvalidConfigError (`ROUTER_INVALID_CONFIG`) when a source cannot be read or says something that cannot be.
 */
export function loadConfig(options: LoadConfigOptions): LoadedConfig {
	const environment = options.environment ?? processEnvironment();
	const root = resolveProjectRoot(options);
	const { path, isNamed } = chooseFile(root, environment, options.projectDirectory);
	const sources = readSources(options, environment, { ...readFileLayer(path, isNamed), path });
	const origins = traceOrigins(sources.defaults, sources.said);
	const merged = withDebugLevel(
		sources.said.map(({ layer }) => layer).reduce(mergeConfig, sources.defaults.layer),
		origins,
	);
	const whole = completeConfig(merged);
	const wrong = 'issues' in whole ? whole.issues : [];
	const issues = [
		...sources.issues,
		...wrong.map((issue) => ({ path: placeByOrigin(issue.path, origins), message: issue.message })),
	];
	if (issues.length > 0 || !('config' in whole)) throw new InvalidConfigError(issues);
	const config = withPriceFile(whole.config, priceFileBeside(path));
	const place = { root, home: options.home };
	return {
		config,
		origins,
		filePath: sources.file.exists ? path : null,
		paths: {
			projectRoot: root,
			configFile: path,
			priceFile: priceFileBeside(path),
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
