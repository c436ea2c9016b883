import { formatSse } from '../shared/sse-frames.ts';
import type { JsonObject } from '../shared/usage-fields.ts';

/** Writes typed events with their running number. */
export class EventLog {
	#next: number;
	#text = '';

	constructor(next = 0) {
		this.#next = next;
	}

	/** Adds an event. */
	add(type: string, members: JsonObject): void {
		this.#text += formatSse({ type, sequence_number: this.#next, ...members }, type);
		this.#next += 1;
	}

	/** The events since the last time, as text. */
	take(): string {
		const text = this.#text;
		this.#text = '';
		return text;
	}
}
