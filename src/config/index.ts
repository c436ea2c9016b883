/** @module Configuration from defaults, file, environment and arguments, with the origin of each value. */

export {
	type ConfigFileContents,
	type ConfigPaths,
	findProjectRoot,
	MAX_CONFIG_FILE_BYTES,
	type ProjectLocation,
	readConfigFile,
} from './config-file.ts';
export {
	ENVIRONMENT_VARIABLES,
	type Environment,
	type EnvironmentVariable,
	isDebugRequested,
	processEnvironment,
	SPECIAL_VARIABLES,
	type SpecialVariable,
} from './environment.ts';
export { type LoadConfigOptions, type LoadedConfig, loadConfig, locateConfigFile } from './load-config.ts';
export { mergeConfig } from './merge-config.ts';
export { type ConfigEntry, type ConfigOrigin, type ConfigValue, listConfigValues } from './origins.ts';
export { type PriceFileContents, readPriceFile } from './price-file.ts';
export { type MissingCredential, type ResolvedDeployments, resolveDeployments } from './resolve-deployments.ts';
export { configJsonSchema } from './schema/index.ts';
export { createTaskHasher, resolveAlertTargets } from './secrets.ts';
export {
	type BudgetLayer,
	type ConfigLayer,
	type CustomModelProfile,
	DEFAULT_GATEWAY_CONFIG,
	DEFAULT_LOG_CONFIG,
	DEFAULT_STORAGE_CONFIG,
	type GatewayCacheConfig,
	type GatewayConfig,
	type GatewayLayer,
	type GatewayLimitsConfig,
	type GatewayStreamConfig,
	type LogConfig,
	PROVIDER_NAMES,
	type ProviderName,
	type ProviderSettings,
	type SettingsLayer,
	type StorageConfig,
	type SwitchyardConfig,
} from './switchyard-config.ts';
export { type ConfigEdit, type UpdateConfigOptions, updateConfigFile } from './update-config-file.ts';
export { type ConfigDefaults, completeGatewayConfig } from './validate-config.ts';
