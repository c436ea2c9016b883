import type { SharedV4ProviderMetadata } from '@ai-sdk/provider';
import { sealMetadata } from '../shared/seal-metadata.ts';
import type { JsonObject } from '../shared/usage-fields.ts';
import type { EventLog } from './event-log.ts';

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
