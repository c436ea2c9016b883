import type {
	LanguageModelV4Content,
	LanguageModelV4GenerateResult,
	LanguageModelV4Reasoning,
	LanguageModelV4StreamPart,
	LanguageModelV4ToolCall,
} from '@ai-sdk/provider';
import type { FinishReason, Usage } from '../../contracts/index.ts';
import type { JsonObject } from '../../util/index.ts';
import { withoutUndefined } from '../shared/body-fields.ts';
import type { AnswerMetadata, StreamEncoder, WireError } from '../shared/caller-format.ts';
import { parseMessageStart, toFinishReason, unfinishedAnswerError } from '../shared/neutral-form.ts';
import { fromNeutralUsage } from '../shared/neutral-usage.ts';
import {
	encodeOpenAiError,
	getCustomToolInput,
	getCustomToolNames,
	toUrlCitation,
	toUrlCitations,
	type UrlCitation,
} from '../shared/openai.ts';
import { encodeThoughtSignature, isSignature, sealMetadata } from '../shared/reasoning-seal.ts';
import { formatSse } from '../shared/sse.ts';
import { openAiChatFinishReasons } from './answer.ts';
import { encodeOpenAiChatUsage } from './usage.ts';

/** The id of an answer in this format. */
function toCompletionId({ id }: AnswerMetadata): string {
	return id.startsWith('chatcmpl-') ? id : `chatcmpl-${id}`;
}

/** A neutral answer as a chat completion. */
export function encodeOpenAiChatAnswer(
	result: LanguageModelV4GenerateResult,
	metadata: AnswerMetadata,
): { body: JsonObject; dropped: string[] } {
	const dropped = new Set<string>();
	const message = encodeMessage(result.content, {
		customTools: getCustomToolNames(metadata.request['tools']),
		dropped,
	});
	const finishReason = openAiChatFinishReasons.format(toFinishReason(result.finishReason));
	return {
		body: {
			id: toCompletionId(metadata),
			object: 'chat.completion',
			created: Math.floor(metadata.createdAt / 1000),
			model: metadata.model,
			choices: [{ index: 0, message, logprobs: null, finish_reason: finishReason }],
			usage: encodeOpenAiChatUsage(fromNeutralUsage(result.usage)),
		},
		dropped: [...dropped],
	};
}

/** A citation where a message has its annotations. */
function encodeAnnotation(citation: UrlCitation): JsonObject {
	return { type: 'url_citation', url_citation: citation };
}

/** A call as a message says it. `customTools`: names of the caller's tools that take free text. */
function encodeOpenAiToolCall(call: LanguageModelV4ToolCall, customTools: ReadonlySet<string>): JsonObject {
	const { toolCallId: id, toolName: name, input } = call;
	if (customTools.has(name)) return { id, type: 'custom', custom: { name, input: getCustomToolInput(input) } };
	return {
		id,
		type: 'function',
		function: { name, arguments: input },
		...encodeThoughtSignature(call.providerMetadata),
	};
}

/** A block of reasoning, as far as it matters here. */
type ReasoningBlock = Pick<LanguageModelV4Reasoning, 'text' | 'providerMetadata'>;

/** What each block of reasoning was signed with, and its text where it was: its maker must see both unchanged. */
function encodeReasoningDetails(blocks: readonly ReasoningBlock[]): JsonObject[] {
	return blocks.map(({ text, providerMetadata }) => {
		const signature = sealMetadata(providerMetadata);
		return { type: 'reasoning.text', text: isSignature(signature) ? text : '', signature };
	});
}

function ofType<Type extends LanguageModelV4Content['type']>(content: readonly LanguageModelV4Content[], type: Type) {
	return content.filter((part): part is Extract<LanguageModelV4Content, { type: Type }> => part.type === type);
}

function encodeAnnotations(content: readonly LanguageModelV4Content[], dropped: Set<string>): JsonObject[] {
	let length = 0;
	const cited = ofType(content, 'text').flatMap(({ text, citations }) => {
		const offset = length;
		length += text.length;
		return toUrlCitations(citations, { length: text.length, offset }, dropped);
	});
	const urls = new Set(cited.map(({ url }) => url));
	const sources = ofType(content, 'source').flatMap((source) => {
		if (source.sourceType === 'url') return urls.has(source.url) ? [] : [toUrlCitation(source, length)];
		dropped.add('source');
		return [];
	});
	return [...cited, ...sources].map(encodeAnnotation);
}

const ENCODED: ReadonlySet<string> = new Set(['text', 'reasoning', 'source']);

/** The message of an answer; names of what it cannot say are added to `dropped`. */
function encodeMessage(
	content: readonly LanguageModelV4Content[],
	{ customTools, dropped }: { customTools: ReadonlySet<string>; dropped: Set<string> },
): JsonObject {
	const calls = ofType(content, 'tool-call').filter(({ providerExecuted }) => providerExecuted !== true);
	for (const part of content)
		if (!ENCODED.has(part.type) && !calls.some((call) => call === part)) dropped.add(part.type);
	const texts = ofType(content, 'text').map(({ text }) => text);
	const reasoning = ofType(content, 'reasoning');
	const thoughts = reasoning.map(({ text }) => text).join('');
	const annotations = encodeAnnotations(content, dropped);
	return {
		role: 'assistant',
		content: texts.length === 0 ? null : texts.join(''),
		refusal: null,
		...withoutUndefined({
			reasoning_content: thoughts === '' ? undefined : thoughts,
			reasoning_details: reasoning.length === 0 ? undefined : encodeReasoningDetails(reasoning),
			annotations: annotations.length === 0 ? undefined : annotations,
			tool_calls: calls.length === 0 ? undefined : calls.map((call) => encodeOpenAiToolCall(call, customTools)),
		}),
	};
}

