import type { SimulatedAnswer } from './simulated-answer.ts';
import type { WireFormat } from './wire-format.ts';

function usage(answer: SimulatedAnswer): Record<string, unknown> {
	return {
		promptTokenCount: answer.inputTokens,
		candidatesTokenCount: answer.outputTokens,
		totalTokenCount: answer.inputTokens + answer.outputTokens + answer.reasoningTokens,
		...(answer.cachedTokens > 0 ? { cachedContentTokenCount: answer.cachedTokens } : {}),
		...(answer.reasoningTokens > 0 ? { thoughtsTokenCount: answer.reasoningTokens } : {}),
	};
}

function response(answer: SimulatedAnswer, text: string, reason: string | null): Record<string, unknown> {
	return {
		candidates: [
			{
				content: { parts: [{ text }], role: 'model' },
				index: 0,
				...(reason === null ? {} : { finishReason: reason }),
			},
		],
		usageMetadata: usage(answer),
		modelVersion: answer.model,
		responseId: answer.id,
	};
}

const STATUSES: Readonly<Record<number, string>> = {
	400: 'INVALID_ARGUMENT',
	401: 'UNAUTHENTICATED',
	402: 'FAILED_PRECONDITION',
	403: 'PERMISSION_DENIED',
	404: 'NOT_FOUND',
	429: 'RESOURCE_EXHAUSTED',
	503: 'UNAVAILABLE',
};

/** Gemini generateContent. */
export const GEMINI_FORMAT: WireFormat = {
	encode: (answer) => response(answer, answer.text, 'STOP'),
	stream: (answer) => ({
		start: [],
		piece: (text) => ({ data: response(answer, text, null) }),
		end: [{ data: response(answer, '', 'STOP') }],
	}),
	done: null,
	error: (status, _kind, text) => ({ error: { code: status, message: text, status: STATUSES[status] ?? 'INTERNAL' } }),
	refusal: (answer) => ({
		promptFeedback: { blockReason: 'SAFETY' },
		usageMetadata: usage(answer),
		modelVersion: answer.model,
	}),
	requestIdHeader: 'x-request-id',
};
