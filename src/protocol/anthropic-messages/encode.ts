import type {
	LanguageModelV4Content,
	LanguageModelV4GenerateResult,
	LanguageModelV4StreamPart,
	LanguageModelV4Text,
	LanguageModelV4ToolCall,
	SharedV4ProviderMetadata,
} from '@ai-sdk/provider';
import { isObject, type JsonObject } from '../../util/index.ts';
import { toObject } from '../shared/body-fields.ts';
import type { AnswerMetadata, StreamEncoder, WireError } from '../shared/caller-format.ts';
import { parseMessageStart, parseToolInput, toFinishReason, unfinishedAnswerError } from '../shared/neutral-form.ts';
import { fromNeutralUsage } from '../shared/neutral-usage.ts';
import { sealMetadata } from '../shared/reasoning-seal.ts';
import { formatSse } from '../shared/sse.ts';
import { createUsage } from '../shared/usage.ts';
import { anthropicStopReasons, endMessageEarly, formatMessageEnd } from './answer.ts';
import { getThinkingSignature, toRedactedBlock } from './reasoning.ts';
import { encodeServerToolResult, encodeServerToolUse, SUPPORTED_SERVER_TOOLS } from './server-tools.ts';
import { encodeAnthropicUsage, readAnthropicUsage } from './usage.ts';

/** A message's id: with the prefix that clients look for. */
function toMessageId({ id }: AnswerMetadata): string {
	return id.startsWith('msg_') ? id : `msg_${id}`;
}

/** The sequence that stopped the model, where Anthropic reports it. */
function getStopSequence(metadata: LanguageModelV4GenerateResult['providerMetadata']): string | null {
	const sequence = metadata?.['anthropic']?.['stopSequence'];
	return typeof sequence === 'string' ? sequence : null;
}

/** A neutral answer as a message. */
export function encodeAnthropicAnswer(
	result: LanguageModelV4GenerateResult,
	metadata: AnswerMetadata,
): { body: JsonObject; dropped: string[] } {
	const { blocks, dropped } = encodeContent(result.content, wantsThinking(metadata));
	return {
		body: {
			id: toMessageId(metadata),
			type: 'message',
			role: 'assistant',
			model: metadata.model,
			content: blocks,
			stop_reason: anthropicStopReasons.format(toFinishReason(result.finishReason), result.finishReason.raw),
			stop_sequence: getStopSequence(result.providerMetadata),
			usage: encodeAnthropicUsage(fromNeutralUsage(result.usage)),
		},
		dropped,
	};
}

/** Citations as Anthropic made them; other providers' do not have what Anthropic's need. */
function getAnthropicCitations(metadata: LanguageModelV4Text['providerMetadata']): unknown[] | null {
	const citations = metadata?.['anthropic']?.['citations'];
	return Array.isArray(citations) && citations.length > 0 ? citations : null;
}

function encodeText({ text, providerMetadata }: LanguageModelV4Text): JsonObject {
	if (providerMetadata?.['anthropic']?.['type'] === 'compaction') return { type: 'compaction', content: text };
	return { type: 'text', text, citations: getAnthropicCitations(providerMetadata) };
}

/** A tool call as a block; `null` when a provider other than Anthropic ran it itself. */
function encodeAnthropicToolCall(call: LanguageModelV4ToolCall): JsonObject | null {
	const input = parseToolInput(call.input);
	if (call.providerExecuted === true) return encodeServerToolUse(call, input);
	return { type: 'tool_use', id: call.toolCallId, name: call.toolName, input };
}

function encodePart(part: LanguageModelV4Content): JsonObject | null {
	switch (part.type) {
		case 'text':
			return encodeText(part);
		case 'reasoning':
			return (
				toRedactedBlock(part.providerMetadata) ?? {
					type: 'thinking',
					thinking: part.text,
					signature: getThinkingSignature(part.providerMetadata),
				}
			);
		case 'tool-call':
			return encodeAnthropicToolCall(part);
		case 'tool-result':
			return encodeServerToolResult(part);
		default:
			return null;
	}
}

/**
 * Gemini's signature of a call, which `tool_use` has no place for, as thinking without words before it: with the
 * conversation it comes back. `null` without one.
 */
function toSignatureBlock(metadata: SharedV4ProviderMetadata | undefined): JsonObject | null {
	const names = ['google', 'googleVertex', 'vertex'];
	if (names.every((name) => typeof metadata?.[name]?.['thoughtSignature'] !== 'string')) return null;
	return { type: 'thinking', thinking: '', signature: sealMetadata(metadata) };
}

/** The name under which such a signature is reported as dropped. */
const DROPPED_SIGNATURE = 'tool-call.thoughtSignature';

/** Whether the caller asked for thinking, and so keeps blocks of it. */
function wantsThinking({ request }: AnswerMetadata): boolean {
	return ['enabled', 'adaptive'].includes(String(toObject(request['thinking'])['type']));
}

/** The name under which a part is reported as dropped; `null` where its content is carried elsewhere (sources of citations). */
function getDroppedName(part: LanguageModelV4Content): string | null {
	if (part.type === 'source') return part.providerMetadata?.['anthropic'] === undefined ? 'source' : null;
	return part.type;
}

