import type { SharedV4ProviderMetadata } from '@ai-sdk/provider';
import { citationsOf } from './encode-content.ts';
import type { StreamBlocks } from './stream-blocks.ts';
import { redactedBlockOf, signatureOf } from './write-reasoning.ts';

/** A part of the neutral stream that belongs to a text or to reasoning. */
export interface ProsePart {
	type: `${'text' | 'reasoning'}-${'start' | 'delta' | 'end'}`;
	id: string;
	delta?: string;
	providerMetadata?: SharedV4ProviderMetadata;
}

/** Writes texts and reasoning into a message's stream. */
export class StreamProse {
	readonly #blocks: StreamBlocks;
	/** What has been said of the reasoning that is open. */
	#metadata: SharedV4ProviderMetadata = {};

	constructor(blocks: StreamBlocks) {
		this.#blocks = blocks;
	}

	push(part: ProsePart): string {
		return part.type.startsWith('text') ? this.#text(part) : this.#reasoning(part);
	}

	#text({ type, id, delta = '', providerMetadata }: ProsePart): string {
		const owner = `text ${id}`;
		if (type === 'text-end') {
			if (this.#blocks.open !== owner) return '';
			const citations = citationsOf(providerMetadata) ?? [];
			const deltas = citations.map((citation) => this.#blocks.delta({ type: 'citations_delta', citation }));
			return deltas.join('') + this.#blocks.stop();
		}
		if (type === 'text-delta' && delta === '') return '';
		const start = this.#blocks.open === owner ? '' : this.#blocks.start(owner, { type: 'text', text: '' });
		return start + (delta === '' ? '' : this.#blocks.delta({ type: 'text_delta', text: delta }));
	}

	#reasoning({ type, id, delta = '', providerMetadata }: ProsePart): string {
		const owner = `reasoning ${id}`;
		const redacted = redactedBlockOf(providerMetadata);
		if (redacted !== null) return this.#blocks.whole(redacted);
		const isOpen = this.#blocks.open === owner;
		if (!isOpen) this.#metadata = {};
		this.#metadata = { ...this.#metadata, ...providerMetadata };
		if (type === 'reasoning-end') return isOpen ? this.#endReasoning() : '';
		const start = isOpen ? '' : this.#blocks.start(owner, { type: 'thinking', thinking: '', signature: '' });
		return start + (delta === '' ? '' : this.#blocks.delta({ type: 'thinking_delta', thinking: delta }));
	}

	#endReasoning(): string {
		const signature = signatureOf(this.#metadata);
		const signed = signature === '' ? '' : this.#blocks.delta({ type: 'signature_delta', signature });
		return signed + this.#blocks.stop();
	}
}
