import type {
	LanguageModelV4Content,
	LanguageModelV4GenerateResult,
	LanguageModelV4StreamPart,
} from '@ai-sdk/provider';
import type { FinishReason, Usage } from '../../contracts/index.ts';
import type { JsonObject } from '../../util/index.ts';
import type { AnswerMetadata, StreamEncoder, WireError } from '../shared/caller-format.ts';
import { toFinishReason, unfinishedAnswerError } from '../shared/neutral-form.ts';
import { encodeOpenAiError, getCustomToolNames } from '../shared/openai.ts';
import { formatSse } from '../shared/sse.ts';
import { fromNeutralUsage } from '../shared/usage.ts';
import { EventLog } from './items.ts';
import { beginResponse, endResponse, OutputItems } from './response.ts';

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
	const customTools = getCustomToolNames(metadata.request['tools']);
	const output = new OutputItems(new EventLog(), { idPrefix: metadata.id, customTools });
	for (const [index, content] of result.content.entries()) {
		for (const part of toStreamParts(content, String(index))) output.add(part);
	}
	const reason = toFinishReason(result.finishReason);
	output.end(reason);
	const usage = fromNeutralUsage(result.usage, null);
	const ended = endResponse(beginResponse(metadata), { output: output.json, reason, usage });
	return { body: ended, dropped: [...output.dropped] };
}

type Part = LanguageModelV4StreamPart;

class EventEncoder implements StreamEncoder {
	readonly #log = new EventLog();
	readonly #begun: JsonObject;
	readonly #output: OutputItems;
	#isStarted = false;

	constructor(metadata: AnswerMetadata) {
		this.#begun = beginResponse(metadata);
		const customTools = getCustomToolNames(metadata.request['tools']);
		this.#output = new OutputItems(this.#log, { idPrefix: metadata.id, customTools });
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
		if (reason !== 'error') return this.endEarly(reason, fromNeutralUsage(usage, null));
		return (
			this.#log.drain() + encodeOpenAiResponsesStreamError(unfinishedAnswerError(finishReason.raw, 'server_error'))
		);
	}
}

/** Writes a neutral stream as the typed events of a response, numbered from 0. */
export function createOpenAiResponsesStreamEncoder(metadata: AnswerMetadata): StreamEncoder {
	return new EventEncoder(metadata);
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
