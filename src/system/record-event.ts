import type { Attempt, AttemptRow, IdSource, RateLimitRow, RouterEvent } from '../contracts/index.ts';
import type { EventRecorder } from './event-recorder.ts';

/** Where events become rows. */
export interface EventRecordOptions {
	recorder: EventRecorder;
	ids: IdSource;
	now: () => number;
}

/** Characters of a message that are kept. */
const MAX_MESSAGE = 500;

/** Attempts and rate limits become rows; decisions, outcomes and fallbacks are recorded where they are made. */
export function recordEvent(event: RouterEvent, { recorder, ids, now }: EventRecordOptions): void {
	if (event.type === 'attempt-end') {
		recorder.add({ kind: 'attempt', row: attemptRow(ids.next(), event.decisionId, event.attempt) });
	} else if (event.type === 'rate-limit-hit') {
		recorder.add({ kind: 'rate-limit', row: rateLimitRow(event, { id: ids.next(), at: now() }) });
	}
}

function attemptRow(id: string, decisionId: string | null, attempt: Attempt): AttemptRow {
	return {
		id,
		decisionId,
		number: attempt.number,
		model: attempt.model,
		deployment: attempt.deployment ?? null,
		outcome: attempt.outcome,
		failure: attempt.failure ?? null,
		status: attempt.status ?? null,
		message: attempt.message?.slice(0, MAX_MESSAGE) ?? null,
		durationMs: attempt.durationMs,
		delayMs: attempt.delayMs,
		costNanoUsd: attempt.costNanoUsd ?? null,
		isEstimated: attempt.usage?.isEstimated === true,
		at: attempt.startedAt,
	};
}

function rateLimitRow(
	{ decisionId, limit, message }: Extract<RouterEvent, { type: 'rate-limit-hit' }>,
	{ id, at }: { id: string; at: number },
): RateLimitRow {
	return {
		id,
		decisionId,
		model: limit.model,
		limitType: 'requests',
		limitValue: Number.isFinite(limit.limit) ? limit.limit : null,
		remaining: Number.isFinite(limit.remaining) ? limit.remaining : null,
		resetAt: limit.resetAt.getTime(),
		errorMessage: message.slice(0, MAX_MESSAGE),
		at,
	};
}
