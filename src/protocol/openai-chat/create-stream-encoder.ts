import type { LanguageModelV4StreamPart } from '@ai-sdk/provider';
import type { FinishReason, Usage } from '../../contracts/index.ts';
import type { AnswerFacts, StreamEncoder } from '../shared/caller-format.ts';
import { customToolNames } from '../shared/custom-tools.ts';
import { readFinishReason } from '../shared/finish-reason.ts';
import { readMessageStart } from '../shared/message-start.ts';
import { readNeutralCounts } from '../shared/neutral-usage.ts';
import { citationOfSource, citationsOf } from '../shared/openai-citations.ts';
import { formatSse } from '../shared/sse-frames.ts';
import type { JsonObject } from '../shared/usage-fields.ts';
import { encodeChatStreamError } from './encode-error.ts';
import { encodeAnnotation, encodeReasoningDetails, type ReasoningBlock } from './encode-message.ts';
import { completionIdOf } from './encode-response.ts';
import { encodeChatUsage } from './encode-usage.ts';
import { writeFinishWord } from './finish-reasons.ts';
import { StreamToolCalls } from './stream-tool-calls.ts';

type Part = LanguageModelV4StreamPart;
type Of<Type extends Part['type']> = Extract<Part, { type: Type }>;

class ChunkEncoder implements StreamEncoder {
	/** Everything of a chunk that is the same in each, up to the choices. */
	readonly #head: string;
	readonly #tail: string;
	readonly #wantsUsage: boolean;
	readonly #calls: StreamToolCalls;
	readonly #dropped = new Set<string>();
	/** Open reasoning by its id: its maker's signature may need the whole text. */
	readonly #reasoning = new Map<string, ReasoningBlock>();
	#textLength = 0;
	#textStart = 0;
	#isStarted = false;

	constructor(facts: AnswerFacts) {
		const chunk = {
			id: completionIdOf(facts),
			object: 'chat.completion.chunk',
			created: Math.floor(facts.at / 1000),
			model: facts.model,
		};
		this.#head = `data: ${JSON.stringify(chunk).slice(0, -1)},"choices":`;
		this.#tail = facts.wantsUsage ? ',"usage":null}\n\n' : '}\n\n';
		this.#wantsUsage = facts.wantsUsage;
		this.#calls = new StreamToolCalls(customToolNames(facts.request['tools']));
	}

	get dropped(): readonly string[] {
		return [...this.#dropped];
	}

	push(part: Part): string {
		switch (part.type) {
			case 'text-start':
				this.#textStart = this.#textLength;
				return '';
			case 'text-delta':
				this.#textLength += part.delta.length;
				return part.delta === '' ? '' : this.#delta({ content: part.delta });
			case 'text-end':
				return this.#annotate(part);
			case 'reasoning-start':
			case 'reasoning-delta':
			case 'reasoning-end':
				return this.#reason(part);
			case 'tool-input-start':
				return this.#call(this.#calls.start(part));
			case 'tool-input-delta':
				return this.#call(this.#calls.input(part.id, part.delta));
			case 'finish':
				return this.#finish(part);
			default:
				return this.#other(part);
		}
	}

	endEarly(reason: FinishReason, usage: Usage): string {
		return this.#delta({}, writeFinishWord(reason)) + this.#end(usage);
	}

	#other(part: Part): string {
		switch (part.type) {
			case 'tool-call':
				if (part.providerExecuted !== true) return this.#call(this.#calls.finish(part));
				this.#dropped.add(part.type);
				return '';
			case 'source':
				if (part.sourceType === 'url')
					return this.#annotations([citationOfSource(part, this.#textLength)].map(encodeAnnotation));
				this.#dropped.add(part.type);
				return '';
			case 'tool-result':
			case 'file':
			case 'reasoning-file':
			case 'custom':
			case 'tool-approval-request':
				// The start of an Anthropic message comes as a part, and is nothing that could be lost.
				if (readMessageStart(part) === null) this.#dropped.add(part.type);
				return '';
			default:
				// starts, metadata, raw events; an error is told by whoever reads the stream
				return '';
		}
	}

	#chunk(choices: string): string {
		return this.#head + choices + this.#tail;
	}

	#delta(delta: JsonObject, finishReason: string | null = null): string {
		const choice = (of: JsonObject, reason: string | null) =>
			this.#chunk(JSON.stringify([{ index: 0, delta: of, logprobs: null, finish_reason: reason }]));
		const start = this.#isStarted ? '' : choice({ role: 'assistant', content: '', refusal: null }, null);
		this.#isStarted = true;
		return start + choice(delta, finishReason);
	}

	#call(delta: JsonObject | null): string {
		return delta === null ? '' : this.#delta({ tool_calls: [delta] });
	}

	#annotations(annotations: JsonObject[]): string {
		return annotations.length === 0 ? '' : this.#delta({ annotations });
	}

	#annotate({ citations }: Of<'text-end'>): string {
		const start = this.#textStart;
		const said = citationsOf(citations, this.#textLength - start, this.#dropped);
		const placed = said.map((citation) => ({
			...citation,
			start_index: citation.start_index + start,
			end_index: citation.end_index + start,
		}));
		return this.#annotations(placed.map(encodeAnnotation));
	}

	/** Reasoning as it comes; at its end what it was signed with. */
	#reason(part: Of<'reasoning-start' | 'reasoning-delta' | 'reasoning-end'>): string {
		const delta = part.type === 'reasoning-delta' ? part.delta : '';
		const open = this.#reasoning.get(part.id) ?? { text: '' };
		const block = {
			...open,
			text: open.text + delta,
			...(part.providerMetadata && { providerMetadata: part.providerMetadata }),
		};
		this.#reasoning.set(part.id, block);
		if (part.type !== 'reasoning-end') return delta === '' ? '' : this.#delta({ reasoning_content: delta });
		this.#reasoning.delete(part.id);
		return this.#delta({ reasoning_details: encodeReasoningDetails([block]) });
	}

	#finish({ finishReason, usage }: Of<'finish'>): string {
		const reason = readFinishReason(finishReason);
		if (reason !== 'error') return this.endEarly(reason, readNeutralCounts(usage, null));
		const word = finishReason.raw ?? 'no reason given';
		return encodeChatStreamError({
			status: 502,
			code: 'server_error',
			message: `The provider did not finish its answer (${word}).`,
		});
	}

	#end(usage: Usage): string {
		const told = `${this.#head}[],"usage":${JSON.stringify(encodeChatUsage(usage))}}\n\n`;
		return `${this.#wantsUsage ? told : ''}${formatSse('[DONE]')}`;
	}
}

/** Writes a neutral stream as chat completion chunks: the role first, one choice, `[DONE]` last. */
export function createOpenAiChatStreamEncoder(facts: AnswerFacts): StreamEncoder {
	return new ChunkEncoder(facts);
}
