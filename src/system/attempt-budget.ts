import { type ModelCatalog, priceUsage, resolveLatency, resolvePricing } from '../catalog/index.ts';
import {
	type Attempt,
	type Attribution,
	type BudgetAction,
	type BudgetCheck,
	CHARACTERS_PER_TOKEN,
	type Clock,
	type CostEntry,
	countInputTokens,
	type FailureKind,
	type IdSource,
	type ModelName,
	type ModelProfile,
	type NanoUsd,
	type Pricing,
	type Reservation,
	type RouterStorage,
	type RoutingDecision,
	type TaskDescriptor,
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
import {
	createInputBound,
	createMeteredUsage,
	createUsageLimits,
	findUsage,
	IN_FLIGHT_TOKENS,
	type InputBound,
	settleUsage,
	type TextTokenCounter,
} from '../protocol/index.ts';
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

	/** Reserves the worst case of an attempt; answers the output that the money allows. @throws BudgetExceededError */
	async #reserve(model: ModelName, maxDurationMs: number): Promise<AttemptMoney> {
		const { budgets } = this.#options.storage;
		let planned = this.#planWhole(model, maxDurationMs);
		let result = planned === null ? null : await budgets.reserve(planned.reservation);
		// Less is left than a generous bound takes: plan with what is left now, again where another process was faster.
		for (let tries = 2; (planned === null || result?.granted !== true) && tries > 0; tries -= 1) {
			await this.#countInput(model);
			planned = await this.#planWithin(model, maxDurationMs);
			result = await budgets.reserve(planned.reservation);
		}
		if (planned === null || result === null) throw new TypeError('Nothing was planned.');
		if (!result.granted) throw createLimitError(result, planned.reservation.amountNanoUsd);
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
			const money = await this.#reserve(model, maxDurationMs);
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
	async #boundInput(model: ModelName, usage: Usage): Promise<Usage> {
		const expected = Math.ceil(this.#decision.descriptor.estimatedInputTokens);
		const isExpected = usage.inputTokens === expected && countInputTokens(usage) === expected;
		if (usage.isEstimated !== true || !isExpected) return usage;
		await this.#countInput(model);
		return { ...usage, inputTokens: Math.max(expected, this.#counted.get(model) ?? 0) };
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
	#withinHold(usage: Usage, pricing: Pricing | null, { amountNanoUsd, createdAt }: Reservation): Usage {
		if (usage.isEstimated !== true || pricing === null) return usage;
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
		const bound = this.#boundService(await this.#boundInput(model, told), pricing, at);
		const usage =
			reservation === null || bound.inputTokens === told.inputTokens
				? bound
				: this.#withinHold(bound, pricing, reservation);
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

/** Failures during which the provider may have worked, and billed it, without reporting usage. */
const MAY_BE_BILLED: ReadonlySet<FailureKind> = new Set(['timeout', 'aborted', 'stream-interrupted']);

/** What usage is resolved with. */
interface UsageContext<Value> {
	descriptor: TaskDescriptor;
	catalog: ModelCatalog;
	hooks: AttemptHooks<Value>;
	/** Output tokens that the money held for the attempt pays for. */
	offeredTokens: number;
}

/** The usage to book for an attempt: metered by the caller, else reported, else estimated; `null` when nothing was billed. */
export async function resolveAttemptUsage<Value>(
	attempt: Attempt,
	result: { value: Value } | { error: unknown },
	context: UsageContext<Value>,
): Promise<Usage | null> {
	const { hooks } = context;
	if ('value' in result) return hooks.usageOf?.(result.value) ?? resolveAnswerUsage(attempt, result.value, context);
	const metered = (await hooks.meterFailure?.(attempt, result.error)) ?? 'unknown';
	if (metered === 'unknown') return estimateFailureUsage(attempt, result.error, context);
	return metered === 'not-billed' ? null : metered;
}

function resolveAnswerUsage<Value>(attempt: Attempt, value: Value, context: UsageContext<Value>): Usage {
	const { catalog, descriptor, hooks } = context;
	const { textLength, usage } = parseExecutorResult(value);
	const expected = { input: descriptor.estimatedInputTokens, output: descriptor.estimatedOutputTokens };
	if (usage === null) return estimateUsage(textLength, expected);
	const { answers, maxOutputTokens } = hooks;
	const limits = createUsageLimits(catalog.get(attempt.model), { maxOutputTokens, answers });
	const metered = { inputTokens: expected.input, outputTokens: toOutputTokens(textLength, expected.output) };
	// counts that the executor's own code gives
	return settleUsage(usage, metered, { limits, believesZero: true });
}

/**
 * Usage that the error itself reports is believed. An attempt that was interrupted is estimated: the whole input, and the
 * output that the model's usual speed yields in the time it had, and what may have been under way; all that it may have written at
 * deployments that bill it to the end. Never more than was held.
 */
function estimateFailureUsage<Value>(
	attempt: Attempt,
	error: unknown,
	{ descriptor, catalog, hooks, offeredTokens }: UsageContext<Value>,
): Usage | null {
	const usage = typeof error === 'string' ? null : parseExecutorResult(error).usage;
	if (usage !== null) return usage;
	if (attempt.failure === undefined || !MAY_BE_BILLED.has(attempt.failure) || attempt.wasSent === false) return null;
	const profile = catalog.get(attempt.model);
	const { ttftMs, outputTokensPerSecond } = resolveLatency(profile);
	const outputMs = Math.max(0, attempt.durationMs - ttftMs);
	const most = Math.min(
		profile.maxOutputTokens * (hooks.answers ?? 1),
		offeredTokens,
		hooks.maxOutputTokens ?? Infinity,
	);
	const written = (outputMs / 1000) * outputTokensPerSecond + IN_FLIGHT_TOKENS;
	const isWhole = attempt.deployment !== undefined && hooks.billsAfterDisconnect?.(attempt.deployment) === true;
	const output = isWhole ? most : Math.min(most, written);
	return estimateUsage(null, { input: descriptor.estimatedInputTokens, output });
}

/** What an executor's value reports of the tokens it took. */
interface ExecutorResult {
	/** `null` when the value reports none. */
	usage: Usage | null;
	/** Characters of the answer's text, when it is a text. */
	textLength: number | null;
}

/** Looks for usage in whatever an executor returned: a text, `{ output, usage }`, or a provider SDK's response. */
function parseExecutorResult(value: unknown): ExecutorResult {
	if (typeof value === 'string') return { usage: null, textLength: value.length };
	const output = typeof value === 'object' && value !== null && 'output' in value ? value.output : undefined;
	return { usage: findUsage(value)?.usage ?? null, textLength: typeof output === 'string' ? output.length : null };
}

/** Output by the length of the text, else as expected. */
function toOutputTokens(textLength: number | null, expected: number): number {
	return textLength === null ? expected : Math.ceil(textLength / CHARACTERS_PER_TOKEN);
}

/** Usage where none was reported: expected input; output by the length of the text, else expected; marked as estimated. */
function estimateUsage(textLength: number | null, expected: { input: number; output: number }): Usage {
	return createMeteredUsage({
		inputTokens: expected.input,
		outputTokens: toOutputTokens(textLength, expected.output),
	});
}
