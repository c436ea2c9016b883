import { type ModelCatalog, priceUsage, resolvePricing } from '../catalog/index.ts';
import {
	type Attempt,
	type Attribution,
	type BudgetAction,
	type BudgetCheck,
	type Clock,
	type CostEntry,
	countInputTokens,
	type IdSource,
	type ModelName,
	type ModelProfile,
	type NanoUsd,
	type Pricing,
	type Reservation,
	type ReservationResult,
	type RouterStorage,
	type RoutingDecision,
	type TaskInput,
	type Usage,
} from '../contracts/index.ts';
import {
	type BudgetSubject,
	type CostOptimizer,
	createLimitError,
	type LimitBalance,
	type PlannedReservation,
	planReservation,
} from '../cost/index.ts';
import { BudgetExceededError, InvalidInputError } from '../errors/index.ts';
import type { AttemptAllowance, ReplacedModel } from '../execute/index.ts';
import { createInputBound, type InputBound, type TextTokenCounter } from '../protocol/index.ts';
import type { AttemptHooks } from './options.ts';

/** Output tokens offered to an attempt at least, where model and money allow it. */
const MIN_OFFERED_OUTPUT_TOKENS = 4096;
/** An answer may be this many times longer than the upper end of its estimate before it is cut. */
const OUTPUT_HEADROOM = 4;
/** Where a descriptor has no interval: the input may be this many times its estimate. */
const UNKNOWN_INPUT_HEADROOM = 2;

/** What the money of a request is reserved and settled with. */
export interface AttemptBudgetOptions
	extends Pick<AttemptHooks<never>, 'maxOutputTokens' | 'minOutputTokens' | 'toHeldTokens' | 'answers' | 'inputBound'> {
	catalog: ModelCatalog;
	optimizer: CostOptimizer;
	storage: RouterStorage;
	clock: Pick<Clock, 'now'>;
	ids: IdSource;
	allowUnpriced: readonly ModelName[];
	/** Whom the request is done for. */
	attribution: Attribution | undefined;
	/** Version of the prices in force. */
	priceVersion: () => string;
	/** What the decision was made for; a descriptor holds a part of its text. @default the descriptor's */
	task?: TaskInput | undefined;
	/** Counts the tokens of a text; `undefined`: the bound by bytes is all there is. */
	countTextTokens: TextTokenCounter | undefined;
	/** Called with the limits under which money was charged. */
	onCharge: (checks: readonly BudgetCheck[]) => void;
}

/** Uses without a price, and a price that was only assumed, stay visible in the ledger, beside the fields nobody knows. */
function withPriceNotes(usage: Usage, { assumedFrom }: ModelProfile, unpricedUses: readonly string[]): Usage {
	if (unpricedUses.length === 0 && assumedFrom === undefined) return usage;
	const notes = {
		...(unpricedUses.length > 0 && { unpricedUses }),
		...(assumedFrom !== undefined && { assumedPrice: true }),
	};
	return { ...usage, unknownFields: { ...usage.unknownFields, ...notes } };
}

/** In place of a version of the prices: the cost is the one that the provider stated. */
const STATED_PRICE = 'provider';

const NOTHING_SPENT = { settledNanoUsd: 0, reservedNanoUsd: 0 };

/** What one attempt may spend. */
interface AttemptMoney {
	/** Output tokens that the money allows. */
	maxOutputTokens: number;
	heldNanoUsd: NanoUsd;
}

/** The bound of a task whose request the executor writes: its text, or as much as is expected at most, where that is more. */
class TaskBound implements InputBound {
	readonly #expected: number;
	readonly #bound: InputBound;

	constructor(task: TaskInput, { descriptor }: Pick<RoutingDecision, 'descriptor'>) {
		const { context, estimatedInputTokens, inputTokensInterval } = descriptor;
		this.#expected = Math.ceil(inputTokensInterval?.high ?? estimatedInputTokens * UNKNOWN_INPUT_HEADROOM);
		this.#bound = createInputBound({ input: task, context });
	}

