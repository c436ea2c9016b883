import type { BaselineInterval } from '../../src/contracts/index.ts';
import { bootstrap, type Choice, findCoin, findHull, mixAtCost } from '../../src/cost/index.ts';
import type { SweepChoices } from './measure.ts';
import { type Pool, priceAsk } from './pools.ts';

/** A policy beside the coin. */
export interface PolicyResult {
	policy: string;
	knowsWorkload: boolean;
	/** Points of quality above the coin at the same cost: the mean over the settings. */
	gain: BaselineInterval;
	/** What knowing the workload adds to that; only where it is known. */
	gainOfWorkload?: BaselineInterval;
	/** Average performance gap recovered: 0 is always the cheapest, 1 always the strongest, over the costs between the two. */
	apgr: number;
	/** Choices that another model beat in expected quality and cost, in percent. */
	dominatedPercent: number;
	settings: Array<{ label: string } & Choice & { coin: number }>;
}

/** A pool with what the policies make of it. */
export interface PoolResult {
	pool: string;
	asks: number;
	workloads: number;
	/** Every ask on one model, by rising cost. */
	models: Array<{ model: string } & Choice & { isOnHull: boolean }>;
	cheapest: string;
	strongest: string;
	apgrOfCoin: number;
	policies: PolicyResult[];
}

/** What one way of choosing cost and delivered, ask by ask: USD, points. */
interface Way {
	costs: Float64Array;
	points: Float64Array;
}

function measure({ costs, points }: Way, counts: Float64Array): Choice {
	let [total, cost, quality] = [0, 0, 0];
	for (let index = 0; index < counts.length; index += 1) {
		const count = counts[index] as number;
		total += count;
		cost += count * (costs[index] as number);
		quality += count * (points[index] as number);
	}
	return { cost: cost / total, quality: quality / total };
}

/** The quality of a curve at a cost, between its points as a random mix of two; outside them that of the nearest. */
function readCurve(curve: readonly Choice[], cost: number): number {
	const hull = findHull(curve).map((position) => curve[position] as Choice);
	const above = hull.findIndex((choice) => choice.cost > cost);
	const [low, high] = [hull[above - 1] ?? (above === -1 ? hull.at(-1) : hull[0]), hull[above] ?? hull.at(-1)];
	if (low === undefined || high === undefined) return Number.NaN;
	return mixAtCost([low, high], { cheap: 0, dear: 1 }, cost).quality;
}

const APGR_STEPS = 50;

/** The share of the way from the cheapest's quality to the strongest's, averaged over the costs between the two. */
function computeApgr(curve: readonly Choice[], cheapest: Choice, strongest: Choice): number {
	const span = strongest.quality - cheapest.quality;
	const shares = Array.from({ length: APGR_STEPS }, (_, index) => {
		const cost = cheapest.cost + ((strongest.cost - cheapest.cost) * (index + 0.5)) / APGR_STEPS;
		return (readCurve([cheapest, ...curve], cost) - cheapest.quality) / span;
	});
	return shares.reduce((sum, share) => sum + share, 0) / APGR_STEPS;
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/**
 * The policies of a pool beside the coin. The coin knows what no policy does: it is the hull of the models over the very asks that
 * judge. Its two models for a setting are those of all asks; in each draw they are mixed to cost as much as the policy does there.
 */
export function comparePool(pool: Pool, sweeps: readonly SweepChoices[]): PoolResult {
	const { asks } = pool;
	const prices = asks.map((ask) => priceAsk(pool, ask));
	const toWay = (choose: (index: number) => number): Way => ({
		costs: Float64Array.from(asks, (_, index) => prices[index]?.[choose(index)] ?? 0),
		points: Float64Array.from(asks, ({ scores }, index) => 100 * (scores[choose(index)] ?? 0)),
	});
	const models = pool.models.map((_, model) => toWay(() => model));
	const ways = sweeps.map(({ choices }) => choices.map((chosen) => toWay((index) => chosen[index] ?? 0)));
	const once = new Float64Array(asks.length).fill(1);
	const singles = models.map((way) => measure(way, once));
	const reached = ways.map((each) => each.map((way) => measure(way, once)));
	const hull = findHull(singles);
	const [first = 0] = hull;
	const toPair = (cost: number) => findCoin(singles, cost) ?? { cheap: first, dear: first };
	const pairs = reached.map((each) => each.map(({ cost }) => toPair(cost)));
	const figures = (counts: Float64Array): number[] => {
		const drawn = models.map((way) => measure(way, counts));
		const gains = ways.map((each, sweep) =>
			mean(
				each.map((way, setting) => {
					const { cost, quality } = measure(way, counts);
					return quality - mixAtCost(drawn, pairs[sweep]?.[setting] ?? toPair(cost), cost).quality;
				}),
			),
		);
		return [...gains, ...gains.map((gain, index) => gain - (gains[index - 1] ?? 0))];
	};
	const intervals = bootstrap(asks.length, figures);
	const order = singles
		.map((single, index) => ({ ...single, index }))
		.sort((a, b) => a.cost - b.cost || b.quality - a.quality);
	const [cheapest, strongest] = [order[0], order.reduce((best, next) => (next.quality > best.quality ? next : best))];
	if (cheapest === undefined) throw new Error(`The pool ${pool.name} has no models.`);
	const nameOf = ({ index }: { index: number }): string => pool.models[index]?.name ?? '';
	return {
		pool: pool.name,
		asks: asks.length,
		workloads: new Set(asks.map(({ workload }) => workload)).size,
		models: order.map((single) => ({
			model: nameOf(single),
			cost: single.cost,
			quality: single.quality,
			isOnHull: hull.includes(single.index),
		})),
		cheapest: nameOf(cheapest),
		strongest: nameOf(strongest),
		apgrOfCoin: computeApgr(singles, cheapest, strongest),
		policies: sweeps.map(({ choices, dominated, knowsWorkload, name, settings }, sweep): PolicyResult => {
			const gainOfWorkload = intervals[sweeps.length + sweep];
			return {
				policy: name,
				knowsWorkload,
				gain: intervals[sweep] as BaselineInterval,
				...(knowsWorkload && gainOfWorkload !== undefined && { gainOfWorkload }),
				apgr: computeApgr(reached[sweep] ?? [], cheapest, strongest),
				dominatedPercent: (100 * dominated) / (asks.length * choices.length),
				settings: settings.map(({ label }, setting) => {
					const { cost, quality } = reached[sweep]?.[setting] ?? { cost: Number.NaN, quality: Number.NaN };
					const pair = pairs[sweep]?.[setting] ?? toPair(cost);
					return { label, cost, quality, coin: mixAtCost(singles, pair, cost).quality };
				}),
			};
		}),
	};
}
