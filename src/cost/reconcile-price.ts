import { priceUsage, resolvePricing, sheetAt } from '../catalog/index.ts';
import type { ModelProfile, NanoUsd, PriceSheet, ServiceTier, Usage } from '../contracts/index.ts';
import { COUNTED_CLASSES, type CountedTokens, noTokens } from './read-usage-export-row.ts';

/** Two amounts are of one rate when they differ by at most this part: reports round. */
const SAME_RATE = 0.005;

function usageOf(tokens: CountedTokens, sign: 1 | -1): Usage {
	const part = (name: (typeof COUNTED_CLASSES)[number]) => Math.max(0, sign * tokens[name]);
	return {
		inputTokens: part('input'),
		cacheReadTokens: part('cacheRead'),
		cacheWrite5mTokens: part('cacheWrite5m'),
		cacheWrite1hTokens: part('cacheWrite1h'),
		outputTokens: part('output'),
		reasoningTokens: 0,
	};
}

/** A day's tokens are no single request: they pass no long-context border. */
function withoutTiers(sheet: PriceSheet): PriceSheet {
	const { tiers: _tiers, serviceTiers, ...rest } = sheet;
	const plain = Object.entries(serviceTiers ?? {}).map(([name, { tiers: _own, ...table }]) => [name, table]);
	return { ...rest, ...(plain.length > 0 && { serviceTiers: Object.fromEntries(plain) }) };
}

/** What a day's tokens cost at the model's rates of that day; negative tokens are money back. `null` without a price. */
export function priceTokens(
	tokens: CountedTokens,
	profile: ModelProfile,
	at: { time: number; tier?: ServiceTier },
): NanoUsd | null {
	const pricing = resolvePricing(profile);
	if (pricing === null) return null;
	const sheet = withoutTiers(sheetAt(pricing, at.time));
	const cost = (sign: 1 | -1) => {
		const usage = { ...usageOf(tokens, sign), ...(at.tier !== undefined && { serviceTier: at.tier }) };
		return priceUsage(usage, sheet, at.time).totalNanoUsd;
	};
	return cost(1) - cost(-1);
}

/** What rows of the ledger were charged for uses, e.g. web searches. */
export function usesCost(usages: readonly Usage[], profile: ModelProfile | null, time: number): NanoUsd {
	const pricing = profile === null ? null : resolvePricing(profile);
	if (pricing === null) return 0;
	const cost = ({ perUse }: Usage) =>
		perUse === undefined ? 0 : priceUsage({ ...usageOf(noTokens(), 1), perUse }, pricing, time).totalNanoUsd;
	return usages.reduce((sum, usage) => sum + cost(usage), 0);
}

/** The rates that a profile knows beside its standard ones, each by name with what these tokens cost at it. */
function otherPrices(tokens: CountedTokens, profile: ModelProfile, time: number): Array<[name: string, NanoUsd]> {
	const pricing = resolvePricing(profile);
	if (pricing === null) return [];
	const usage = usageOf(tokens, 1);
	const sheet = sheetAt(pricing, time);
	const plain = withoutTiers(sheet);
	const at = (rates: PriceSheet, more: Partial<Usage> = {}) =>
		priceUsage({ ...usage, ...more }, rates, time).totalNanoUsd;
	const { changes: _changes, ...first } = pricing;
	const tiers = ['batch', 'priority', 'flex'] as const;
	return [
		...tiers
			.filter((tier) => sheet.serviceTiers?.[tier] !== undefined)
			.map((tier): [string, number] => [`${tier} rates`, at(plain, { serviceTier: tier })]),
		...(sheet.tiers ?? []).map((tier): [string, number] => [
			`long-context rates (over ${tier.aboveInputTokens} input tokens)`,
			at({ ...plain, ...tier }),
		]),
		...Object.keys(sheet.regionPermille ?? {}).map((region): [string, number] => [
			`rates of the region ${region}`,
			at(plain, { region }),
		]),
		...[first, ...(pricing.changes ?? [])]
			.filter(({ from }) => from !== sheet.from)
			.map((other): [string, number] => [
				`rates in force from ${other.from ?? 'the beginning'}`,
				at({ ...withoutTiers(other), from: '0001-01-01' }),
			]),
		// half price for batches is what all three providers publish, also where the catalog has no rate for it
		['half the standard rates, as for batches', Math.round(at(plain) / 2)],
	];
}

/** Which known rate makes the provider's amount of these tokens; `null` when none does. */
export function findBilledRate(
	tokens: CountedTokens,
	profile: ModelProfile,
	billed: { time: number; costNanoUsd: NanoUsd },
): string | null {
	const { time, costNanoUsd } = billed;
	const near = otherPrices(tokens, profile, time).find(
		([, cost]) => cost > 0 && Math.abs(cost - costNanoUsd) <= cost * SAME_RATE,
	);
	return near?.[0] ?? null;
}

/** True when no class differs. */
export function areTokensEqual(one: CountedTokens, other: CountedTokens): boolean {
	return COUNTED_CLASSES.every((name) => one[name] === other[name]);
}
