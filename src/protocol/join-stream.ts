import { isObject, type JsonObject, type Steps } from '../util/index.ts';
import { parseExactJson } from './shared/body-fields.ts';
import type { CallerFormat } from './shared/caller-format.ts';
import { parseFrameData, type SseFrame, SseParser } from './shared/sse.ts';

/** What came in place of a whole answer: the same as a stream, an error event, or a stream that does not say that it is complete. */
export type JoinedStream =
	| { kind: 'answer'; body: JsonObject }
	| { kind: 'error'; event: unknown }
	| { kind: 'incomplete' };

/** Whether a body is a stream of events, whatever its content type says. */
export function looksLikeEvents(start: string): boolean {
	return /^\uFEFF?\s*(?:data|event|id|retry)?:/.test(start);
}

/** The event of a frame with the numbers as they are written; `undefined` for what is none. */
function readEvent(frame: SseFrame): unknown {
	if (frame.data === null) return undefined;
	const exact = parseExactJson(frame.data);
	return isObject(exact) ? exact : parseFrameData(frame, frame.data);
}

/**
 * A stream as a whole answer, in steps of a few milliseconds.
 * @throws RangeError for an event that is too long, or made of too many parts
 */
export function* joinStream(format: CallerFormat, bytes: Buffer): Steps<JoinedStream> {
	const parser = new SseParser();
	const watcher = format.createStreamWatcher({ wantsUsage: true });
	const events: JsonObject[] = [];
	for (const received of [...parser.push(bytes), parser.flush()]) {
		if (received === null) continue;
		const frame = received.read === undefined ? received : yield* received.read();
		const summary = watcher.read(frame);
		if (summary.kind === 'error') return { kind: 'error', event: summary.data };
		const event = readEvent(frame);
		if (isObject(event)) events.push(event);
	}
	return watcher.isComplete ? { kind: 'answer', body: format.joinEvents(events) } : { kind: 'incomplete' };
}

/** A whole answer, or a list of its chunks as Google sends them, as a stream; `null` for what holds no answer. */
export function splitWhole(format: CallerFormat, value: unknown): string | null {
	const bodies = (Array.isArray(value) ? value : [value]).filter(isObject);
	const isAnswer = bodies.some((body) => {
		const { finishReason, hasOutput } = format.readAnswer(body);
		return finishReason !== null || hasOutput;
	});
	return isAnswer ? bodies.map((body) => format.splitAnswer(body)).join('') : null;
}
