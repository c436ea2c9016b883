import { resolveQuality } from '../../catalog/index.ts';
import {
	type CostEntry,
	type ModelProfile,
	type NanoUsd,
	nanoToUsd,
	type SavingsEstimate,
} from '../../contracts/index.ts';
import { clamp } from '../../util/index.ts';
import { priceOn } from './compare-choices.ts';

/** What savings are estimated from. */
interface SavingsInput {
	/** Rows of the ledger. */
	entries: readonly CostEntry[];
	/** The models that could have been called, and those that were. */
	profiles: ReadonlyMap<string, ModelProfile>;
	/** The model that "always the strongest" means: of those below the one of the highest quality. */
	strongest: ModelProfile;
	/** Models "always the cheapest" may choose among. */
	candidates: readonly ModelProfile[];
}

const SAME_TOKENS = 'the same tokens at its rates of the day; another model would have used other tokens';

/** What the same work would have cost with always the strongest model, always the cheapest, and a random mix at the same cost. */
export function estimateSavings(input: SavingsInput): SavingsEstimate[] {
	const { entries, strongest } = input;
	const onStrongest = createCheapestChoice([strongest]);
	const onCheapest = createCheapestChoice(input.candidates);
	const servable = entries.filter((entry) => onStrongest(entry) !== null && onCheapest(entry) !== null);
	const both = { ...input, entries: servable };
	const [strong, cheap] = [compareChoice(both, onStrongest), compareChoice(both, onCheapest)];
	// the share of requests on the strongest model with which the mix costs what was spent
	const span = strong.baseline - cheap.baseline;
	const share = span <= 0 ? 0 : clamp((cheap.actual - cheap.baseline) / span, 0, 1);
	const mix: Sums = {
		...cheap,
		leftOut: cheap.leftOut + entries.length - servable.length,
		baseline: Math.round(share * strong.baseline + (1 - share) * cheap.baseline),
		quality: share * strong.quality + (1 - share) * cheap.quality,
	};
	const { name } = strongest;
	const mixed = `${Math.round(share * 100)} % of requests, at random, on ${name}, the rest on the cheapest that fits`;
	const gain = "about the same money, so what routing adds is the quality beside it (by the catalog's figures)";
	return [
		toEstimate('strongest', compareChoice(input, onStrongest), `every request on ${name}: ${SAME_TOKENS}`),
		toEstimate(
			'cheapest',
			compareChoice(input, onCheapest),
			`every request on the cheapest model it fits: ${SAME_TOKENS}`,
		),
		toEstimate('cost-matched-mix', mix, `${mixed}: ${gain}`),
	];
}

/** The model that would have served a request, and its cost; `null` when none could. */
type Choice = (entry: CostEntry) => { profile: ModelProfile; cost: NanoUsd } | null;

/** Chooses the cheapest of the profiles that fit a request. */
function createCheapestChoice(profiles: readonly ModelProfile[]): Choice {
	return (entry) => {
		const offers = profiles.flatMap((profile) => {
			const cost = priceOn(profile, entry.usage, entry.at);
			return cost === null ? [] : [{ profile, cost }];
		});
		return offers.sort((a, b) => a.cost - b.cost)[0] ?? null;
	};
}

interface Sums {
	requests: number;
	leftOut: number;
	actual: NanoUsd;
	baseline: NanoUsd;
	quality: number;
}

function compareChoice({ entries, profiles }: SavingsInput, choose: Choice): Sums {
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

function toEstimate(baseline: SavingsEstimate['baseline'], sums: Sums, method: string): SavingsEstimate {
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
