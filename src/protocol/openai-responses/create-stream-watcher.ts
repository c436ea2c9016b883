import type { FinishReason, Usage } from '../../contracts/index.ts';
import type { FrameReading, StreamWatcher } from '../shared/caller-format.ts';
import { parseFrame } from '../shared/parse-frame.ts';
import type { SseFrame } from '../shared/sse-frames.ts';
import { objectsIn } from '../shared/stream-usage.ts';
import { isObject, type JsonObject } from '../shared/usage-fields.ts';
import { isCall, isFilled, readEndReason } from './end-reasons.ts';
import { EventLog } from './event-log.ts';
import { createOpenAiResponsesUsageReader } from './read-stream-usage.ts';
import { endResponse } from './response-object.ts';
import { WatchedOutput } from './watched-output.ts';

type Kind = FrameReading['kind'];

/** Events with which a response ends, and the status each stands for. */
const ENDS: Readonly<Record<string, string>> = {
	'response.completed': 'completed',
	'response.incomplete': 'incomplete',
};

const FAILURES: ReadonlySet<string> = new Set(['error', 'response.failed', 'response.cancelled']);

class EventWatcher implements StreamWatcher {
	readonly usage: StreamWatcher['usage'] = createOpenAiResponsesUsageReader();
	readonly #output = new WatchedOutput();
	#response: JsonObject = { object: 'response' };
	#finishReason: FinishReason | null = null;
	#nextNumber = 0;
	#isStarted = false;
	#isComplete = false;

	get isComplete(): boolean {
		return this.#isComplete;
	}

	get finishReason(): FinishReason | null {
		return this.#finishReason;
	}

	read(frame: SseFrame): FrameReading {
		// some compatible servers end as chat completions do
		if (frame.data?.trim() === '[DONE]') return { kind: 'done', isForwarded: true, data: undefined };
		const { data, isSilent } = parseFrame(frame);
		if (isSilent) return { kind: 'other', isForwarded: true, data };
		return { kind: this.#kindOf(data, frame.event), isForwarded: true, data };
	}

	endEarly(reason: FinishReason, usage: Usage): string {
		if (this.#isComplete) return '';
		const log = new EventLog(this.#nextNumber);
		this.#output.end(log);
		const response = endResponse(this.#response, { output: this.#output.json, reason, usage });
		log.add(`response.${String(response['status'])}`, { response });
		return log.take();
	}

	#kindOf(data: unknown, name: string | null): Kind {
		if (!isObject(data)) return 'malformed';
		const type = data['type'] ?? name;
		if (type === null && isObject(data['error'])) return 'error';
		if (typeof type !== 'string') return 'malformed';
		if (FAILURES.has(type)) return 'error';
		return this.#take(type, data);
	}

	#take(type: string, event: JsonObject): Kind {
		this.usage.push(event);
		if (typeof event['sequence_number'] === 'number') this.#nextNumber = event['sequence_number'] + 1;
		if (isObject(event['response'])) this.#response = { ...this.#response, ...event['response'] };
		this.#output.take(type, event);
		const isOutput = this.#isOutput(type, event);
		const hadStarted = this.#isStarted;
		this.#isStarted ||= isOutput;
		if (type in ENDS) {
			this.#end(ENDS[type]);
			// a server that says everything at the end
			return isOutput && !hadStarted ? 'output' : 'end';
		}
		if (isOutput) return 'output';
		return this.#isStarted ? 'other' : 'start-up';
	}

	#end(status: string | undefined): void {
		this.#isComplete = true;
		this.#finishReason = readEndReason({ ...this.#response, status }, this.#output.hasCalls);
	}

	#isOutput(type: string, event: JsonObject): boolean {
		if (type.endsWith('.delta')) return event['delta'] !== '';
		if (type === 'response.output_item.done') {
			const { item } = event;
			return isObject(item) && (isCall(item) || (!this.#isStarted && isFilled(item)));
		}
		return type in ENDS && objectsIn(this.#response['output']).some(isFilled);
	}
}

/** Watches the events of a response that is passed through. Usage is always told in this format. */
export function createOpenAiResponsesStreamWatcher(): StreamWatcher {
	return new EventWatcher();
}
