import type { LanguageModelV4StreamPart, LanguageModelV4ToolCall, SharedV4ProviderMetadata } from '@ai-sdk/provider';
import type { JsonObject } from '../../util/index.ts';
import type { AnswerMetadata, StreamEncoder } from '../shared/caller-format.ts';
import { parseMessageStart, parseToolInput, toFinishReason, unfinishedAnswerError } from '../shared/neutral-form.ts';
import { formatSse } from '../shared/sse.ts';
import { createUsage } from '../shared/usage.ts';
import { anthropicStopReasons, endMessageEarly, formatMessageEnd } from './answer.ts';
import {
	encodeAnthropicToolCall,
	getAnthropicCitations,
	getDroppedName,
	getDroppedSignatureName,
	getStopSequence,
	toMessageId,
} from './encode.ts';
import { encodeAnthropicStreamError } from './errors.ts';
import { getThinkingSignature, toRedactedBlock } from './reasoning.ts';
import { encodeServerToolResult, SUPPORTED_SERVER_TOOLS } from './server-tools.ts';
import { encodeAnthropicNeutralUsage, encodeAnthropicUsage, readAnthropicUsage } from './usage.ts';

type Part = LanguageModelV4StreamPart;
type Of<Type extends Part['type']> = Extract<Part, { type: Type }>;

/** The usage before the provider has reported any; the lifetimes of cache writes are not reported later. */
const NO_USAGE: JsonObject = { ...encodeAnthropicUsage(createUsage({})), cache_creation: null };

/** Parts that do not start a message. */
const WITHOUT_START: ReadonlySet<Part['type']> = new Set(['stream-start', 'response-metadata', 'raw', 'error']);

function formatEvent(event: JsonObject & { type: string }): string {
	return formatSse(event, event.type);
}

/** Formats the blocks of a message one after the other: one is open at a time. */
class BlockFormatter {
	#index = -1;
	/** The text, reasoning or call whose block is open. */
	#open: string | null = null;

	isOpen(owner: string): boolean {
		return this.#open === owner;
	}

