import { createPriceBook, type ModelCatalog, type PriceBook } from '../catalog/index.ts';
import type {
	Attempt,
	AttemptRow,
	CandidateRecord,
	ChargedCall,
	Clock,
	DecisionRecord,
	FallbackEventRow,
	IdSource,
	Logger,
	RateLimitRow,
	RouterEvent,
	RouterEventListener,
	RouterStorage,
	RoutingDecision,
	RoutingScore,
	StorageRecord,
	TaskDescriptor,
	TaskInputsRecord,
	TaskType,
} from '../contracts/index.ts';
import { isTypeGuessed } from '../route/index.ts';
import { BoundedMap } from '../util/index.ts';
import type { RouteOptions, SystemPorts } from './options.ts';

/** Pending records that are written at once, without waiting for the timer. */
const MAX_BATCH_RECORDS = 128;
/** Records that may be pending while storage does not answer; beyond this the oldest are dropped and counted. */
const MAX_PENDING_RECORDS = 50_000;
/** Milliseconds a record may wait to be written with others. */
const FLUSH_DELAY_MS = 500;

/** Writes decisions, outcomes and events in batches, off the hot path, in order. */
export class Recorder {
	readonly #storage: () => Promise<RouterStorage>;
	readonly #logger: Logger;
	readonly #pending: StorageRecord[] = [];
	#dropped = 0;
	#timer: ReturnType<typeof setTimeout> | null = null;
	#writing: Promise<void> = Promise.resolve();
	/** A write waits for the one before it; it will take what is added meanwhile. */
	#isWriteQueued = false;

	constructor(storage: () => Promise<RouterStorage>, logger: Logger) {
		this.#storage = storage;
		this.#logger = logger;
	}

	/** Records dropped because storage did not keep up. */
	get dropped(): number {
		return this.#dropped;
	}

	/** Records that are not written yet. */
	get pending(): number {
		return this.#pending.length;
	}

