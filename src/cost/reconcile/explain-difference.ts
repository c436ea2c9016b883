import { priceUsage, resolvePriceSheet, resolvePricing } from '../../catalog/index.ts';
import {
	type CostEntry,
	type ModelProfile,
	type NanoUsd,
	type PriceSheet,
	type ServiceTier,
	type Usage,
	ZERO_USAGE,
} from '../../contracts/index.ts';
import { sum } from '../../util/index.ts';
import {
	type DifferenceCause,
	type DifferenceReason,
	getNoon,
	type ReconcileFigures,
	type ReconcileGroup,
	sumCosts,
} from './reconcile-report.ts';
import { areTokensEqual, type CountedTokens, mapTokens, toUsage } from './usage-export.ts';

/** The two sides of a difference, and what is known of the ledger's. */
interface Facts {
	group: ReconcileGroup;
	ledger: ReconcileFigures;
	provider: ReconcileFigures;
	/** The day has not been over for long: the provider may add to it. */
	isOpen: boolean;
	estimates: readonly CostEntry[];
	unpriced: number;
}
type Explanation = [reason: DifferenceReason, text: string];
type AddCause = (explanation: Explanation, amount: NanoUsd) => void;

/** Why the two sides differ; the parts add up to the difference. None when they agree. */
export function explainDifference(sides: Pick<Facts, 'group' | 'ledger' | 'provider' | 'isOpen'>): DifferenceCause[] {
	const { group, ledger, provider, isOpen } = sides;
	const { charges } = group;
	const estimates = charges.filter(({ usage }) => usage.isEstimated === true);
	const unpriced = charges.filter(({ costNanoUsd }) => costNanoUsd === null).length;
	const facts: Facts = { ...sides, estimates, unpriced };
	const isEqual = provider.tokens !== null && ledger.tokens !== null && areTokensEqual(ledger.tokens, provider.tokens);
	const causes: DifferenceCause[] = [];
	let rest = provider.costNanoUsd - ledger.costNanoUsd;
	const add: AddCause = ([reason, explanation], amountNanoUsd) => {
		causes.push({ reason, amountNanoUsd, explanation });
		rest -= amountNanoUsd;
	};
	if (rest === 0 && !isEqual && !isOpen && provider.tokens !== null)
		add(['tokens-differ', 'the money agrees, the tokens do not'], 0);
	if (isRounding(facts, rest, isEqual)) add(['rounding', 'no more than the decimals of the report'], rest);
	if (rest === 0) return causes;
	if (rest > 0) addHolds(group, rest, add);
	else addPerUse(facts, rest, add);
	if (rest !== 0 && isEqual && unpriced === 0) add(explainRate(facts), rest);
	else if (rest > 0) add(explainMore(facts), rest);
	const estimated = Math.max(rest, -sumCosts(estimates));
	if (estimated < 0) add(explainEstimates(facts), estimated);
	if (rest < 0) add(explainLess(facts), rest);
	return causes;
}

function plural(count: number, word: string): string {
	return `${count} ${word}${count === 1 ? '' : 's'}`;
}

/** Equal but for the decimals: each charge was rounded once, each row of the report to its last decimal. */
function isRounding({ group, provider }: Facts, delta: NanoUsd, isEqual: boolean): boolean {
	const { charges } = group;
	const precision = charges.length + sum(group.rows.map(({ precisionNanoUsd }) => precisionNanoUsd));
	const areBothThere = group.rows.length > 0 && charges.length > 0 && (isEqual || provider.tokens === null);
	return areBothThere && delta !== 0 && Math.abs(delta) <= precision;
}

/** What became of holds whose process died: a part of what the provider billed more. */
function addHolds({ holds }: ReconcileGroup, delta: NanoUsd, add: AddCause): void {
	const held = sum(holds.map(({ amountNanoUsd }) => amountNanoUsd));
	const text = `${plural(holds.length, 'hold')} of a process that died: this is what became of it`;
	if (held > 0) add(['unknown-spend', text], Math.min(delta, held));
}

function addPerUse({ group }: Facts, delta: NanoUsd, add: AddCause): void {
	const cost = pricePerUse(group);
	const text = 'billed per use, as web searches are: reports have it in rows that name no model';
	if (cost > 0 && group.rows.length > 0) add(['per-use', text], Math.max(delta, -cost));
}

/** The tokens agree and the money does not. */
function explainRate({ group, ledger, provider }: Facts): Explanation {
	const rate = findBilledRate(group, provider);
	const tiers = provider.tiers.filter((tier) => !ledger.tiers.includes(tier) && tier !== 'standard');
	if (tiers.length > 0 || /^(?:batch|priority|flex|half)/.test(rate ?? '')) {
		const reported = tiers.length > 0 ? `the report says ${tiers.join(', ')}` : `the amount is that of ${rate}`;
		return ['service-tier', `billed as another service than the ledger's: ${reported}`];
	}
	const factor =
		ledger.costNanoUsd === 0
			? 'a rate that is not known here'
			: `${(provider.costNanoUsd / ledger.costNanoUsd).toFixed(3)} × the ledger's rates`;
	return ['price-differs', `the same tokens, billed at ${rate ?? factor}`];
}

