export { createSeededRandom } from '../../src/util/index.ts';

/** One draw of the standard normal distribution (Box and Muller). */
export function drawNormal(random: () => number): number {
	return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
