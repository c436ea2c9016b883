import { priceUsage, resolvePriceSheet, resolvePricing } from '../../catalog/index.ts';
import {
	type CostEntry,
	type ModelProfile,
	type NanoUsd,
	type PriceSheet,
	type Reservation,
	type ServiceTier,
	type Usage,
	ZERO_USAGE,
} from '../../contracts/index.ts';
import { sum } from '../../util/index.ts';
import type { DifferenceCause, ReconcileFigures } from './reconcile-report.ts';
import {
	type CountedTokens,
	hasTokens,
	mapTokens,
	subtractTokens,
	toUsage,
	type UsageExportRow,
} from './usage-export.ts';

/** What both sides have of one UTC day and model (`null`: all models of the provider). */
export interface ReconcileGroup {
	day: string;
	profile: ModelProfile | null;
	/** Rows of the ledger, corrections too. */
	entries: CostEntry[];
	rows: UsageExportRow[];
	/** Expired reservations of the day and model. */
	holds: Reservation[];
	/** The day has not been over for long: the provider may add to it. */
	isOpen: boolean;
}

/** What the causes of a difference are told by. */
interface Facts extends ReconcileGroup {
	ledger: ReconcileFigures;
	provider: ReconcileFigures;
	/** Entries that are no corrections, and which of them are estimates or have no price. */
	charges: CostEntry[];
	estimates: CostEntry[];
	unpriced: CostEntry[];
}
type Explanation = [reason: DifferenceCause['reason'], text: string];

/** Why the two sides differ; the parts add up to the difference. None when they agree. */
export function explainDifference(
	group: ReconcileGroup,
	ledger: ReconcileFigures,
	provider: ReconcileFigures,
): DifferenceCause[] {
	const charges = group.entries.filter(({ kind }) => kind !== 'correction');
	const estimates = charges.filter(({ usage }) => usage.isEstimated === true);
	const unpriced = charges.filter(({ costNanoUsd }) => costNanoUsd === null);
	const facts: Facts = { ...group, ledger, provider, charges, estimates, unpriced };
	const isEqual = provider.tokens !== null && !hasTokens(subtractTokens(provider.tokens, ledger.tokens));
	const causes: DifferenceCause[] = [];
	let rest = provider.costNanoUsd - ledger.costNanoUsd;
	if (rest === 0) {
		const isOdd = provider.tokens !== null && !isEqual && !group.isOpen;
		const explanation = 'the money agrees, the tokens do not';
		return isOdd ? [{ reason: 'tokens-differ', amountNanoUsd: 0, explanation }] : [];
	}
	/** A cause of what is left, or of a part of it: of at most so much, in either direction. */
	const add = ([reason, explanation]: Explanation, limit: NanoUsd = Number.POSITIVE_INFINITY): void => {
		const amountNanoUsd = Math.sign(rest) * Math.min(Math.abs(rest), limit);
		if (amountNanoUsd !== 0) causes.push({ reason, amountNanoUsd, explanation });
		rest -= amountNanoUsd;
	};
	if (isRounding(facts, rest, isEqual)) add(['rounding', 'no more than the decimals of the report']);
	if (rest > 0) add(explainHolds(facts), sum(group.holds.map(({ amountNanoUsd }) => amountNanoUsd)));
	else if (group.rows.length > 0) add(PER_USE, pricePerUse(facts));
	if (isEqual && unpriced.length === 0) add(explainRate(facts));
	else if (rest > 0) add(explainMore(facts));
	add(explainEstimates(facts), sumCosts(estimates));
	add(explainLess(facts));
	return causes;
}

/** Equal but for the decimals: each charge was rounded once, each row of the report to its last decimal. */
function isRounding({ charges, provider, rows }: Facts, delta: NanoUsd, isEqual: boolean): boolean {
	const precision = charges.length + sum(rows.map(({ precisionNanoUsd }) => precisionNanoUsd));
	const areBothThere = rows.length > 0 && charges.length > 0 && (isEqual || provider.tokens === null);
	return areBothThere && Math.abs(delta) <= precision;
}

/** The tokens agree and the money does not. */
function explainRate(facts: Facts): Explanation {
	const { ledger, provider } = facts;
	const rate = findBilledRate(facts);
	const tiers = provider.tiers.filter((tier) => !ledger.tiers.includes(tier) && tier !== 'standard');
	if (tiers.length > 0 || /^(?:batch|priority|flex|half)/.test(rate ?? '')) {
		const said = tiers.length > 0 ? `the report says ${tiers.join(', ')}` : `the amount is that of ${rate}`;
		return ['service-tier', `billed as another service than the ledger's: ${said}`];
	}
	const factor = (provider.costNanoUsd / ledger.costNanoUsd).toFixed(3);
	const unknown = ledger.costNanoUsd === 0 ? 'a rate that is not known here' : `${factor} × the ledger's rates`;
	return ['price-differs', `the same tokens, billed at ${rate ?? unknown}`];
}

/** The provider billed more than the ledger has. */
function explainMore(facts: Facts): Explanation {
	const { charges, estimates, ledger, provider, unpriced } = facts;
	const more = (provider.requests ?? 0) - (ledger.requests ?? 0);
	const outside = 'than the ledger has: used outside, by another key or program';
	if (unpriced.length > 0)
		return ['unpriced', `${count(unpriced.length, 'row')} of the ledger had no price; the provider had`];
	if (more > 0) return ['outside-ledger', `${count(more, 'request')} more ${outside}`];
	if (estimates.length > 0) return explainEstimates(facts);
	if (provider.tokens === null) return NO_TOKENS;
	if (more < 0 || charges.length === 0) return ['outside-ledger', `more use ${outside}`];
	return ['tokens-differ', 'as many requests, more tokens than the ledger has'];
}