/** The provider billed more than the ledger has. */
function explainMore(facts: Facts): Explanation {
	const { estimates, group, ledger, provider, unpriced } = facts;
	if (unpriced > 0) return ['unpriced', `${plural(unpriced, 'row')} of the ledger had no price; the provider had`];
	const more = provider.requests === null || ledger.requests === null ? 0 : provider.requests - ledger.requests;
	const outside = 'than the ledger has: used outside, by another key or program';
	if (more > 0) return ['outside-ledger', `${plural(more, 'request')} more ${outside}`];
	if (estimates.length > 0) return explainEstimates(facts);
	if (provider.tokens === null) return NO_TOKENS;
	if (provider.requests !== null && more === 0 && group.charges.length > 0)
		return ['tokens-differ', 'as many requests, more tokens than the ledger has'];
	return ['outside-ledger', `more use ${outside}`];
}

/** The ledger has more than the provider billed, beyond its estimates. */
function explainLess({ group, provider, isOpen }: Facts): Explanation {
	if (isOpen) return ['not-exported-yet', 'the day is not long over: the provider may not have counted all of it'];
	if (group.rows.length > 0 && provider.tokens === null) return NO_TOKENS;
	return [
		'never-billed',
		'in the ledger, and not billed by the provider (or billed to a key that the report leaves out)',
	];
}

function explainEstimates({ estimates }: Facts): Explanation {
	const rows = plural(estimates.length, 'row');
	return ['estimated', `${rows} of the ledger is an estimate; the provider's figure is exact`];
}

const NO_TOKENS: Explanation = ['amount-differs', 'the report has no tokens, so use and price cannot be told apart'];

/** What these tokens cost at the model's rates of that day; negative tokens are money back. 0 without a price. */
export function priceTokens(
	tokens: CountedTokens,
	profile: ModelProfile | null,
	{ day, tier }: { day: string; tier: ServiceTier | undefined },
): NanoUsd {
	const pricing = profile && resolvePricing(profile);
	if (pricing === null) return 0;
	const sheet = withoutTiers(resolvePriceSheet(pricing, getNoon(day)));
	const price = (sign: 1 | -1): NanoUsd => {
		const usage = toUsage(mapTokens((name) => Math.max(0, sign * tokens[name])));
		return priceUsage({ ...usage, ...(tier && { serviceTier: tier }) }, sheet, getNoon(day)).totalNanoUsd;
	};
	return price(1) - price(-1);
}

/** A day's tokens are no single request: they reach no long-context tier. */
function withoutTiers(sheet: PriceSheet): PriceSheet {
	const { tiers: _tiers, serviceTiers, ...rest } = sheet;
	const plain = Object.entries(serviceTiers ?? {}).map(([name, { tiers: _own, ...table }]) => [name, table]);
	return { ...rest, ...(plain.length > 0 && { serviceTiers: Object.fromEntries(plain) }) };
}

/** What rows of the ledger were charged per use, e.g. for web searches. */
function pricePerUse({ charges, day, profile }: ReconcileGroup): NanoUsd {
	const pricing = profile && resolvePricing(profile);
	if (pricing === null) return 0;
	const price = ({ perUse }: Usage): NanoUsd =>
		perUse === undefined ? 0 : priceUsage({ ...ZERO_USAGE, perUse }, pricing, getNoon(day)).totalNanoUsd;
	return sum(charges.map(({ usage }) => price(usage)));
}

/** Two amounts are of one rate when they differ by at most this part: reports round. */
const RATE_TOLERANCE = 0.005;

/** Which known rate makes the provider's amount of its tokens; `null` when none does. */
function findBilledRate({ day, profile }: ReconcileGroup, { tokens, costNanoUsd }: ReconcileFigures): string | null {
	if (profile === null || tokens === null) return null;
	const isBilled = (cost: NanoUsd): boolean => cost > 0 && Math.abs(cost - costNanoUsd) <= cost * RATE_TOLERANCE;
	return listOtherPrices(tokens, profile, getNoon(day)).find(([, cost]) => isBilled(cost))?.[0] ?? null;
}

/** The rates that a profile has beside its standard ones, each by name with what these tokens cost at it. */
function listOtherPrices(tokens: CountedTokens, profile: ModelProfile, at: number): Array<[name: string, NanoUsd]> {
	const pricing = resolvePricing(profile);
	if (pricing === null) return [];
	const sheet = resolvePriceSheet(pricing, at);
	const plain = withoutTiers(sheet);
	const price = (rates: PriceSheet, more: Partial<Usage> = {}): NanoUsd =>
		priceUsage({ ...toUsage(tokens), ...more }, rates, at).totalNanoUsd;
	const { changes = [], ...first } = pricing;
	const prices: Array<[name: string, NanoUsd]> = [];
	for (const serviceTier of ['batch', 'priority', 'flex'] as const)
		if (sheet.serviceTiers?.[serviceTier] !== undefined)
			prices.push([`${serviceTier} rates`, price(plain, { serviceTier })]);
	for (const tier of sheet.tiers ?? [])
		prices.push([`long-context rates (over ${tier.aboveInputTokens} input tokens)`, price({ ...plain, ...tier })]);
	for (const region of Object.keys(sheet.regionPermille ?? {}))
		prices.push([`rates of the region ${region}`, price(plain, { region })]);
	for (const other of [first, ...changes])
		if (other.from !== sheet.from) {
			const rates = { ...withoutTiers(other), from: '0001-01-01' };
			prices.push([`rates in force from ${other.from ?? 'the beginning'}`, price(rates)]);
		}
	// half price for batches is what all three providers publish, also where the catalog has no rate for it
	prices.push(['half the standard rates, as for batches', Math.round(price(plain) / 2)]);
	return prices;
}