	tokens(profile: ModelProfile): number {
		return Math.max(this.#bound.tokens(profile), this.#expected);
	}

	async countTokens(profile: ModelProfile, countTokens: TextTokenCounter): Promise<number> {
		return Math.max(await this.#bound.countTokens(profile, countTokens), this.#expected);
	}

	get charges(): InputBound['charges'] {
		return this.#bound.charges;
	}
}

/** The money of one request: reserved before each attempt at that attempt's own price, settled or released after it. */
export class AttemptBudget {
	readonly #options: AttemptBudgetOptions;
	readonly #decision: RoutingDecision;
	readonly #inputBound: InputBound;
	/** Input tokens by model, where they were counted because the money is short. */
	readonly #counted = new Map<ModelName, number>();
	/** Of the attempt under way. */
	#reservation: Reservation | null = null;
	#offeredTokens = Number.POSITIVE_INFINITY;
	#spentNanoUsd: NanoUsd = 0;
	#isPriced = true;
	#refusal: BudgetExceededError | InvalidInputError | null = null;
	#actionAtLimit: Exclude<BudgetAction, 'refuse'> | null = null;
	#replaced: ReplacedModel | null = null;
	/** The model asked for by name was called: who follows it now is its fallback. */
	#wasNamedCalled = false;

	constructor(decision: RoutingDecision, options: AttemptBudgetOptions) {
		this.#decision = decision;
		this.#options = options;
		this.#inputBound = options.inputBound ?? new TaskBound(options.task ?? decision.descriptor.task, decision);
	}

	/** Output tokens that the attempt under way may give within its money. */
	get offeredTokens(): number {
		return this.#offeredTokens;
	}

	/** What all attempts cost so far; `null` when one of them had no price. */
	get spentNanoUsd(): NanoUsd | null {
		return this.#isPriced ? this.#spentNanoUsd : null;
	}

	/** The first refusal, by the budget or for want of a price; `null` when there was none. */
	get refusal(): BudgetExceededError | InvalidInputError | null {
		return this.#refusal;
	}

	/** The model asked for by name that a limit did not allow, where the user lets another one answer; else `null`. */
	get replaced(): ReplacedModel | null {
		return this.#replaced;
	}

	/** What the limits that refused models demand: `local-only` where one of them does, else `downgrade`; `null`: none did, or one ended the request. */
	get actionAtLimit(): Exclude<BudgetAction, 'refuse'> | null {
		return this.#actionAtLimit;
	}

	/** A model that was asked for by name, and has not failed, is replaced only where the user wrote what happens at the limit. */
	#getDefaultAction(model: ModelName): BudgetAction {
		return this.#awaitsCall(model) ? 'refuse' : 'downgrade';
	}

	/** The model was asked for by name, and nothing was paid for its call yet. */
	#awaitsCall(model: ModelName): boolean {
		return !this.#wasNamedCalled && this.#isNamed(model);
	}

