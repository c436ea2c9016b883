import type {
	LanguageModelV4Content,
	LanguageModelV4GenerateResult,
	LanguageModelV4StreamPart,
} from '@ai-sdk/provider';
import type { FinishReason, Usage } from '../../contracts/index.ts';
import type { JsonObject } from '../../util/index.ts';
import { toObject } from '../shared/body-fields.ts';
import type { AnswerMetadata, StreamEncoder, WireError } from '../shared/caller-format.ts';
import { FinishReasons, parseMessageStart, toFinishReason, unfinishedAnswerError } from '../shared/neutral-form.ts';
import { fromNeutralUsage } from '../shared/neutral-usage.ts';
import { encodeOpenAiError, toUrlCitation, toUrlCitations } from '../shared/openai.ts';
import { formatSse } from '../shared/sse.ts';
import { CallItem, EventLog, MessageItem, ReasoningItem } from './items.ts';
import { indexTools } from './tools.ts';
import { encodeOpenAiResponsesUsage } from './usage.ts';

/** The parts of a stream that would bring the same content. */
function toStreamParts(content: LanguageModelV4Content, id: string): LanguageModelV4StreamPart[] {
	if (content.type === 'text') {
		const { text: delta, citations } = content;
		return [
			{ type: 'text-delta', id, delta },
			{ type: 'text-end', id, ...(citations ? { citations } : {}) },
		];
	}
	if (content.type !== 'reasoning') return [content];
	const { text: delta, providerMetadata } = content;
	return [
		{ type: 'reasoning-delta', id, delta, ...(providerMetadata ? { providerMetadata } : {}) },
		{ type: 'reasoning-end', id },
	];
}

/** A neutral answer as a response: its items are what a stream of it would end with. */
export function encodeOpenAiResponsesAnswer(
	result: LanguageModelV4GenerateResult,
	metadata: AnswerMetadata,
): { body: JsonObject; dropped: string[] } {
	const tools = indexTools(metadata.request);
	const output = new OutputItems(new EventLog(), { idPrefix: metadata.id, tools });
	for (const [index, content] of result.content.entries()) {
		for (const part of toStreamParts(content, String(index))) output.add(part);
	}
	const reason = toFinishReason(result.finishReason);
	output.end(reason);
	const usage = fromNeutralUsage(result.usage);
	const ended = endResponse(beginResponse(metadata), { output: output.json, reason, usage });
	return { body: ended, dropped: [...output.dropped] };
}

type Part = LanguageModelV4StreamPart;

/** Writes a neutral stream as the typed events of a response, numbered from 0. */
export class OpenAiResponsesStreamEncoder implements StreamEncoder {
	readonly #log = new EventLog();
	readonly #begun: JsonObject;
	readonly #output: OutputItems;
	#isStarted = false;

	constructor(metadata: AnswerMetadata) {
		this.#begun = beginResponse(metadata);
		const tools = indexTools(metadata.request);
		this.#output = new OutputItems(this.#log, { idPrefix: metadata.id, tools });
	}