	add(record: StorageRecord): void {
		if (this.#pending.length >= MAX_PENDING_RECORDS) this.#dropped += this.#pending.splice(0, MAX_BATCH_RECORDS).length;
		this.#pending.push(record);
		if (this.#pending.length >= MAX_BATCH_RECORDS) void this.flush();
		else this.#schedule();
	}

	#schedule(): void {
		if (this.#timer !== null) return;
		const timer = setTimeout(() => void this.flush(), FLUSH_DELAY_MS);
		// a pending batch must not keep a finished program alive: `close` writes it
		if (typeof timer === 'object') timer.unref();
		this.#timer = timer;
	}

	/** Resolves when everything added so far is written, or its failure is logged. */
	flush(): Promise<void> {
		if (this.#timer !== null) clearTimeout(this.#timer);
		this.#timer = null;
		// Records stay in `#pending`, which is bounded, until storage has taken those before them.
		if (this.#isWriteQueued || this.#pending.length === 0) return this.#writing;
		this.#isWriteQueued = true;
		this.#writing = this.#writing.then(() => this.#writePending());
		return this.#writing;
	}

	async #writePending(): Promise<void> {
		this.#isWriteQueued = false;
		for (let left = this.#pending.length; left > 0; left -= MAX_BATCH_RECORDS) {
			const batch = this.#pending.splice(0, Math.min(left, MAX_BATCH_RECORDS));
			if (batch.length > 0) await this.#write(batch);
		}
	}

	async #write(batch: StorageRecord[]): Promise<void> {
		try {
			const storage = await this.#storage();
			await storage.records.write(batch);
		} catch (error) {
			this.#dropped += batch.length;
			this.#logger.error(`${batch.length} records could not be written`, { error: String(error) });
		}
	}
}

/** Characters of a failure's message that are recorded. */
const MAX_MESSAGE_LENGTH = 500;

/** Records attempts and rate limits; decisions, outcomes and fallbacks are recorded where they are made. */
export function recordEvent(
	event: RouterEvent,
	{ recorder, ids, clock }: { recorder: Recorder; ids: IdSource; clock: Pick<Clock, 'now'> },
): void {
	if (event.type === 'attempt-end') {
		// stored with its charge
		if (event.attempt.costNanoUsd !== undefined) return;
		recorder.add({ kind: 'attempt', row: createAttemptRow(ids.next(), event.decisionId, event.attempt) });
	} else if (event.type === 'rate-limit-hit') {
		recorder.add({ kind: 'rate-limit', row: createRateLimitRow(ids.next(), event, clock.now()) });
	}
}

/** How a call went, or a model that was passed over, as it is stored. */
export function describeCall(attempt: Omit<Attempt, 'model' | 'number'>): ChargedCall {
	return {
		deployment: attempt.deployment ?? null,
		outcome: attempt.outcome,
		failure: attempt.failure ?? null,
		status: attempt.status ?? null,
		message: attempt.message?.slice(0, MAX_MESSAGE_LENGTH) ?? null,
		durationMs: attempt.durationMs,
		delayMs: attempt.delayMs,
		at: attempt.startedAt,
	};
}

/** The row of an attempt that nothing was charged for. */
function createAttemptRow(id: string, decisionId: string | null, attempt: Attempt): AttemptRow {
	const { model, number } = attempt;
	return { id, decisionId, number, model, ...describeCall(attempt), costNanoUsd: null, isEstimated: false };
}

type RateLimitHit = Extract<RouterEvent, { type: 'rate-limit-hit' }>;

function createRateLimitRow(id: string, { decisionId, limit, message }: RateLimitHit, at: number): RateLimitRow {
	return {
		id,
		decisionId,
		model: limit.model,
		limitType: 'requests',
		limitValue: Number.isFinite(limit.limit) ? limit.limit : null,
		remaining: Number.isFinite(limit.remaining) ? limit.remaining : null,
		resetAt: limit.resetAt.getTime(),
		errorMessage: message.slice(0, MAX_MESSAGE_LENGTH),
		at,
	};
}

/** To a hundredth: nobody reads more of a score, and it takes half the bytes. */
const roundPoints = (points: number): number => Math.round(points * 100) / 100;

function toCandidateRecord(score: RoutingScore): CandidateRecord {
	const { estimatedCompletionMs, estimatedCostNanoUsd, model, predictedQuality, scores, totalScore } = score;
	const { outcomes } = predictedQuality;
	const value = roundPoints(predictedQuality.value);
	const low = roundPoints(predictedQuality.low);
	const high = roundPoints(predictedQuality.high);
	return {
		model: model.name,
		totalScore: roundPoints(totalScore),
		scores: {
			capabilityMatch: roundPoints(scores.capabilityMatch),
			costEfficiency: roundPoints(scores.costEfficiency),
			latency: roundPoints(scores.latency),
			quality: roundPoints(scores.quality),
			historicalPerformance: roundPoints(scores.historicalPerformance),
		},
		predictedQuality:
			outcomes === undefined ? { value, low, high } : { value, low, high, outcomes: roundPoints(outcomes) },
		estimatedCostNanoUsd,
		estimatedCompletionMs: Math.round(estimatedCompletionMs),
	};
}

/** Less likely types move no decision and are named in no reason. */
const MIN_KEPT_PROBABILITY = 0.01;

/** Of a description: its text, what was read out of it, and what is kept in another form. */
const NO_INPUTS: ReadonlySet<string> = new Set<keyof TaskDescriptor>([
	'task',
	'context',
	'features',
	'classifier',
	'confidence',
	'difficulty',
	'typeProbabilities',
]);

/** The task as it was described, without its text and what was read out of it. Loops take a third of the time of rest members. */
function toTaskInputs(descriptor: TaskDescriptor): TaskInputsRecord {
	const inputs: Partial<Record<string, unknown>> = {};
	for (const name in descriptor) {
		if (!NO_INPUTS.has(name)) inputs[name] = descriptor[name as keyof TaskDescriptor];
	}
	const { type, typeProbabilities } = descriptor;
	let kept: TaskInputsRecord['typeProbabilities'];
	for (const name in typeProbabilities) {
		const probability = typeProbabilities[name as TaskType];
		if (probability < MIN_KEPT_PROBABILITY && name !== type) continue;
		kept ??= {};
		kept[name as TaskType] = probability;
	}
	if (kept !== undefined) inputs['typeProbabilities'] = kept;
	if (isTypeGuessed(descriptor)) inputs['isTypeGuessed'] = true;
	return inputs as TaskInputsRecord; // what is left of a descriptor
}

/** The row of a decision; with the task's text only where capture is on. */
export function createDecisionRecord(
	decision: RoutingDecision,
	{ hashTask, captureTaskText = false }: Pick<SystemPorts, 'hashTask' | 'captureTaskText'>,
): DecisionRecord {
	const { descriptor } = decision;
	return {
		id: decision.id,
		taskHash: hashTask?.(descriptor.task) ?? '',
		taskText: captureTaskText ? descriptor.task : null,
		taskType: descriptor.type,
		complexity: descriptor.complexity,
		pattern: descriptor.pattern,
		model: decision.model.name,
		modelId: decision.model.modelId,
		confidence: decision.confidence,
		estimatedCostNanoUsd: decision.estimatedCostNanoUsd,
		estimatedLatencyMs: decision.estimatedLatencyMs,
		estimatedInputTokens: descriptor.estimatedInputTokens,
		estimatedOutputTokens: descriptor.estimatedOutputTokens,
		reasoning: decision.reasoning,
		alternatives: decision.alternatives.map(({ model, score, reason }) => ({ model: model.name, score, reason })),
		policy: decision.policy.name,
		policyVersion: decision.policy.version,
		catalogVersion: decision.catalogVersion,
		propensity: decision.propensity,
		propensityKind: decision.propensityKind,
		policyHash: decision.policy.hash,
		candidates: decision.scores.map(toCandidateRecord),
		exclusions: decision.exclusions,
		inputs: { task: toTaskInputs(descriptor), chance: decision.chance, keepProbability: 1 },
		workload: descriptor.workload,
		isCached: decision.cached,
		decisionTimeMs: decision.decisionTimeMs,
		features: descriptor.features,
		at: decision.timestamp.getTime(),
	};
}

/** Records a decision and, where it was drawn into an arm of an experiment, that. */
export function recordDecision(decision: RoutingDecision, recorder: Recorder, ports: SystemPorts): void {
	recorder.add({ kind: 'decision', row: createDecisionRecord(decision, ports) });
	if (decision.experiment === undefined) return;
	const { arm, name: experiment, probability, unit } = decision.experiment;
	const row = { decisionId: decision.id, experiment, unit, arm, probability, at: decision.timestamp.getTime() };
	recorder.add({ kind: 'experiment', row });
}

/** One row for each fallback from a model to the next; the last one succeeded when the request (`success`) did. */
export function createFallbackRows(
	attempts: readonly Attempt[],
	options: { decisionId: string; success: boolean; ids: IdSource; at: number },
): FallbackEventRow[] {
	const rows: FallbackEventRow[] = [];
	for (const [index, attempt] of attempts.entries()) {
		const next = attempts[index + 1];
		if (next === undefined || next.model === attempt.model || attempt.outcome === 'success') continue;
		rows.push({
			id: options.ids.next(),
			decisionId: options.decisionId,
			primaryModel: attempt.model,
			primaryError: (attempt.message ?? attempt.failure ?? 'unknown').slice(0, MAX_MESSAGE_LENGTH),
			fallbackModel: next.model,
			fallbackSuccess: options.success && attempts.at(-1)?.model === next.model,
			attemptNumber: next.number,
			retryDelayMs: Math.round(next.delayMs),
			at: options.at,
		});
	}
	return rows;
}

/** Holds the prices in force, and records them, so that ledger rows can be explained by the prices they name. */
export class PriceBookRecorder {
	readonly #catalog: ModelCatalog;
	#book: PriceBook | null = null;
	#catalogVersion = '';

	constructor(catalog: ModelCatalog) {
		this.#catalog = catalog;
	}

	/** Version of the prices in force. */
	get version(): string {
		return this.#current().version;
	}

	#current(): PriceBook {
		if (this.#book === null || this.#catalogVersion !== this.#catalog.version) {
			this.#book = createPriceBook(this.#catalog.profiles());
			this.#catalogVersion = this.#catalog.version;
		}
		return this.#book;
	}

	/** Stores the price book under its version. */
	async save(storage: RouterStorage, { now, logger }: { now: number; logger: Logger }): Promise<void> {
		const { version, models } = this.#current();
		try {
			await storage.prices.save({ version, document: JSON.stringify({ version, models }), at: now });
		} catch (error) {
			// rows name their version all the same
			logger.error('The price book could not be kept', { error: String(error) });
		}
	}
}

/** Requests whose ids are kept for log lines. */
const MAX_CORRELATIONS = 10_000;

/** Calls every listener with every event; what a listener throws is logged and never reaches the caller. */
export class EventBus {
	readonly #listeners = new Set<RouterEventListener>();
	/** By decision: of requests under way, and of some that were decided and never executed. */
	readonly #correlations = new BoundedMap<string, NonNullable<RouteOptions['correlation']>>(MAX_CORRELATIONS);
	readonly #logger: Logger;

