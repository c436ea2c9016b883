/** @module Task descriptor in, routing decision out: exclude, score, rank, explain, plan fallbacks. */

export { listMissingCapabilities } from './exclude-models.ts';
export { isTypeGuessed, NAMED_POLICIES, ROUTED_NAMES } from './policies.ts';
export { createRecordedPolicy, type RecordedPolicy } from './recorded-policy.ts';
export {
	DEFAULT_WEIGHTS,
	findRouterIssues,
	MAX_FALLBACK_ATTEMPTS,
	MAX_ROUTE_CACHE_SECONDS,
	MAX_WEIGHT,
	normalizeWeights,
	WEIGHT_NAMES,
} from './route-settings.ts';
export { RoutingEngine, type RoutingEngineOptions } from './routing-engine.ts';
export { estimateCompletionMs } from './score-model.ts';
export { STAND_DOWN_POLICY, STAND_DOWN_REASON } from './stand-down.ts';
