import type { LanguageModelV4ToolCall, SharedV4ProviderMetadata } from '@ai-sdk/provider';
import type { JsonObject } from '../../util/index.ts';
import { parseToolInput } from '../shared/neutral-form.ts';
import { formatSse } from '../shared/sse.ts';
import { encodeAnthropicToolCall, getAnthropicCitations } from './encode.ts';
import { getThinkingSignature, toRedactedBlock } from './reasoning.ts';
import { SUPPORTED_SERVER_TOOLS } from './server-tools.ts';

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
			const citations = getAnthropicCitations(providerMetadata) ?? [];
			const deltas = citations.map((citation) => this.#blocks.delta({ type: 'citations_delta', citation }));
			return deltas.join('') + this.#blocks.stop();
		}
		if (type === 'text-delta' && delta === '') return '';
		const start = this.#blocks.open === owner ? '' : this.#blocks.start(owner, { type: 'text', text: '' });
		return start + (delta === '' ? '' : this.#blocks.delta({ type: 'text_delta', text: delta }));
	}

	#reasoning({ type, id, delta = '', providerMetadata }: ProsePart): string {
		const owner = `reasoning ${id}`;
		const redacted = toRedactedBlock(providerMetadata);
		if (redacted !== null) return this.#blocks.whole(redacted);
		const isOpen = this.#blocks.open === owner;
		if (!isOpen) this.#metadata = {};
		this.#metadata = { ...this.#metadata, ...providerMetadata };
		if (type === 'reasoning-end') return isOpen ? this.#endReasoning() : '';
		const start = isOpen ? '' : this.#blocks.start(owner, { type: 'thinking', thinking: '', signature: '' });
		return start + (delta === '' ? '' : this.#blocks.delta({ type: 'thinking_delta', thinking: delta }));
	}

	#endReasoning(): string {
		const signature = getThinkingSignature(this.#metadata);
		const signed = signature === '' ? '' : this.#blocks.delta({ type: 'signature_delta', signature });
		return signed + this.#blocks.stop();
	}
}

/** A tool call that has begun. */
interface StartedTool {
	block: JsonObject;
	/** Input that waits for its turn: another call is being written. */
	held: string;
	hasInput: boolean;
	isStarted: boolean;
	isWhole: boolean;
}

/** What the neutral stream says when a tool's input begins. */
export interface ToolStart {
	id: string;
	toolName: string;
	providerExecuted?: boolean;
	inputEncoding?: 'json' | 'text';
}

/**
 * Writes tool calls into a message's stream. Calls whose inputs arrive mixed are written one after the other; input
 * that is no JSON waits for the whole call.
 */
export class StreamTools {
	readonly #blocks: StreamBlocks;
	/** In the order in which they began: the first is being written, the others wait. */
	readonly #started = new Map<string, StartedTool>();

	constructor(blocks: StreamBlocks) {
		this.#blocks = blocks;
	}

	/** A call is being written: what else comes must wait. */
	get isBusy(): boolean {
		return this.#started.size > 0;
	}

	/** Nothing for a tool that the provider runs and this format does not have. */
	start({ id, toolName, providerExecuted = false, inputEncoding = 'json' }: ToolStart): string {
		if (inputEncoding === 'text' || (providerExecuted && !SUPPORTED_SERVER_TOOLS.has(toolName))) return '';
		const block = { type: providerExecuted ? 'server_tool_use' : 'tool_use', id, name: toolName, input: {} };
		this.#started.set(id, { block, held: '', hasInput: false, isStarted: false, isWhole: false });
		return this.#advance();
	}

	input(id: string, text: string): string {
		const tool = this.#started.get(id);
		if (tool === undefined || text === '') return '';
		tool.held += text;
		tool.hasInput = true;
		return this.#advance();
	}

	/** The whole call. `null` for a call that cannot be carried. */
	call(call: LanguageModelV4ToolCall): string | null {
		const tool = this.#started.get(call.toolCallId);
		if (tool !== undefined) {
			if (!tool.hasInput) tool.held = JSON.stringify(parseToolInput(call.input));
			tool.isWhole = true;
			return this.#advance();
		}
		const whole = encodeAnthropicToolCall(call);
		if (whole === null) return null;
		const { input, ...block } = whole;
		this.#started.set(call.toolCallId, {
			block: { ...block, input: {} },
			held: JSON.stringify(input),
			hasInput: true,
			isStarted: false,
			isWhole: true,
		});
		return this.#advance();
	}

	/** Everything that still waits: nothing more will come. */
	finish(): string {
		for (const tool of this.#started.values()) tool.isWhole = true;
		return this.#advance();
	}

	#advance(): string {
		let frames = '';
		for (const [id, tool] of this.#started) {
			frames += this.#write(id, tool);
			if (!tool.isWhole) break;
			this.#started.delete(id);
			if (this.#blocks.open === id) frames += this.#blocks.stop();
		}
		return frames;
	}

	#write(id: string, tool: StartedTool): string {
		const start = tool.isStarted ? '' : this.#blocks.start(id, tool.block);
		const input = tool.held === '' ? '' : this.#blocks.delta({ type: 'input_json_delta', partial_json: tool.held });
		tool.isStarted = true;
		tool.held = '';
		return start + input;
	}
}