	constructor(logger: Logger) {
		this.#logger = logger;
	}

	/** Adds a listener; the returned function removes it. */
	subscribe(listener: RouterEventListener): () => void {
		this.#listeners.add(listener);
		return () => {
			this.#listeners.delete(listener);
		};
	}

	/** Has log lines about a decision carry ids, until it is called without. */
	correlate(decisionId: string, ids: RouteOptions['correlation']): void {
		if (ids === undefined) this.#correlations.delete(decisionId);
		else this.#correlations.set(decisionId, ids);
	}

	/** The ids of a decision's log lines. */
	idsOf(decisionId: string | null): Readonly<Record<string, unknown>> {
		return { decisionId, ...this.#correlations.get(decisionId ?? '')?.() };
	}

	emit(event: RouterEvent): void {
		for (const listener of this.#listeners) {
			try {
				listener(event);
			} catch (error) {
				this.#logger.error(`A listener failed on ${event.type}`, { error: String(error) });
			}
		}
	}
}

/** How events are logged. */
interface EventLogOptions {
	logger: Logger;
	isDebug: boolean;
	/** The ids that lines about a request carry, by its decision. */
	idsOf(decisionId: string | null): Readonly<Record<string, unknown>>;
}

/** Logs an event, never with the task's text; decisions and attempts only where debug is on. */
export function logEvent(event: RouterEvent, { idsOf, isDebug, logger }: EventLogOptions): void {
	switch (event.type) {
		case 'storage-degraded':
			logger.error('Storage cannot be used', { reason: event.message });
			return;
		case 'storage-recovered':
			logger.warn(event.message);
			return;
		case 'experiment-ended':
			logger.warn(`Experiment ${event.experiment} has ended: ${event.message}`, { reason: event.reason });
			return;
		case 'budget-alert':
			logger.warn(`${event.thresholdPercent}% of the budget of the ${event.period} is spent`, event);
			return;
		case 'fallback-triggered':
			logger.warn(`${event.from} gave way to ${event.to}`, { ...idsOf(event.decisionId), attempt: event.attempt });
			return;
		case 'rate-limit-hit':
			logger.warn(`${event.limit.model} is rate limited`, { ...idsOf(event.decisionId), limit: event.limit });
			return;
		case 'decision-made':
			if (isDebug) logDecision(logger, event.decision, idsOf(event.decision.id));
			return;
		case 'attempt-end':
			if (isDebug) logger.debug(event.type, { ...event, ...idsOf(event.decisionId) });
			return;
		default:
			if (isDebug && event.type !== 'task-classified') logger.debug(event.type, event);
	}
}

function logDecision(logger: Logger, decision: RoutingDecision, ids: Readonly<Record<string, unknown>>): void {
	const { type, complexity, pattern } = decision.descriptor;
	logger.debug(`Routed to ${decision.model.name} with ${decision.confidence.toFixed(1)}% confidence`, {
		...ids,
		task: { type, complexity, pattern },
		scores: decision.scores.map(({ model, totalScore, scores }) => ({ model: model.name, totalScore, ...scores })),
		exclusions: decision.exclusions,
		reasoning: decision.reasoning,
	});
}
