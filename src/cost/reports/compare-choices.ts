import { priceUsage, resolvePricing, resolveQuality } from '../../catalog/index.ts';
import {
	countInputTokens,
	countOutputTokens,
	type ModelName,
	type ModelProfile,
	nanoToUsd,
	type TaskType,
	type Usage,
} from '../../contracts/index.ts';

/** Requests that are alike: their kind, what they use, and which model each way of choosing gives them. */
export interface ChoiceSample {
	type: TaskType;
	usage: Usage;
	requests: number;
	/** By the name of the way; absent where no model was eligible. */
	choices: Readonly<Record<string, ModelName>>;
}

/** What one way of choosing costs and delivers. */
export interface ChoiceOutcome {
	/** The name of a policy, or of the model that gets every request. */
	name: string;
	/** USD per 1,000 requests; `NaN` when no request could be served. */
	costPer1000: number;
	/** Mean quality 0-100, by the catalog's figures for the models chosen. */
	quality: number;
	/** Requests that no model could serve, in none of the figures. */
	leftOut: number;
	/** Each model's share of the requests, 0-1, largest first. */
	models: Array<{ model: ModelName; share: number }>;
}

/** The random mix of two models that costs as much as a way of choosing; 0-1 is each one's share. */
export interface Coin {
	quality: number;
	models: Array<{ model: ModelName; share: number }>;
}

/** What the requests cost on a model, nano-dollars; `null` where it has no price or cannot serve them. */
function priceOn(profile: ModelProfile, usage: Usage, at: number): number | null {
	const pricing = resolvePricing(profile);
	const output = countOutputTokens(usage);
	if (pricing === null || output > profile.maxOutputTokens) return null;
	if (countInputTokens(usage) + output > profile.contextWindow) return null;
	return priceUsage(usage, pricing, at).totalNanoUsd;
}

/** The samples as one way of choosing has them served, at the prices of an instant (epoch ms). */
export function measureChoice(
	name: string,
	samples: readonly ChoiceSample[],
	{
		choose,
		profiles,
		at,
	}: {
		choose: (sample: ChoiceSample) => ModelName | undefined;
		profiles: ReadonlyMap<ModelName, ModelProfile>;
		at: number;
	},
): ChoiceOutcome {
	const shares = new Map<ModelName, number>();
	let [requests, leftOut, cost, quality] = [0, 0, 0, 0];
	for (const sample of samples) {
		const profile = profiles.get(choose(sample) ?? '');
		const price = profile === undefined ? null : priceOn(profile, sample.usage, at);
		if (profile === undefined || price === null) {
			leftOut += sample.requests;
			continue;
		}
		requests += sample.requests;
		cost += sample.requests * nanoToUsd(price);
		quality += sample.requests * resolveQuality(profile, sample.type);
		shares.set(profile.name, (shares.get(profile.name) ?? 0) + sample.requests);
	}
	return {
		name,
		costPer1000: (1000 * cost) / requests,
		quality: quality / requests,
		leftOut,
		models: [...shares]
			.map(([model, count]) => ({ model, share: count / requests }))
			.sort((a, b) => b.share - a.share || a.model.localeCompare(b.model)),
	};
}

/** The mix of a model that costs no more and one that costs more; `null` where the latter does not. */
function mixModels(cheap: ChoiceOutcome, dear: ChoiceOutcome, costPer1000: number): Coin | null {
	if (dear.costPer1000 <= costPer1000) return null;
	const share = (costPer1000 - cheap.costPer1000) / (dear.costPer1000 - cheap.costPer1000);
	return {
		quality: share * dear.quality + (1 - share) * cheap.quality,
		models: [
			{ model: dear.name, share },
			{ model: cheap.name, share: 1 - share },
		],
	};
}

/**
 * The best that a coin can do for a cost: of all models alone that cost no more and all random mixes of two that cost as
 * much, the one with the highest quality. Only models that serve every request count; `null` where all of them cost more.
 */
export function tossCoin(singles: readonly ChoiceOutcome[], costPer1000: number): Coin | null {
	const whole = singles.filter(({ leftOut }) => leftOut === 0);
	const alone = whole.filter((single) => single.costPer1000 <= costPer1000);
	const coins = alone.flatMap((cheap): Coin[] => [
		{ quality: cheap.quality, models: [{ model: cheap.name, share: 1 }] },
		...whole.flatMap((dear) => mixModels(cheap, dear, costPer1000) ?? []),
	]);
	return coins.reduce<Coin | null>((best, coin) => (best === null || coin.quality > best.quality ? coin : best), null);
}
