import { type ModelCatalog, priceUsage, resolvePricing } from '../catalog/index.ts';
import type {
	Attribution,
	BudgetAction,
	BudgetCheck,
	CostEntry,
	IdSource,
	ModelName,
	NanoUsd,
	Reservation,
	RouterStorage,
	RoutingDecision,
	Usage,
} from '../contracts/index.ts';
import {
	type BudgetSubject,
	type CostOptimizer,
	createPeriodLimitError,
	type LimitBalance,
	type PlannedReservation,
	planReservation,
} from '../cost/index.ts';
import { BudgetExceededError, InvalidInputError } from '../errors/index.ts';

/** Output tokens offered to an attempt at least, where model and money allow it. */
const MIN_OFFERED_OUTPUT_TOKENS = 4096;
/** An answer may be this many times longer than the upper end of its estimate before it is cut. */
const OUTPUT_HEADROOM = 4;
/** Where a descriptor has no interval: the input may be this many times its estimate. */
const UNKNOWN_INPUT_HEADROOM = 2;

/** What holding money needs to know. */
export interface AttemptBudgetOptions {
	catalog: ModelCatalog;
	optimizer: CostOptimizer;
	storage: RouterStorage;
	ids: IdSource;
	now: () => number;
	allowUnpriced: readonly ModelName[];
	/** Whom the request is done for. */
	attribution: Attribution | undefined;
	/** Most output tokens the caller allows; `null`: it does not say, so as many as the model can give. @default a multiple of what is expected */
	maxOutputTokens?: number | null | undefined;
	/** Answers asked for. @default 1 */
	answers?: number | undefined;
	/** Version of the prices in force. */
	priceVersion: () => string;
	/** Hears under which limits money was charged. */
	onCharge: (checks: readonly BudgetCheck[]) => void;
}

/** Uses without a price stay visible in the ledger, beside the fields nobody knows. */
function withUnpricedUses(usage: Usage, unpricedUses: readonly string[]): Usage {
	if (unpricedUses.length === 0) return usage;
	return { ...usage, unknownFields: { ...usage.unknownFields, unpricedUses } };
}

const NOTHING_SPENT = { settledNanoUsd: 0, reservedNanoUsd: 0 };

/** A plan, or `null` where a limit refuses it. */
function tryPlan(plan: () => PlannedReservation): PlannedReservation | null {
	try {
		return plan();
	} catch (error) {
		// told with what is really spent, by the plan that reads it
		if (error instanceof BudgetExceededError) return null;
		throw error;
	}
}

function getActionAtLimit({ refusal }: BudgetExceededError): BudgetAction {
	return refusal.atLimit ?? 'downgrade';
}

/** The money of one request: held before each attempt at that attempt's own price, settled or released after it. */
export class AttemptBudget {
	readonly #ports: AttemptBudgetOptions;
	readonly #decision: RoutingDecision;
	#held: Reservation | null = null;
	#spent: NanoUsd = 0;
	#isPriced = true;
	#refusal: BudgetExceededError | InvalidInputError | null = null;
	#isLocalOnly = false;

	constructor(decision: RoutingDecision, ports: AttemptBudgetOptions) {
		this.#decision = decision;
		this.#ports = ports;
	}

	/** What all attempts cost so far; `null` when one of them had no price. */
	get spentNanoUsd(): NanoUsd | null {
		return this.#isPriced ? this.#spent : null;
	}

	/** The first refusal, by the budget or for want of a price; `null` when there was none. */
	get refusal(): BudgetExceededError | InvalidInputError | null {
		return this.#refusal;
	}

	/** What happens at the limits that refused: only local models where one of them says so, else as the first says; `null` when none did. */
	get actionAtLimit(): BudgetAction | null {
		if (this.#isLocalOnly) return 'local-only';
		return this.#refusal instanceof BudgetExceededError ? getActionAtLimit(this.#refusal) : null;
	}

	/** The limits that apply to a call of the model. */
	#checks(model: ModelName, at: number): BudgetCheck[] {
		return this.#ports.optimizer.getChecks(at, this.#subject(model));
	}

	#subject(model: ModelName): BudgetSubject {
		const { attribution } = this.#ports;
		return { model, taskType: this.#decision.descriptor.type, ...(attribution && { attribution }) };
	}

