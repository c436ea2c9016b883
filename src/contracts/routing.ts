import type { BudgetConfig } from './budget.ts';
import { type ObservedSignal, PASSING_SIGNALS } from './execution.ts';
import type { ModelName, ModelProfile, SelectedModel } from './model.ts';
import type { NanoUsd } from './money.ts';
import type { TaskComplexity, TaskDescriptor } from './task.ts';
import type { TaskType } from './task-types.ts';

/** The weight of each factor; any non-negative numbers, normalised to a sum of 1. */
export interface RoutingWeights {
	capability: number;
	cost: number;
	latency: number;
	quality: number;
	historical: number;
}

/** The five factors of one model, each 0-100. */
export interface FactorScores {
	capabilityMatch: number;
	costEfficiency: number;
	latency: number;
	quality: number;
	historicalPerformance: number;
}

/** How one model scored. */
export interface RoutingScore {
	model: SelectedModel;
	/** 0-100. */
	totalScore: number;
	scores: FactorScores;
	/** The same as `totalScore`. */
	weightedScore: number;
	/** Expected quality 0-100 with its interval. */
	predictedQuality: Estimate;
	/** Expected cost in nano-dollars; `null` when the model is unpriced. */
	estimatedCostNanoUsd: NanoUsd | null;
	/** Expected time to the last token in milliseconds. */
	estimatedCompletionMs: number;
}

/** Why a model was not eligible. */
export type ExclusionReason =
	| 'max-cost'
	| 'max-latency'
	| 'min-quality'
	| 'missing-capability'
	| 'context-window'
	| 'output-limit'
	| 'not-allowed'
	| 'excluded'
	| 'retired'
	| 'unpriced'
	| 'per-request-limit'
	| 'bound-reasoning'
	| 'unservable'
	| 'unavailable';

/** A model that was not eligible and the sentence that says why. */
export interface Exclusion {
	model: ModelName;
	reason: ExclusionReason;
	message: string;
}

/** A value with the interval that holds it in about 80 % of cases. */
export interface Estimate {
	value: number;
	low: number;
	high: number;
	/** Outcomes behind it (decayed count); absent where there are none. */
	outcomes?: number;
}

/** A runner-up. */
export interface Alternative {
	model: SelectedModel;
	score: number;
	reason: string;
}

/** Which policy decided. */
export interface PolicyReference {
	name: string;
	version: string;
	/** Of name, version, weights and default model: equal hashes rank the same models and task alike. */
	hash: string;
}

/**
 * How a propensity came about: no chance was in the choice; it was computed; or it was counted in draws, of which there were
 * at least 1,024 and of which none counts less than one.
 */
export type PropensityKind = 'deterministic' | 'exact' | 'monte-carlo';

/** What chance had to do with a choice. */
export interface ChoiceChance {
	/** Of every model that could have been chosen, in (0, 1]; their sum is 1. */
	propensities: Readonly<Record<string, number>>;
	/** The random number in [0, 1) that decided among them. */
	draw: number;
}

/** The arm of an experiment that a decision was made in. */
export interface DecisionExperiment {
	/** Of the experiment. */
	name: string;
	/** Salted hash of the conversation or key that was drawn. */
	unit: string;
	arm: string;
	/** With which the unit was drawn into the arm, in (0, 1]. */
	probability: number;
	/** Whether prompts are adapted in this arm; absent: as configured. */
	promptAdaptation?: boolean;
}

/** What the router chose, what it expects of it, and why. */
export interface RoutingDecision {
	/** Unique; the same id is in every row, header and log line of this request. */
	id: string;
	/** The chosen model's profile; in a string it reads as the model's name. */
	model: SelectedModel;
	/** 0-100, calibrated. */
	confidence: number;
	/** Sentences made from the scores. */
	reasoning: string[];
	/** Runners-up, best first. */
	alternatives: Alternative[];
	/** Expected cost in USD; `NaN` when the model is unpriced. */
	estimatedCost: number;
	/** The interval around `estimatedCost`, USD. */
	estimatedCostRange: Estimate;
	/** Expected cost in nano-dollars; `null` when the model is unpriced. */
	estimatedCostNanoUsd: NanoUsd | null;
	/** The model's typical latency in milliseconds (its profile's `latencyMs`): a short answer is complete, a long one well begun; the same as `estimatedLatencyMs`. */
	estimatedLatency: number;
	estimatedLatencyMs: number;
	/** Expected time to the first token in milliseconds. */
	estimatedFirstTokenMs?: number;
	/** Expected time to the last token of the expected answer in milliseconds: first token, then output at the model's speed. */
	estimatedCompletionMs?: number;
	/** The chosen model first, then the models to fall back to. */
	fallbackChain: ModelName[];
	timestamp: Date;
	/** Expected quality 0-100 with its interval. */
	predictedQuality: Estimate;
	/** Every eligible model's scores, best first. */
	scores: RoutingScore[];
	exclusions: Exclusion[];
	policy: PolicyReference;
	/** Probability with which the policy chose this model, 0-1; 1 for a deterministic policy. */
	propensity: number;
	propensityKind: PropensityKind;
	/** Absent where no chance was in the choice. */
	chance?: ChoiceChance;
	/** Absent where no experiment decided it. */
	experiment?: DecisionExperiment;
	/** Answered from the decision cache. */
	cached: boolean;
	/** Version of the catalog the decision was made with. */
	catalogVersion: string;
	/** What was routed. */
	descriptor: TaskDescriptor;
	/** Time the decision took in milliseconds. */
	decisionTimeMs: number;
}

