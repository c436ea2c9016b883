/** @module Switchyard for Node: everything wired, SQLite, config and log opened on first use, nothing at import. */

import { createModelCatalog, resolveModelRates } from './catalog/index.ts';
import { TaskClassifier as EngineTaskClassifier, type TaskClassifierOptions } from './classify/index.ts';
import type { ConfigLayer } from './config/index.ts';
import type { ModelProfile } from './contracts/index.ts';
import { PrefixReuse } from './learn/index.ts';
import { openProject, type ProjectOptions, readTypeTable } from './project.ts';
import {
	addBodyBreakpoints,
	createPromptCachePlanner,
	hasCacheBreakpoints,
	type PromptCacheHints,
} from './protocol/index.ts';
import type { BudgetOptions, RouterOptions, RoutingSystem } from './system/index.ts';
import { type JsonObject, SYSTEM_CLOCK } from './util/index.ts';

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
	ShadowConfig,
	StorageConfig,
	SwitchyardConfig,
} from './config/index.ts';
export type { ChoiceOutcome, Coin } from './cost/index.ts';
export * from './engine.ts';
export type {
	IntervalEstimate,
	OffPolicyEstimator,
	OffPolicyReport,
	UnsupportedModel,
	WeightDiagnostics,
} from './evaluate/index.ts';
export { openProject, type Project, type ProjectOptions } from './project.ts';
export type { PromptCacheHints } from './protocol/index.ts';
export type { DeploymentAuth, DeploymentKind, DeploymentPresetName, DeploymentSettings } from './providers/index.ts';
export {
	type EvaluatePolicyOptions,
	evaluatePolicy,
	type LeftOutDecisions,
	type PolicyEvaluation,
	type WhatIfAsk,
	type WhatIfOptions,
	type WhatIfPolicy,
	type WhatIfReport,
	whatIf,
} from './system/index.ts';
export type { JsonObject } from './util/index.ts';

/** A `TaskClassifier` that reads the trained table of the package. */
export class TaskClassifier extends EngineTaskClassifier {
	constructor(options: TaskClassifierOptions = {}) {
		super({ readTable: readTypeTable, ...options });
	}
}

/**
 * Adds cache breakpoints to the body of a request to Anthropic's Messages API; a body with breakpoints of its own comes
 * back as it is. The body that is passed is not changed.
 */
export type PromptCaching = (body: JsonObject, hints?: PromptCacheHints) => JsonObject;

/**
 * Makes a function that adds cache breakpoints where they pay, by what it measures of the requests it has seen. Keep one
 * for as long as the process lives.
 */
export function createPromptCaching(options: {
	models: readonly ModelProfile[];
	/** Epoch milliseconds. @default the system's clock */
	now?: () => number;
}): PromptCaching {
	const catalog = createModelCatalog(options.models);
	const now = options.now ?? SYSTEM_CLOCK.now;
	const getRates = (modelId: string) => resolveModelRates(catalog, modelId, now());
	const plan = createPromptCachePlanner({ memory: new PrefixReuse(), getRates, now });
	return (body, hints) => (hasCacheBreakpoints(body) ? body : addBodyBreakpoints(body, plan(body, hints)));
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
	const limits = { ...router.budget, ...budget };
	const argumentValues: ConfigLayer = { ...router, ...(Object.keys(limits).length > 0 && { budget: limits }) };
	return openProject({ ...project, argumentValues }).system;
}

/** A routing system for the current project, as its config file and environment say. */
export function createDefaultRoutingSystem(): RoutingSystem {
	return openProject().system;
}
