/** @module What models and policies are worth on one's own work: estimators, experiments and their intervals, and a judge of answers, without I/O. */

export type { IntervalEstimate } from './clustered-interval.ts';
export {
	addUnit,
	createExperimentState,
	type ExperimentState,
	readExperiment,
} from './experiment-analysis.ts';
export {
	checkJudgeIsNoArm,
	isSameModel,
	JUDGE_OUTPUT_TOKENS,
	type JudgedPair,
	type JudgePrompt,
	type JudgeReply,
	judgePair,
	VERDICT_SCHEMA,
} from './judge.ts';
export { checkJudge, type JudgedSample, type JudgeReport, type PlantedAsk, plantPairs } from './judge-checks.ts';
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
export {
	type AnsweredCall,
	type CallEnd,
	countCalls,
	type EvaluationEnd,
	type EvaluationPorts,
	type EvaluationProgress,
	EvaluationRunner,
} from './run-evaluation.ts';
export {
	type ClusterEstimate,
	type ClusteredValue,
	confidenceAbove,
	estimateMean,
	estimateShare,
} from './statistics.ts';
export {
	type BestModel,
	type ModelSummary,
	type RunRecords,
	type RunSummary,
	summarizeRun,
	type WaySummary,
} from './summarize-run.ts';
export { type ShadowPair, type ShadowReport, summarizeShadow } from './summarize-shadow.ts';
export {
	type EvaluationTask,
	MAX_TASKS,
	parseTaskFile,
	type RatedTask,
	type TaskCheck,
	type TaskFile,
} from './task-file.ts';
