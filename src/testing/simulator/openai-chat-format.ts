import type { SimulatedAnswer } from './simulated-answer.ts';
import type { WireFormat } from './wire-format.ts';

/** 2026-01-01, so that answers do not depend on the day. */
const CREATED = 1_767_225_600;

function usage(answer: SimulatedAnswer): Record<string, unknown> {
	const completion = answer.outputTokens + answer.reasoningTokens;
	return {
		prompt_tokens: answer.inputTokens,
		completion_tokens: completion,
		total_tokens: answer.inputTokens + completion,
		prompt_tokens_details: { cached_tokens: answer.cachedTokens, audio_tokens: 0 },
		completion_tokens_details: { reasoning_tokens: answer.reasoningTokens, audio_tokens: 0 },
	};
}

function completion(answer: SimulatedAnswer, message: unknown, reason: string): Record<string, unknown> {
	return {
		id: `chatcmpl-${answer.id}`,
		object: 'chat.completion',
		created: CREATED,
		model: answer.model,
		choices: [{ index: 0, message, logprobs: null, finish_reason: reason }],
		usage: usage(answer),
		system_fingerprint: 'fp_simulated',
	};
}

function chunk(answer: SimulatedAnswer, delta: unknown, reason: string | null): Record<string, unknown> {
	return {
		id: `chatcmpl-${answer.id}`,
		object: 'chat.completion.chunk',
		created: CREATED,
		model: answer.model,
		choices: [{ index: 0, delta, logprobs: null, finish_reason: reason }],
	};
}

const ERROR_TYPES: Readonly<Record<number, string>> = {
	401: 'authentication_error',
	402: 'insufficient_quota',
	429: 'rate_limit_error',
};

/** The code OpenAI names a failure by. */
export function openAiErrorCode(status: number, kind: string): string | null {
	if (kind === 'context-too-long') return 'context_length_exceeded';
	if (kind === 'quota') return 'insufficient_quota';
	return { 401: 'invalid_api_key', 404: 'model_not_found', 429: 'rate_limit_exceeded' }[status] ?? null;
}

/** OpenAI Chat Completions. */
export const OPENAI_CHAT_FORMAT: WireFormat = {
	encode: (answer) => completion(answer, { role: 'assistant', content: answer.text, refusal: null }, 'stop'),
	stream: (answer) => ({
		start: [{ data: chunk(answer, { role: 'assistant', content: '' }, null) }],
		piece: (text) => ({ data: chunk(answer, { content: text }, null) }),
		end: [
			{ data: chunk(answer, {}, 'stop') },
			{ data: { ...chunk(answer, {}, null), choices: [], usage: usage(answer) } },
		],
	}),
	done: '[DONE]',
	error: (status, kind, text) => ({
		error: {
			message: text,
			type: ERROR_TYPES[status] ?? (status >= 500 ? 'server_error' : 'invalid_request_error'),
			param: null,
			code: openAiErrorCode(status, kind),
		},
	}),
	refusal: (answer) => completion(answer, { role: 'assistant', content: null, refusal: null }, 'content_filter'),
	requestIdHeader: 'x-request-id',
};