	get dropped(): readonly string[] {
		return [...this.#output.dropped];
	}

	push(part: Part): string {
		this.#start();
		if (part.type === 'finish') return this.#finish(part);
		this.#output.add(part);
		return this.#log.drain();
	}

	endEarly(reason: FinishReason, usage: Usage): string {
		this.#start();
		this.#output.end(reason);
		const response = endResponse(this.#begun, { output: this.#output.json, reason, usage });
		this.#log.add(`response.${String(response['status'])}`, { response });
		return this.#log.drain();
	}

	#start(): void {
		if (this.#isStarted) return;
		this.#isStarted = true;
		this.#log.add('response.created', { response: this.#begun });
		this.#log.add('response.in_progress', { response: this.#begun });
	}

	#finish({ finishReason, usage }: Extract<Part, { type: 'finish' }>): string {
		const reason = toFinishReason(finishReason);
		if (reason !== 'error') return this.endEarly(reason, fromNeutralUsage(usage));
		return (
			this.#log.drain() + encodeOpenAiResponsesStreamError(unfinishedAnswerError(finishReason.raw, 'server_error'))
		);
	}
}

/**
 * The events that end a stream with an error, as OpenAI sends them: `error`, at which its clients throw, then
 * `response.failed` for those that wait for the response.
 */
export function encodeOpenAiResponsesStreamError(error: WireError): string {
	const { message, type, param, code } = encodeOpenAiError(error).error;
	const event = { type: 'error', code: code ?? type, message, param, error: { type, code, message, param } };
	const failed = { object: 'response', status: 'failed', output: [], error: { code: code ?? type, message } };
	return formatSse(event, 'error') + formatSse({ type: 'response.failed', response: failed }, 'response.failed');
}

/** Why a response is incomplete; reasons without a word complete it. */
export const incompleteReasons: FinishReasons = new FinishReasons(
	{ length: 'max_output_tokens', 'content-filter': 'content_filter' },
	{},
	undefined,
	{ length: 'max_tokens length' },
);

/** Settings that an answer repeats, with their defaults. */
const SETTINGS: JsonObject = {
	instructions: null,
	max_output_tokens: null,
	metadata: {},
	parallel_tool_calls: true,
	previous_response_id: null,
	temperature: null,
	tool_choice: 'auto',
	tools: [],
	top_p: null,
	truncation: 'disabled',
	user: null,
};

/** The response as it begins, with the settings of its request. */
function beginResponse({ id, model, createdAt, request }: AnswerMetadata): JsonObject {
	const settings = Object.entries(SETTINGS).map(([name, usual]) => [name, request[name] ?? usual]);
	return {
		id: id.startsWith('resp_') ? id : `resp_${id}`,
		object: 'response',
		created_at: Math.floor(createdAt / 1000),
		status: 'in_progress',
		background: false,
		error: null,
		incomplete_details: null,
		...Object.fromEntries(settings),
		model,
		output: [],
		reasoning: { effort: null, summary: null, ...toObject(request['reasoning']) },
		store: false,
		text: { format: { type: 'text' }, ...toObject(request['text']) },
		usage: null,
	};
}

/** The response as it ended. */
export function endResponse(
	begun: JsonObject,
	{ output, reason, usage }: { output: readonly JsonObject[]; reason: FinishReason; usage: Usage },
): JsonObject {
	const incomplete = incompleteReasons.format(reason);
	const ended = { ...begun, output, usage: encodeOpenAiResponsesUsage(usage) };
	if (reason === 'error') {
		return {
			...ended,
			status: 'failed',
			error: { code: 'server_error', message: 'The answer could not be finished.' },
		};
	}
	if (incomplete === null) return { ...ended, status: 'completed', incomplete_details: null };
	return { ...ended, status: 'incomplete', incomplete_details: { reason: incomplete } };
}

/** What an item's status is when it must end with the response. */
function toOpenItemStatus(reason: FinishReason): 'completed' | 'incomplete' {
	return incompleteReasons.format(reason) === null ? 'completed' : 'incomplete';
}

type Of<Type extends Part['type']> = Extract<Part, { type: Type }>;
type WebSource = Extract<Of<'source'>, { sourceType: 'url' }>;

/** Parts that no output item can hold. */
const WITHOUT_ITEM = new Set('tool-result file reasoning-file custom tool-approval-request'.split(' '));

/** The output of a response while it is being written: items in the order in which they began. As many as the answer has. */
class OutputItems {
	readonly #log: EventLog;
	readonly #idPrefix: string;
	readonly #tools: ReturnType<typeof indexTools>;
	readonly #items: (MessageItem | ReasoningItem | CallItem)[] = [];
	readonly #reasoning = new Map<string, ReasoningItem>();
	readonly #calls = new Map<string, CallItem>();
	/** Types of parts that no item can hold. */
	readonly dropped: Set<string> = new Set();
	#sources: WebSource[] = [];
	/** Texts that follow each other stand in one message. */
	#message: MessageItem | null = null;

	constructor(log: EventLog, { idPrefix, tools }: { idPrefix: string; tools: ReturnType<typeof indexTools> }) {
		this.#log = log;
		this.#idPrefix = idPrefix;
		this.#tools = tools;
	}

	/** The items as they stand. */
	get json(): JsonObject[] {
		return this.#items.map((item) => item.json);
	}

