import type { IdSource, RouterEvent } from '../contracts/index.ts';
import type { EventRecorder } from './event-recorder.ts';

/** Where events become rows. */
export interface EventRecordOptions {
	recorder: EventRecorder;
	ids: IdSource;
	now: () => number;
}

/** Rate limits become rows; decisions, outcomes and fallbacks are recorded where they are made. */
export function recordEvent(event: RouterEvent, { recorder, ids, now }: EventRecordOptions): void {
	if (event.type === 'rate-limit-hit') {
		const { limit } = event;
		recorder.add({
			kind: 'rate-limit',
			row: {
				id: ids.next(),
				decisionId: event.decisionId,
				model: limit.model,
				limitType: 'requests',
				limitValue: Number.isFinite(limit.limit) ? limit.limit : null,
				remaining: Number.isFinite(limit.remaining) ? limit.remaining : null,
				resetAt: limit.resetAt.getTime(),
				errorMessage: event.message.slice(0, 500),
				at: now(),
			},
		});
	}
}
