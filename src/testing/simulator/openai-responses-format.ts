import { OPENAI_CHAT_FORMAT } from './openai-chat-format.ts';
import type { SimulatedAnswer } from './simulated-answer.ts';
import type { SimulatedEvent, WireFormat } from './wire-format.ts';

/** 2026-01-01, so that answers do not depend on the day. */
const CREATED = 1_767_225_600;

function outputItem(answer: SimulatedAnswer, text: string, status: string): Record<string, unknown> {
	return {
		id: `msg_${answer.id}`,
		type: 'message',
		status,
		role: 'assistant',
		content: text === '' ? [] : [{ type: 'output_text', text, annotations: [] }],
	};
}

function response(answer: SimulatedAnswer, status: string, output: unknown[]): Record<string, unknown> {
	const out = answer.outputTokens + answer.reasoningTokens;
	return {
		id: `resp_${answer.id}`,
		object: 'response',
		created_at: CREATED,
		status,
		error: null,
		incomplete_details: null,
		model: answer.model,
		output,
		parallel_tool_calls: true,
		tools: [],
		usage:
			status === 'in_progress'
				? null
				: {
						input_tokens: answer.inputTokens,
						input_tokens_details: { cached_tokens: answer.cachedTokens },
						output_tokens: out,
						output_tokens_details: { reasoning_tokens: answer.reasoningTokens },
						total_tokens: answer.inputTokens + out,
					},
	};
}

function numbered(events: ReadonlyArray<Record<string, unknown>>, from: number): SimulatedEvent[] {
	return events.map((data, index) => ({
		event: String(data['type']),
		data: { ...data, sequence_number: from + index },
	}));
}

/** OpenAI Responses. */
export const OPENAI_RESPONSES_FORMAT: WireFormat = {
	...OPENAI_CHAT_FORMAT,
	encode: (answer) => response(answer, 'completed', [outputItem(answer, answer.text, 'completed')]),
	stream: (answer) => {
		const place = { item_id: `msg_${answer.id}`, output_index: 0, content_index: 0 };
		const part = { type: 'output_text', text: answer.text, annotations: [] };
		const done = outputItem(answer, answer.text, 'completed');
		const started = response(answer, 'in_progress', []);
		return {
			start: numbered(
				[
					{ type: 'response.created', response: started },
					{ type: 'response.in_progress', response: started },
					{ type: 'response.output_item.added', output_index: 0, item: outputItem(answer, '', 'in_progress') },
					{ type: 'response.content_part.added', ...place, part: { ...part, text: '' } },
				],
				0,
			),
			piece: (text) => ({
				event: 'response.output_text.delta',
				data: { type: 'response.output_text.delta', ...place, delta: text, logprobs: [], sequence_number: 4 },
			}),
			end: numbered(
				[
					{ type: 'response.output_text.done', ...place, text: answer.text, logprobs: [] },
					{ type: 'response.content_part.done', ...place, part },
					{ type: 'response.output_item.done', output_index: 0, item: done },
					{ type: 'response.completed', response: response(answer, 'completed', [done]) },
				],
				5,
			),
		};
	},
	done: null,
	refusal: (answer) => ({ ...response(answer, 'incomplete', []), incomplete_details: { reason: 'content_filter' } }),
};
