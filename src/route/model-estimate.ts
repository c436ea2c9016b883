import type {
	Estimate,
	FactorScores,
	HistoricalScore,
	ModelProfile,
	NanoUsd,
	PriceSheet,
	SelectedModel,
} from '../contracts/index.ts';

/** What is known of a model before any task, read from the catalog once per version. */
export interface ModelFacts {
	profile: ModelProfile;
	selected: SelectedModel;
	/** The prices of the day; `null`: unpriced. */
	pricing: PriceSheet | null;
	ttftMs: number;
	outputTokensPerSecond: number;
}

/** What one request is expected to cost on one model. */
export interface CostEstimate {
	/** Expected charge of this request, the price of leaving or using a cached prefix included. */
	nanoUsd: NanoUsd;
	lowNanoUsd: NanoUsd;
	highNanoUsd: NanoUsd;
	/** Discount on later turns that is lost by leaving the model that holds the prefix: no part of this request's charge. */
	laterLossNanoUsd: NanoUsd;
}

/** What a model is expected to do with one task. */
export interface ModelEstimate {
	facts: ModelFacts;
	/** For the task's type, 0-100. */
	quality: number;
	/** `null`: unpriced. */
	cost: CostEstimate | null;
	/** Typical latency in milliseconds. */
	latencyMs: number;
	/** Time to the last token in milliseconds. */
	completionMs: number;
}

/** An eligible model with its five factors. */
export interface ScoredModel extends ModelEstimate {
	history: HistoricalScore;
	predictedQuality: Estimate;
	scores: FactorScores;
	/** 0-100. */
	totalScore: number;
}
