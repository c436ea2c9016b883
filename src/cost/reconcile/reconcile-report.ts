import type { CostEntry, ModelName, ModelProfile, NanoUsd, Reservation } from '../../contracts/index.ts';
import { sum } from '../../util/index.ts';
import type { CountedTokens, UsageExportRow } from './usage-export.ts';

/** Why the ledger and the provider differ; each with its meaning in docs/guide/reconcile.md. */
export type DifferenceReason =
	| 'outside-ledger'
	| 'not-exported-yet'
	| 'never-billed'
	| 'estimated'
	| 'unknown-spend'
	| 'unpriced'
	| 'service-tier'
	| 'price-differs'
	| 'tokens-differ'
	| 'amount-differs'
	| 'per-use'
	| 'rounding';

/** What both sides have of one UTC day and model (`null`: all models of the provider). */
export interface ReconcileGroup {
	day: string;
	profile: ModelProfile | null;
	/** Rows of the ledger, corrections too. */
	entries: CostEntry[];
	/** Those that are no corrections. */
	charges: CostEntry[];
	rows: UsageExportRow[];
	/** Expired reservations of the day and model. */
	holds: Reservation[];
}

/** Cost of the entries that have a price. */
export function sumCosts(entries: readonly CostEntry[]): NanoUsd {
	return sum(entries.map(({ costNanoUsd }) => costNanoUsd ?? 0));
}

/** The instant (epoch ms) at which a UTC day's prices are looked up. */
export function getNoon(day: string): number {
	return Date.parse(`${day}T12:00:00Z`);
}

/** A part of a difference. The parts of a difference add up to it. */
export interface DifferenceCause {
	reason: DifferenceReason;
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

/** What the provider calls a model that the catalog does not know. */
export interface UnknownExportModel {
	model: string;
	costNanoUsd: NanoUsd;
	tokens: number;
}

/** What the answers of a model say that they cost (OpenRouter, xAI, Perplexity), where the ledger has another sum. */
export interface StatedCostDifference {
	model: ModelName;
	/** Charges whose answer stated a cost. */
	requests: number;
	/** What the ledger has for them. */
	costNanoUsd: NanoUsd;
	statedNanoUsd: NanoUsd;
}

/** The models whose stated costs differ from the ledger's by more than `tolerance`, a part of the stated ones (0-1). */
export function compareStatedCosts(ledger: readonly CostEntry[], tolerance: number): StatedCostDifference[] {
	const stated = ledger.filter(
		({ costNanoUsd, kind, usage }) =>
			kind !== 'correction' && usage.providerCostNanoUsd !== undefined && costNanoUsd !== null,
	);
	return [...Map.groupBy(stated, ({ model }) => model)]
		.map(([model, entries]) => ({
			model,
			requests: entries.length,
			costNanoUsd: sumCosts(entries),
			statedNanoUsd: sum(entries.map(({ usage }) => usage.providerCostNanoUsd ?? 0)),
		}))
		.filter(({ costNanoUsd, statedNanoUsd }) => Math.abs(statedNanoUsd - costNanoUsd) > statedNanoUsd * tolerance)
		.sort((one, other) => (one.model < other.model ? -1 : 1));
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
	/** By model, of every provider. */
	statedCosts: StatedCostDifference[];
	unknownModels: UnknownExportModel[];
	/** Every difference is within tolerance. */
	isWithinTolerance: boolean;
}