/** The ledger has more than the provider billed, beyond its estimates. */
function explainLess({ isOpen, provider, rows }: Facts): Explanation {
	if (isOpen) return ['not-exported-yet', 'the day is not long over: the provider may not have counted all of it'];
	if (rows.length > 0 && provider.tokens === null) return NO_TOKENS;
	return [
		'never-billed',
		'in the ledger, and not billed by the provider (or billed to a key that the report leaves out)',
	];
}

function explainEstimates({ estimates }: Facts): Explanation {
	return [
		'estimated',
		`${count(estimates.length, 'row')} of the ledger is an estimate; the provider's figure is exact`,
	];
}

function explainHolds({ holds }: Facts): Explanation {
	return ['unknown-spend', `${count(holds.length, 'hold')} of a process that died: this is what became of it`];
}

const PER_USE: Explanation = [
	'per-use',
	'billed per use, as web searches are: reports have it in rows that name no model',
];
const NO_TOKENS: Explanation = ['amount-differs', 'the report has no tokens, so use and price cannot be told apart'];

function count(number: number, word: string): string {
	return `${number} ${word}${number === 1 ? '' : 's'}`;
}

/** Cost of the entries that have a price. */
export function sumCosts(entries: readonly CostEntry[]): NanoUsd {
	return sum(entries.map(({ costNanoUsd }) => costNanoUsd ?? 0));
}

/** The instant (epoch ms) at which a UTC day's prices are looked up. */
export function getNoon(day: string): number {
	return Date.parse(`${day}T12:00:00Z`);
}

/** What these tokens cost at the model's rates of that day; negative tokens are money back. 0 without a price. */
export function priceTokens(
	tokens: CountedTokens,
	{ day, profile }: Pick<ReconcileGroup, 'day' | 'profile'>,
	serviceTier: ServiceTier | undefined,
): NanoUsd {
	const pricing = profile && resolvePricing(profile);
	if (pricing === null) return 0;
	const sheet = withoutTiers(resolvePriceSheet(pricing, getNoon(day)));
	const price = (sign: 1 | -1): NanoUsd => {
		const usage = toUsage(mapTokens((name) => Math.max(0, sign * tokens[name])));
		return priceUsage({ ...usage, serviceTier }, sheet, getNoon(day)).totalNanoUsd;
	};
	return price(1) - price(-1);
}

/** A day's tokens are no single request: they reach no long-context tier. */
function withoutTiers({ tiers: _tiers, serviceTiers = {}, ...rest }: PriceSheet): PriceSheet {
	const plain = Object.entries(serviceTiers).map(([name, { tiers: _own, ...table }]) => [name, table]);
	return { ...rest, serviceTiers: Object.fromEntries(plain) };
}

/** What rows of the ledger were charged per use, e.g. for web searches. */
function pricePerUse({ charges, day, profile }: Facts): NanoUsd {
	const pricing = profile && resolvePricing(profile);
	if (pricing === null) return 0;
	const price = ({ perUse }: Usage): NanoUsd =>
		priceUsage({ ...ZERO_USAGE, perUse }, pricing, getNoon(day)).totalNanoUsd;
	return sum(charges.map(({ usage }) => price(usage)));
}

/** Two amounts are of one rate when they differ by at most this part: reports round. */
const RATE_TOLERANCE = 0.005;

/** Which of a model's rates beside its standard ones makes the provider's amount of its tokens; `null` when none does. */
function findBilledRate({ day, profile, provider: { costNanoUsd, tokens } }: Facts): string | null {
	const pricing = profile && resolvePricing(profile);
	if (pricing === null || tokens === null) return null;
	const at = getNoon(day);
	const { changes = [], ...first } = pricing;
	const sheet = resolvePriceSheet(pricing, at);
	const plain = withoutTiers(sheet);
	const services = (['batch', 'priority', 'flex'] as const).filter((tier) => sheet.serviceTiers?.[tier] !== undefined);
	const others = [first, ...changes].filter(({ from }) => from !== sheet.from);
	const price = (rates: PriceSheet, more: Partial<Usage> = {}): NanoUsd =>
		priceUsage({ ...toUsage(tokens), ...more }, rates, at).totalNanoUsd;
	const prices = new Map<string, NanoUsd>();
	for (const serviceTier of services) prices.set(`${serviceTier} rates`, price(plain, { serviceTier }));
	for (const tier of sheet.tiers ?? [])
		prices.set(`long-context rates (over ${tier.aboveInputTokens} input tokens)`, price({ ...plain, ...tier }));
	for (const region of Object.keys(sheet.regionPermille ?? {}))
		prices.set(`rates of the region ${region}`, price(plain, { region }));
	for (const other of others)
		prices.set(
			`rates in force from ${other.from ?? 'the beginning'}`,
			price({ ...withoutTiers(other), from: '0001-01-01' }),
		);
	// half price for batches is what all three providers publish, also where the catalog has no rate for it
	prices.set('half the standard rates, as for batches', Math.round(price(plain) / 2));
	const isBilled = (cost: NanoUsd): boolean => cost > 0 && Math.abs(cost - costNanoUsd) <= cost * RATE_TOLERANCE;
	return [...prices].find(([, cost]) => isBilled(cost))?.[0] ?? null;
}
