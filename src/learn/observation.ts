import { type OutcomeObservation, TASK_COMPLEXITIES, TASK_TYPES } from '../contracts/index.ts';
import { InvalidInputError } from '../errors/index.ts';

function refuse(field: string, value: unknown, expected: string): never {
	throw new InvalidInputError(`Outcome not learned: "${field}" is ${String(value).slice(0, 40)}. Give ${expected}.`);
}

/** Beyond this no cost, time or count of one request is real, and sums of them would lose their last digits. */
const LARGEST_AMOUNT = 1_000_000_000;
const LARGEST_COST_USD = 1_000_000;

/** Refuses a quality that is no number from 0 to 100. @throws InvalidInputError */
export function checkQuality(quality: number | null): void {
	if (quality === null || (quality >= 0 && quality <= 100)) return;
	refuse('quality', quality, 'a number from 0 to 100, or null when nobody judged');
}

/** Refuses an outcome that would spoil the sums for good. @throws InvalidInputError naming the field. */
export function checkObservation(observation: OutcomeObservation): void {
	const { model, taskType, complexity, costUsd, latencyMs, inputTokens, outputTokens, at } = observation;
	if (typeof model !== 'string' || model === '') refuse('model', model, 'the name of a model');
	if (!TASK_TYPES.includes(taskType)) refuse('taskType', taskType, `one of ${TASK_TYPES.join(', ')}`);
	if (!TASK_COMPLEXITIES.includes(complexity)) {
		refuse('complexity', complexity, `one of ${TASK_COMPLEXITIES.join(', ')}`);
	}
	checkQuality(observation.quality);
	for (const [field, value] of Object.entries({ costUsd, latencyMs, inputTokens, outputTokens })) {
		const largest = field === 'costUsd' ? LARGEST_COST_USD : LARGEST_AMOUNT;
		if (value !== null && !(value >= 0 && value <= largest)) refuse(field, value, `a number from 0 to ${largest}`);
	}
	if (!Number.isFinite(at)) refuse('at', at, 'epoch milliseconds');
}

/** Points of quality that one star is worth. */
const POINTS_PER_STAR = 20;

/** A rating of 1-5 stars as quality: 20, 40, 60, 80, 100. @throws InvalidInputError for anything else. */
export function ratingToQuality(rating: number): number {
	if (!(rating >= 1 && rating <= 5)) {
		throw new InvalidInputError(`Feedback not recorded: the rating is ${rating}. Give a number from 1 to 5, 5 best.`);
	}
	return rating * POINTS_PER_STAR;
}
