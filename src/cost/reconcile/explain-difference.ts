import { priceUsage, resolvePriceSheet, resolvePricing } from '../../catalog/index.ts';
import type { ModelProfile, NanoUsd, PriceSheet, ServiceTier, Usage } from '../../contracts/index.ts';
import type { DifferenceCause, DifferenceReason, ReconcileFigures } from './reconcile-report.ts';
import { COUNTED_CLASSES, type CountedTokens, zeroTokens } from './usage-export.ts';

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
	const sheet = withoutTiers(resolvePriceSheet(pricing, at.time));
	const cost = (sign: 1 | -1) => {
		const usage = { ...usageOf(tokens, sign), ...(at.tier !== undefined && { serviceTier: at.tier }) };
		return priceUsage(usage, sheet, at.time).totalNanoUsd;
	};
	return cost(1) - cost(-1);
}

/** What rows of the ledger were charged for uses, e.g. web searches. */
export function pricePerUse(usages: readonly Usage[], profile: ModelProfile | null, time: number): NanoUsd {
	const pricing = profile === null ? null : resolvePricing(profile);
	if (pricing === null) return 0;
	const cost = ({ perUse }: Usage) =>
		perUse === undefined ? 0 : priceUsage({ ...usageOf(zeroTokens(), 1), perUse }, pricing, time).totalNanoUsd;
	return usages.reduce((sum, usage) => sum + cost(usage), 0);
}

