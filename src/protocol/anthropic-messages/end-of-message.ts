import type { FinishReason, Usage } from '../../contracts/index.ts';
import { formatSse } from '../shared/sse-frames.ts';
import type { JsonObject } from '../shared/usage-fields.ts';
import { writeStopReason } from './stop-reasons.ts';
import { writeUsage } from './write-usage.ts';

/** What ends a message besides its reason. */
export interface MessageEnd {
	stopReason: string | null;
	stopSequence: string | null;
	usage: JsonObject;
}

/** The events that end a message. */
export function writeMessageEnd({ stopReason, stopSequence, usage }: MessageEnd): string {
	const delta = { stop_reason: stopReason, stop_sequence: stopSequence };
	const end = formatSse({ type: 'message_delta', delta, usage }, 'message_delta');
	return end + formatSse({ type: 'message_stop' }, 'message_stop');
}

/** The events that end a message now, with a reason of this package. */
export function endOfMessage(reason: FinishReason, usage: Usage): string {
	return writeMessageEnd({ stopReason: writeStopReason(reason), stopSequence: null, usage: writeUsage(usage) });
}
