import type { UrlCitation } from '../shared/openai-citations.ts';
import type { JsonObject } from '../shared/usage-fields.ts';
import type { EventLog } from './event-log.ts';

interface TextPart {
	index: number;
	text: string;
	annotations: JsonObject[];
	isDone: boolean;
}

/** A message of a response while it is being written: its texts may be open side by side. */
export class MessageItem {
	readonly #log: EventLog;
	readonly #id: string;
	readonly #outputIndex: number;
	readonly #parts = new Map<string, TextPart>();
	#status = 'in_progress';

	constructor(log: EventLog, place: { id: string; outputIndex: number }) {
		this.#log = log;
		this.#id = place.id;
		this.#outputIndex = place.outputIndex;
		log.add('response.output_item.added', { output_index: place.outputIndex, item: this.json });
	}

	/** The item as it stands. */
	get json(): JsonObject {
		const content = [...this.#parts.values()].map((part) => this.#partJson(part));
		return { id: this.#id, type: 'message', status: this.#status, role: 'assistant', content };
	}

	/** Adds to a text; the first time its id is seen, a text is opened. */
	write(id: string, delta: string): void {
		const part = this.#partOf(id);
		if (delta === '') return;
		part.text += delta;
		this.#log.add('response.output_text.delta', { ...this.#at(part), delta, logprobs: [] });
	}

	/** Adds sources to a text, or to the last one. */
	cite(citations: readonly UrlCitation[], id: string = this.#lastId): void {
		if (citations.length === 0) return;
		const part = this.#partOf(id);
		for (const citation of citations) {
			const annotation = { type: 'url_citation', ...citation };
			this.#log.add('response.output_text.annotation.added', {
				...this.#at(part),
				annotation_index: part.annotations.length,
				annotation,
			});
			part.annotations.push(annotation);
		}
	}

	/** True before its first text. */
	get isEmpty(): boolean {
		return this.#parts.size === 0;
	}

	/** Characters of a text so far; of the last one without `id`. */
	lengthOf(id: string = this.#lastId): number {
		return this.#parts.get(id)?.text.length ?? 0;
	}

	/** Ends the message with every text that is open. */
	end(status: 'completed' | 'incomplete'): void {
		if (this.#status !== 'in_progress') return;
		for (const part of this.#parts.values()) this.#endPart(part);
		this.#status = status;
		this.#log.add('response.output_item.done', { output_index: this.#outputIndex, item: this.json });
	}

	get #lastId(): string {
		return [...this.#parts.keys()].at(-1) ?? '';
	}

	#partOf(id: string): TextPart {
		const known = this.#parts.get(id);
		if (known !== undefined) return known;
		const part: TextPart = { index: this.#parts.size, text: '', annotations: [], isDone: false };
		this.#parts.set(id, part);
		this.#log.add('response.content_part.added', { ...this.#at(part), part: this.#partJson(part) });
		return part;
	}

	#endPart(part: TextPart): void {
		if (part.isDone) return;
		part.isDone = true;
		this.#log.add('response.output_text.done', { ...this.#at(part), text: part.text, logprobs: [] });
		this.#log.add('response.content_part.done', { ...this.#at(part), part: this.#partJson(part) });
	}

	#at(part: TextPart): JsonObject {
		return { item_id: this.#id, output_index: this.#outputIndex, content_index: part.index };
	}

	#partJson({ text, annotations }: TextPart): JsonObject {
		return { type: 'output_text', text, annotations: [...annotations], logprobs: [] };
	}
}
