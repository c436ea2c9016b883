import type { DecisionRecord, OutcomeRow } from '../../contracts/index.ts';

/** Ratings from this on count as a success when nothing else is known of a decision's outcome. */
const SUCCESS_FROM_RATING = 3;

/** What a rating says of a decision: the part of an outcome that feedback fills. */
export interface FeedbackPart {
	rating: number;
	comment: string | null;
	quality: number;
}

/** The outcome of a decision of which nothing is known but a person's rating. */
export function feedbackOutcome(decision: DecisionRecord, feedback: FeedbackPart): OutcomeRow {
	return {
		id: decision.id,
		decisionId: decision.id,
		success: feedback.rating >= SUCCESS_FROM_RATING,
		quality: feedback.quality,
		answeredBy: decision.model,
		taskType: decision.taskType,
		complexity: decision.complexity,
		actualCostNanoUsd: null,
		actualLatencyMs: null,
		inputTokens: 0,
		outputTokens: 0,
		usedFallback: false,
		attempts: 1,
		errorMessage: null,
		errorCode: null,
		userRating: feedback.rating,
		userComment: feedback.comment,
		at: decision.at,
	};
}
