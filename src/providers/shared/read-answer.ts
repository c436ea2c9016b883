import type { FinishReason } from '../../contracts/index.ts';
import { ProviderCallError } from '../../errors/index.ts';

/** A JSON object. */
export type JsonObject = Record<string, unknown>;

/** The value as an object; an empty one for everything else. */
export function asObject(value: unknown): JsonObject {
	// A JSON object read key by key: every value is checked where it is used.
	return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
}

/** The value as a list; an empty one for everything else. */
export function asList(value: unknown): unknown[] {
	return Array.isArray(value) ? value : [];
}

const FINISH_REASONS: Readonly<Record<string, FinishReason>> = {
	stop: 'stop',
	end_turn: 'stop',
	stop_sequence: 'stop',
	length: 'length',
	max_tokens: 'length',
	tool_calls: 'tool-calls',
	tool_use: 'tool-calls',
	content_filter: 'content-filter',
	refusal: 'content-filter',
	safety: 'content-filter',
	prohibited_content: 'content-filter',
	blocklist: 'content-filter',
	recitation: 'content-filter',
};

/** A provider's word for why it stopped, in ours. */
export function finishReasonOf(word: unknown): FinishReason {
	return typeof word === 'string' ? (FINISH_REASONS[word.toLowerCase()] ?? 'other') : 'other';
}

/** An answer without text: a refusal is the provider's word, everything else is its failure. */
export function emptyAnswer(
	call: { provider: string; model: string },
	given: { reason: FinishReason; requestId: string | null },
): ProviderCallError {
	const isRefusal = given.reason === 'content-filter';
	const what = isRefusal ? 'refused to answer for its content policy' : 'answered without any text';
	return new ProviderCallError(`${call.provider} ${what} (${call.model}).`, {
		provider: call.provider,
		model: call.model,
		status: isRefusal ? 400 : 502,
		errorType: isRefusal ? 'content_filter' : 'empty_answer',
		retryAfterMs: null,
		requestId: given.requestId,
	});
}
