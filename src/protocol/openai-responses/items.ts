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

type Status = 'in_progress' | 'completed' | 'incomplete';

/** An item of a response while it is being written: tells when it was added and when it is done. */
abstract class OutputItem {
	protected readonly log: EventLog;
	protected readonly id: string;
	protected readonly outputIndex: number;
	protected status: Status = 'in_progress';

	constructor(log: EventLog, { id, outputIndex }: { id: string; outputIndex: number }) {
		this.log = log;
		this.id = id;
		this.outputIndex = outputIndex;
	}

	/** The item as it stands. */
	abstract get json(): JsonObject;

	/** Where an event belongs. */
	protected get place(): JsonObject {
		return { item_id: this.id, output_index: this.outputIndex };
	}

	/** Tells that the item is there: its first event. */
	begin(): void {
		this.log.add('response.output_item.added', { output_index: this.outputIndex, item: this.json });
	}

	/** Ends the item once: `logEnd` tells what comes before its last event. */
	protected finish(status: Status, logEnd: () => void): void {
		if (this.status !== 'in_progress') return;
		logEnd();
		this.status = status;
		this.log.add('response.output_item.done', { output_index: this.outputIndex, item: this.json });
	}
}

interface TextPart {
	index: number;
	text: string;
	annotations: JsonObject[];
}

/** A message; its texts may be open side by side. */
export class MessageItem extends OutputItem {
	readonly #parts = new Map<string, TextPart>();

	get json(): JsonObject {
		const content = [...this.#parts.values()].map((part) => this.#partJson(part));
		return { id: this.id, type: 'message', status: this.status, role: 'assistant', content };
	}

	/** Adds to a text; the first time its id is seen, a text is opened. */
	write(id: string, delta: string): void {
		const part = this.#getPart(id);
		if (delta === '') return;
		part.text += delta;
		this.log.add('response.output_text.delta', { ...this.#placeOf(part), delta, logprobs: [] });
	}

	/** Adds sources to a text, or to the last one. */
	cite(citations: readonly UrlCitation[], id: string = this.#lastId): void {
		if (citations.length === 0) return;
		const part = this.#getPart(id);
		for (const citation of citations) {
			const annotation = { type: 'url_citation', ...citation };
			const annotation_index = part.annotations.length;
			const place = this.#placeOf(part);
			this.log.add('response.output_text.annotation.added', { ...place, annotation_index, annotation });
			part.annotations.push(annotation);
		}
	}

	/** True for a source that a part of the text names already. */
	cites(url: string): boolean {
		return [...this.#parts.values()].some(({ annotations }) => annotations.some((each) => each['url'] === url));
	}

	/** True before its first text. */
	get isEmpty(): boolean {
		return this.#parts.size === 0;
	}

	/** Characters of a text so far; of the last one without `id`. */
	lengthOf(id: string = this.#lastId): number {
		return this.#parts.get(id)?.text.length ?? 0;
	}

	/** Ends the message with all its texts. */
	end(status: 'completed' | 'incomplete'): void {
		this.finish(status, () => {
			for (const part of this.#parts.values()) {
				const place = this.#placeOf(part);
				this.log.add('response.output_text.done', { ...place, text: part.text, logprobs: [] });
				this.log.add('response.content_part.done', { ...place, part: this.#partJson(part) });
			}
		});
	}

	get #lastId(): string {
		return [...this.#parts.keys()].at(-1) ?? '';
	}

	#getPart(id: string): TextPart {
		const known = this.#parts.get(id);
		if (known !== undefined) return known;
		const part: TextPart = { index: this.#parts.size, text: '', annotations: [] };
		this.#parts.set(id, part);
		this.log.add('response.content_part.added', { ...this.#placeOf(part), part: this.#partJson(part) });
		return part;
	}

	#placeOf(part: TextPart): JsonObject {
		return { ...this.place, content_index: part.index };
	}

	#partJson({ text, annotations }: TextPart): JsonObject {
		return { type: 'output_text', text, annotations: [...annotations], logprobs: [] };
	}
}

/** Reasoning: one summary, and what it was signed with. */
export class ReasoningItem extends OutputItem {
	#text = '';
	#metadata: SharedV4ProviderMetadata | undefined;

	get json(): JsonObject {
		return {
			id: this.id,
			type: 'reasoning',
			summary: this.#text === '' ? [] : [this.#part],
			encrypted_content: sealMetadata(this.#metadata),
		};
	}

	/** Adds to the summary. */
	write(delta: string, metadata: SharedV4ProviderMetadata | undefined): void {
		this.#metadata = metadata ?? this.#metadata;
		if (delta === '') return;
		const place = { ...this.place, summary_index: 0 };
		if (this.#text === '') this.log.add('response.reasoning_summary_part.added', { ...place, part: this.#part });
		this.#text += delta;
		this.log.add('response.reasoning_summary_text.delta', { ...place, delta });
	}

	end(): void {
		this.finish('completed', () => {
			if (this.#text === '') return;
			const place = { ...this.place, summary_index: 0 };
			this.log.add('response.reasoning_summary_text.done', { ...place, text: this.#text });
			this.log.add('response.reasoning_summary_part.done', { ...place, part: this.#part });
		});
	}

	get #part(): JsonObject {
		return { type: 'summary_text', text: this.#text };
	}
}

/** A tool call. The input of a custom one is written when it is whole: until then its text stands in JSON. */
export class CallItem extends OutputItem {
	readonly #call: { callId: string; name: string; namespace?: string; isCustom: boolean };
	/** As it comes from the model. */
	#input = '';
	/** As it was written. */
	#written = '';
	#signature: JsonObject = {};

	constructor(
		log: EventLog,
		call: { id: string; outputIndex: number; callId: string; name: string; namespace?: string; isCustom: boolean },
	) {
		super(log, call);
		this.#call = call;
	}

	get json(): JsonObject {
		const { callId: call_id, name, namespace, isCustom } = this.#call;
		const type = isCustom ? 'custom_tool_call' : 'function_call';
		const input = { [this.#inputName]: this.#written };
		const group = namespace === undefined ? {} : { namespace };
		return { id: this.id, type, status: this.status, call_id, name, ...group, ...input, ...this.#signature };
	}

	/** Adds to the input. */
	write(delta: string): void {
		this.#input += delta;
		if (!this.#call.isCustom) this.#logDelta(delta);
	}

	/** Ends the call with its input, which counts where none was written before; `null` where the call is incomplete. */
	end(input: string | null, metadata?: SharedV4ProviderMetadata): void {
		this.finish(input === null ? 'incomplete' : 'completed', () => {
			if (this.#input === '' && input !== null) this.write(input);
			if (this.#call.isCustom) this.#logDelta(getCustomToolInput(input ?? this.#input));
			this.#signature = encodeThoughtSignature(metadata);
			const name = this.#call.isCustom ? {} : { name: this.#call.name };
			this.log.add(`${this.#eventPrefix}.done`, { ...this.place, [this.#inputName]: this.#written, ...name });
		});
	}

	#logDelta(delta: string): void {
		if (delta === '') return;
		this.#written += delta;
		this.log.add(`${this.#eventPrefix}.delta`, { ...this.place, delta });
	}

	get #inputName(): string {
		return this.#call.isCustom ? 'input' : 'arguments';
	}

	get #eventPrefix(): string {
		return this.#call.isCustom ? 'response.custom_tool_call_input' : 'response.function_call_arguments';
	}
}
