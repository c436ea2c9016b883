import type { AuditLog, LimitStore } from './administration.ts';
import type { BudgetCheck, BudgetConfig, BudgetKeys, PeriodSpend, Reservation, ReservationResult } from './budget.ts';
import type { CostEntry, CostGroup, CostTotals, UnknownUsage } from './cost.ts';
import type { EvaluationStore } from './evaluation.ts';
import type { Attempt, FailureKind, ObservedSignal, OutcomeObservation } from './execution.ts';
import type { ExperimentRequest, ExperimentStore } from './experiments.ts';
import type { IdempotencyStore, KeyStore } from './keys.ts';
import type { ModelName } from './model.ts';
import { type NanoUsd, nanoToUsd } from './money.ts';
import type { ChoiceChance, Exclusion, PropensityKind, RoutingScore } from './routing.ts';
import type { ShadowStore } from './shadow.ts';
import type { ClassificationFeature, TaskDescriptor } from './task.ts';
import type { TaskType } from './task-types.ts';

/** An eligible model as it was scored when the decision was made. */
export interface CandidateRecord extends Pick<RoutingScore, 'totalScore' | 'scores' | 'predictedQuality'> {
	model: ModelName;
	/** Expected; `null` when the model is unpriced. */
	estimatedCostNanoUsd: NanoUsd | null;
	estimatedCompletionMs: number;
}

/** What is remembered of a task's description, so that it can be decided again: all that decides, never a text. */
export type TaskInputsRecord = Omit<
	TaskDescriptor,
	'task' | 'context' | 'features' | 'typeProbabilities' | 'confidence' | 'difficulty' | 'classifier'
> & {
	/** Without the types that are as good as impossible. */
	typeProbabilities?: Partial<Record<TaskType, number>> | undefined;
	/** Its type was a guess, by its probability or because the ask was too short to tell. */
	isTypeGuessed?: boolean | undefined;
};

/** What a decision was made from, beside the catalog and the policy that its record names. */
export interface DecisionInputsRecord {
	task: TaskInputsRecord;
	/** As in the decision. */
	chance?: ChoiceChance | undefined;
	/** Probability with which a decision like this is recorded, in (0, 1]: 1, as all are. Absent in records of releases that kept none. */
	keepProbability?: number | undefined;
}

/** A decision as it is remembered. No prompt text unless capture is on. */
export interface DecisionRecord
	extends Pick<TaskDescriptor, 'complexity' | 'pattern' | 'estimatedInputTokens' | 'estimatedOutputTokens'> {
	id: string;
	taskHash: string;
	taskText: string | null;
	taskType: TaskType;
	model: ModelName;
	modelId: string;
	confidence: number;
	estimatedCostNanoUsd: NanoUsd | null;
	estimatedLatencyMs: number;
	reasoning: readonly string[];
	alternatives: ReadonlyArray<{ model: ModelName; score: number; reason: string }>;
	policy: string;
	policyVersion: string;
	catalogVersion: string;
	propensity: number;
	/** Absent in records of releases that kept none; so are the four below. */
	propensityKind?: PropensityKind | undefined;
	policyHash?: string | undefined;
	/** Every eligible model, best first; scores to a hundredth of a point. */
	candidates?: readonly CandidateRecord[] | undefined;
	/** The models that were not eligible, and why. */
	exclusions?: readonly Exclusion[] | undefined;
	inputs?: DecisionInputsRecord | undefined;
	/** As in the descriptor. */
	workload?: string | undefined;
	isCached: boolean;
	decisionTimeMs: number;
	/** The signs that decided the classification; absent when they were not kept. */
	features?: readonly ClassificationFeature[] | undefined;
	at: number;
}

/** How a decision turned out. At most one per decision; feedback is added to it later. */
export interface OutcomeRow extends Omit<OutcomeObservation, 'model' | 'costUsd' | 'latencyMs'> {
	id: string;
	decisionId: string;
	/** The model that answered (or failed last): it, not the chosen one, earns the credit. */
	answeredBy: ModelName;
	actualCostNanoUsd: NanoUsd | null;
	actualLatencyMs: number | null;
	usedFallback: boolean;
	attempts: number;
	errorMessage: string | null;
	errorCode: string | null;
	userRating: number | null;
	userComment: string | null;
}

