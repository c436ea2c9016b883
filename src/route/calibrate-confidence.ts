/**
 * How far two totals must be apart to mean something, in points of score.
 * A prior, not a measurement of outcomes. It is set so that confidence equals the share of cases in which the choice
 * would still be the best if the router's figures were off as they usually are: quality within its 80 % interval,
 * cost ± 15 %, duration ± 20 %, complexity one level off in one case of five. `calibrate-confidence.test.ts` draws
 * these errors and compares. Outcomes should replace it once there are enough.
 */
export const CONFIDENCE_TEMPERATURE = 4;

/**
 * Probability (0-1) that the chosen value is the best of `values` (which include it): exp(v/T) / Σ exp(v/T).
 * 1 without a rival, 1/n among n equals.
 */
export function confidenceFromMargins(
	chosen: number,
	values: readonly number[],
	temperature: number = CONFIDENCE_TEMPERATURE,
): number {
	let sum = 0;
	// Relative to the chosen value; a rival far above it overflows to Infinity, and the confidence is then 0.
	for (const value of values) sum += value === chosen ? 1 : Math.exp((value - chosen) / temperature);
	return sum === 0 ? 1 : 1 / sum;
}

/** Φ, the normal distribution function; error below 2e-4 (logistic approximation with a cubic term). */
export function normalCdf(z: number): number {
	return 1 / (1 + Math.exp(-z * (1.5976 + 0.070565 * z * z)));
}
