/** Below this p-value an experiment is not what it was planned to be, so that its intervals mean nothing. */
export const SUSPICIOUS_P = 0.001;
/** Units of each arm from which on p-values are looked at: with fewer the distribution below is no likeness. */
const FEWEST_UNITS = 8;

/** ln Γ of a whole or half number above 0. */
function logGamma(value: number): number {
	let sum = value % 1 === 0 ? 0 : Math.log(Math.PI) / 2;
	for (let factor = value - 1; factor > 0; factor -= 1) sum += Math.log(factor);
	return sum;
}

/**
 * Chance that a chi-square variable is `statistic` or more, 0 to 1: the upper incomplete gamma function, by its series below its mean
 * and by Lentz's continued fraction above (Press et al., Numerical Recipes, section 6.2).
 * @param degrees of freedom, a whole number above 0
 */
export function chiSquareTail(statistic: number, degrees: number): number {
	if (!(statistic > 0)) return 1;
	const [a, x] = [degrees / 2, statistic / 2];
	const scale = Math.exp(a * Math.log(x) - x - logGamma(a));
	if (x < a + 1) {
		let term = 1 / a;
		let sum = term;
		for (let n = 1; term > sum * 1e-15; n += 1) {
			term *= x / (a + n);
			sum += term;
		}
		return Math.max(0, 1 - scale * sum);
	}
	let b = x + 1 - a;
	let [c, d] = [Number.POSITIVE_INFINITY, 1 / b];
	let fraction = d;
	for (let n = 1; n < 1000; n += 1) {
		const factor = -n * (n - a);
		b += 2;
		d = 1 / (factor * d + b);
		c = b + factor / c;
		fraction *= c * d;
		if (Math.abs(c * d - 1) < 1e-15) break;
	}
	return scale * fraction;
}

/** Units of an arm: how many there are, and how many their probabilities let expect. */
export interface ArmCount {
	observed: number;
	expected: number;
}

/**
 * P-value of a sample-ratio mismatch: that arms differ by as much in size from what the probabilities of their units say, by chance.
 * `null` where an arm is to have fewer than 8 units; arms without expected units are left out, as any unit of theirs is a fault.
 */
export function testSampleRatio(arms: readonly ArmCount[]): number | null {
	const drawn = arms.filter(({ expected }) => expected > 0);
	if (drawn.length < 2 || drawn.some(({ expected }) => expected < FEWEST_UNITS)) return null;
	const statistic = drawn.reduce((sum, { expected, observed }) => sum + (observed - expected) ** 2 / expected, 0);
	return chiSquareTail(statistic, drawn.length - 1);
}

/** P-value of arms that lack outcomes of as different shares of their units, by chance; `null` with fewer than 8 units in an arm. */
export function testMissing(arms: ReadonlyArray<{ units: number; missing: number }>): number | null {
	const all = arms.reduce((sum, { units }) => sum + units, 0);
	const missing = arms.reduce((sum, arm) => sum + arm.missing, 0);
	if (arms.length < 2 || arms.some(({ units }) => units < FEWEST_UNITS)) return null;
	if (missing === 0 || missing === all) return 1;
	const share = missing / all;
	const statistic = arms.reduce(
		(sum, arm) => sum + (arm.missing - share * arm.units) ** 2 / (share * (1 - share) * arm.units),
		0,
	);
	return chiSquareTail(statistic, arms.length - 1);
}
