import type { LanguageModelV4ToolCall } from '@ai-sdk/provider';
import { readToolInput } from '../shared/tool-input.ts';
import type { JsonObject } from '../shared/usage-fields.ts';
import { encodeToolCall } from './encode-content.ts';
import { CARRIED_SERVER_TOOLS } from './server-tools.ts';
import type { StreamBlocks } from './stream-blocks.ts';

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
		if (inputEncoding === 'text' || (providerExecuted && !CARRIED_SERVER_TOOLS.has(toolName))) return '';
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
			if (!tool.hasInput) tool.held = JSON.stringify(readToolInput(call.input));
			tool.isWhole = true;
			return this.#advance();
		}
		const whole = encodeToolCall(call);
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
