import { resolvePriceSheet, resolvePricing } from '../catalog/index.ts';
import type { ModelProfile, ModelResults, OutcomeRow, ShownModel, TimeRange } from '../contracts/index.ts';
import type { SpendingSource } from './budget-limits.ts';
import type { ModelRouter } from './model-router.ts';
import { SAMPLE_LIMIT } from './reports.ts';

/** 1.96 standard deviations hold 95 % of a normal distribution. */
const Z_95 = 1.96;

/** What is known of each model that competes, is served or has answered, and how the newest requests went with it. */
export async function readModels(
	{ storage, now }: Pick<SpendingSource, 'storage' | 'now'>,
	router: Pick<ModelRouter, 'catalog' | 'candidates'>,
	{ range, served }: { range: TimeRange; served: readonly string[] },
): Promise<{ sampled: number; sampleLimit: number; models: ShownModel[] }> {
	const outcomes = await storage.records.outcomes(range, SAMPLE_LIMIT);
	const byModel = Map.groupBy(outcomes, ({ answeredBy }) => answeredBy);
	const candidates = new Set(router.candidates);
	const names = new Set([...candidates, ...served, ...byModel.keys()].filter((name) => name !== ''));
	const models = [...names].map((name) => {
		const profile = router.catalog.find(name) ?? null;
		const results = readResults(byModel.get(name) ?? []);
		return { ...describeModel(name, profile, now), competes: candidates.has(name), results };
	});
	return { sampled: outcomes.length, sampleLimit: SAMPLE_LIMIT, models };
}

function describeModel(
	name: string,
	profile: ModelProfile | null,
	now: number,
): Omit<ShownModel, 'competes' | 'results'> {
	const pricing = profile === null ? null : resolvePricing(profile);
	const sheet = pricing === null ? null : resolvePriceSheet(pricing, now);
	return {
		name,
		modelId: profile?.modelId ?? null,
		provider: profile?.provider ?? null,
		state: profile?.lifecycle?.state ?? (profile === null ? null : 'active'),
		retiresOn: profile?.lifecycle?.retiresOn ?? null,
		// pico-dollars a token are micro-dollars of a million of them
		price: sheet && {
			inputUsd: sheet.input / 1e6,
			outputUsd: sheet.output / 1e6,
			source: sheet.source,
			asOf: sheet.asOf,
		},
		quality: profile && { value: profile.qualityScore, source: profile.qualitySource ?? null },
		contextWindow: profile?.contextWindow ?? null,
	};
}

/** Results by type of task, the most frequent first. */
function readResults(outcomes: readonly OutcomeRow[]): ModelResults[] {
	return [...Map.groupBy(outcomes, ({ taskType }) => taskType)]
		.map(([taskType, rows]): ModelResults => {
			const answered = rows.filter(({ success }) => success);
			const known = (values: ReadonlyArray<number | null>) => values.filter((value) => value !== null);
			return {
				taskType,
				requests: rows.length,
				successes: answered.length,
				successInterval: getWilsonInterval(answered.length, rows.length),
				latencyMs: getMedian(known(answered.map(({ actualLatencyMs }) => actualLatencyMs))),
				costNanoUsd: getMedian(known(answered.map(({ actualCostNanoUsd }) => actualCostNanoUsd))),
				quality: getMedian(known(rows.map(({ quality }) => quality))),
			};
		})
		.sort((a, b) => b.requests - a.requests);
}

/**
 * Where a share lies with 95 % confidence, 0 to 1; never of no width, however few were seen.
 * Source: E. B. Wilson, Probable inference, the law of succession, and statistical inference, JASA 22 (1927)
 */
export function getWilsonInterval(successes: number, count: number): [low: number, high: number] {
	if (count === 0) return [0, 1];
	const share = successes / count;
	const z2 = Z_95 ** 2;
	const middle = (share + z2 / (2 * count)) / (1 + z2 / count);
	const half = (Z_95 / (1 + z2 / count)) * Math.sqrt((share * (1 - share)) / count + z2 / (4 * count ** 2));
	// a bound of exactly nothing or all would be off by the last digit
	return [successes === 0 ? 0 : middle - half, successes === count ? 1 : middle + half];
}

/**
 * The median with the order statistics between which it lies with 95 % confidence, whatever the distribution: the interval of the
 * binomial rank, by its normal approximation. `low` and `high` are `null` below 6 values, where no two of them suffice.
 */
export function getMedian(values: readonly number[]): ModelResults['latencyMs'] {
	if (values.length === 0) return null;
	const sorted = values.toSorted((a, b) => a - b);
	const count = sorted.length;
	const at = (index: number) => sorted[Math.min(count - 1, Math.max(0, index))] ?? 0;
	const median = (at(Math.ceil(count / 2) - 1) + at(Math.floor(count / 2))) / 2;
	const reach = (Z_95 * Math.sqrt(count)) / 2;
	const isBounded = count >= 6;
	const low = isBounded ? at(Math.floor(count / 2 - reach) - 1) : null;
	return { count, median, low, high: isBounded ? at(Math.ceil(count / 2 + reach)) : null };
}
