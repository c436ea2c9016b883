import type { Attempt, FallbackEventRow, IdSource } from '../contracts/index.ts';

/** What fallback rows are made with. */
export interface FallbackRowOptions {
	decisionId: string;
	/** The request was answered. */
	success: boolean;
	ids: IdSource;
	at: number;
}

/** One row for each time a model gave way to the next; the last of them succeeded when the request did. */
export function fallbackRows(attempts: readonly Attempt[], options: FallbackRowOptions): FallbackEventRow[] {
	const rows: FallbackEventRow[] = [];
	for (const [index, attempt] of attempts.entries()) {
		const next = attempts[index + 1];
		if (next === undefined || next.model === attempt.model || attempt.outcome === 'success') continue;
		rows.push({
			id: options.ids.next(),
			decisionId: options.decisionId,
			primaryModel: attempt.model,
			primaryError: (attempt.message ?? attempt.failure ?? 'unknown').slice(0, 500),
			fallbackModel: next.model,
			fallbackSuccess: options.success && attempts.at(-1)?.model === next.model,
			attemptNumber: next.number,
			retryDelayMs: Math.round(next.delayMs),
			at: options.at,
		});
	}
	return rows;
}
