/** @module The facade: the engine rooms composed into one path of a task. */

export type { AttemptControl } from './attempt-control.ts';
export { type ModelChoice, readModelChoice, requireChosen } from './choose-model.ts';
export type { ExportedData } from './export-data.ts';
export { ModelRouter } from './model-router.ts';
export { NAMED_POLICIES } from './named-policies.ts';
export type { BudgetLimitStatus } from './read-budgets.ts';
export {
	type BudgetOptions,
	completeBudgetConfig,
	completeRouterConfig,
	DEFAULT_FALLBACKS,
	DEFAULT_ROUTER_CONFIG,
	type RouterOptions,
} from './router-config.ts';
export type { ExecuteOptions, RouteOptions } from './routing-options.ts';
export { RoutingSystem, type SystemStatus } from './routing-system.ts';
export type { SystemPorts } from './system-ports.ts';
export type { ExecutedTask, TaskExecutor } from './task-runner.ts';
