/**
 * Confidence sequence for the difference of two arms' means: at every moment, however often it is looked at, the true difference
 * lies in all intervals so far with probability 1 - alpha or more. Nothing is assumed of the outcomes but that they lie in 0 to 1.
 *
 * Each outcome becomes a pseudo-outcome whose mean, given the past, is the difference: what is predicted of it, corrected by the
 * outcome's distance to the prediction, over the probability with which its arm was drawn (Waudby-Smith, Wu, Ramdas,
 * Karampatziakis and Mineiro 2022, "Anytime-valid off-policy inference for contextual bandits", arXiv:2210.10768). Their sum is
 * bounded by the empirical Bernstein supermartingale of Howard, Ramdas, McAuliffe and Sekhon 2021 ("Time-uniform, nonparametric,
 * nonasymptotic confidence sequences", Annals of Statistics 49(2), theorem 4, arXiv:1810.08240), mixed over a fixed grid
 * (section 3.3 there). Waudby-Smith and Ramdas 2024 ("Estimating means of bounded random variables by betting", JRSS B 86(1),
 * arXiv:2010.09686) compare such sequences.
 */

/** All that is known of a difference: plain data, the same size after any number of outcomes. */
export interface DifferenceState {
	/** Chance that an interval ever misses the true difference, over both sides together; in (0, 1). */
	readonly alpha: number;
	/** One over the lowest probability of the two arms. */
	readonly range: number;
	/** What is predicted of an arm before its first outcome, 0 to 1, as one outcome would count. */
	readonly start: number;
	/** Outcomes of the control and of the other arm. */
	readonly arms: readonly [ArmSum, ArmSum];
	/** Pseudo-outcomes, their sum, and the sum of their squared distances to what was predicted. */
	count: number;
	sum: number;
	squares: number;
}

interface ArmSum {
	count: number;
	sum: number;
}

/** One outcome of a unit that was drawn into an arm. */
export interface ArmOutcome {
	/** Of the arm that is compared with the control. */
	isTreated: boolean;
	/** 0 to 1. */
	value: number;
	/** Probability with which the unit was drawn into its arm; at least the lowest one that the sequence was made for. */
	probability: number;
}

/** Where the difference lies, other arm minus control, each from -1 to 1. */
export interface DifferenceInterval {
	/** Difference of the arms' plain means; `null` while an arm has no outcome. */
	estimate: number | null;
	low: number;
	high: number;
}

/** An empty sequence. `lowestProbability`: of the two arms, frozen before the first outcome. */
export function createDifference(options: {
	alpha: number;
	lowestProbability: number;
	start?: number;
}): DifferenceState {
	const { alpha, lowestProbability, start = 0.5 } = options;
	const arms = [
		{ count: 0, sum: 0 },
		{ count: 0, sum: 0 },
	] as const;
	return { alpha, range: 1 / lowestProbability, start, arms, count: 0, sum: 0, squares: 0 };
}

/** Adds an outcome, in the order in which units were counted. Takes the same time however many there were. */
export function addArmOutcome(state: DifferenceState, { isTreated, probability, value }: ArmOutcome): void {
	const [control, treated] = state.arms;
	const predict = ({ count, sum }: ArmSum): number => (state.start + sum) / (1 + count);
	const arm = isTreated ? treated : control;
	const surprise = ((value - predict(arm)) / probability) * (isTreated ? 1 : -1);
	// the predictions do not see the outcome, so that the mean of the surprise is what they are wrong by
	state.sum += predict(treated) - predict(control) + surprise;
	state.squares += surprise * surprise;
	state.count += 1;
	arm.count += 1;
	arm.sum += value;
}

/**
 * The bets over which the supermartingale is mixed, each with the same weight: every one is best at another number of outcomes, from
 * a dozen to a million. Below 1, where theorem 4 ends.
 */
const BETS: readonly number[] = Array.from({ length: 10 }, (_, index) => 0.9 / 2 ** index);
const PENALTIES: readonly number[] = BETS.map((bet) => -Math.log1p(-bet) - bet);

/** Whether the mixture of bets on a sum above `count * value` has multiplied its stake by one over half of alpha. */
function hasWon({ alpha, count, range, squares }: DifferenceState, sum: number, value: number): boolean {
	const gain = (sum - count * value) / range;
	if (gain <= 0) return false;
	const variation = squares / (range * range);
	const needed = Math.log(2 / alpha);
	let most = Number.NEGATIVE_INFINITY;
	for (let index = 0; index < BETS.length; index += 1)
		most = Math.max(most, (BETS[index] ?? 0) * gain - (PENALTIES[index] ?? 0) * variation);
	// a mean is never above its largest part: most of the time that is all
	if (most < needed) return false;
	let mean = 0;
	for (let index = 0; index < BETS.length; index += 1)
		mean += Math.exp((BETS[index] ?? 0) * gain - (PENALTIES[index] ?? 0) * variation - most) / BETS.length;
	return most + Math.log(mean) >= needed;
}

/** Whether the difference is shown to be above a value, at this moment: its interval begins above it. */
export function isShownAbove(state: DifferenceState, value: number): boolean {
	return value < -1 || hasWon(state, state.sum, value);
}

/** Whether the difference is shown to be below a value, at this moment: its interval ends below it. */
export function isShownBelow(state: DifferenceState, value: number): boolean {
	return value > 1 || hasWon(state, -state.sum, -value);
}

/** Halvings of the range from -1 to 1: to a billionth. */
const HALVINGS = 31;

/** The last value of -1 to 1 for which the test holds, which holds for all before it; -1 where there is none. */
function findBorder(test: (value: number) => boolean): number {
	let [low, high] = [-1, 1];
	if (!test(low)) return low;
	for (let step = 0; step < HALVINGS; step += 1) {
		const middle = (low + high) / 2;
		if (test(middle)) low = middle;
		else high = middle;
	}
	return low;
}

/** The interval of this moment. */
export function readInterval(state: DifferenceState): DifferenceInterval {
	const [control, treated] = state.arms;
	const isKnown = control.count > 0 && treated.count > 0;
	return {
		estimate: isKnown ? treated.sum / treated.count - control.sum / control.count : null,
		low: findBorder((value) => isShownAbove(state, value)),
		high: 0 - findBorder((value) => isShownBelow(state, -value)),
	};
}