/** What was seen of a model on earlier tasks of a kind, shrunk to the prior where evidence is thin. */
export interface HistoricalScore {
	/** 0-100; 50 is neutral. */
	score: number;
	/** Outcomes behind it (decayed count). */
	sampleSize: number;
	/** What judgements say of its quality beside the catalog's figure; `null` when nothing was judged. */
	quality: LearnedQuality | null;
}

/** By how much the quality of a model's answers is believed to differ from the catalog's figure. */
export interface LearnedQuality {
	/** Points, to be added to the catalog's figure. */
	shift: number;
	/** How unsure it still is, as a share of what it is without outcomes, 0-1. */
	doubt: number;
	/** Judgements behind it (decayed count), of the workload on the type of task where there are any, else of the next more general level. */
	outcomes: number;
}

/** The port through which the router asks what outcomes have taught. */
export interface PerformanceHistory {
	/** Changes whenever an answer could change; part of the decision cache's key. */
	readonly revision: number;
	/** `workload`: whose work it is, where that is known. */
	historicalScore(model: ModelName, type: TaskType, complexity: TaskComplexity, workload?: string): HistoricalScore;
	/** Whether anything was seen of a workload: decisions of all others are alike. @default nothing was */
	knows?(workload: string): boolean;
}

/** By what an estimate is multiplied, and the interval that holds the actual figure in about 80 % of cases. */
export interface CorrectionFactor {
	factor: number;
	low: number;
	high: number;
}

/** What is estimated of a request: tokens, cost (nano-dollars), typical latency and time to the last token (ms). */
export interface EstimatedQuantities<Value = number> {
	inputTokens?: Value;
	outputTokens?: Value;
	cost?: Value;
	latency?: Value;
	completion?: Value;
}

/** Factors for the quantities that were seen often enough. */
export type CorrectionFactors = EstimatedQuantities<CorrectionFactor>;

/** How one request came out against its uncorrected estimate. */
export interface EstimateObservation {
	model: ModelName;
	taskType: TaskType;
	/** Whose work it was and of which kind, where that is known. */
	workload?: string | undefined;
	predicted: EstimatedQuantities;
	actual: EstimatedQuantities;
}

/** The port through which the router corrects its estimates by what was seen. */
export interface EstimateCorrection {
	/** Changes whenever a correction does so materially; part of the decision cache's key. */
	readonly revision: number;
	/** The same of a workload's own corrections. @default 0, nothing was seen of it */
	workloadRevision?(workload: string): number;
	/** `null`: nothing to correct by. `workload`: whose work it is, where that is known. */
	factors(model: ModelName, type: TaskType, workload?: string): CorrectionFactors | null;
}

/** How a model is chosen among the eligible. */
export type PolicyConfig =
	/**
	 * The five weighted factors; a task whose type is a guess goes to `defaultModel`, unless `whenUnsure` says that the best
	 * score decides there, too. @default whenUnsure: 'default-model'
	 */
	| { name: 'weighted'; whenUnsure?: 'default-model' | 'best-score' | undefined }
	/** The cheapest model whose lower bound of predicted quality meets the target (0-100). */
	| { name: 'cheapest-good-enough'; targetQuality: number }
	/**
	 * The most that is left of expected quality when the bill is taken from it: a point (0-100) is worth `pointWorthUsd` a
	 * request, USD, ≥ 0. `constraints.willingnessToPay` goes before it. @default 1, 2, 5 and 10 cents, by complexity
	 */
	| { name: 'utility'; pointWorthUsd?: number | undefined }
	/** The five factors under weights that were fitted to stored outcomes; `switchyard learn apply` writes it. */
	| { name: 'learned'; version: number; weights: RoutingWeights }
	/** Always this model. */
	| { name: 'fixed'; model: ModelName };

/** What may happen to the id of a model that nobody knows. */
export const UNKNOWN_MODEL_RULES = ['refuse', 'family'] as const;

