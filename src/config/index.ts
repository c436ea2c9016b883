/** @module Configuration from defaults, file, environment and arguments, with the origin of each value. */

export { type ConfigPaths, readJsonFile } from './config-file.ts';
export { editJsonText } from './edit-json-text.ts';
export {
	ENVIRONMENT_VARIABLES,
	type Environment,
	isDebugRequested,
	processEnvironment,
	SPECIAL_VARIABLES,
} from './environment.ts';
export { type LoadedConfig, loadConfig, locateConfigFile } from './load-config.ts';

export {
	type ConfigEntry,
	type ConfigOrigin,
	type ConfigValue,
	listConfigValues,
	withStoredLimits,
} from './origins.ts';
export { readPriceFile } from './read-price-file.ts';
export { resolveDeployments } from './resolve-deployments.ts';
export { configJsonSchema } from './schema/index.ts';
export { createTaskHasher, ignoreFolder, makePrivateFolder, resolveAlertTargets } from './secrets.ts';
export * from './switchyard-config.ts';
export { type ConfigEdit, checkConfigLayer, updateConfigFile } from './update-config-file.ts';
export { type ConfigDefaults, completeGatewayConfig } from './validate-config.ts';
