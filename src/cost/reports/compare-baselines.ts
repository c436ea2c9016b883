import { resolveQuality } from '../../catalog/index.ts';
import {
	type BaselineInterval,
	type CostEntry,
	type ModelProfile,
	nanoToUsd,
	type RoutingBaselines,
	type TaskType,
} from '../../contracts/index.ts';
import { bootstrap, type Choice, findCoin } from './baselines.ts';
import { priceOn } from './compare-choices.ts';

/** A request that was answered, with what it used. */
export interface AnsweredRequest extends Pick<CostEntry, 'model' | 'taskType' | 'usage' | 'at'> {
	/** What it cost, nano-dollars. */
	costNanoUsd: number;
	/** What somebody judged the answer, 0-100; `null`: nobody did. */
	quality: number | null;
}

/** Judged answers from which on a quality is said. */
const MIN_JUDGED = 30;
/** Judged answers that a model's catalog figure is worth. */
const PRIOR_ANSWERS = 30;
/** Draws: enough for a tenth of a point, and few enough for a page that somebody waits for. */
const ROUNDS = 500;

/** A request as it is compared: what each model costs on it. */
interface Compared {
	request: AnsweredRequest;
	prices: number[];
	/** Position of the model that answered; -1 for one that does not compete. */
	used: number;
	type: number;
}

/**
 * Routing beside always the cheapest, always the strongest, the best single model and the coin, over the requests that every model
 * could have served. Quality is the mean that was judged of a model on a type of task, shrunk to the catalog's figure; with fewer
 * judged answers than thirty it is not said. Other answers of another model would have been judged otherwise: what a model does where
 * it was never chosen is not known.
 */
export function compareBaselines(
	requests: readonly AnsweredRequest[],
	profiles: readonly ModelProfile[],
): RoutingBaselines {
	const types = [...new Set(requests.map(({ taskType }) => taskType))];
	const names = profiles.map(({ name }) => name);
	const compared = requests.flatMap((request): Compared[] => {
		const prices = profiles.map((profile) => priceOn(profile, request.usage, request.at));
		const used = names.indexOf(request.model);
		if (used === -1 || prices.some((price) => price === null)) return [];
		return [
			{ request, prices: prices.map((price) => nanoToUsd(price ?? 0)), used, type: types.indexOf(request.taskType) },
		];
	});
	const judged = compared.filter(({ request }) => request.quality !== null);
	const isMeasured = judged.length >= MIN_JUDGED;
	const sample = isMeasured ? judged : compared;
	const measure = (counts: Float64Array) => measureWays(sample, counts, { profiles, types });
	const once = new Float64Array(sample.length).fill(1);
	const { policy, singles } = measure(once);
	const coin = findCoin(singles, policy.cost);
	const order = singles.map((single, index) => ({ ...single, index }));
	const cheapest = pick(order, (a, b) => b.cost - a.cost);
	const strongest = pick(order, (a, b) => a.quality - b.quality);
	const affordable = order.filter(({ cost }) => cost <= policy.cost);
	const [gain, quality, coinQuality, ...ofSingles] = isMeasured
		? bootstrap(
				sample.length,
				(counts) => {
					const drawn = measure(counts);
					const mix = findCoin(drawn.singles, drawn.policy.cost);
					const ofCoin = mix?.quality ?? Number.NaN;
					const { quality: ofPolicy } = drawn.policy;
					return [ofPolicy - ofCoin, ofPolicy, ofCoin, ...drawn.singles.map((single) => single.quality)];
				},
				{ rounds: ROUNDS },
			)
		: [];
	const toWay = (positions: readonly number[], choice: Choice, measured: BaselineInterval | undefined) => ({
		models: [...new Set(positions)].map((position) => names[position] ?? ''),
		costPer1000: 1000 * choice.cost,
		quality: isMeasured ? choice.quality : null,
		// of a model that nobody judged every draw has the catalog's figure: no width that was measured
		interval:
			measured === undefined || !(measured.low < measured.high) ? null : { low: measured.low, high: measured.high },
	});
	const toSingle = (way: (Choice & { index: number }) | undefined) =>
		way === undefined ? null : toWay([way.index], way, ofSingles[way.index]);
	return {
		requests: compared.length,
		judged: judged.length,
		leftOut: requests.length - compared.length,
		costPer1000: 1000 * policy.cost,
		quality: quality ?? null,
		cheapest: toSingle(cheapest),
		strongest: toSingle(strongest),
		bestSingle: toSingle(pick(affordable, (a, b) => a.quality - b.quality)),
		coin: coin === null ? null : toWay([coin.cheap, coin.dear], coin, coinQuality),
		gain: coin === null ? null : (gain ?? null),
		verdict: coin === null || gain === undefined ? 'unmeasured' : judge(gain),
	};
}

function judge({ low, high }: BaselineInterval): RoutingBaselines['verdict'] {
	if (low > 0) return 'ahead';
	return high < 0 ? 'behind' : 'undecided';
}

function pick<Item>(items: readonly Item[], compare: (a: Item, b: Item) => number): Item | undefined {
	return items.reduce<Item | undefined>(
		(best, item) => (best === undefined || compare(best, item) < 0 ? item : best),
		undefined,
	);
}

/** Cost and quality of what was used, and of every model alone, over requests that count as often as was drawn. */
function measureWays(
	sample: readonly Compared[],
	counts: Float64Array,
	{ profiles, types }: { profiles: readonly ModelProfile[]; types: readonly TaskType[] },
): { policy: Choice; singles: Choice[] } {
	const cells = profiles.map((profile) =>
		types.map((type) => ({ sum: PRIOR_ANSWERS * resolveQuality(profile, type), count: PRIOR_ANSWERS })),
	);
	for (const [index, { request, type, used }] of sample.entries()) {
		const cell = cells[used]?.[type];
		if (cell === undefined || request.quality === null) continue;
		cell.sum += (counts[index] ?? 0) * request.quality;
		cell.count += counts[index] ?? 0;
	}
	const expected = cells.map((each) => each.map(({ sum, count }) => sum / count));
	const singles = profiles.map(() => ({ cost: 0, quality: 0 }));
	const policy = { cost: 0, quality: 0 };
	let total = 0;
	for (const [index, { prices, request, type, used }] of sample.entries()) {
		const count = counts[index] ?? 0;
		total += count;
		policy.cost += count * nanoToUsd(request.costNanoUsd);
		policy.quality += count * (expected[used]?.[type] ?? 0);
		for (const [model, single] of singles.entries()) {
			single.cost += count * (prices[model] ?? 0);
			single.quality += count * (expected[model]?.[type] ?? 0);
		}
	}
	const divide = ({ cost, quality }: Choice): Choice => ({ cost: cost / total, quality: quality / total });
	return { policy: divide(policy), singles: singles.map(divide) };
}