/** What a later request showed of an answer: added to its outcome once, and to none that is not known. */
export interface SignRow {
	decisionId: string;
	signal: ObservedSignal;
}

/** What learning reads of an outcome. */
export function toOutcomeObservation(row: OutcomeRow): OutcomeObservation {
	return {
		model: row.answeredBy,
		taskType: row.taskType,
		complexity: row.complexity,
		success: row.success,
		quality: row.quality,
		ratedBy: row.ratedBy,
		workload: row.workload,
		observed: row.observed,
		costUsd: row.actualCostNanoUsd === null ? null : nanoToUsd(row.actualCostNanoUsd),
		latencyMs: row.actualLatencyMs,
		inputTokens: row.inputTokens,
		outputTokens: row.outputTokens,
		at: row.at,
	};
}

/** A model gave way to the next one. */
export interface FallbackEventRow {
	id: string;
	decisionId: string | null;
	primaryModel: ModelName;
	primaryError: string;
	fallbackModel: ModelName;
	fallbackSuccess: boolean;
	attemptNumber: number;
	retryDelayMs: number;
	at: number;
}

/** What the ids of the simulator's deployments begin with. */
export const SIMULATED_DEPLOYMENT_PREFIX = 'simulated-';

/** One call of a model, or a model that was passed over, as it is remembered. */
export interface AttemptRow extends Pick<Attempt, 'number' | 'model' | 'outcome' | 'durationMs' | 'delayMs'> {
	id: string;
	decisionId: string | null;
	/** Where it was called; `null` where the caller named no deployments. */
	deployment: string | null;
	/** What kind of failure it met; `null` when none. */
	failure: FailureKind | null;
	/** HTTP status of the failure, where there was one. */
	status: number | null;
	/** Why it failed or was passed over, or how the budget limited it; never contains secrets. */
	message: string | null;
	/** What was settled for it; `null` when nothing was, or its model has no price. */
	costNanoUsd: NanoUsd | null;
	/** The usage behind the cost was estimated here, not reported by the provider. */
	isEstimated: boolean;
	/** When it began. */
	at: number;
}

/** A provider's limit was met. */
export interface RateLimitRow {
	id: string;
	decisionId: string | null;
	model: ModelName;
	limitType: string;
	limitValue: number | null;
	remaining: number | null;
	resetAt: number | null;
	errorMessage: string | null;
	at: number;
}

/** A person's rating as it is stored. */
export interface StoredFeedback {
	/** 1-5, 5 best. */
	rating: number;
	comment: string | null;
	/** 0-100. */
	quality: number;
	/** Key of the caller who rated; `null`: the operator. */
	ratedBy: string | null;
}

/** What may be written in batches, off the hot path. Order within a batch is kept. */
export type StorageRecord =
	| { kind: 'decision'; row: DecisionRecord }
	| { kind: 'outcome'; row: OutcomeRow }
	| { kind: 'fallback'; row: FallbackEventRow }
	| { kind: 'rate-limit'; row: RateLimitRow }
	| { kind: 'attempt'; row: AttemptRow }
	| { kind: 'experiment'; row: ExperimentRequest }
	| { kind: 'sign'; row: SignRow };

/** Aggregated results of one model on one kind of task. */
export interface PerformanceRow extends Pick<OutcomeObservation, 'model' | 'taskType' | 'complexity'> {
	totalRequests: number;
	successfulRequests: number;
	meanQuality: number | null;
	totalCostNanoUsd: NanoUsd;
	meanLatencyMs: number | null;
	inputTokens: number;
	outputTokens: number;
	lastUpdatedAt: number;
}

/** A half-open range of time in epoch milliseconds: from ≤ t < to. */
export interface TimeRange {
	from: number;
	to: number;
}

/** Counts of decisions by model, type and complexity. */
export interface DecisionCounts extends Pick<OutcomeObservation, 'model' | 'taskType' | 'complexity'> {
	count: number;
	cachedCount: number;
	totalDecisionTimeMs: number;
}

/** A decision and everything that came of it. */
export interface DecisionTrail {
	decision: DecisionRecord;
	/** `null` while it is under way, or when it was only routed. */
	outcome: OutcomeRow | null;
	/** Rows of the ledger, the oldest first. */
	entries: CostEntry[];
	fallbacks: FallbackEventRow[];
	rateLimits: RateLimitRow[];
}

