import {
	type CostEntry,
	type DecisionRecord,
	MAX_STORED_ANSWER_BYTES,
	type NanoUsd,
	type OutcomeRow,
	type StoredAnswer,
	type StoredFeedback,
	type UnknownUsage,
} from '../../contracts/index.ts';
import { InvalidInputError } from '../../errors/index.ts';
import { createLocalTime, toIsoDay } from '../../util/index.ts';

/** Refuses an answer that is too large to be kept. @throws InvalidInputError */
export function requireAnswerSize({ body }: StoredAnswer): void {
	if (body.length <= MAX_STORED_ANSWER_BYTES) return;
	throw new InvalidInputError(
		`An answer of ${body.length} bytes cannot be kept for its idempotency key: ${MAX_STORED_ANSWER_BYTES} is the most.`,
	);
}

/** Refuses what is not an amount of money: it would be counted wrong for as long as the period lasts. @throws InvalidInputError */
export function requireNanoUsd(amount: NanoUsd, what: string): void {
	if (Number.isSafeInteger(amount) && amount >= 0) return;
	throw new InvalidInputError(`${what} is ${amount}. Give whole nano-dollars, from 0 to ${Number.MAX_SAFE_INTEGER}.`);
}

/** Refuses a correction that is none. @throws InvalidInputError */
export function requireCorrection({ kind, corrects, costNanoUsd }: CostEntry): void {
	if (kind !== 'correction' || corrects === undefined)
		throw new InvalidInputError('A correction names the row it corrects: give "kind": "correction" and "corrects".');
	if (costNanoUsd === null || Number.isSafeInteger(costNanoUsd)) return;
	throw new InvalidInputError(`The correction is ${costNanoUsd}. Give whole nano-dollars, or null.`);
}

/** Rating (1-5) from which on a decision counts as a success when nothing else is known of its outcome. */
const MIN_SUCCESS_RATING = 3;

/** The outcome of a decision of which nothing is known but a person's rating. */
export function createFeedbackOutcome(decision: DecisionRecord, feedback: StoredFeedback): OutcomeRow {
	return {
		id: decision.id,
		decisionId: decision.id,
		success: feedback.rating >= MIN_SUCCESS_RATING,
		quality: feedback.quality,
		ratedBy: feedback.ratedBy,
		workload: decision.workload,
		answeredBy: decision.model,
		taskType: decision.taskType,
		complexity: decision.complexity,
		actualCostNanoUsd: null,
		actualLatencyMs: null,
		inputTokens: 0,
		outputTokens: 0,
		usedFallback: false,
		attempts: 1,
		errorMessage: null,
		errorCode: null,
		userRating: feedback.rating,
		userComment: feedback.comment,
		at: decision.at,
	};
}

/** The field of `unknownFields` that lists uses without a price. */
const UNPRICED_FIELD = 'unpricedUses';
/** Prefix under which uses without a price are reported. */
export const UNPRICED_USE_PREFIX = 'unpriced use: ';

/** Fields of a row's usage that nobody here knows; uses without a price by their own names. */
export function getUnknownFields({ usage }: CostEntry): string[] {
	return Object.entries(usage.unknownFields ?? {}).flatMap(([name, value]) =>
		name === UNPRICED_FIELD && Array.isArray(value)
			? value.map((use) => `${UNPRICED_USE_PREFIX}${String(use)}`)
			: [name],
	);
}

/** The most frequent first; equal ones by name. */
export function sortUnknownUsage(counts: ReadonlyMap<string, number>): UnknownUsage[] {
	const fields = [...counts].map(([field, requests]) => ({ field, requests }));
	return fields.sort((a, b) => b.requests - a.requests || (a.field < b.field ? -1 : 1));
}

/** A function from an instant (epoch ms) to its calendar day in the zone, as `2026-11-24`. @throws InvalidInputError for an unknown zone */
export function createLocalDay(timezone: string): (at: number) => string {
	try {
		const toLocalTime = createLocalTime(timezone);
		return (at) => toIsoDay(toLocalTime(at));
	} catch (cause) {
		throw new InvalidInputError(
			`Unknown time zone "${timezone.slice(0, 80)}". Use an IANA name such as "UTC" or "Europe/Berlin".`,
			{ cause },
		);
	}
}

/** The newest of two lists that are newest first. */
export function mergeNewest<Row extends { at: number }>(
	one: readonly Row[],
	other: readonly Row[],
	limit: number,
): Row[] {
	return [...one, ...other].sort((a, b) => b.at - a.at).slice(0, Math.max(0, limit));
}
