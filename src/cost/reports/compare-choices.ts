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
import { findCoin } from './baselines.ts';

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

/** What a request of this usage costs on a model, nano-dollars; `null` where it has no price or cannot serve it. */
export function priceOn(profile: ModelProfile, usage: Usage, at: number): number | null {
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

/**
 * The best that a coin can do for a cost, of models that serve every request: the upper hull of all models alone. `null` where all
 * of them cost more.
 */
export function tossCoin(singles: readonly ChoiceOutcome[], costPer1000: number): Coin | null {
	const whole = singles.filter(({ leftOut }) => leftOut === 0);
	const mix = findCoin(
		whole.map(({ costPer1000: cost, quality }) => ({ cost, quality })),
		costPer1000,
	);
	if (mix === null) return null;
	const shares: Array<[position: number, share: number]> =
		mix.share === 0
			? [[mix.cheap, 1]]
			: [
					[mix.dear, mix.share],
					[mix.cheap, 1 - mix.share],
				];
	const models = shares.map(([position, share]) => ({ model: whole[position]?.name ?? '', share }));
	return { quality: mix.quality, models: models.filter(({ share }) => share > 0) };
}
