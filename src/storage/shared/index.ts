/** @module What every backend says the same way: totals of tokens and costs, days in a time zone, what feedback means, how long an answer may be. */

export {
	addTotals,
	type CostSums,
	createTotals,
	dayInZone,
	inputTotal,
	outputTotal,
	sortTotals,
	toCostSums,
} from './cost-totals.ts';
export {
	type FeedbackPart,
	feedbackOutcome,
	getUnknownFields,
	requireAnswerSize,
	requireCorrection,
	requireNanoUsd,
	sortUnknownUsage,
	UNPRICED_USE,
} from './row-rules.ts';
