/** @module What models and policies are worth on one's own work: estimators, experiments and their intervals, without I/O. */

export type { IntervalEstimate } from './clustered-interval.ts';
export {
	addUnit,
	createExperimentState,
	type ExperimentState,
	readExperiment,
} from './experiment-analysis.ts';
export {
	type Chances,
	evaluateOffPolicy,
	type LoggedChoice,
	type OffPolicyEstimator,
	type OffPolicyOptions,
	type OffPolicyReport,
	type UnsupportedModel,
	type WeightDiagnostics,
} from './off-policy.ts';
