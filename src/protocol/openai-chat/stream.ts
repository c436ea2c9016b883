import type { LanguageModelV4StreamPart } from '@ai-sdk/provider';
import type { FinishReason, Usage } from '../../contracts/index.ts';
import type { JsonObject } from '../../util/index.ts';
import type { AnswerMetadata, StreamEncoder, WireError } from '../shared/caller-format.ts';
import { parseMessageStart, toFinishReason } from '../shared/neutral-form.ts';
import { getCustomToolNames, toOpenAiError, toUrlCitation, toUrlCitations } from '../shared/openai.ts';
import { formatSse } from '../shared/sse.ts';
import { fromNeutralUsage } from '../shared/usage.ts';
import { writeOpenAiChatFinishReason } from './answer.ts';
import {
	encodeAnnotation,
	encodeOpenAiToolCall,
	encodeReasoningDetails,
	type ReasoningBlock,
	toCompletionId,
} from './encode.ts';
import { encodeOpenAiChatUsage } from './usage.ts';

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

	constructor(facts: AnswerMetadata) {
		const chunk = {
			id: toCompletionId(facts),
			object: 'chat.completion.chunk',
			created: Math.floor(facts.createdAt / 1000),
			model: facts.model,
		};
		this.#head = `data: ${JSON.stringify(chunk).slice(0, -1)},"choices":`;
		this.#tail = facts.wantsUsage ? ',"usage":null}\n\n' : '}\n\n';
		this.#wantsUsage = facts.wantsUsage;
		this.#calls = new StreamToolCalls(getCustomToolNames(facts.request['tools']));
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
		return this.#delta({}, writeOpenAiChatFinishReason(reason)) + this.#end(usage);
	}

	#other(part: Part): string {
		switch (part.type) {
			case 'tool-call':
				if (part.providerExecuted !== true) return this.#call(this.#calls.finish(part));
				this.#dropped.add(part.type);
				return '';
			case 'source':
				if (part.sourceType === 'url')
					return this.#annotations([toUrlCitation(part, this.#textLength)].map(encodeAnnotation));
				this.#dropped.add(part.type);
				return '';
			case 'tool-result':
			case 'file':
			case 'reasoning-file':
			case 'custom':
			case 'tool-approval-request':
				// The start of an Anthropic message comes as a part, and is nothing that could be lost.
				if (parseMessageStart(part) === null) this.#dropped.add(part.type);
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
		const said = toUrlCitations(citations, this.#textLength - start, this.#dropped);
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
		const reason = toFinishReason(finishReason);
		if (reason !== 'error') return this.endEarly(reason, fromNeutralUsage(usage, null));
		const word = finishReason.raw ?? 'no reason given';
		return encodeOpenAiChatStreamError({
			status: 502,
			code: 'server_error',
			message: `The provider did not finish its answer (${word}).`,
		});
	}

	#end(usage: Usage): string {
		const told = `${this.#head}[],"usage":${JSON.stringify(encodeOpenAiChatUsage(usage))}}\n\n`;
		return `${this.#wantsUsage ? told : ''}${formatSse('[DONE]')}`;
	}
}

/** Writes a neutral stream as chat completion chunks: the role first, one choice, `[DONE]` last. */
export function createOpenAiChatStreamEncoder(facts: AnswerMetadata): StreamEncoder {
	return new ChunkEncoder(facts);
}

type Start = Extract<LanguageModelV4StreamPart, { type: 'tool-input-start' }>;
type Call = Extract<LanguageModelV4StreamPart, { type: 'tool-call' }>;

/** The deltas of the tool calls of one stream: every call has its index, parallel ones may come interleaved. */
class StreamToolCalls {
	readonly #customTools: ReadonlySet<string>;
	/** What was told of each call, by its id; as many as the answer has calls. */
	readonly #told = new Map<string, { index: number; input: string }>();

	constructor(customTools: ReadonlySet<string>) {
		this.#customTools = customTools;
	}

	/** The delta that opens a call; `null` for one that is told when it is whole, or that the provider runs itself. */
	start({ id, toolName, providerExecuted, inputEncoding }: Start): JsonObject | null {
		if (providerExecuted === true || inputEncoding === 'text' || this.#customTools.has(toolName)) return null;
		const index = this.#told.size;
		this.#told.set(id, { index, input: '' });
		return { index, id, type: 'function', function: { name: toolName, arguments: '' } };
	}

	/** A piece of a call's input; `null` for a call that was not opened. */
	input(id: string, delta: string): JsonObject | null {
		const told = this.#told.get(id);
		if (told === undefined || delta === '') return null;
		told.input += delta;
		return { index: told.index, function: { arguments: delta } };
	}

	/** What is still to be told of a call that is whole now. */
	finish(call: Call): JsonObject | null {
		const told = this.#told.get(call.toolCallId);
		const whole = encodeOpenAiToolCall(call, this.#customTools);
		if (told === undefined) {
			const index = this.#told.size;
			this.#told.set(call.toolCallId, { index, input: call.input });
			return { index, ...whole };
		}
		const { extra_content: extra } = whole;
		const input = told.input === '' ? call.input : '';
		if (input === '' && extra === undefined) return null;
		told.input += input;
		return {
			index: told.index,
			function: { arguments: input },
			...(extra === undefined ? {} : { extra_content: extra }),
		};
	}
}

/** The body of an error answer. */
export function encodeOpenAiChatError(error: WireError): JsonObject {
	return { error: toOpenAiError(error) };
}

/** The event at which clients throw; no `[DONE]` follows it. */
export function encodeOpenAiChatStreamError(error: WireError): string {
	return formatSse(encodeOpenAiChatError(error));
}
