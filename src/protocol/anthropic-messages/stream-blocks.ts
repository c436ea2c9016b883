import { formatSse } from '../shared/sse-frames.ts';
import type { JsonObject } from '../shared/usage-fields.ts';

/** Writes the blocks of a message's stream one after the other: one is open at a time. */
export class StreamBlocks {
	#index = -1;
	#open: string | null = null;

	/** Whose block is open; `null` when none is. */
	get open(): string | null {
		return this.#open;
	}

	/** Opens a block, and closes the one before. */
	start(owner: string, block: JsonObject): string {
		const ended = this.stop();
		this.#index += 1;
		this.#open = owner;
		const event = { type: 'content_block_start', index: this.#index, content_block: block };
		return ended + formatSse(event, event.type);
	}

	delta(delta: JsonObject): string {
		const event = { type: 'content_block_delta', index: this.#index, delta };
		return formatSse(event, event.type);
	}

	/** Closes the open block; nothing when none is. */
	stop(): string {
		if (this.#open === null) return '';
		this.#open = null;
		const event = { type: 'content_block_stop', index: this.#index };
		return formatSse(event, event.type);
	}

	/** A block that is whole at once. */
	whole(block: JsonObject): string {
		return this.start('', block) + this.stop();
	}
}