/** The rates that a profile knows beside its standard ones, each by name with what these tokens cost at it. */
function otherPrices(tokens: CountedTokens, profile: ModelProfile, time: number): Array<[name: string, NanoUsd]> {
	const pricing = resolvePricing(profile);
	if (pricing === null) return [];
	const usage = usageOf(tokens, 1);
	const sheet = resolvePriceSheet(pricing, time);
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
function findBilledRate(
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
function areTokensEqual(one: CountedTokens, other: CountedTokens): boolean {
	return COUNTED_CLASSES.every((name) => one[name] === other[name]);
}

/** Everything a difference is explained from. */
export interface DifferenceFacts {
	/** Provider - ledger. */
	deltaNanoUsd: NanoUsd;
	ledger: ReconcileFigures;
	provider: ReconcileFigures;
	profile: ModelProfile | null;
	/** Noon of the day, epoch milliseconds. */
	time: number;
	hasLedger: boolean;
	hasProvider: boolean;
	/** The day has not been over for long: the provider may add to it. */
	isOpen: boolean;
	/** Rows of the ledger that are estimates, and their cost. */
	estimated: { rows: number; costNanoUsd: NanoUsd };
	unpricedRows: number;
	/** The part of the ledger's cost that is billed per use, e.g. for web searches. */
	perUseNanoUsd: NanoUsd;
	/** Sum of the expired holds of the day and model. */
	heldNanoUsd: NanoUsd;
	holds: number;
	/** How far the report's own decimals may be off, the ledger's rounding included. */
	precisionNanoUsd: NanoUsd;
}

function cause(reason: DifferenceReason, amountNanoUsd: NanoUsd, explanation: string): DifferenceCause {
	return { reason, amountNanoUsd, explanation };
}

function plural(count: number, word: string): string {
	return `${count} ${word}${count === 1 ? '' : 's'}`;
}

/** The tokens agree and the money does not. */
function rateCause(facts: DifferenceFacts, rest: NanoUsd): DifferenceCause {
	const { ledger, provider, profile, time } = facts;
	const tokens = provider.tokens;
	const rate =
		profile === null || tokens === null
			? null
			: findBilledRate(tokens, profile, { time, costNanoUsd: provider.costNanoUsd });
	const tiers = provider.tiers.filter((tier) => !ledger.tiers.includes(tier) && tier !== 'standard');
	if (tiers.length > 0 || /^(?:batch|priority|flex|half)/.test(rate ?? '')) {
		const said = tiers.length > 0 ? `the report says ${tiers.join(', ')}` : `the amount is that of ${rate}`;
		return cause('service-tier', rest, `billed as another service than the ledger's: ${said}`);
	}
	const factor = ledger.costNanoUsd === 0 ? null : provider.costNanoUsd / ledger.costNanoUsd;
	const billed =
		rate ?? (factor === null ? 'a rate that is not known here' : `${factor.toFixed(3)} × the ledger's rates`);
	return cause('price-differs', rest, `the same tokens, billed at ${billed}`);
}

function usedMore(facts: DifferenceFacts, rest: NanoUsd): DifferenceCause {
	const { ledger, provider, estimated } = facts;
	if (facts.unpricedRows > 0)
		return cause('unpriced', rest, `${plural(facts.unpricedRows, 'row')} of the ledger had no price; the provider had`);
	const more = provider.requests === null || ledger.requests === null ? 0 : provider.requests - ledger.requests;
	if (more > 0)
		return cause(
			'outside-ledger',
			rest,
			`${plural(more, 'request')} more than the ledger has: used outside, by another key or program`,
		);
	if (estimated.rows > 0)
		return cause(
			'estimated',
			rest,
			`${plural(estimated.rows, 'row')} of the ledger is an estimate; the provider's figure is exact`,
		);
	if (provider.tokens === null)
		return cause('amount-differs', rest, 'the report has no tokens, so use and price cannot be told apart');
	if (provider.requests !== null && more === 0 && facts.hasLedger)
		return cause('tokens-differ', rest, 'as many requests, more tokens than the ledger has');
	return cause('outside-ledger', rest, 'more use than the ledger has: used outside, by another key or program');
}

function usedLess(facts: DifferenceFacts, rest: NanoUsd): DifferenceCause[] {
	const { estimated, provider, isOpen } = facts;
	const causes: DifferenceCause[] = [];
	const part = Math.max(rest, -estimated.costNanoUsd);
	if (estimated.rows > 0 && part < 0)
		causes.push(
			cause(
				'estimated',
				part,
				`${plural(estimated.rows, 'row')} of the ledger is an estimate; the provider's figure is exact`,
			),
		);
	const left = rest - (causes[0]?.amountNanoUsd ?? 0);
	if (left === 0) return causes;
	if (isOpen)
		causes.push(
			cause('not-exported-yet', left, 'the day is not long over: the provider may not have counted all of it'),
		);
	else if (facts.hasProvider && provider.tokens === null)
		causes.push(cause('amount-differs', left, 'the report has no tokens, so use and price cannot be told apart'));
	else
		causes.push(
			cause(
				'never-billed',
				left,
				'in the ledger, and not billed by the provider (or billed to a key that the report leaves out)',
			),
		);
	return causes;
}

type Facts = DifferenceFacts;

function isRounding(
	{ hasLedger, hasProvider, deltaNanoUsd, precisionNanoUsd, provider }: Facts,
	equal: boolean,
): boolean {
	const isSame = equal || provider.tokens === null;
	return hasProvider && hasLedger && isSame && Math.abs(deltaNanoUsd) <= precisionNanoUsd;
}

/** What became of holds whose process died: a part of what the provider billed more. */
function heldCause({ heldNanoUsd, holds }: Facts, rest: number): DifferenceCause[] {
	if (rest <= 0 || heldNanoUsd <= 0) return [];
	const told = `${plural(holds, 'hold')} of a process that died: this is what became of it`;
	return [cause('unknown-spend', Math.min(rest, heldNanoUsd), told)];
}

function perUseCause({ perUseNanoUsd, hasProvider }: Facts, rest: number): DifferenceCause[] {
	if (rest >= 0 || perUseNanoUsd <= 0 || !hasProvider) return [];
	const told = 'billed per use, as web searches are: reports have it in rows that name no model';
	return [cause('per-use', Math.max(rest, -perUseNanoUsd), told)];
}

/** What is left once the causes that are known for sure are taken out. */
function restCauses(facts: Facts, rest: number, equal: boolean): DifferenceCause[] {
	if (rest === 0) return [];
	if (equal && facts.unpricedRows === 0) return [rateCause(facts, rest)];
	return rest > 0 ? [usedMore(facts, rest)] : usedLess(facts, rest);
}

/** Why the two differ; the parts add up to the difference. None when they agree. */
export function explainDifference(facts: Facts): DifferenceCause[] {
	const { deltaNanoUsd: delta, ledger, provider } = facts;
	const equal = provider.tokens !== null && ledger.tokens !== null && areTokensEqual(ledger.tokens, provider.tokens);
	if (delta === 0) {
		const agrees = provider.tokens === null || equal || facts.isOpen;
		return agrees ? [] : [cause('tokens-differ', 0, 'the money agrees, the tokens do not')];
	}
	if (isRounding(facts, equal)) return [cause('rounding', delta, 'no more than the decimals of the report')];
	const sure = [...heldCause(facts, delta), ...perUseCause(facts, delta)];
	const rest = delta - sure.reduce((sum, { amountNanoUsd }) => sum + amountNanoUsd, 0);
	return [...sure, ...restCauses(facts, rest, equal)];
}
