import { readGeminiAsk } from './read-gemini-ask.ts';
import { isSignedBy } from './sign-reasoning.ts';
import { type AnswerBlock, argumentsOf, type SimulatedAnswer } from './simulated-answer.ts';
import type { SimulatedEvent, WireFormat } from './wire-format.ts';

type Part = Record<string, unknown>;

function usage(answer: SimulatedAnswer): Record<string, unknown> {
	return {
		promptTokenCount: answer.inputTokens,
		candidatesTokenCount: answer.outputTokens,
		totalTokenCount: answer.inputTokens + answer.outputTokens + answer.reasoningTokens,
		...(answer.cachedTokens > 0 ? { cachedContentTokenCount: answer.cachedTokens } : {}),
		...(answer.reasoningTokens > 0 ? { thoughtsTokenCount: answer.reasoningTokens } : {}),
	};
}

/** A thinking model signs its first call, or else its last words. */
function signatureOf(answer: SimulatedAnswer): Part {
	return answer.signature === null ? {} : { thoughtSignature: answer.signature };
}

function callPart(block: AnswerBlock & { type: 'tool-call' }): Part {
	return {
		functionCall: { id: `call_${block.id}`, name: block.name, args: argumentsOf(block) },
		...(block.signature === null ? {} : { thoughtSignature: block.signature }),
	};
}

function parts(answer: SimulatedAnswer): Part[] {
	const hasCalls = answer.blocks.some(({ type }) => type === 'tool-call');
	return answer.blocks.map((block): Part => {
		if (block.type === 'reasoning') return { text: block.text, thought: true };
		if (block.type === 'tool-call') return callPart(block);
		return { text: block.text, ...(hasCalls ? {} : signatureOf(answer)) };
	});
}

const FINISH_REASONS: Readonly<Record<SimulatedAnswer['finish'], string>> = {
	stop: 'STOP',
	length: 'MAX_TOKENS',
	'tool-calls': 'STOP',
	'stop-sequence': 'STOP',
	'content-filter': 'SAFETY',
};

function grounding(answer: SimulatedAnswer): Record<string, unknown> {
	const cited = answer.blocks.flatMap((block) => (block.type === 'text' ? block.citations : []));
	if (cited.length === 0) return {};
	return {
		groundingMetadata: {
			groundingChunks: cited.map(({ url, title }) => ({ web: { uri: url, title } })),
			groundingSupports: cited.map(({ text }, index) => ({
				segment: { startIndex: 0, endIndex: text.length, text },
				groundingChunkIndices: [index],
			})),
		},
	};
}

function response(answer: SimulatedAnswer, content: Part[], isOver: boolean): Record<string, unknown> {
	const about = { usageMetadata: usage(answer), modelVersion: answer.model, responseId: answer.id };
	if (answer.finish === 'content-filter' && answer.blocks.length === 0) {
		return { promptFeedback: { blockReason: 'SAFETY' }, ...about };
	}
	const candidates = Array.from({ length: answer.answers }, (_, index) => ({
		content: { parts: content, role: 'model' },
		index,
		...(isOver ? { finishReason: FINISH_REASONS[answer.finish], ...grounding(answer) } : {}),
	}));
	return { candidates, ...about };
}

function stream(answer: SimulatedAnswer): SimulatedEvent[] {
	const hasCalls = answer.blocks.some(({ type }) => type === 'tool-call');
	const tokens = answer.blocks.flatMap((block): Part[] => {
		if (block.type === 'tool-call') return [callPart(block)];
		return block.pieces.map((text) => (block.type === 'reasoning' ? { text, thought: true } : { text }));
	});
	const last = { text: '', ...(hasCalls ? {} : signatureOf(answer)) };
	return [
		...tokens.map((part): SimulatedEvent => ({ data: response(answer, [part], false), place: 'token' })),
		{ data: response(answer, [last], true), place: 'end' },
	];
}

const STATUSES: Readonly<Record<number, string>> = {
	400: 'INVALID_ARGUMENT',
	401: 'UNAUTHENTICATED',
	402: 'FAILED_PRECONDITION',
	403: 'PERMISSION_DENIED',
	404: 'NOT_FOUND',
	429: 'RESOURCE_EXHAUSTED',
	503: 'UNAVAILABLE',
	504: 'DEADLINE_EXCEEDED',
};

/** What Google documents for calls that another model made: https://ai.google.dev/gemini-api/docs/thought-signatures */
const UNSIGNED = 'skip_thought_signature_validator';

/** Gemini generateContent. */
export const GEMINI_FORMAT: WireFormat = {
	readAsk: readGeminiAsk,
	isGenuine: (model, { signature }) => signature === UNSIGNED || isSignedBy(model, signature ?? ''),
	forgery: 'Thought signature is not valid.',
	encode: (answer) => response(answer, parts(answer), true),
	stream,
	error: (status, _kind, text) => ({ error: { code: status, message: text, status: STATUSES[status] ?? 'INTERNAL' } }),
	streamError: (text) => ({ data: GEMINI_FORMAT.error(503, '503', text), place: 'frame' }),
	ping: ': ping\n\n',
	rateLimitHeaders: () => ({}),
	requestIdHeader: 'x-request-id',
};
