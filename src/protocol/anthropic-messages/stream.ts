import type { LanguageModelV4StreamPart } from '@ai-sdk/provider';
import type { JsonObject } from '../../util/index.ts';
import type { AnswerMetadata, StreamEncoder } from '../shared/caller-format.ts';
import { parseMessageStart, toFinishReason, unfinishedAnswerError } from '../shared/neutral-form.ts';
import { formatSse } from '../shared/sse.ts';
import { createUsage } from '../shared/usage.ts';
import { anthropicStopReasons, endMessageEarly, formatMessageEnd } from './answer.ts';
import { getDroppedName, getDroppedSignatureName, getStopSequence, toMessageId } from './encode.ts';
import { encodeAnthropicStreamError } from './errors.ts';
import { encodeServerToolResult } from './server-tools.ts';
import { StreamBlocks, StreamProse, StreamTools } from './stream-blocks.ts';
import { encodeAnthropicNeutralUsage, encodeAnthropicUsage, readAnthropicUsage } from './usage.ts';

type Part = LanguageModelV4StreamPart;
type Finish = Extract<Part, { type: 'finish' }>;

/** What is known of the usage before the model speaks: nothing; the lives of cache writes are not told later. */
const NO_USAGE: JsonObject = { ...encodeAnthropicUsage(createUsage({})), cache_creation: null };

/** Parts that come before anything is said. */
const SILENT: ReadonlySet<Part['type']> = new Set(['stream-start', 'response-metadata', 'raw', 'error']);

function startOfMessage(metadata: AnswerMetadata, usage: JsonObject): string {
	const message = {
		id: toMessageId(metadata),
		type: 'message',
		role: 'assistant',
		model: metadata.model,
		content: [],
		stop_reason: null,
		stop_sequence: null,
		usage,
	};
	return formatSse({ type: 'message_start', message }, 'message_start');
}

/** Writes a neutral stream as the events of a message. */
class MessageEncoder implements StreamEncoder {
	readonly #metadata: AnswerMetadata;
	readonly #blocks = new StreamBlocks();
	readonly #prose = new StreamProse(this.#blocks);
	readonly #tools = new StreamTools(this.#blocks);
	readonly #dropped = new Set<string>();
	/** What came while a tool call was being written. */
	#waiting: Part[] = [];
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
		// The first in the stream; what follows belongs to the same message.
		if (start !== null) this.#startUsage = encodeAnthropicUsage(readAnthropicUsage(start.usage));
		// An error is told by whoever reads the stream.
		return start !== null || SILENT.has(part.type) ? '' : this.#start() + this.#write(part);
	}

	endEarly: StreamEncoder['endEarly'] = (reason, usage) =>
		this.#start() + this.#settle() + endMessageEarly(reason, usage);

	#start(): string {
		if (this.#isStarted) return '';
		this.#isStarted = true;
		return startOfMessage(this.#metadata, this.#startUsage);
	}

	#write(part: Part): string {
		switch (part.type) {
			case 'text-start':
			case 'text-delta':
			case 'text-end':
			case 'reasoning-start':
			case 'reasoning-delta':
			case 'reasoning-end':
				return this.#inTurn(part, () => this.#prose.push(part));
			case 'tool-input-start':
				return this.#tools.start(part);
			case 'tool-input-delta':
				return this.#tools.input(part.id, part.delta);
			case 'tool-call':
				return this.#call(part);
			case 'finish':
				return this.#finish(part);
			case 'ping':
				return formatSse({ type: 'ping' }, 'ping');
			default:
				return this.#other(part);
		}
	}

	/** Blocks do not overlap: what comes while a tool call is being written waits. */
	#inTurn(part: Part, write: () => string): string {
		if (!this.#tools.isBusy) return write();
		this.#waiting.push(part);
		return '';
	}

	#call(call: Extract<Part, { type: 'tool-call' }>): string {
		const frames = this.#tools.call(call);
		if (frames === null) this.#dropped.add(call.type);
		const lostProof = getDroppedSignatureName(call);
		if (lostProof !== null) this.#dropped.add(lostProof);
		return (frames ?? '') + this.#resume();
	}

	#resume(): string {
		if (this.#tools.isBusy) return '';
		const waiting = this.#waiting;
		this.#waiting = [];
		return waiting.map((part) => this.#write(part)).join('');
	}

	#settle(): string {
		return this.#tools.finish() + this.#resume() + this.#blocks.stop();
	}

	#other(part: Part): string {
		switch (part.type) {
			case 'tool-result': {
				const block = encodeServerToolResult(part);
				if (block !== null) return this.#inTurn(part, () => this.#blocks.whole(block));
				this.#dropped.add(part.type);
				return '';
			}
			case 'source':
			case 'file':
			case 'reasoning-file':
			case 'custom':
			case 'tool-approval-request': {
				const lost = getDroppedName(part);
				if (lost !== null) this.#dropped.add(lost);
				return '';
			}
			default:
				// input that ended: the call itself says so
				return '';
		}
	}

	#finish({ finishReason, usage, providerMetadata }: Finish): string {
		const reason = toFinishReason(finishReason);
		if (reason === 'error')
			return this.#settle() + encodeAnthropicStreamError(unfinishedAnswerError(finishReason.raw, 'api_error'));
		return (
			this.#settle() +
			formatMessageEnd({
				stopReason: anthropicStopReasons.format(reason, finishReason.raw),
				stopSequence: getStopSequence(providerMetadata),
				usage: encodeAnthropicNeutralUsage(usage),
			})
		);
	}
}

/** Writes a neutral stream as the events of a message: one block after the other, whatever order its parts come in. */
export function createAnthropicStreamEncoder(metadata: AnswerMetadata): StreamEncoder {
	return new MessageEncoder(metadata);
}