/** How a decision may have ended; `pending`: nothing is known of its end yet. */
export const DECISION_OUTCOMES = ['success', 'failure', 'fallback', 'pending'] as const;
/** One of the ways in which a decision may have ended. */
export type DecisionOutcome = (typeof DECISION_OUTCOMES)[number];

/** Which decisions are listed. Every condition that is given must hold. */
export interface DecisionQuery {
	range: TimeRange;
	/** The model that was chosen. */
	model?: string | undefined;
	taskType?: string | undefined;
	outcome?: DecisionOutcome | undefined;
	/** Whom it was charged to. */
	attribution?: Partial<Record<Extract<CostGroup, 'key' | 'tag' | 'session'>, string | undefined>> | undefined;
	/** Actual cost, at least. */
	minCostNanoUsd?: NanoUsd | undefined;
	/** Older than this one, which was the last of the page before. */
	after?: Pick<DecisionRecord, 'at' | 'id'> | undefined;
	limit: number;
}

/** A decision in a list, with how it ended. */
export interface DecisionSummary {
	decision: DecisionRecord;
	outcome: OutcomeRow | null;
}

/** Writes decisions, outcomes and events. */
export interface RecordStore {
	/**
	 * Writes all or nothing; resolves when durable. A row whose id is already there (or a second outcome of
	 * a decision) is left as it was, so a batch may be written again after a failure.
	 */
	write(records: readonly StorageRecord[]): Promise<void>;
	/**
	 * Adds feedback to the outcome of a decision, and makes the outcome when there is none yet (a task that was
	 * routed here and executed elsewhere; a rating of 3 or more is a success). False when there is no such decision.
	 */
	rate(decisionId: string, feedback: StoredFeedback): Promise<boolean>;
	decision(id: string): Promise<DecisionRecord | null>;
	/** What came of a decision, each kind oldest first; `null` when it is not known. Charges and events of later than a day are left out. */
	trail(id: string): Promise<DecisionTrail | null>;
	decisions(range: TimeRange, limit: number): Promise<DecisionRecord[]>;
	/** Decisions that meet every condition, each with its outcome, newest first. */
	search(query: DecisionQuery): Promise<DecisionSummary[]>;
	outcomes(range: TimeRange, limit: number): Promise<OutcomeRow[]>;
	fallbackEvents(range: TimeRange, limit: number): Promise<FallbackEventRow[]>;
	rateLimits(range: TimeRange, limit: number): Promise<RateLimitRow[]>;
	attempts(range: TimeRange, limit: number): Promise<AttemptRow[]>;
	/** The attempts of one decision, in the order in which they began. */
	attemptsOf(decisionId: string): Promise<AttemptRow[]>;
	counts(range: TimeRange): Promise<DecisionCounts[]>;
}

/** The append-only ledger. */
export interface CostLedger {
	/** Resolves when the row is durable. Counts against no budget: `settle` and `charge` do. An id already there is left as it was. */
	append(entry: CostEntry): Promise<void>;
	entries(range: TimeRange, limit: number): Promise<CostEntry[]>;
	/** Grouped totals, largest cost first (`day`: newest first, days in the given time zone). */
	totals(range: TimeRange, by: CostGroup, timezone: string): Promise<CostTotals[]>;
	/** Fields of usage that nobody here knows and uses without a price, the most frequent first. */
	unknownUsage(range: TimeRange): Promise<UnknownUsage[]>;
}

/** A price book that rows of the ledger were priced with. */
export interface StoredPriceBook {
	version: string;
	/** The book as JSON. */
	document: string;
	/** First used, epoch milliseconds. */
	at: number;
}

/** Remembers which prices were in force, so that a row can be explained later. */
export interface PriceBookStore {
	/** A version that is there already is left as it was. */
	save(book: StoredPriceBook): Promise<void>;
	/** Newest first. */
	list(): Promise<StoredPriceBook[]>;
}