	#isNamed(model: ModelName): boolean {
		const { cachedPrefix, constraints, requestClass } = this.#decision.descriptor;
		// a compaction is kept with the model of its session, which nobody named
		if (requestClass === 'compaction' && cachedPrefix !== undefined) return false;
		const named = constraints?.preferredModel;
		return named !== undefined && this.#options.catalog.find(named)?.name === model;
	}

	/** The limits that apply to a call of the model. */
	#getChecks(model: ModelName, at: number): BudgetCheck[] {
		return this.#options.optimizer.getChecks(at, this.#createSubject(model));
	}

	#createSubject(model: ModelName): BudgetSubject {
		const { attribution } = this.#options;
		return { model, taskType: this.#decision.descriptor.type, attribution };
	}

	/** Plans the worst case of an attempt against what every limit has left now. @throws BudgetExceededError */
	async #planWithin(model: ModelName, maxDurationMs: number): Promise<PlannedReservation> {
		const { budgets } = this.#options.storage;
		const balances = this.#getChecks(model, this.#options.clock.now()).map(async (check) => ({
			check,
			...(await budgets.spend(check.scope, check.periodKey)),
		}));
		return this.#plan(model, maxDurationMs, await Promise.all(balances));
	}

	#plan(model: ModelName, maxDurationMs: number, balances: readonly LimitBalance[]): PlannedReservation {
		const { catalog, optimizer, ids, clock } = this.#options;
		const { descriptor } = this.#decision;
		const profile = catalog.get(model);
		const { answers = 1, minOutputTokens, toHeldTokens = (_, tokens) => tokens } = this.#options;
		return planReservation({
			id: ids.next(),
			model,
			now: clock.now(),
			decisionId: this.#decision.id,
			// what is expected is booked where a provider reports no usage
			inputTokens: Math.max(
				this.#counted.get(model) ?? this.#inputBound.tokens(profile),
				Math.ceil(descriptor.estimatedInputTokens),
			),
			charges: this.#inputBound.charges,
			maxOutputTokens: toHeldTokens(model, this.#getWantedOutput(profile.maxOutputTokens * answers)),
			minOutputTokens,
			answers,
			pricing: resolvePricing(profile),
			isUnpricedAllowed: this.#options.allowUnpriced.some((name) => catalog.find(name) === profile),
			balances,
			maxDurationMs,
			requestLimits: optimizer.getRequestLimits(this.#createSubject(model)),
			defaultAction: this.#getDefaultAction(model),
			requestSpentNanoUsd: this.#spentNanoUsd,
		});
	}

	/** Output tokens to offer to a model that can give `modelLimit` of them. */
	#getWantedOutput(modelLimit: number): number {
		const { maxOutputTokens } = this.#options;
		if (maxOutputTokens !== undefined) return Math.min(modelLimit, maxOutputTokens ?? modelLimit);
		const { descriptor } = this.#decision;
		const high = descriptor.outputTokensInterval?.high ?? descriptor.estimatedOutputTokens;
		return Math.min(modelLimit, Math.max(MIN_OFFERED_OUTPUT_TOKENS, Math.ceil(high * OUTPUT_HEADROOM)));
	}

	/** Less is left than a generous bound takes: plans with what is left now, again where another process was faster. @throws BudgetExceededError */
	async #reserveWithin(model: ModelName, maxDurationMs: number): Promise<AttemptMoney> {
		let last: BudgetExceededError | null = null;
		for (let tries = 2; tries > 0; tries -= 1) {
			await this.#countInput(model);
			const planned = await this.#planWithin(model, maxDurationMs);
			const result = await this.#options.storage.budgets.reserve(planned.reservation);
			if (result.granted) return this.#hold(planned, result);
			last = createLimitError(result, planned.reservation.amountNanoUsd);
		}
		throw last;
	}

	/** Remembers what is held; answers the output that the money allows. */
	#hold(planned: PlannedReservation, result: Extract<ReservationResult, { granted: true }>): AttemptMoney {
		this.#reservation = result.reservation;
		this.#offeredTokens = planned.maxOutputTokens;
		const { amountNanoUsd } = result.reservation;
		return { maxOutputTokens: planned.maxOutputTokens, heldNanoUsd: amountNanoUsd };
	}

	/** Counts the input of a model's call with a tokenizer, once and where there is one. */
	async #countInput(model: ModelName): Promise<void> {
		const { catalog, countTextTokens } = this.#options;
		if (countTextTokens === undefined || this.#counted.has(model)) return;
		this.#counted.set(model, await this.#inputBound.countTokens(catalog.get(model), countTextTokens));
	}

	/** Plans all that is wanted without reading what is left, as the store checks that; `null` where a limit is too near. */
	#planWhole(model: ModelName, maxDurationMs: number): PlannedReservation | null {
		const untouched = this.#getChecks(model, this.#options.clock.now()).map((check) => ({ check, ...NOTHING_SPENT }));
		try {
			const planned = this.#plan(model, maxDurationMs, untouched);
			return planned.isClamped ? null : planned;
		} catch (error) {
			// the plan that reads what is really spent throws it again, with the figures
			if (error instanceof BudgetExceededError) return null;
			throw error;
		}
	}

	/**
	 * Reserves the money of an attempt that may take `maxDurationMs`. A model that the budget refuses, or that has no price,
	 * is skipped, as the next may fit. @throws BudgetExceededError of a limit that refuses the whole request
	 */
	async reserveOrSkip(
		model: ModelName,
		maxDurationMs: number,
	): Promise<(AttemptMoney & Pick<AttemptAllowance, 'replaced'>) | { skip: string }> {
		if (this.#actionAtLimit === 'local-only' && this.#options.catalog.get(model).isLocal !== true)
			return { skip: 'at its limit the budget leaves only local models' };
		try {
			const planned = this.#planWhole(model, maxDurationMs);
			const result = planned === null ? null : await this.#options.storage.budgets.reserve(planned.reservation);
			const money =
				planned !== null && result?.granted === true
					? this.#hold(planned, result)
					: await this.#reserveWithin(model, maxDurationMs);
			this.#wasNamedCalled ||= this.#isNamed(model);
			return { ...money, replaced: this.#replaced ?? undefined };
		} catch (error) {
			if (!(error instanceof BudgetExceededError || error instanceof InvalidInputError)) throw error;
			this.#refusal ??= error;
			if (error instanceof BudgetExceededError) this.#followLimit(model, error);
			return { skip: error.message.split('\n')[0] ?? 'the budget refuses it' };
		}
	}

	/** @throws BudgetExceededError of a limit that refuses the whole request */
	#followLimit(model: ModelName, error: BudgetExceededError): void {
		const action = error.refusal.atLimit ?? this.#getDefaultAction(model);
		if (action === 'refuse') throw error;
		this.#actionAtLimit = action === 'local-only' ? action : (this.#actionAtLimit ?? action);
		if (this.#awaitsCall(model)) this.#replaced ??= { model, limit: error.limitName };
	}

	/** Where the provider told no input, what it can have counted at most stands for what was expected. */
	#boundInput(model: ModelName, usage: Usage): Usage | Promise<Usage> {
		const expected = Math.ceil(this.#decision.descriptor.estimatedInputTokens);
		const isExpected = usage.inputTokens === expected && countInputTokens(usage) === expected;
		if (usage.isEstimated !== true || !isExpected) return usage;
		return this.#countInput(model).then(() => {
			return { ...usage, inputTokens: Math.max(expected, this.#counted.get(model) ?? 0) };
		});
	}

	/** An estimate is priced at the dearest service that the request allows, where the provider did not say which it bills. */
	#boundService(usage: Usage, pricing: Pricing | null, at: number): Usage {
		if (usage.isEstimated !== true || usage.serviceTier !== undefined || pricing === null) return usage;
		const { serviceTiers = [] } = this.#inputBound.charges;
		const getCost = (one: Usage) => priceUsage(one, pricing, at).totalNanoUsd;
		return serviceTiers
			.filter((tier) => tier !== 'standard')
			.map((serviceTier): Usage => ({ ...usage, serviceTier }))
			.reduce((dearest, one) => (getCost(one) > getCost(dearest) ? one : dearest), usage);
	}

	/** An estimate whose input no provider told costs no more than was held: what a tool of the provider's may read has no other bound. */
	#withinHold(usage: Usage, pricing: Pricing | null, reservation: Reservation | null): Usage {
		if (usage.isEstimated !== true || pricing === null || reservation === null) return usage;
		const { amountNanoUsd, createdAt } = reservation;
		const withInput = (inputTokens: number): Usage => ({ ...usage, inputTokens });
		const isHeld = (one: Usage) => priceUsage(one, pricing, createdAt).totalNanoUsd <= amountNanoUsd;
		let [fits, tooMuch] = [Math.ceil(this.#decision.descriptor.estimatedInputTokens), usage.inputTokens];
		if (tooMuch <= fits || isHeld(usage)) return usage;
		while (tooMuch - fits > 1) {
			const middle = Math.floor((fits + tooMuch) / 2);
			if (isHeld(withInput(middle))) fits = middle;
			else tooMuch = middle;
		}
		return withInput(fits);
	}

	/** Books what an attempt used, in place of its reservation. Resolves when the ledger row is durable. */
	async settle(
		{ model, number, reason, call }: Pick<Attempt, 'model' | 'number'> & Pick<CostEntry, 'reason' | 'call'>,
		told: Usage,
	): Promise<CostEntry> {
		const { attribution, catalog, clock, ids, optimizer, storage } = this.#options;
		const profile = catalog.get(model);
		const pricing = resolvePricing(profile);
		const reservation = this.#takeReservation();
		// Dated as its hold is, so that both count in one period, the one that the row shows.
		const at = reservation?.createdAt ?? clock.now();
		const bounded = this.#boundInput(model, told);
		const bound = this.#boundService(bounded instanceof Promise ? await bounded : bounded, pricing, at);
		const usage = bound.inputTokens === told.inputTokens ? bound : this.#withinHold(bound, pricing, reservation);
		const price = pricing === null ? null : priceUsage(usage, pricing, at);
		// of a model without a price the provider's own word is the price
		const costNanoUsd = price?.totalNanoUsd ?? usage.providerCostNanoUsd ?? null;
		const entry: CostEntry = {
			id: ids.next(),
			decisionId: this.#decision.id,
			attempt: number,
			model,
			taskType: this.#decision.descriptor.type,
			costNanoUsd,
			inputCostNanoUsd: price?.inputNanoUsd ?? null,
			outputCostNanoUsd: price?.outputNanoUsd ?? null,
			usage: price === null ? usage : withPriceNotes(usage, profile, price.unpricedUses),
			at,
			priceVersion: price === null && costNanoUsd !== null ? STATED_PRICE : this.#options.priceVersion(),
			attribution,
			reason,
		};
		if (costNanoUsd === null) this.#isPriced = false;
		else this.#spentNanoUsd += costNanoUsd;
		const checks = reservation?.checks ?? this.#getChecks(model, entry.at);
		const stored = { ...entry, call };
		if (reservation === null) await storage.budgets.charge(checks, stored);
		else await storage.budgets.settle(reservation, stored);
		this.#options.onCharge(checks);
		optimizer.record(entry);
		return entry;
	}

	/** Releases what is reserved, if anything. */
	async release(): Promise<void> {
		const reservation = this.#takeReservation();
		if (reservation !== null) await this.#options.storage.budgets.release(reservation);
	}

	#takeReservation(): Reservation | null {
		const reservation = this.#reservation;
		this.#reservation = null;
		return reservation;
	}
}
