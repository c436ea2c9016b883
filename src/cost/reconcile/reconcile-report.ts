import type { ModelName, NanoUsd, Reservation } from '../../contracts/index.ts';
import type { CountedTokens } from './usage-export.ts';

/** Why the ledger and the provider differ, each with whether it is corrected; the meanings are in docs/guide/reconcile.md. */
export const IS_CORRECTED = {
	'outside-ledger': false,
	'not-exported-yet': false,
	'never-billed': true,
	estimated: true,
	'unknown-spend': true,
	unpriced: true,
	'service-tier': true,
	'price-differs': true,
	'tokens-differ': true,
	'amount-differs': true,
	'per-use': false,
	rounding: false,
};

/** A part of a difference. The parts of a difference add up to it. */
export interface DifferenceCause {
	reason: keyof typeof IS_CORRECTED;
	/** Provider - ledger. */
	amountNanoUsd: NanoUsd;
	explanation: string;
}

/** The figures of one side for a day and model; `null` where it has none. */
export interface ReconcileFigures {
	requests: number | null;
	tokens: CountedTokens | null;
	costNanoUsd: NanoUsd;
	/** The services that were billed. */
	tiers: string[];
}

/** A day and model in which the two differ. */
export interface ReconcileDifference {
	/** UTC. */
	day: string;
	/** `null`: the provider's report names no model, so the whole day is compared. */
	model: ModelName | null;
	ledger: ReconcileFigures;
	provider: ReconcileFigures;
	/** The provider's cost was made from its tokens and the difference to the ledger's, for the report has no money. */
	isCostDerived: boolean;
	/** Provider - ledger. */
	deltaNanoUsd: NanoUsd;
	causes: DifferenceCause[];
	/** The difference is at most the tolerated part of the provider's cost. */
	isWithinTolerance: boolean;
}

/** The reservation of a process that died, and what the report makes known of it. */
export interface ReconciledHold {
	hold: Reservation;
	day: string;
	/** `settle` at the amount, `release` (nothing more was billed), or `leave` (the day is not over, or not in the report). */
	plan: 'settle' | 'release' | 'leave';
	settleNanoUsd: NanoUsd;
}

/** The ledger compared with a provider's report. */
export interface ReconcileReport {
	provider: string;
	/** First and last day compared (UTC). */
	from: string;
	to: string;
	/** Days and models compared, and those of them that agree. */
	compared: number;
	agreed: number;
	ledgerNanoUsd: NanoUsd;
	providerNanoUsd: NanoUsd;
	deltaNanoUsd: NanoUsd;
	/** By day and model. */
	differences: ReconcileDifference[];
	holds: ReconciledHold[];
	/** Models of any provider whose answers state another cost than the ledger has, with the number of these answers. */
	statedCosts: Array<{ model: ModelName; requests: number; costNanoUsd: NanoUsd; statedNanoUsd: NanoUsd }>;
	/** What the catalog does not know, as it is called. */
	unknownModels: Array<{ model: string; costNanoUsd: NanoUsd; tokens: number }>;
	/** Every difference is within tolerance. */
	isWithinTolerance: boolean;
}
