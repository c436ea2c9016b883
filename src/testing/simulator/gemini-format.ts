import type { JsonObject } from '../../util/index.ts';
import { isSignedBy } from './compose-answer.ts';
import { countBase64Bytes, toFields, toFieldsList, toNumber, toStrings, toText } from './json-fields.ts';
import {
	type AnswerBlock,
	type Attachment,
	EMPTY_REQUEST,
	type ParsedRequest,
	parseArguments,
	type SimulatedAnswer,
	type SimulatedEvent,
	type SimulatedFormat,
} from './wire-format.ts';

/** Gemini generateContent. */
export const GEMINI_FORMAT: SimulatedFormat = {
	parseRequest: parseGeminiRequest,
	isGenuineReasoning: (model, { signature }) => signature === UNSIGNED || isSignedBy(model, signature ?? ''),
	forgedReasoningMessage: 'Thought signature is not valid.',
	encode: (answer) => createResponse(answer, createParts(answer), true),
	stream: createStream,
	error: (status, _kind, text) => ({ error: { code: status, message: text, status: STATUSES[status] ?? 'INTERNAL' } }),
	streamError: (text) => ({ data: GEMINI_FORMAT.error(503, '503', text), place: 'frame' }),
	ping: ': ping\n\n',
	rateLimitHeaders: () => ({}),
	requestIdHeader: 'x-request-id',
};

function joinPartText(content: JsonObject): string {
	return toFieldsList(content['parts'])
		.filter(({ thought }) => thought !== true)
		.map(({ text }) => toText(text))
		.filter(Boolean)
		.join('\n');
}

function parseAttachment(part: JsonObject): Attachment[] {
	const { mimeType, data } = toFields(part['inlineData']);
	if (typeof data === 'string') return [{ mediaType: toText(mimeType), content: countBase64Bytes(data) }];
	const file = toFields(part['fileData']);
	return typeof file['fileUri'] === 'string' ? [{ mediaType: toText(file['mimeType']), content: file['fileUri'] }] : [];
}

function parseGeminiToolChoice(config: JsonObject): ParsedRequest['toolChoice'] {
	const { mode, allowedFunctionNames } = toFields(config['functionCallingConfig']);
	if (mode === 'NONE') return 'none';
	if (mode !== 'ANY') return 'auto';
	const [only, another] = toStrings(allowedFunctionNames);
	return only === undefined || another !== undefined ? 'required' : { name: only };
}

function parseGeminiSchema(generation: JsonObject): unknown {
	const schema = generation['responseJsonSchema'] ?? generation['responseSchema'];
	if (schema !== undefined) return schema;
	return generation['responseMimeType'] === 'application/json' ? true : null;
}

/** Reads a request of Gemini's generateContent. */
function parseGeminiRequest(body: JsonObject): ParsedRequest {
	const contents = toFieldsList(body['contents']);
	const parts = contents.flatMap((content) => toFieldsList(content['parts']));
	const last = contents.at(-1) ?? {};
	const people = contents.filter(({ role }) => role !== 'model').map(joinPartText);
	const generation = toFields(body['generationConfig']);
	const thinking = toFields(generation['thinkingConfig']);
	return {
		...EMPTY_REQUEST,
		prompt: people.findLast((words) => words !== '') ?? '',
		tools: toFieldsList(body['tools'])
			.flatMap((tool) => toFieldsList(tool['functionDeclarations']))
			.map((tool) => ({ name: toText(tool['name']), schema: tool['parametersJsonSchema'] ?? tool['parameters'] })),
		toolChoice: parseGeminiToolChoice(toFields(body['toolConfig'])),
		toolResults: toFieldsList(last['parts']).flatMap(({ functionResponse }) =>
			functionResponse === undefined ? [] : [JSON.stringify(toFields(functionResponse)['response'])],
		),
		schema: parseGeminiSchema(generation),
		attachments: parts.flatMap(parseAttachment),
		wantsReasoning: thinking['includeThoughts'] === true,
		reasoning: parts
			.filter(({ thoughtSignature }) => typeof thoughtSignature === 'string')
			.map((part) => ({ signature: toText(part['thoughtSignature']), text: '' })),
		prefill: last['role'] === 'model' ? joinPartText(last) : null,
		maxTokens: toNumber(generation['maxOutputTokens']),
		stopSequences: toStrings(generation['stopSequences']),
		answerCount: Math.min(toNumber(generation['candidateCount']) ?? 1, 8),
	};
}

type Part = Record<string, unknown>;

function createUsage(answer: SimulatedAnswer): Record<string, unknown> {
	return {
		promptTokenCount: answer.inputTokens,
		candidatesTokenCount: answer.outputTokens,
		totalTokenCount: answer.inputTokens + answer.outputTokens + answer.reasoningTokens,
		...(answer.cachedTokens > 0 ? { cachedContentTokenCount: answer.cachedTokens } : {}),
		...(answer.reasoningTokens > 0 ? { thoughtsTokenCount: answer.reasoningTokens } : {}),
	};
}

/** A thinking model signs its first call, or else its last words. */
function createSignaturePart(answer: SimulatedAnswer): Part {
	return answer.signature === null ? {} : { thoughtSignature: answer.signature };
}

function createCallPart(block: AnswerBlock & { type: 'tool-call' }): Part {
	return {
		functionCall: { id: `call_${block.id}`, name: block.name, args: parseArguments(block) },
		...(block.signature === null ? {} : { thoughtSignature: block.signature }),
	};
}

function createParts(answer: SimulatedAnswer): Part[] {
	const hasCalls = answer.blocks.some(({ type }) => type === 'tool-call');
	return answer.blocks.map((block): Part => {
		if (block.type === 'reasoning') return { text: block.text, thought: true };
		if (block.type === 'tool-call') return createCallPart(block);
		return { text: block.text, ...(hasCalls ? {} : createSignaturePart(answer)) };
	});
}

const FINISH_REASONS: Readonly<Record<SimulatedAnswer['finish'], string>> = {
	stop: 'STOP',
	length: 'MAX_TOKENS',
	'tool-calls': 'STOP',
	'stop-sequence': 'STOP',
	'content-filter': 'SAFETY',
};

function createGrounding(answer: SimulatedAnswer): Record<string, unknown> {
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

function createResponse(answer: SimulatedAnswer, content: Part[], isOver: boolean): Record<string, unknown> {
	const about = { usageMetadata: createUsage(answer), modelVersion: answer.model, responseId: answer.id };
	if (answer.finish === 'content-filter' && answer.blocks.length === 0) {
		return { promptFeedback: { blockReason: 'SAFETY' }, ...about };
	}
	const candidates = Array.from({ length: answer.answerCount }, (_, index) => ({
		content: { parts: content, role: 'model' },
		index,
		...(isOver ? { finishReason: FINISH_REASONS[answer.finish], ...createGrounding(answer) } : {}),
	}));
	return { candidates, ...about };
}

function createStream(answer: SimulatedAnswer): SimulatedEvent[] {
	const hasCalls = answer.blocks.some(({ type }) => type === 'tool-call');
	const tokens = answer.blocks.flatMap((block): Part[] => {
		if (block.type === 'tool-call') return [createCallPart(block)];
		return block.pieces.map((text) => (block.type === 'reasoning' ? { text, thought: true } : { text }));
	});
	const last = { text: '', ...(hasCalls ? {} : createSignaturePart(answer)) };
	return [
		...tokens.map((part): SimulatedEvent => ({ data: createResponse(answer, [part], false), place: 'token' })),
		{ data: createResponse(answer, [last], true), place: 'end' },
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