	/** Opens a block, and closes the one before. */
	start(owner: string, block: JsonObject): string {
		const stopped = this.stop();
		this.#index += 1;
		this.#open = owner;
		return stopped + formatEvent({ type: 'content_block_start', index: this.#index, content_block: block });
	}

	delta(delta: JsonObject): string {
		return formatEvent({ type: 'content_block_delta', index: this.#index, delta });
	}

	/** Closes the open block; nothing when none is. */
	stop(): string {
		if (this.#open === null) return '';
		this.#open = null;
		return formatEvent({ type: 'content_block_stop', index: this.#index });
	}
}

/**
 * Writes a neutral stream as the events of a message. Blocks do not overlap: while the input of a tool call is streamed,
 * parts of anything else wait until the call is whole.
 */
class MessageEncoder implements StreamEncoder {
	readonly #metadata: AnswerMetadata;
	readonly #blocks = new BlockFormatter();
	readonly #dropped = new Set<string>();
	/** The call whose input is streamed. */
	#call: { id: string; hasInput: boolean } | null = null;
	#waiting: Part[] = [];
	/** Where the signature of the open reasoning is. */
	#reasoningMetadata: SharedV4ProviderMetadata = {};
	#isStarted = false;
	#startUsage = NO_USAGE;

	constructor(metadata: AnswerMetadata) {
		this.#metadata = metadata;
	}

	get dropped(): readonly string[] {
		return [...this.#dropped];
	}

	push(part: Part): string {
		const start = parseMessageStart(part);
		// the first in the stream; what follows belongs to the same message
		if (start !== null) this.#startUsage = encodeAnthropicUsage(readAnthropicUsage(start.usage));
		// errors are reported by the reader of the stream
		return start !== null || WITHOUT_START.has(part.type) ? '' : this.#start() + this.#write(part);
	}

	endEarly: StreamEncoder['endEarly'] = (reason, usage) =>
		this.#start() + this.#settle() + endMessageEarly(reason, usage);

	#start(): string {
		if (this.#isStarted) return '';
		this.#isStarted = true;
		const message = {
			id: toMessageId(this.#metadata),
			type: 'message',
			role: 'assistant',
			model: this.#metadata.model,
			content: [],
			stop_reason: null,
			stop_sequence: null,
			usage: this.#startUsage,
		};
		return formatEvent({ type: 'message_start', message });
	}

	#write(part: Part): string {
		switch (part.type) {
			case 'finish':
				return this.#finish(part);
			case 'ping':
				return formatEvent({ type: 'ping' });
			case 'tool-input-delta':
				if (this.#call?.id === part.id) return this.#writeInput(part.delta);
				break;
			case 'tool-call':
				if (this.#call?.id === part.toolCallId) return this.#endCall(part);
				break;
			default:
		}
		if (this.#call === null) return this.#writeContent(part);
		this.#waiting.push(part);
		return '';
	}

	/** Writes a part that no call is in the way of. */
	#writeContent(part: Part): string {
		switch (part.type) {
			case 'text-start':
			case 'text-delta':
			case 'text-end':
				return this.#writeText(part);
			case 'reasoning-start':
			case 'reasoning-delta':
			case 'reasoning-end':
				return this.#writeReasoning(part);
			case 'tool-input-start':
				return this.#startCall(part);
			case 'tool-call': {
				const block = encodeAnthropicToolCall(part);
				this.#dropSignature(part);
				if (block === null) return this.#drop(part.type);
				const start = this.#blocks.start(part.toolCallId, { ...block, input: {} });
				return start + this.#writeInput(JSON.stringify(block['input'])) + this.#blocks.stop();
			}
			case 'tool-result': {
				const block = encodeServerToolResult(part);
				return block === null ? this.#drop(part.type) : this.#blocks.start('', block) + this.#blocks.stop();
			}
			case 'source':
			case 'file':
			case 'reasoning-file':
			case 'custom':
			case 'tool-approval-request':
				return this.#drop(getDroppedName(part));
			default:
				// input that ended: the call itself says so
				return '';
		}
	}

	#drop(name: string | null): string {
		if (name !== null) this.#dropped.add(name);
		return '';
	}

	#dropSignature(call: LanguageModelV4ToolCall): void {
		this.#drop(getDroppedSignatureName(call));
	}

	#writeText(part: Of<'text-start' | 'text-delta' | 'text-end'>): string {
		const owner = `text ${part.id}`;
		if (part.type === 'text-end') {
			if (!this.#blocks.isOpen(owner)) return '';
			const citations = getAnthropicCitations(part.providerMetadata) ?? [];
			const deltas = citations.map((citation) => this.#blocks.delta({ type: 'citations_delta', citation }));
			return deltas.join('') + this.#blocks.stop();
		}
		const text = part.type === 'text-delta' ? part.delta : '';
		if (part.type === 'text-delta' && text === '') return '';
		const start = this.#blocks.isOpen(owner) ? '' : this.#blocks.start(owner, { type: 'text', text: '' });
		return start + (text === '' ? '' : this.#blocks.delta({ type: 'text_delta', text }));
	}

	#writeReasoning(part: Of<'reasoning-start' | 'reasoning-delta' | 'reasoning-end'>): string {
		const owner = `reasoning ${part.id}`;
		const redacted = toRedactedBlock(part.providerMetadata);
		if (redacted !== null) return this.#blocks.start('', redacted) + this.#blocks.stop();
		const isOpen = this.#blocks.isOpen(owner);
		this.#reasoningMetadata = { ...(isOpen ? this.#reasoningMetadata : {}), ...part.providerMetadata };
		if (part.type === 'reasoning-end') {
			if (!isOpen) return '';
			const signature = getThinkingSignature(this.#reasoningMetadata);
			const signed = signature === '' ? '' : this.#blocks.delta({ type: 'signature_delta', signature });
			return signed + this.#blocks.stop();
		}
		const start = isOpen ? '' : this.#blocks.start(owner, { type: 'thinking', thinking: '', signature: '' });
		const thinking = part.type === 'reasoning-delta' ? part.delta : '';
		return start + (thinking === '' ? '' : this.#blocks.delta({ type: 'thinking_delta', thinking }));
	}

	/** Nothing for a tool that the provider runs and this format does not have, and for input that is no JSON before it is whole. */
	#startCall({ id, toolName, providerExecuted = false, inputEncoding }: Of<'tool-input-start'>): string {
		if (inputEncoding === 'text' || (providerExecuted && !SUPPORTED_SERVER_TOOLS.has(toolName))) return '';
		this.#call = { id, hasInput: false };
		const type = providerExecuted ? 'server_tool_use' : 'tool_use';
		return this.#blocks.start(id, { type, id, name: toolName, input: {} });
	}

	#writeInput(partial_json: string): string {
		if (partial_json === '') return '';
		if (this.#call !== null) this.#call.hasInput = true;
		return this.#blocks.delta({ type: 'input_json_delta', partial_json });
	}

	#endCall(call: LanguageModelV4ToolCall): string {
		const input = this.#call?.hasInput ? '' : this.#writeInput(JSON.stringify(parseToolInput(call.input)));
		this.#dropSignature(call);
		return input + this.#resume();
	}

	/** Ends the call that is streamed, and writes what waited for it. */
	#resume(): string {
		const waiting = this.#waiting;
		this.#call = null;
		this.#waiting = [];
		return this.#blocks.stop() + waiting.map((part) => this.#write(part)).join('');
	}

	/** Ends everything that is open: nothing more will come. */
	#settle(): string {
		let events = '';
		while (this.#call !== null) events += this.#resume();
		return events + this.#blocks.stop();
	}

	#finish({ finishReason, usage, providerMetadata }: Of<'finish'>): string {
		const reason = toFinishReason(finishReason);
		const end =
			reason === 'error'
				? encodeAnthropicStreamError(unfinishedAnswerError(finishReason.raw, 'api_error'))
				: formatMessageEnd({
						stopReason: anthropicStopReasons.format(reason, finishReason.raw),
						stopSequence: getStopSequence(providerMetadata),
						usage: encodeAnthropicNeutralUsage(usage),
					});
		return this.#settle() + end;
	}
}

/** Writes a neutral stream as the events of a message: one block after the other, whatever order its parts come in. */
export function createAnthropicStreamEncoder(metadata: AnswerMetadata): StreamEncoder {
	return new MessageEncoder(metadata);
}
