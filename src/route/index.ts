/** @module Task descriptor in, routing decision out: exclude, score, rank, explain, plan fallbacks. */

export { CONFIDENCE_TEMPERATURE } from './calibrate-confidence.ts';
export { COMPLEXITY_DEMAND, type ComplexityDemand } from './complexity-demand.ts';
export { DECISION_CACHE_CAPACITY } from './decision-cache.ts';
export type { DecisionStatistics } from './decision-counter.ts';
export { completionMsOf, UNKNOWN_TOKEN_SPREAD } from './estimate-model.ts';
export { MAX_ALTERNATIVES } from './explain-decision.ts';
export { ModelRouter, type RouterCollaborators } from './model-router.ts';
export { POLICY_NAMES } from './policies/choose-policy.ts';
export { SCORE_REFERENCE } from './score-model.ts';
export { DEFAULT_WEIGHTS, normalizeWeights, WEIGHT_NAMES } from './weights.ts';
