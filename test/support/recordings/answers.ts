import { formatSse } from '../../../src/protocol/index.ts';
import type { AnswerFormat } from './answer-meaning.ts';
import type { ProviderAnswer } from './replay-gateway.ts';

/** A stream of events; a text is sent as it is. Named where the format names them. */
export function stream(format: AnswerFormat, events: ReadonlyArray<object | string>): ProviderAnswer {
	const isNamed = format === 'anthropic-messages' || format === 'openai-responses';
	const text = events.map((event) => {
		if (typeof event === 'string') return event;
		return formatSse(event, isNamed && 'type' in event ? String(event.type) : undefined);
	});
	return { format, isStream: true, bytes: Buffer.from(text.join('')) };
}

/** A whole answer. */
export function whole(format: AnswerFormat, body: object): ProviderAnswer {
	return { format, isStream: false, bytes: Buffer.from(JSON.stringify(body)) };
}

/** A chunk of a chat stream. */
export function chunk(delta: object, finish: string | null = null, more: object = {}): object {
	const choices = [{ index: 0, delta, finish_reason: finish }];
	return { id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices, ...more };
}

export const CHAT_USAGE = { prompt_tokens: 1000, completion_tokens: 100, total_tokens: 1100 };
export const DONE = 'data: [DONE]\n\n';

/** A chat completion. */
export function completion(message: object, finish: string | null = 'stop', more: object = {}): object {
	const choices = [{ index: 0, message: { role: 'assistant', ...message }, finish_reason: finish }];
	return { id: 'c', object: 'chat.completion', created: 1, model: 'm', choices, usage: CHAT_USAGE, ...more };
}

/** A message of Anthropic. */
export function message(content: readonly object[], more: object = {}): object {
	const usage = { input_tokens: 1000, output_tokens: 100 };
	const head = { id: 'msg_1', type: 'message', role: 'assistant', model: 'm' };
	return { ...head, content, stop_reason: 'end_turn', stop_sequence: null, usage, ...more };
}

/** The events of a stream of Anthropic's, with these blocks' events inside. */
export function messageEvents(blocks: readonly object[], stopReason: string | null = 'end_turn'): object[] {
	return [
		{ type: 'message_start', message: message([], { stop_reason: null }) },
		...blocks,
		{ type: 'message_delta', delta: { stop_reason: stopReason, stop_sequence: null }, usage: { output_tokens: 100 } },
		{ type: 'message_stop' },
	];
}

/** Generated content of Gemini, whole or a chunk of it. */
export function content(parts: readonly object[], finishReason?: string, more: object = {}): object {
	const usageMetadata = { promptTokenCount: 1000, candidatesTokenCount: 100, totalTokenCount: 1100 };
	const candidates = [{ index: 0, content: { role: 'model', parts }, ...(finishReason ? { finishReason } : {}) }];
	return { candidates, usageMetadata, modelVersion: 'm', responseId: 'r', ...more };
}

/** A response of OpenAI's. */
export function response(output: readonly object[], more: object = {}): object {
	const usage = { input_tokens: 1000, output_tokens: 100, total_tokens: 1100 };
	return { id: 'resp_1', object: 'response', created_at: 1, status: 'completed', model: 'm', output, usage, ...more };
}

/** A message among the items of a response. */
export function outputMessage(text: string): object {
	const part = { type: 'output_text', text, annotations: [] };
	return { type: 'message', id: 'msg_1', role: 'assistant', status: 'completed', content: [part] };
}