/** The content of a message, and the names of what it cannot carry. */
function encodeContent(
	content: readonly LanguageModelV4Content[],
	keepsThinking: boolean,
): { blocks: JsonObject[]; dropped: string[] } {
	const blocks: JsonObject[] = [];
	const dropped = new Set<string>();
	for (const part of content) {
		const signature = part.type === 'tool-call' ? toSignatureBlock(part.providerMetadata) : null;
		if (signature !== null && keepsThinking) blocks.push(signature);
		else if (signature !== null) dropped.add(DROPPED_SIGNATURE);
		const block = encodePart(part);
		const name = block === null ? getDroppedName(part) : null;
		if (block !== null) blocks.push(block);
		if (name !== null) dropped.add(name);
	}
	return { blocks, dropped: [...dropped] };
}

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
export class AnthropicStreamEncoder implements StreamEncoder {
	readonly #metadata: AnswerMetadata;
	readonly #blocks = new BlockFormatter();
	readonly #dropped = new Set<string>();
	/** The call whose input is streamed. */
	#call: { id: string; hasInput: boolean; isSigned: boolean } | null = null;
	#waiting: Part[] = [];
	/** Where the signature of the open reasoning is. */
	#reasoningMetadata: SharedV4ProviderMetadata = {};
	#isStarted = false;
	#startUsage: JsonObject;

	constructor(metadata: AnswerMetadata) {
		this.#metadata = metadata;
		// what it was comes with the end of the message; agents show and store what is told here
		const { expectedInputTokens: tokens } = metadata;
		this.#startUsage = tokens === undefined ? NO_USAGE : { ...NO_USAGE, input_tokens: tokens, is_estimated: true };
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
				if (block === null) return this.#drop(part.type);
				const signature = this.#writeSignature(part.providerMetadata);
				const start = signature + this.#blocks.start(part.toolCallId, { ...block, input: {} });
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

	/** A call's signature where it is kept; it is known when the call begins. */
	#writeSignature(metadata: SharedV4ProviderMetadata | undefined): string {
		const block = toSignatureBlock(metadata);
		if (block === null) return '';
		if (!wantsThinking(this.#metadata)) return this.#drop(DROPPED_SIGNATURE);
		const start = this.#blocks.start('', { ...block, signature: '' });
		return start + this.#blocks.delta({ type: 'signature_delta', signature: block['signature'] }) + this.#blocks.stop();
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
	#startCall(part: Of<'tool-input-start'>): string {
		const { id, toolName, providerExecuted = false, inputEncoding } = part;
		if (inputEncoding === 'text' || (providerExecuted && !SUPPORTED_SERVER_TOOLS.has(toolName))) return '';
		const signature = this.#writeSignature(part.providerMetadata);
		this.#call = { id, hasInput: false, isSigned: signature !== '' };
		const type = providerExecuted ? 'server_tool_use' : 'tool_use';
		return signature + this.#blocks.start(id, { type, id, name: toolName, input: {} });
	}

	#writeInput(partial_json: string): string {
		if (partial_json === '') return '';
		if (this.#call !== null) this.#call.hasInput = true;
		return this.#blocks.delta({ type: 'input_json_delta', partial_json });
	}

	#endCall(call: LanguageModelV4ToolCall): string {
		const input = this.#call?.hasInput ? '' : this.#writeInput(JSON.stringify(parseToolInput(call.input)));
		// its block has begun: there is no place before it any more
		if (this.#call?.isSigned === false && toSignatureBlock(call.providerMetadata) !== null)
			this.#drop(DROPPED_SIGNATURE);
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
						usage: encodeAnthropicUsage(fromNeutralUsage(usage)),
					});
		return this.#settle() + end;
	}
}

/** Source: https://docs.claude.com/en/api/errors */
const ERROR_TYPES: ReadonlyMap<number, string> = new Map([
	[400, 'invalid_request_error'],
	[401, 'authentication_error'],
	[402, 'billing_error'],
	[403, 'permission_error'],
	[404, 'not_found_error'],
	[408, 'timeout_error'],
	[413, 'request_too_large'],
	[429, 'rate_limit_error'],
	[503, 'overloaded_error'],
	[504, 'timeout_error'],
	[529, 'overloaded_error'],
]);
const KNOWN_TYPES: ReadonlySet<string> = new Set([...ERROR_TYPES.values(), 'api_error']);

function getErrorType({ status, code }: WireError): string {
	if (code !== null && KNOWN_TYPES.has(code)) return code;
	return ERROR_TYPES.get(status) ?? (status >= 400 && status < 500 ? 'invalid_request_error' : 'api_error');
}

/** Anthropic's own words for a prompt that is too long: by them its clients shorten the conversation. */
function describeExcess({ limit, tokens }: NonNullable<WireError['excess']>, message: string): string {
	if (/prompt is too long/i.test(message)) return message;
	const figures = limit === null || tokens === null ? '' : `: ${tokens} tokens > ${limit} maximum`;
	return `prompt is too long${figures}\n${message}`;
}

/**
 * The body of an error answer: Anthropic's type for the status, this package's code beside it. A provider's own error of
 * this form is passed on whole.
 */
export function encodeAnthropicError(error: WireError): JsonObject {
	const { body, code, excess, message, param, requestId = null } = error;
	if (body !== undefined && isObject(body['error']) && body['type'] === 'error')
		return { ...body, request_id: body['request_id'] ?? requestId };
	const type = getErrorType(error);
	return {
		type: 'error',
		error: {
			type,
			message: excess === undefined ? message : describeExcess(excess, message),
			...(code === null || code === type ? {} : { code }),
			...(param === undefined ? {} : { param }),
		},
		request_id: requestId,
	};
}

/** The event that ends a stream with an error. */
export function encodeAnthropicStreamError(error: WireError): string {
	return formatSse(encodeAnthropicError(error), 'error');
}
