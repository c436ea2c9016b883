import type { LanguageModelV4StreamPart } from '@ai-sdk/provider';
import type { AnswerFacts, StreamEncoder } from '../shared/caller-format.ts';
import { readFinishReason } from '../shared/finish-reason.ts';
import { readMessageStart } from '../shared/message-start.ts';
import { formatSse } from '../shared/sse-frames.ts';
import { type JsonObject, usageOf } from '../shared/usage-fields.ts';
import { nameOfLost, nameOfLostProof } from './encode-content.ts';
import { encodeStreamError } from './encode-error.ts';
import { messageIdOf, stopSequenceOf } from './encode-response.ts';
import { endOfMessage, writeMessageEnd } from './end-of-message.ts';
import { readAnthropicUsage } from './read-usage.ts';
import { writeServerToolResult } from './server-tools.ts';
import { writeStopReason } from './stop-reasons.ts';
import { StreamBlocks } from './stream-blocks.ts';
import { StreamProse } from './stream-prose.ts';
import { StreamTools } from './stream-tools.ts';
import { writeNeutralUsage, writeUsage } from './write-usage.ts';

type Part = LanguageModelV4StreamPart;
type Finish = Extract<Part, { type: 'finish' }>;

/** What is known of the usage before the model speaks: nothing; the lives of cache writes are not told later. */
const NO_USAGE: JsonObject = { ...writeUsage(usageOf({})), cache_creation: null };

/** Parts that come before anything is said. */
const SILENT: ReadonlySet<Part['type']> = new Set(['stream-start', 'response-metadata', 'raw', 'error']);

function startOfMessage(facts: AnswerFacts, usage: JsonObject): string {
	const message = {
		id: messageIdOf(facts),
		type: 'message',
		role: 'assistant',
		model: facts.model,
		content: [],
		stop_reason: null,
		stop_sequence: null,
		usage,
	};
	return formatSse({ type: 'message_start', message }, 'message_start');
}

/** Writes a neutral stream as the events of a message. */
class MessageEncoder implements StreamEncoder {
	readonly #facts: AnswerFacts;
	readonly #blocks = new StreamBlocks();
	readonly #prose = new StreamProse(this.#blocks);
	readonly #tools = new StreamTools(this.#blocks);
	readonly #dropped = new Set<string>();
	/** What came while a tool call was being written. */
	#waiting: Part[] = [];
	#isStarted = false;
	#startUsage = NO_USAGE;

	constructor(facts: AnswerFacts) {
		this.#facts = facts;
	}

	get dropped(): readonly string[] {
		return [...this.#dropped];
	}

	push(part: Part): string {
		const start = readMessageStart(part);
		// The first in the stream; what follows belongs to the same message.
		if (start !== null) this.#startUsage = writeUsage(readAnthropicUsage(start.usage));
		// An error is told by whoever reads the stream.
		return start !== null || SILENT.has(part.type) ? '' : this.#start() + this.#write(part);
	}

	endEarly: StreamEncoder['endEarly'] = (reason, usage) => this.#start() + this.#settle() + endOfMessage(reason, usage);

	#start(): string {
		if (this.#isStarted) return '';
		this.#isStarted = true;
		return startOfMessage(this.#facts, this.#startUsage);
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
		const lostProof = nameOfLostProof(call);
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
				const block = writeServerToolResult(part);
				if (block !== null) return this.#inTurn(part, () => this.#blocks.whole(block));
				this.#dropped.add(part.type);
				return '';
			}
			case 'source':
			case 'file':
			case 'reasoning-file':
			case 'custom':
			case 'tool-approval-request': {
				const lost = nameOfLost(part);
				if (lost !== null) this.#dropped.add(lost);
				return '';
			}
			default:
				// input that ended: the call itself says so
				return '';
		}
	}

	#finish({ finishReason, usage, providerMetadata }: Finish): string {
		const reason = readFinishReason(finishReason);
		if (reason === 'error') return this.#settle() + encodeStreamError(brokenAnswer(finishReason.raw));
		return (
			this.#settle() +
			writeMessageEnd({
				stopReason: writeStopReason(reason, finishReason.raw),
				stopSequence: stopSequenceOf(providerMetadata),
				usage: writeNeutralUsage(usage),
			})
		);
	}
}

function brokenAnswer(word = 'no reason given') {
	return { status: 502, code: 'api_error', message: `The provider did not finish its answer (${word}).` };
}

/** Writes a neutral stream as the events of a message: one block after the other, whatever order its parts come in. */
export function createStreamEncoder(facts: AnswerFacts): StreamEncoder {
	return new MessageEncoder(facts);
}
