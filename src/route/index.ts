/** @module Task descriptor in, routing decision out: exclude, score, rank, explain, plan fallbacks. */

export { estimateCompletionMs, UNKNOWN_TOKEN_SPREAD } from './estimate-model.ts';
export { MAX_ALTERNATIVES } from './explain-decision.ts';
export { CONFIDENCE_TEMPERATURE, POLICY_NAMES } from './policies.ts';
export {
	DEFAULT_WEIGHTS,
	findRouterIssues,
	findWeightIssues,
	MAX_FALLBACK_ATTEMPTS,
	MAX_ROUTE_CACHE_SECONDS,
	MAX_WEIGHT,
	normalizeWeights,
	WEIGHT_NAMES,
} from './route-settings.ts';
export {
	DECISION_CACHE_CAPACITY,
	type DecisionStatistics,
	RoutingEngine,
	type RoutingEngineOptions,
} from './routing-engine.ts';
export { COMPLEXITY_DEMAND, type ComplexityDemand, SCORE_REFERENCE } from './score-model.ts';