/** Complete configuration of the router. */
export interface RouterConfig {
	/** The models of the catalog. */
	models: ModelProfile[];
	/** The model for tasks whose type is a guess, unless they are critical; ties go to it. */
	defaultModel: ModelName;
	weights: RoutingWeights;
	enableLearning: boolean;
	enableCache: boolean;
	/** Seconds. */
	cacheTTL: number;
	budget?: BudgetConfig;
	fallback: { enabled: boolean; maxAttempts: number; timeout: number };
	/** Names of the models that compete by default; every other model of the catalog is reached by name. @default the specification's seven */
	candidates?: ModelName[];
	/** @default { name: 'weighted' } */
	policy?: PolicyConfig;
	/**
	 * Names that mean `auto`, or `auto:` and a policy, where a caller asks for one: before the names of models, so that
	 * `{ 'claude-opus-5-5': 'auto' }` routes what a client sends that knows no other name. @default {}
	 */
	aliases?: Record<string, string>;
	/** Fallback chains by primary model, before the router's own plan. */
	fallbacks?: Record<string, ModelName[]>;
	/** Models that may be used though they have no price. @default [] */
	allowUnpriced?: ModelName[];
	/**
	 * What happens to an id that no model has: it is refused, or passed on as a model of the family that its words name
	 * (`gpt-6.2-sol`), held and charged at the family's highest rates. @default 'family'
	 */
	unknownModels?: (typeof UNKNOWN_MODEL_RULES)[number];
	/**
	 * Whether an executor's `adaptPrompt` words prompts for a model's family where no adapter is registered. No measurement shows that it
	 * helps; an experiment on your own work may. @default false
	 */
	promptAdaptation?: boolean;
	learning?: Partial<Omit<LearningConfig, 'exploration'>> & { exploration?: Partial<ExplorationConfig> };
}

/** What is learned from outcomes beside `enableLearning`, and what follows. */
export interface LearningConfig {
	/** Names of workloads by their ids, 16 hexadecimal digits each; those with one name are learned of together. */
	workloads: Record<string, string>;
	/**
	 * What happens to a workload of which outcomes say that routing is no better than the best single model at its cost: that model
	 * takes its place, or the decision only says so.
	 */
	standDown: (typeof STAND_DOWN_MODES)[number];
	/** Which signs of a bad answer count though nobody rated it. */
	observe: readonly ObservedSignal[];
	exploration: ExplorationConfig;
}

/** What may follow where a single model is better than routing. */
export const STAND_DOWN_MODES = ['auto', 'report', 'off'] as const;

/** How often another model than the policy's choice is tried, among those that are nearly tied with it. */
export interface ExplorationConfig {
	/** Share of the requests that have such a model, 0-0.5; 0: none. */
	share: number;
	/**
	 * Probability with which each other eligible model is tried, however far behind it is, 0-0.1; of all others together at most a quarter.
	 * Where it is 0, a log cannot tell what a policy is worth that chooses a model which is far behind.
	 */
	floor: number;
	/** USD a day that this may cost more than the policy's choices. */
	dailyCost: number;
	/** Points of expected quality a day that this may cost, summed over requests. */
	dailyPoints: number;
}

/** Routing stands down where outcomes speak against it, and nothing is tried out. */
export const DEFAULT_LEARNING_CONFIG: Readonly<LearningConfig> = {
	workloads: {},
	standDown: 'auto',
	observe: PASSING_SIGNALS,
	exploration: { share: 0, floor: 0, dailyCost: 1, dailyPoints: 100 },
};

/** Median absolute errors of estimates in percent of what came; `NaN` where there was nothing to compare. */
export interface EstimateErrors {
	/** Requests compared: answered by the chosen model at its first call. */
	requests: number;
	cost: number;
	/** Of the typical latency. */
	latency: number;
}

/**
 * What was routed, and how it went; money in USD, time in milliseconds, rates in percent (0-100). `avgQuality` is `NaN`
 * where nobody judged an answer.
 */
export interface RoutingStats {
	totalDecisions: number;
	byModel: Record<
		string,
		{
			/** Decisions for it. */
			count: number;
			/** Requests whose end is known. */
			outcomes: number;
			/** Percent of `outcomes`; NaN where there are none. */
			successRate: number;
			/** 0-100; NaN where nothing was judged. */
			avgQuality: number;
			/** USD a request. */
			avgCost: number;
			/** Milliseconds. */
			avgLatency: number;
		}
	>;
	byTaskType: Partial<Record<TaskType, { count: number; preferredModel: ModelName; avgQuality: number }>>;
	byComplexity: Partial<Record<TaskComplexity, { count: number; distribution: Record<string, number> }>>;
	costs: {
		total: number;
		byModel: Record<string, number>;
		byDay: Record<string, number>;
		byMonth: Record<string, number>;
	};
	performance: {
		/** Milliseconds. */
		avgDecisionTime: number;
		/** Percent. */
		cacheHitRate: number;
		/** Percent. */
		fallbackRate: number;
	};
	/** How far the estimates of the newest requests were off; absent where it was not looked up. */
	estimates?: EstimateErrors;
}