/** Holds and counts money per scope and period; every method is atomic across processes. */
export interface BudgetStore {
	/** Holds the amount when every check that is not soft passes, else changes nothing; soft ones are counted only. */
	reserve(reservation: Reservation): Promise<ReservationResult>;
	/**
	 * Replaces the hold by the actual charge and appends its ledger row, in one step. Idempotent by reservation id.
	 * A hold that has expired or was released is charged all the same: what was billed is never lost.
	 */
	settle(reservation: Reservation, entry: CostEntry): Promise<void>;
	/** Gives the hold back, also when it has expired. Idempotent; does nothing once settled. */
	release(reservation: Reservation): Promise<void>;
	/** Charges without a hold (usage tracked by hand) and appends its ledger row, in one step. */
	charge(checks: readonly BudgetCheck[], entry: CostEntry): Promise<void>;
	/**
	 * Appends a correction (its cost may be negative) and changes what the periods have spent, in one step; no period's
	 * spending falls below 0. An id already there changes nothing.
	 */
	correct(checks: readonly BudgetCheck[], entry: CostEntry): Promise<void>;
	/**
	 * Expired reservations, oldest first: unknown spend until `settle` or `release`. Their `checks` are empty, since the
	 * store knows their periods.
	 */
	unsettled(limit: number): Promise<Reservation[]>;
	/** True for the first who claims the alert, over all processes; false ever after. */
	claimAlert(id: string, at: number): Promise<boolean>;
	spend(scope: string, periodKey: string): Promise<PeriodSpend>;
	/**
	 * Stores the limits in force on a day, for `v_budget_status`; the times are the day's start and end and the month's
	 * start. Where the time zone changed or a rule is new, its periods count at least what the ledger has since they began.
	 */
	saveLimits(config: BudgetConfig, keys: BudgetKeys): Promise<void>;
	/** Marks holds whose time has passed (`expiresAt` ≤ now) as expired: they stay counted, as unknown spend. Answers how many. */
	expire(now: number): Promise<number>;
}

/** What learning starts from. */
export interface PerformanceStore {
	/** Outcomes, and checked answers of evaluations that count for learning; newest first. */
	observations(limit: number): Promise<OutcomeObservation[]>;
	performance(): Promise<PerformanceRow[]>;
}

/** What a reset removes. The ledger is never removed by a reset. */
export type ResetScope = 'stats' | 'all';

/** What was moved out of the ledger. */
export interface LedgerArchive {
	/** The file that holds the rows now. */
	path: string;
	rows: number;
	costNanoUsd: NanoUsd;
}

/**
 * How closely a storage is looked at: its `file` is still the one that was opened; it takes a `write`; all its `pages` are sound,
 * beside the two others.
 */
export type StorageCheckDepth = 'file' | 'write' | 'pages';

/** Charges that are durable, and in no report yet. */
export interface JournalBacklog {
	rows: number;
	/** Epoch milliseconds of the oldest charge; `null` where there is none. */
	oldestAt: number | null;
}

/** Everything the system remembers, behind small ports. */
export interface RouterStorage {
	/** `memory`, `sqlite`, …. */
	readonly kind: string;
	/** Where the data lies, for messages; e.g. a file path. */
	readonly location: string;
	readonly records: RecordStore;
	readonly ledger: CostLedger;
	readonly budgets: BudgetStore;
	readonly performance: PerformanceStore;
	readonly prices: PriceBookStore;
	readonly keys: KeyStore;
	readonly idempotency: IdempotencyStore;
	readonly limits: LimitStore;
	readonly audit: AuditLog;
	readonly evaluations: EvaluationStore;
	readonly shadow: ShadowStore;
	readonly experiments: ExperimentStore;
	/** Retention: archives and removes rows older than the given time; answers how many. */
	archiveBefore(time: number): Promise<number>;
	/**
	 * Moves the ledger's rows older than the given time (epoch ms) into an archive file, made when missing; their sums stay in
	 * every report and budget. Absent where the ledger cannot be archived.
	 */
	archiveLedger?: ((before: number, path: string) => Promise<LedgerArchive>) | undefined;
	/**
	 * Resolves when the storage works as far as it was looked at, with a sentence on what could not be looked at in time, if
	 * anything. Absent where nothing can go wrong. @throws StorageError
	 */
	check?(depth: StorageCheckDepth): Promise<string | null>;
	/** Brings its tables up to date with all that is durable, for whoever reads them past these ports. Absent where none lags behind. */
	flush?(): Promise<void>;
	/** What `flush` would have to do now. Absent where nothing lags behind. */
	journalBacklog?(): Promise<JournalBacklog>;
	/** Removes decisions, outcomes, statistics, evaluations and shadow comparisons (and with `all` archives); never the ledger, a key or an answer kept for its idempotency key. */
	reset(scope: ResetScope): Promise<void>;
	close(): Promise<void>;
}
