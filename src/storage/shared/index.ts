/** @module What every backend says the same way: totals of tokens and costs, days in a time zone, what feedback means, how long an answer may be. */

export {
	addTotals,
	createTotals,
	inputTotal,
	outputTotal,
	partOfEntry,
	sortTotals,
	type TotalsPart,
} from './cost-totals.ts';
export { dayInZone } from './day-in-zone.ts';
export { type FeedbackPart, feedbackOutcome } from './feedback-outcome.ts';
export { requireAnswerSize } from './require-answer-size.ts';
export { requireCorrection, requireNanoUsd } from './require-nano-usd.ts';
export { sortUnknownUsage, UNPRICED_USE, unknownFieldsOf } from './unknown-usage.ts';
