import { InvalidInputError } from '../errors/index.ts';

/** Points of quality that one star is worth. */
const POINTS_PER_STAR = 20;

/** A rating of 1-5 stars as quality: 20, 40, 60, 80, 100. @throws InvalidInputError for anything else. */
export function qualityOfRating(rating: number): number {
	if (!(rating >= 1 && rating <= 5)) {
		throw new InvalidInputError(`Feedback not recorded: the rating is ${rating}. Give a number from 1 to 5, 5 best.`);
	}
	return rating * POINTS_PER_STAR;
}