	/** Writes one part of the answer. */
	add(part: Part): void {
		switch (part.type) {
			case 'text-delta':
				if (part.delta !== '') this.#openMessage().write(part.id, part.delta);
				break;
			case 'text-end':
				this.#cite(part);
				break;
			case 'reasoning-start':
			case 'reasoning-delta':
			case 'reasoning-end':
				this.#reason(part);
				break;
			case 'tool-input-start':
				this.#beginCall(part);
				break;
			case 'tool-input-delta':
				this.#calls.get(part.id)?.write(part.delta);
				break;
			case 'tool-call':
				this.#call(part);
				break;
			case 'source':
				if (part.sourceType === 'url') this.#sources.push(part);
				else this.dropped.add(part.type);
				break;
			default:
				// the start of an Anthropic message comes as a part without content
				if (WITHOUT_ITEM.has(part.type) && parseMessageStart(part) === null) this.dropped.add(part.type);
		}
	}

	/** Ends everything that is open. */
	end(reason: FinishReason): void {
		this.#citeSources();
		if (this.#sources.length > 0) this.dropped.add('source');
		for (const item of this.#items) {
			if (item instanceof MessageItem) item.end(toOpenItemStatus(reason));
			else if (item instanceof ReasoningItem) item.end();
			else item.end(null);
		}
	}

	#cite({ id, citations }: Of<'text-end'>): void {
		const message = this.#message;
		if (message !== null) message.cite(toUrlCitations(citations, { length: message.lengthOf(id) }, this.dropped), id);
	}

	#reason(part: Of<'reasoning-start' | 'reasoning-delta' | 'reasoning-end'>): void {
		const item = this.#reasoning.get(part.id) ?? this.#openReasoning(part.id);
		item.write(part.type === 'reasoning-delta' ? part.delta : '', part.providerMetadata);
		if (part.type !== 'reasoning-end') return;
		item.end();
		this.#reasoning.delete(part.id);
	}

	#beginCall({ id, toolName, providerExecuted, inputEncoding }: Of<'tool-input-start'>): void {
		if (providerExecuted !== true && inputEncoding !== 'text') this.#openCall(id, toolName);
	}

	#call({ type, toolCallId, toolName, input, providerExecuted, providerMetadata }: Of<'tool-call'>): void {
		if (providerExecuted === true) {
			this.dropped.add(type);
			return;
		}
		const item = this.#calls.get(toolCallId) ?? this.#openCall(toolCallId, toolName);
		item.end(input, providerMetadata);
	}

	#place(prefix: string): { id: string; outputIndex: number } {
		const outputIndex = this.#items.length;
		return { id: `${prefix}_${this.#idPrefix}_${outputIndex}`, outputIndex };
	}

	#begin<Item extends MessageItem | ReasoningItem | CallItem>(item: Item): Item {
		this.#items.push(item);
		item.begin();
		return item;
	}

	#openMessage(): MessageItem {
		if (this.#message !== null) return this.#message;
		this.#message = this.#begin(new MessageItem(this.#log, this.#place('msg')));
		return this.#message;
	}

	/** Sources come before the text they support, or after it: they are cited when it ends. */
	#citeSources(): void {
		const message = this.#message;
		if (message === null || message.isEmpty) return;
		const others = this.#sources.filter(({ url }) => !message.cites(url));
		message.cite(others.map((source) => toUrlCitation(source, message.lengthOf())));
		this.#sources = [];
	}

	#closeMessage(): void {
		this.#citeSources();
		this.#message?.end('completed');
		this.#message = null;
	}

	#openReasoning(id: string): ReasoningItem {
		this.#closeMessage();
		const item = this.#begin(new ReasoningItem(this.#log, this.#place('rs')));
		this.#reasoning.set(id, item);
		return item;
	}

	#openCall(callId: string, name: string): CallItem {
		this.#closeMessage();
		const tool = this.#tools.get(name) ?? { name, isCustom: false };
		const place = this.#place(tool.isCustom ? 'ctc' : 'fc');
		const item = this.#begin(new CallItem(this.#log, { ...place, callId, ...tool }));
		this.#calls.set(callId, item);
		return item;
	}
}
