import type { SimulatedAnswer } from './simulated-answer.ts';
import type { WireFormat } from './wire-format.ts';

function usage(answer: SimulatedAnswer): Record<string, unknown> {
	const { fiveMinutes, hour } = answer.writtenTokens;
	return {
		input_tokens: answer.inputTokens - answer.cachedTokens - fiveMinutes - hour,
		cache_creation_input_tokens: fiveMinutes + hour,
		cache_read_input_tokens: answer.cachedTokens,
		cache_creation: { ephemeral_5m_input_tokens: fiveMinutes, ephemeral_1h_input_tokens: hour },
		output_tokens: answer.outputTokens + answer.reasoningTokens,
		service_tier: 'standard',
	};
}

function message(answer: SimulatedAnswer, content: unknown[], stop: string | null): Record<string, unknown> {
	return {
		id: `msg_${answer.id}`,
		type: 'message',
		role: 'assistant',
		model: answer.model,
		content,
		stop_reason: stop,
		stop_sequence: null,
		usage: usage(answer),
	};
}

const ERROR_TYPES: Readonly<Record<number, string>> = {
	400: 'invalid_request_error',
	401: 'authentication_error',
	402: 'billing_error',
	404: 'not_found_error',
	413: 'request_too_large',
	429: 'rate_limit_error',
	529: 'overloaded_error',
};

/** Anthropic Messages. */
export const ANTHROPIC_FORMAT: WireFormat = {
	encode: (answer) => message(answer, [{ type: 'text', text: answer.text }], 'end_turn'),
	stream: (answer) => ({
		start: [
			{
				event: 'message_start',
				data: {
					type: 'message_start',
					message: { ...message(answer, [], null), usage: { ...usage(answer), output_tokens: 1 } },
				},
			},
			{
				event: 'content_block_start',
				data: { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
			},
			{ event: 'ping', data: { type: 'ping' } },
		],
		piece: (text) => ({
			event: 'content_block_delta',
			data: { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } },
		}),
		end: [
			{ event: 'content_block_stop', data: { type: 'content_block_stop', index: 0 } },
			{
				event: 'message_delta',
				data: {
					type: 'message_delta',
					delta: { stop_reason: 'end_turn', stop_sequence: null },
					usage: { output_tokens: answer.outputTokens + answer.reasoningTokens },
				},
			},
			{ event: 'message_stop', data: { type: 'message_stop' } },
		],
	}),
	done: null,
	error: (status, _kind, text) => ({
		type: 'error',
		error: { type: ERROR_TYPES[status] ?? 'api_error', message: text },
		request_id: 'req_simulated',
	}),
	refusal: (answer) => message(answer, [], 'refusal'),
	requestIdHeader: 'request-id',
};
