/** @module The engine alone: no package, no Node built-in; for browsers, the edge and tests. Remembers in memory. */
export {
	BUILTIN_MODELS,
	createModelCatalog,
	DEFAULT_MODEL_PROFILES,
	estimateCost,
	type ModelCatalog,
	priceUsage,
	SPECIFICATION_MODELS,
	type UsagePrice,
	validateModelProfile,
	worstCaseCost,
} from './catalog/index.ts';
export { LexiconClassifier, TaskClassifier, type TaskClassifierOptions } from './classify/index.ts';
export * from './contracts/index.ts';
export { type BudgetCalendar, CostOptimizer, createBudgetCalendar, DEFAULT_BUDGET_CONFIG } from './cost/index.ts';
export * from './errors/index.ts';
export { type AttemptContext, DEFAULT_RETRY_POLICY, FallbackChain, type RetryPolicy } from './execute/index.ts';
export { PerformanceTracker } from './learn/index.ts';
export { recogniseUsage } from './protocol/index.ts';
export { DEFAULT_WEIGHTS } from './route/index.ts';
export { createMemoryStorage, type MemoryStorageOptions } from './storage/memory/index.ts';
export {
	type BudgetOptions,
	completeBudgetConfig,
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