	/** Plans the worst case of an attempt against what every limit has left now. @throws BudgetExceededError */
	async #planWithin(model: ModelName, maxDurationMs: number): Promise<PlannedReservation> {
		const { budgets } = this.#ports.storage;
		const balances = this.#checks(model, this.#ports.now()).map(async (check) => ({
			check,
			...(await budgets.spend(check.scope, check.periodKey)),
		}));
		return this.#plan(model, maxDurationMs, await Promise.all(balances));
	}

	#plan(model: ModelName, maxDurationMs: number, balances: readonly LimitBalance[]): PlannedReservation {
		const { catalog, optimizer, ids, now } = this.#ports;
		const { descriptor } = this.#decision;
		const profile = catalog.get(model);
		const inputHigh = descriptor.inputTokensInterval?.high ?? descriptor.estimatedInputTokens * UNKNOWN_INPUT_HEADROOM;
		return planReservation({
			id: ids.next(),
			model,
			now: now(),
			decisionId: this.#decision.id,
			inputTokens: Math.ceil(inputHigh),
			maxOutputTokens: this.#wantedOutput(profile.maxOutputTokens * (this.#ports.answers ?? 1)),
			pricing: resolvePricing(profile),
			isUnpricedAllowed: this.#ports.allowUnpriced.some((name) => catalog.find(name) === profile),
			balances,
			maxDurationMs,
			requestLimit: optimizer.getRequestLimit(this.#subject(model)),
			requestSpentNanoUsd: this.#spent,
		});
	}

	/** Output tokens wanted of a model that can give so many. */
	#wantedOutput(modelLimit: number): number {
		const { maxOutputTokens: callerLimit } = this.#ports;
		if (callerLimit !== undefined) return Math.min(modelLimit, callerLimit ?? modelLimit);
		const { descriptor } = this.#decision;
		const high = descriptor.outputTokensInterval?.high ?? descriptor.estimatedOutputTokens;
		return Math.min(modelLimit, Math.max(MIN_OFFERED_OUTPUT_TOKENS, Math.ceil(high * OUTPUT_HEADROOM)));
	}

	/** Reserves the worst case of an attempt that may take so long; answers the output that the money allows. @throws BudgetExceededError */
	async reserve(model: ModelName, maxDurationMs: number): Promise<{ maxOutputTokens: number }> {
		const whole = await this.#reserveWhole(model, maxDurationMs);
		if (whole !== null) return whole;
		let planned = await this.#planWithin(model, maxDurationMs);
		let result = await this.#ports.storage.budgets.reserve(planned.reservation);
		if (!result.granted) {
			// Another process was faster between reading and holding: plan once more with what is left now.
			planned = await this.#planWithin(model, maxDurationMs);
			result = await this.#ports.storage.budgets.reserve(planned.reservation);
		}
		if (!result.granted) throw createPeriodLimitError(result, planned.reservation.amountNanoUsd);
		this.#held = result.reservation;
		return { maxOutputTokens: planned.maxOutputTokens };
	}

	/** Holds all that is wanted without asking what is left, which the store sees to; `null` where a limit is too near for that. */
	async #reserveWhole(model: ModelName, maxDurationMs: number): Promise<{ maxOutputTokens: number } | null> {
		const untouched = this.#checks(model, this.#ports.now()).map((check) => ({ check, ...NOTHING_SPENT }));
		const planned = tryPlan(() => this.#plan(model, maxDurationMs, untouched));
		if (planned === null || planned.isClamped) return null;
		const result = await this.#ports.storage.budgets.reserve(planned.reservation);
		if (!result.granted) return null;
		this.#held = result.reservation;
		return { maxOutputTokens: planned.maxOutputTokens };
	}

	/**
	 * Reserves an attempt's money; a model that the budget refuses, or that has no price, is passed over, for the next may
	 * fit. @throws BudgetExceededError of a limit that refuses the whole request
	 */
	async reserveOrSkip(
		model: ModelName,
		maxDurationMs: number,
	): Promise<{ maxOutputTokens: number } | { skip: string }> {
		if (this.#isLocalOnly && this.#ports.catalog.get(model).isLocal !== true)
			return { skip: 'at its limit the budget leaves only local models' };
		try {
			return await this.reserve(model, maxDurationMs);
		} catch (error) {
			if (!(error instanceof BudgetExceededError || error instanceof InvalidInputError)) throw error;
			this.#refusal ??= error;
			if (error instanceof BudgetExceededError && getActionAtLimit(error) === 'local-only') this.#isLocalOnly = true;
			if (error instanceof BudgetExceededError && getActionAtLimit(error) === 'refuse') throw error;
			return { skip: error.message.split('\n')[0] ?? 'the budget refuses it' };
		}
	}

	/** Books what an attempt used, in place of its hold. Resolves when the ledger row is durable. */
	async settle(attempt: { model: ModelName; number: number }, usage: Usage): Promise<CostEntry> {
		const { attribution, catalog, ids, now, optimizer, storage } = this.#ports;
		const pricing = resolvePricing(catalog.get(attempt.model));
		const at = now();
		const price = pricing === null ? null : priceUsage(usage, pricing, at);
		const entry: CostEntry = {
			id: ids.next(),
			decisionId: this.#decision.id,
			attempt: attempt.number,
			model: attempt.model,
			taskType: this.#decision.descriptor.type,
			costNanoUsd: price?.totalNanoUsd ?? null,
			inputCostNanoUsd: price?.inputNanoUsd ?? null,
			outputCostNanoUsd: price?.outputNanoUsd ?? null,
			usage: price === null ? usage : withUnpricedUses(usage, price.unpricedUses),
			at,
			priceVersion: this.#ports.priceVersion(),
			...(attribution && { attribution }),
		};
		if (price === null) this.#isPriced = false;
		else this.#spent += price.totalNanoUsd;
		const held = this.#held;
		this.#held = null;
		const checks = held?.checks ?? this.#checks(attempt.model, entry.at);
		if (held === null) await storage.budgets.charge(checks, entry);
		else await storage.budgets.settle(held, entry);
		this.#ports.onCharge(checks);
		optimizer.record(entry);
		return entry;
	}

	/** Gives back what is held, if anything. */
	async release(): Promise<void> {
		const held = this.#held;
		this.#held = null;
		if (held !== null) await this.#ports.storage.budgets.release(held);
	}
}
