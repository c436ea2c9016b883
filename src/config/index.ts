/** @module Where configuration comes from: defaults, file, environment, arguments; and who said what. */
export { readAlertTargets } from './alert-targets.ts';
export type { ConfigDefaults } from './complete-config.ts';
export type { ConfigFileReading } from './config-file.ts';
export { readConfigFile } from './config-file.ts';
export type { BudgetLayer, ConfigLayer, CustomModelProfile, GatewayLayer, RouterLayer } from './config-layer.ts';
export { type DeploymentReading, type MissingCredential, readDeploymentCredentials } from './deployment-credentials.ts';
export { DEPLOYMENT_PRESETS, type DeploymentPreset, type DeploymentPresetName } from './deployment-presets.ts';
export type { DeploymentSettings } from './deployment-settings.ts';
export { type Environment, isDebugRequested, processEnvironment } from './environment.ts';
export {
	ENVIRONMENT_VARIABLES,
	type EnvironmentVariable,
	SPECIAL_VARIABLES,
	type SpecialVariable,
} from './environment-table.ts';
export { type ConfigPaths, findProjectRoot, type PlaceOptions } from './find-project.ts';
export {
	DEFAULT_GATEWAY_CONFIG,
	type GatewayCacheConfig,
	type GatewayConfig,
	type GatewayLimitsConfig,
	type GatewayStreamConfig,
} from './gateway-config.ts';
export { configJsonSchema } from './json-schema.ts';
export { type ConfigValue, listConfigValues } from './list-config-values.ts';
export { type LoadConfigOptions, type LoadedConfig, loadConfig, locateConfigFile } from './load-config.ts';
export { loadHashKey } from './load-hash-key.ts';
export { mergeConfig } from './merge-config.ts';
export { type PriceFileReading, readPriceFile } from './price-file.ts';
export { type ProviderCredential, readProviderCredentials } from './provider-credentials.ts';
export { MAX_CONFIG_FILE_BYTES } from './read-json-file.ts';
export {
	DEFAULT_LOG_CONFIG,
	DEFAULT_STORAGE_CONFIG,
	type LogConfig,
	PROVIDER_NAMES,
	type ProviderName,
	type ProviderSettings,
	type StorageConfig,
	type SwitchyardConfig,
} from './switchyard-config.ts';
export type { ConfigOrigin } from './trace-origins.ts';
export { type ConfigEdit, type UpdateConfigOptions, updateConfigFile } from './update-config-file.ts';
