import { worstCaseCost } from '../../catalog/index.ts';
import {
	type BudgetAction,
	type BudgetCheck,
	type BudgetRule,
	type ModelName,
	type NanoUsd,
	nanoToUsd,
	type PeriodSpend,
	type Pricing,
	type RequestCharges,
	type Reservation,
} from '../../contracts/index.ts';
import { BudgetExceededError, InvalidInputError } from '../../errors/index.ts';
import { DAY_MS } from '../../util/index.ts';
import type { RequestLimit } from './budget-status.ts';

/** A limit and what counts against it. */
export interface LimitBalance extends PeriodSpend {
	check: BudgetCheck;
}

/** Milliseconds after which a reservation nobody settled counts as spend of a dead process, at least. */
export const DEFAULT_RESERVATION_LIFETIME_MS = 600_000;
/** Milliseconds from the end of an attempt to its durable settlement, at most. */
const SETTLEMENT_MARGIN_MS = 60_000;
/** The longest attempt that is waited for: callers of the gateway may ask for a day. */
const MAX_ATTEMPT_DURATION_MS = DAY_MS;
/** Tokens of output below which an answer is not worth its input. */
const DEFAULT_MIN_OUTPUT_TOKENS = 256;

/** One attempt that wants money. */
export interface ReservationRequest {
	id: string;
	model: ModelName;
	/** Epoch milliseconds. */
	now: number;
	decisionId?: string | undefined;
	/** Milliseconds the attempt may take; `Infinity`: without a limit. The reservation outlives it. @default 0 */
	maxDurationMs?: number;
	/** Upper bound of the input tokens, all classes together. */
	inputTokens: number;
	/** Output tokens wanted at most. */
	maxOutputTokens: number;
	/** What may be billed beside these tokens. @default anything that has a rate, no use of a tool */
	charges?: RequestCharges | undefined;
	/** The least output worth paying for; never more than `maxOutputTokens`. @default DEFAULT_MIN_OUTPUT_TOKENS */
	minOutputTokens?: number | undefined;
	/** Answers asked for: no limit of one is below a token. @default 1 */
	answers?: number | undefined;
	/** Of the model that is tried; `null` when it has no price. */
	pricing: Pricing | null;
	/** The user allows this model though it has no price. @default false */
	isUnpricedAllowed?: boolean;
	/** Limits of periods with what counts against them now; soft ones are counted and never refuse. */
	balances: readonly LimitBalance[];
	/** Limits of one request, the tightest first; none: no limit. */
	requestLimits: readonly RequestLimit[];
	/** What happens at a limit that says nothing of it. @default 'downgrade' */
	defaultAction?: BudgetAction;
	/** What earlier attempts of the same request cost. @default 0 */
	requestSpentNanoUsd?: NanoUsd;
}

/** What may be spent on the attempt. */
export interface PlannedReservation {
	reservation: Reservation;
	/** Output tokens the money allows: what was wanted, or less. */
	maxOutputTokens: number;
	/** The money allows less than was wanted. */
	isClamped: boolean;
}

/**
 * Plans the money for one attempt: its worst case, with the output clamped to what the money allows. Reserves nothing
 * yet: the budget store's `reserve` does, and may still refuse when another process was faster.
 * @throws BudgetExceededError when a limit leaves too little for the least output worth having.
 * @throws InvalidInputError for an unpriced model under a budget, unless it is allowed by name.
 */
export function planReservation(request: ReservationRequest): PlannedReservation {
	const { pricing, inputTokens, maxOutputTokens, minOutputTokens = DEFAULT_MIN_OUTPUT_TOKENS } = request;
	requireTokens('inputTokens', inputTokens);
	requireTokens('maxOutputTokens', maxOutputTokens);
	const left = findLeast(request);
	if (pricing === null) return planUnpriced(request, left < Number.POSITIVE_INFINITY);
	const getCost = createPricer(request, pricing, left < Number.POSITIVE_INFINITY);
	const wanted = getCost(maxOutputTokens);
	if (wanted <= left) return { reservation: createReservation(request, wanted), maxOutputTokens, isClamped: false };
	const limits = listLimits(request);
	const least = Math.min(Math.max(minOutputTokens, request.answers ?? 1), maxOutputTokens);
	const leastCost = getCost(least);
	const broken = findStrictest(limits.filter((limit) => leastCost > limit.left));
	if (broken !== undefined) throw broken.createError(wanted);
	const output = findAffordableOutput(getCost, left, least, maxOutputTokens);
	return { reservation: createReservation(request, getCost(output)), maxOutputTokens: output, isClamped: true };
}

/**
 * The worst case by output tokens. A tool that runs at the provider reads the whole context again with every use, which
 * neither a meter nor an output limit can stop: such a request holds what its uses can cost, or all that one request may
 * cost, where that is less. @throws InvalidInputError where neither the uses nor the request have a limit
 */
function createPricer(
	{ charges = {}, inputTokens, model, now, requestLimits: [requestLimit], requestSpentNanoUsd = 0 }: ReservationRequest,
	pricing: Pricing,
	isLimited: boolean,
): (outputTokens: number) => NanoUsd {
	const { serverToolUses = 0 } = charges;
	const getCost = (maxOutputTokens: number) =>
		worstCaseCost(pricing, { ...charges, inputTokens, maxOutputTokens }, now);
	if (serverToolUses === 0 || !isLimited) return getCost;
	const isBounded = Number.isFinite(serverToolUses);
	if (requestLimit !== undefined) {
		const left = Math.max(0, requestLimit.limitNanoUsd - requestSpentNanoUsd);
		return (maxOutputTokens) => (isBounded ? Math.min(left, getCost(maxOutputTokens)) : left);
	}
	if (isBounded) return getCost;
	throw new InvalidInputError(
		`No money held: the request lets ${model} use its provider's tools any number of times, and every use reads all again. Limit the uses ("max_uses", "max_tool_calls"), or what one request may cost ("perRequestLimit").`,
	);
}

