import type { ModelProfile, NanoUsd } from '../contracts/index.ts';
import { areTokensEqual, findBilledRate } from './reconcile-price.ts';
import type { DifferenceCause, DifferenceReason, ReconcileFigures } from './reconcile-report.ts';

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