type Part = LanguageModelV4StreamPart;
type Of<Type extends Part['type']> = Extract<Part, { type: Type }>;

/** Writes a neutral stream as chat completion chunks: the role first, one choice, `[DONE]` last. */
export class OpenAiChatStreamEncoder implements StreamEncoder {
	/** Everything of a chunk that is the same in each, up to the choices. */
	readonly #head: string;
	readonly #tail: string;
	readonly #wantsUsage: boolean;
	readonly #calls: StreamToolCalls;
	readonly #dropped = new Set<string>();
	/** Open reasoning by its id: its maker's signature may need the whole text. */
	readonly #reasoning = new Map<string, ReasoningBlock>();
	/** Pages that are told at the end, unless a text has cited them by then. */
	readonly #sources: UrlCitation[] = [];
	readonly #citedUrls = new Set<string>();
	#textLength = 0;
	#textStart = 0;
	#isStarted = false;

	constructor(metadata: AnswerMetadata) {
		const chunk = {
			id: toCompletionId(metadata),
			object: 'chat.completion.chunk',
			created: Math.floor(metadata.createdAt / 1000),
			model: metadata.model,
		};
		this.#head = `data: ${JSON.stringify(chunk).slice(0, -1)},"choices":`;
		this.#tail = metadata.wantsUsage ? ',"usage":null}\n\n' : '}\n\n';
		this.#wantsUsage = metadata.wantsUsage;
		this.#calls = new StreamToolCalls(getCustomToolNames(metadata.request['tools']));
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
		const uncited = this.#sources.filter(({ url }) => !this.#citedUrls.has(url));
		const annotations = this.#annotations(uncited.map(encodeAnnotation));
		return annotations + this.#delta({}, openAiChatFinishReasons.format(reason)) + this.#end(usage);
	}

	#other(part: Part): string {
		switch (part.type) {
			case 'tool-call':
				if (part.providerExecuted !== true) return this.#call(this.#calls.finish(part));
				this.#dropped.add(part.type);
				return '';
			case 'source':
				if (part.sourceType === 'url') this.#sources.push(toUrlCitation(part, this.#textLength));
				else this.#dropped.add(part.type);
				return '';
			case 'tool-result':
			case 'file':
			case 'reasoning-file':
			case 'custom':
			case 'tool-approval-request':
				// the start of an Anthropic message comes as a part without content
				if (parseMessageStart(part) === null) this.#dropped.add(part.type);
				return '';
			default:
				// starts, metadata, raw events; errors are reported by the reader of the stream
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
		const text = { length: this.#textLength - start, offset: start };
		const cited = toUrlCitations(citations, text, this.#dropped);
		for (const { url } of cited) this.#citedUrls.add(url);
		return this.#annotations(cited.map(encodeAnnotation));
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
		if (reason !== 'error') return this.endEarly(reason, fromNeutralUsage(usage));
		return encodeOpenAiChatStreamError(unfinishedAnswerError(finishReason.raw, 'server_error'));
	}

	#end(usage: Usage): string {
		const chunk = `${this.#head}[],"usage":${JSON.stringify(encodeOpenAiChatUsage(usage))}}\n\n`;
		return `${this.#wantsUsage ? chunk : ''}${formatSse('[DONE]')}`;
	}
}

/** The deltas of the tool calls of one stream: every call has its index, parallel ones may come interleaved. */
class StreamToolCalls {
	readonly #customTools: ReadonlySet<string>;
	/** What was sent of each call, by its id; as many as the answer has calls. */
	readonly #sent = new Map<string, { index: number; input: string }>();

	constructor(customTools: ReadonlySet<string>) {
		this.#customTools = customTools;
	}

	/** The delta that opens a call; `null` for one that is sent when it is whole, or that the provider runs itself. */
	start({ id, toolName, providerExecuted, inputEncoding }: Of<'tool-input-start'>): JsonObject | null {
		if (providerExecuted === true || inputEncoding === 'text' || this.#customTools.has(toolName)) return null;
		const index = this.#sent.size;
		this.#sent.set(id, { index, input: '' });
		return { index, id, type: 'function', function: { name: toolName, arguments: '' } };
	}

	/** A piece of a call's input; `null` for a call that was not opened. */
	input(id: string, delta: string): JsonObject | null {
		const sent = this.#sent.get(id);
		if (sent === undefined || delta === '') return null;
		sent.input += delta;
		return { index: sent.index, function: { arguments: delta } };
	}

	/** What is still to be sent of a call that is whole now. */
	finish(call: LanguageModelV4ToolCall): JsonObject | null {
		const sent = this.#sent.get(call.toolCallId);
		const whole = encodeOpenAiToolCall(call, this.#customTools);
		if (sent === undefined) {
			const index = this.#sent.size;
			this.#sent.set(call.toolCallId, { index, input: call.input });
			return { index, ...whole };
		}
		const { extra_content: extra } = whole;
		const input = sent.input === '' ? call.input : '';
		if (input === '' && extra === undefined) return null;
		sent.input += input;
		return {
			index: sent.index,
			function: { arguments: input },
			...(extra === undefined ? {} : { extra_content: extra }),
		};
	}
}

/** The event at which clients throw; no `[DONE]` follows it. */
export function encodeOpenAiChatStreamError(error: WireError): string {
	return formatSse(encodeOpenAiError(error));
}
