import type { SharedV4ProviderMetadata } from '@ai-sdk/provider';
import type { JsonObject } from '../../util/index.ts';
import { getCustomToolInput, type UrlCitation } from '../shared/openai.ts';
import { encodeThoughtSignature, sealMetadata } from '../shared/reasoning-seal.ts';
import { formatSse } from '../shared/sse.ts';

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
	drain(): string {
		const text = this.#text;
		this.#text = '';
		return text;
	}
}

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

/** A reasoning item while it is being written: one summary, and what its maker signed it with. */
export class ReasoningItem {
	readonly #log: EventLog;
	readonly #id: string;
	readonly #outputIndex: number;
	#text = '';
	#metadata: SharedV4ProviderMetadata | undefined;
	#isOpen = true;

	constructor(log: EventLog, place: { id: string; outputIndex: number }) {
		this.#log = log;
		this.#id = place.id;
		this.#outputIndex = place.outputIndex;
		log.add('response.output_item.added', { output_index: place.outputIndex, item: this.json });
	}

	/** The item as it stands. */
	get json(): JsonObject {
		return {
			id: this.#id,
			type: 'reasoning',
			summary: this.#text === '' ? [] : [this.#part],
			encrypted_content: sealMetadata(this.#metadata),
		};
	}

	/** Adds to the summary. */
	write(delta: string, metadata: SharedV4ProviderMetadata | undefined): void {
		this.#metadata = metadata ?? this.#metadata;
		if (delta === '') return;
		if (this.#text === '') {
			this.#log.add('response.reasoning_summary_part.added', { ...this.#at, part: this.#part });
		}
		this.#text += delta;
		this.#log.add('response.reasoning_summary_text.delta', { ...this.#at, delta });
	}

	/** Ends the item. */
	end(): void {
		if (!this.#isOpen) return;
		this.#isOpen = false;
		if (this.#text !== '') {
			this.#log.add('response.reasoning_summary_text.done', { ...this.#at, text: this.#text });
			this.#log.add('response.reasoning_summary_part.done', { ...this.#at, part: this.#part });
		}
		this.#log.add('response.output_item.done', { output_index: this.#outputIndex, item: this.json });
	}

	get #at(): JsonObject {
		return { item_id: this.#id, output_index: this.#outputIndex, summary_index: 0 };
	}

	get #part(): JsonObject {
		return { type: 'summary_text', text: this.#text };
	}
}

/** Which call an item is of. */
export interface CallPlace {
	id: string;
	outputIndex: number;
	callId: string;
	name: string;
	/** The caller's tool takes free text. */
	isCustom: boolean;
}

/** A tool call of a response while it is being written. A custom one is told when it is whole: its text stands in JSON until then. */
export class CallItem {
	readonly #log: EventLog;
	readonly #place: CallPlace;
	#input = '';
	#told = '';
	#extra: JsonObject = {};
	#status = 'in_progress';

	constructor(log: EventLog, place: CallPlace) {
		this.#log = log;
		this.#place = place;
		log.add('response.output_item.added', { output_index: place.outputIndex, item: this.json });
	}

	/** The item as it stands. */
	get json(): JsonObject {
		const { id, callId, name, isCustom } = this.#place;
		const [type, input] = isCustom ? ['custom_tool_call', 'input'] : ['function_call', 'arguments'];
		return { id, type, status: this.#status, call_id: callId, name, [input]: this.#told, ...this.#extra };
	}

	/** Adds to the input. */
	write(delta: string): void {
		this.#input += delta;
		if (!this.#place.isCustom) this.#tell(delta);
	}

	/** Ends the call with its input, which is the one that counts where none was told before. */
	end(input: string | null, metadata?: SharedV4ProviderMetadata): void {
		if (this.#status !== 'in_progress') return;
		if (this.#input === '' && input !== null) this.write(input);
		if (this.#place.isCustom) this.#tell(getCustomToolInput(input ?? this.#input));
		this.#extra = encodeThoughtSignature(metadata);
		this.#status = input === null ? 'incomplete' : 'completed';
		const [type, name] = this.#names;
		this.#log.add(`response.${type}.done`, { ...this.#at, [name]: this.#told, ...this.#nameOfFunction });
		this.#log.add('response.output_item.done', { output_index: this.#place.outputIndex, item: this.json });
	}

	#tell(delta: string): void {
		if (delta === '') return;
		this.#told += delta;
		this.#log.add(`response.${this.#names[0]}.delta`, { ...this.#at, delta });
	}

	get #names(): readonly [string, string] {
		return this.#place.isCustom ? ['custom_tool_call_input', 'input'] : ['function_call_arguments', 'arguments'];
	}

	get #nameOfFunction(): JsonObject {
		return this.#place.isCustom ? {} : { name: this.#place.name };
	}

	get #at(): JsonObject {
		return { item_id: this.#place.id, output_index: this.#place.outputIndex };
	}
}