function requireTokens(field: string, tokens: number): void {
	if (Number.isSafeInteger(tokens) && tokens >= 0) return;
	throw new InvalidInputError(`No money held: ${field} is ${tokens}. Give a whole number of tokens, 0 or more.`);
}

interface Limit {
	left: NanoUsd;
	action: BudgetAction;
	createError: (needed: NanoUsd) => Error;
}

/** From the strictest. */
const STRICTNESS: readonly BudgetAction[] = ['refuse', 'local-only', 'downgrade'];

/** Of several broken limits the one whose action allows least: a limit that refuses refuses, whatever the others say. */
function findStrictest(broken: readonly Limit[]): Limit | undefined {
	return STRICTNESS.map((action) => broken.find((limit) => limit.action === action)).find(Boolean);
}

/** What the hard limit in force leaves that leaves least; `Infinity` where there is none. */
function findLeast({ balances, requestLimits, requestSpentNanoUsd: spent = 0 }: ReservationRequest): NanoUsd {
	let least = Number.POSITIVE_INFINITY;
	for (const { check, reservedNanoUsd, settledNanoUsd } of balances)
		if (check.isSoft !== true) least = Math.min(least, check.limitNanoUsd - settledNanoUsd - reservedNanoUsd);
	for (const { limitNanoUsd } of requestLimits) least = Math.min(least, limitNanoUsd - spent);
	return least;
}

/** Every hard limit in force, the one that is hardest to wait out first: a request's never resets, a month outlasts a day. */
function listLimits({
	balances,
	defaultAction = 'downgrade',
	requestLimits,
	requestSpentNanoUsd: spent = 0,
}: ReservationRequest): Limit[] {
	const getReset = ({ check }: LimitBalance) => check.resetsAt ?? Number.POSITIVE_INFINITY;
	const periods = balances
		.filter(({ check }) => check.isSoft !== true)
		// not a difference: two limits that never reset would have none
		.sort((a, b) => (getReset(a) === getReset(b) ? 0 : getReset(b) > getReset(a) ? 1 : -1))
		.map((balance) => ({
			left: balance.check.limitNanoUsd - balance.settledNanoUsd - balance.reservedNanoUsd,
			action: balance.check.atLimit ?? defaultAction,
			createError: (needed: NanoUsd) => createLimitError(balance, needed),
		}));
	const ofRequest = requestLimits.map((limit) => {
		const check = { ...limit, period: 'request' as const, resetsAt: null };
		return {
			left: limit.limitNanoUsd - spent,
			action: limit.atLimit ?? defaultAction,
			createError: (needed: NanoUsd) => createLimitError({ check, settledNanoUsd: spent, reservedNanoUsd: 0 }, needed),
		};
	});
	return [...ofRequest, ...periods];
}

/** The most output from `low` (affordable) to `high` (not) whose worst case is within the money. */
function findAffordableOutput(getCost: (tokens: number) => NanoUsd, left: NanoUsd, low: number, high: number): number {
	let [fits, tooMuch] = [low, high];
	while (tooMuch - fits > 1) {
		const middle = Math.floor((fits + tooMuch) / 2);
		if (getCost(middle) <= left) fits = middle;
		else tooMuch = middle;
	}
	return fits;
}

/** @throws InvalidInputError where a budget applies and the user did not allow the model by name. */
function planUnpriced(request: ReservationRequest, isLimited: boolean): PlannedReservation {
	const { model, maxOutputTokens, isUnpricedAllowed = false } = request;
	if (isLimited && !isUnpricedAllowed) {
		throw new InvalidInputError(
			`${model} has no price, so the budget cannot hold it to a limit. Give it "pricing" under "models", or add "${model}" to "allowUnpriced" in the config file.`,
		);
	}
	return { reservation: createReservation(request, 0), maxOutputTokens, isClamped: false };
}

function createReservation(request: ReservationRequest, amountNanoUsd: NanoUsd): Reservation {
	const { id, model, now, decisionId, balances, maxDurationMs = 0 } = request;
	// never shorter than the attempt and its settlement
	const lifetimeMs = Math.min(maxDurationMs, MAX_ATTEMPT_DURATION_MS) + SETTLEMENT_MARGIN_MS;
	const expiresAt = now + Math.max(DEFAULT_RESERVATION_LIFETIME_MS, lifetimeMs);
	const checks = balances.map(({ check }) => check);
	return { id, amountNanoUsd, checks, createdAt: now, expiresAt, model, decisionId };
}

/** The error for a limit, of a period or of one request, that a charge would break; also for a refusal by the budget store. */
export function createLimitError(
	{
		check,
		settledNanoUsd,
		reservedNanoUsd,
	}: Pick<LimitBalance, 'settledNanoUsd' | 'reservedNanoUsd'> & {
		check: Pick<BudgetCheck, 'scope' | 'limitNanoUsd' | 'resetsAt' | 'atLimit'> & { period: BudgetRule['period'] };
	},
	neededNanoUsd: NanoUsd,
): BudgetExceededError {
	return new BudgetExceededError({
		period: check.period,
		scope: check.scope,
		limitUsd: nanoToUsd(check.limitNanoUsd),
		spentUsd: nanoToUsd(settledNanoUsd),
		reservedUsd: nanoToUsd(reservedNanoUsd),
		neededUsd: nanoToUsd(neededNanoUsd),
		resetsAt: check.resetsAt === null ? null : new Date(check.resetsAt),
		atLimit: check.atLimit,
	});
}
