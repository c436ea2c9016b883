/** @module The facade: the engine modules composed into one path of a task. */

export { ROUTED_NAMES } from '../route/index.ts';
export type { BudgetLimitStatus, LimitSettings } from './budget-limits.ts';
export {
	type EvaluatePolicyOptions,
	evaluatePolicy,
	type LeftOutDecisions,
	type PolicyEvaluation,
} from './evaluate-policy.ts';
export type { ExperimentInput } from './experiment-definition.ts';
export type { ExperimentManagement, ExperimentStatus } from './experiments.ts';
export { type DecisiveChange, findDecisiveChanges, type WhyNot } from './find-change.ts';
export {
	assertModelHonored,
	type ModelChoice,
	ModelRouter,
	type ModelRouterOptions,
	namesPolicy,
	parseModelChoice,
	type ReportedOutcome,
	ROUTED_PREFIX,
	requireCapabilities,
} from './model-router.ts';
export {
	type AttemptHooks,
	type BudgetOptions,
	completeBudgetConfig,
	completeRouterConfig,
	DEFAULT_FALLBACKS,
	DEFAULT_ROUTER_CONFIG,
	type ExecuteOptions,
	listLaterSignals,
	type ObservedAnswer,
	type RouteOptions,
	type RouterOptions,
	type SystemPorts,
	type SystemStatus,
} from './options.ts';
export { proposeWeights, type WeightProposal } from './propose-weights.ts';
export { readEvidence } from './read-evidence.ts';
export { readModels } from './read-models.ts';
export { readOverview } from './read-overview.ts';
export { type DecisionReplay, type ReplayChanges, replayDecision } from './replay-decision.ts';
export { type ExportedData, readBaselines, readSavings, SAMPLE_LIMIT } from './reports.ts';
export { RoutingSystem } from './routing-system.ts';
export type { StorageStatus, WriteBacklog } from './storage-session.ts';
export type { ExecutedTask, TaskExecutor } from './task-runner.ts';
export { type WhatIfAsk, type WhatIfOptions, type WhatIfPolicy, type WhatIfReport, whatIf } from './what-if.ts';
