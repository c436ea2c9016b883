/** @module Task descriptor in, routing decision out: exclude, score, rank, explain, plan fallbacks. */

export { CONFIDENCE_TEMPERATURE } from './calibrate-confidence.ts';
export { DECISION_CACHE_CAPACITY } from './decision-cache.ts';
export { estimateCompletionMs, UNKNOWN_TOKEN_SPREAD } from './estimate-model.ts';
export { MAX_ALTERNATIVES } from './explain-decision.ts';
export { POLICY_NAMES } from './policies.ts';
export { type DecisionStatistics, RoutingEngine, type RoutingEngineOptions } from './routing-engine.ts';
export { COMPLEXITY_DEMAND, type ComplexityDemand, SCORE_REFERENCE } from './score-model.ts';
export { findRouterIssues, MAX_FALLBACK_ATTEMPTS, MAX_ROUTE_CACHE_SECONDS } from './validate-router-config.ts';
export { DEFAULT_WEIGHTS, findWeightIssues, MAX_WEIGHT, normalizeWeights, WEIGHT_NAMES } from './weights.ts';
