/** @module What every backend says the same way: totals of tokens and costs, days in a time zone, what feedback means. */

export { addTotals, createTotals, inputTotal, outputTotal, sortTotals, type TotalsPart } from './cost-totals.ts';
export { dayInZone } from './day-in-zone.ts';
export { type FeedbackPart, feedbackOutcome } from './feedback-outcome.ts';
export { requireNanoUsd } from './require-nano-usd.ts';
