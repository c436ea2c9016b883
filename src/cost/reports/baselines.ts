import type { BaselineInterval } from '../../contracts/index.ts';
import { createSeededRandom } from '../../util/index.ts';

/** What a way of choosing costs and delivers on average: money in any unit, quality in points. */
export interface Choice {
	cost: number;
	quality: number;
}

/** The coin at a cost: the random mix of two ways, as positions in the list that it was made of. */
export interface CoinMix extends Choice {
	cheap: number;
	/** The same as `cheap` where one way alone is the best for that cost. */
	dear: number;
	/** Share of the requests on `dear`, 0-1. */
	share: number;
}

/**
 * The ways that no random mix of two others beats at equal cost, by rising cost, as positions in the list: the upper hull. A way
 * that costs more than another and is no better is not among them.
 */
export function findHull(choices: readonly Choice[]): number[] {
	const order = choices
		.map((choice, position) => ({ ...choice, position }))
		.filter(({ cost, quality }) => Number.isFinite(cost) && Number.isFinite(quality))
		.sort((a, b) => a.cost - b.cost || b.quality - a.quality);
	const hull: typeof order = [];
	for (const next of order) {
		const last = hull.at(-1);
		if (last !== undefined && next.quality <= last.quality) continue;
		while (hull.length >= 2) {
			const [before, middle] = hull.slice(-2) as [typeof next, typeof next];
			const rise = (middle.quality - before.quality) * (next.cost - before.cost);
			if (rise > (next.quality - before.quality) * (middle.cost - before.cost)) break;
			hull.pop();
		}
		hull.push(next);
	}
	return hull.map(({ position }) => position);
}

/**
 * The best that a coin can do for a cost: the highest quality of all single ways that cost no more and of all random mixes of two
 * that cost as much. `null` where all of them cost more.
 */
export function findCoin(choices: readonly Choice[], cost: number): CoinMix | null {
	const hull = findHull(choices);
	const above = hull.findIndex((position) => (choices[position]?.cost ?? 0) > cost);
	const cheap = hull[above === -1 ? hull.length - 1 : above - 1];
	if (cheap === undefined) return null;
	const dear = above === -1 ? cheap : (hull[above] ?? cheap);
	return mixAtCost(choices, { cheap, dear }, cost);
}

/** The mix of two ways that costs as much; where it cannot, the nearer of them. */
export function mixAtCost(
	choices: readonly Choice[],
	{ cheap, dear }: Pick<CoinMix, 'cheap' | 'dear'>,
	cost: number,
): CoinMix {
	const low = choices[cheap] ?? { cost: 0, quality: Number.NaN };
	const high = choices[dear] ?? low;
	const span = high.cost - low.cost;
	const share = span <= 0 ? 0 : Math.min(1, Math.max(0, (cost - low.cost) / span));
	return {
		cheap,
		dear,
		share,
		cost: low.cost + share * span,
		quality: low.quality + share * (high.quality - low.quality),
	};
}

/** Samples that are drawn: with a hundred, two runs would show different intervals. */
const BOOTSTRAP_ROUNDS = 2000;
const TAIL = 0.025;

/**
 * Intervals by the bootstrap: as many clusters are drawn as there are, with replacement, and the figures are computed anew. What
 * hangs together (the answers of all models to one ask, the turns of one conversation) is one cluster. The same seed draws the same.
 * @param compute the figures, from how often each cluster was drawn
 */
export function bootstrap(
	clusters: number,
	compute: (counts: Float64Array) => readonly number[],
	{ rounds = BOOTSTRAP_ROUNDS, seed = 1 }: { rounds?: number; seed?: number } = {},
): BaselineInterval[] {
	const random = createSeededRandom(seed);
	const counts = new Float64Array(clusters).fill(1);
	const values = compute(counts);
	const drawn = values.map(() => new Float64Array(rounds));
	for (let round = 0; round < rounds; round += 1) {
		counts.fill(0);
		for (let draw = 0; draw < clusters; draw += 1) {
			const cluster = Math.floor(random() * clusters);
			counts[cluster] = (counts[cluster] ?? 0) + 1;
		}
		for (const [index, value] of compute(counts).entries()) {
			const figures = drawn[index];
			if (figures !== undefined) figures[round] = value;
		}
	}
	return values.map((value, index) => {
		const figures = (drawn[index] ?? new Float64Array()).filter((figure) => !Number.isNaN(figure)).sort();
		const at = (quantile: number) => figures[Math.round(quantile * (figures.length - 1))] ?? Number.NaN;
		return { value, low: at(TAIL), high: at(1 - TAIL) };
	});
}
