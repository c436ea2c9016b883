import { priceUsage, resolvePricing, resolveQuality } from '../../catalog/index.ts';
import {
	type CostEntry,
	countInputTokens,
	type ModelProfile,
	type NanoUsd,
	nanoToUsd,
	type SavingsEstimate,
} from '../../contracts/index.ts';

/** What savings are estimated from. */
export interface SavingsInput {
	/** Rows of the ledger. */
	entries: readonly CostEntry[];
	/** The models that could have been called, and those that were. */
	profiles: ReadonlyMap<string, ModelProfile>;
	/** The model that "always the strongest" means: the specification's `opus` where it is known. */
	strongest: ModelProfile;
	/** Models "always the cheapest" may choose among. */
	candidates: readonly ModelProfile[];
}

interface Sums {
	requests: number;
	leftOut: number;
	actual: NanoUsd;
	baseline: NanoUsd;
	quality: number;
}

/** What a model would have cost for the same tokens; `null` when it could not have served them. */
function costOn(profile: ModelProfile, entry: CostEntry): NanoUsd | null {
	const pricing = resolvePricing(profile);
	const output = entry.usage.outputTokens + entry.usage.reasoningTokens;
	if (pricing === null || output > profile.maxOutputTokens) return null;
	if (countInputTokens(entry.usage) + output > profile.contextWindow) return null;
	return priceUsage(entry.usage, pricing, entry.at).totalNanoUsd;
}

type Choice = (entry: CostEntry) => { profile: ModelProfile; cost: NanoUsd } | null;

function compare({ entries, profiles }: SavingsInput, choose: Choice): Sums {
	const sums: Sums = { requests: 0, leftOut: 0, actual: 0, baseline: 0, quality: 0 };
	for (const entry of entries) {
		if (entry.kind === 'correction') continue;
		const used = profiles.get(entry.model);
		const chosen = entry.costNanoUsd === null || used === undefined ? null : choose(entry);
		if (chosen === null || used === undefined) {
			sums.leftOut += 1;
			continue;
		}
		sums.requests += 1;
		sums.actual += entry.costNanoUsd ?? 0;
		sums.baseline += chosen.cost;
		sums.quality += resolveQuality(used, entry.taskType) - resolveQuality(chosen.profile, entry.taskType);
	}
	return sums;
}

function estimateOf(baseline: SavingsEstimate['baseline'], method: string, sums: Sums): SavingsEstimate {
	return {
		baseline,
		method,
		requests: sums.requests,
		leftOut: sums.leftOut,
		actualCost: nanoToUsd(sums.actual),
		baselineCost: nanoToUsd(sums.baseline),
		saved: nanoToUsd(sums.baseline - sums.actual),
		qualityDelta: sums.requests === 0 ? 0 : sums.quality / sums.requests,
	};
}

const SAME_TOKENS = 'the same tokens at its rates of the day; another model would have used other tokens';

/** The part of requests that the strongest model gets in a random mix that costs what was spent, 0-1. */
function mixShare(actual: NanoUsd, cheapest: NanoUsd, strongest: NanoUsd): number {
	if (strongest <= cheapest) return 0;
	return Math.min(1, Math.max(0, (actual - cheapest) / (strongest - cheapest)));
}

/** What the same work would have cost with always the strongest model, always the cheapest, and a random mix at the same cost. */
export function estimateSavings(input: SavingsInput): SavingsEstimate[] {
	const { strongest, candidates } = input;
	const onStrongest: Choice = (entry) => {
		const cost = costOn(strongest, entry);
		return cost === null ? null : { profile: strongest, cost };
	};
	const onCheapest: Choice = (entry) => {
		const offers = candidates.flatMap((profile) => {
			const cost = costOn(profile, entry);
			return cost === null ? [] : [{ profile, cost }];
		});
		return offers.sort((one, other) => one.cost - other.cost)[0] ?? null;
	};
	const both = {
		...input,
		entries: input.entries.filter((entry) => onStrongest(entry) !== null && onCheapest(entry) !== null),
	};
	const [strong, cheap] = [compare(both, onStrongest), compare(both, onCheapest)];
	const share = mixShare(cheap.actual, cheap.baseline, strong.baseline);
	const mix: Sums = {
		...cheap,
		leftOut: cheap.leftOut + input.entries.length - both.entries.length,
		baseline: Math.round(share * strong.baseline + (1 - share) * cheap.baseline),
		quality: share * strong.quality + (1 - share) * cheap.quality,
	};
	return [
		estimateOf('strongest', `every request on ${strongest.name}: ${SAME_TOKENS}`, compare(input, onStrongest)),
		estimateOf('cheapest', `every request on the cheapest model it fits: ${SAME_TOKENS}`, compare(input, onCheapest)),
		estimateOf(
			'cost-matched-mix',
			`${Math.round(share * 100)} % of requests, at random, on ${strongest.name}, the rest on the cheapest that fits: about the same money, so what routing adds is the quality beside it (by the catalog's figures)`,
			mix,
		),
	];
}
