import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createSeededRandom } from '../../util/index.ts';
import { bootstrap, type Choice, findCoin, findHull, mixAtCost } from './baselines.ts';

const choice = fc.record({
	cost: fc.double({ min: 0.001, max: 100, noNaN: true }),
	quality: fc.double({ min: 0, max: 100, noNaN: true }),
});
const choices = fc.array(choice, { minLength: 1, maxLength: 12 });

/** Every mix of two, tried one by one. */
function findBestMix(given: readonly Choice[], cost: number): number | null {
	const cheap = given.filter((each) => each.cost <= cost);
	const mixes = cheap.flatMap((low) => [
		low.quality,
		...given
			.filter((high) => high.cost > cost)
			.map((high) => low.quality + ((high.quality - low.quality) * (cost - low.cost)) / (high.cost - low.cost)),
	]);
	return mixes.length === 0 ? null : Math.max(...mixes);
}

it('no policy is praised beside a weak coin: it is the best of all mixes of two that cost as much', () => {
	fc.assert(
		fc.property(choices, fc.double({ min: 0, max: 120, noNaN: true }), (given, cost) => {
			const coin = findCoin(given, cost);
			const best = findBestMix(given, cost);
			if (best === null) expect(coin).toBeNull();
			else expect(coin?.quality).toBeCloseTo(best, 6);
		}),
	);
});

it('the hull rises in cost and quality and names models of the list, so that the two of a coin can be looked up', () => {
	fc.assert(
		fc.property(choices, (given) => {
			const hull = findHull(given).map((position) => given[position] as Choice);
			expect(hull.length).toBeGreaterThan(0);
			for (const [index, next] of hull.entries()) {
				const before = hull[index - 1];
				if (before === undefined) continue;
				expect(next.cost).toBeGreaterThan(before.cost);
				expect(next.quality).toBeGreaterThan(before.quality);
			}
		}),
	);
	expect(findHull([{ cost: Number.NaN, quality: 1 }])).toEqual([]);
	expect(findCoin([], 1)).toBeNull();
});

it('a mix beyond its two models is the nearer of them, not a made-up quality', () => {
	const given = [
		{ cost: 1, quality: 60 },
		{ cost: 3, quality: 80 },
	];
	const at = (cost: number) => mixAtCost(given, { cheap: 0, dear: 1 }, cost).quality;
	expect([0, 1, 2, 3, 9].map(at)).toEqual([60, 60, 70, 80, 80]);
});

it('the interval of a mean holds the true one about as often as it says, and the same data give the same interval', () => {
	const random = createSeededRandom(7);
	const TRUE_MEAN = 0.3;
	let held = 0;
	const RUNS = 200;
	for (let run = 0; run < RUNS; run += 1) {
		const values = Array.from({ length: 80 }, () => (random() < TRUE_MEAN ? 1 : 0));
		const mean = (counts: Float64Array) => [
			values.reduce<number>((sum, value, index) => sum + value * (counts[index] ?? 0), 0) / 80,
		];
		const [first] = bootstrap(80, mean, { rounds: 400, seed: run });
		expect(bootstrap(80, mean, { rounds: 400, seed: run })).toEqual([first]);
		if (first !== undefined && first.low <= TRUE_MEAN && TRUE_MEAN <= first.high) held += 1;
	}
	expect(held / RUNS).toBeGreaterThan(0.89);
	expect(held / RUNS).toBeLessThan(0.99);
});
