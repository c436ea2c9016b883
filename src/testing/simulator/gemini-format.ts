import type { JsonObject } from '../../util/index.ts';
import { isSignedBy } from './compose-answer.ts';
import { countBase64Bytes, joinPartText, toFields, toFieldsList, toNumber, toStrings, toText } from './json-fields.ts';
import {
	type AnswerBlock,
	type AnswerToolCall,
	type Attachment,
	type ParsedRequest,
	parseArguments,
	REQUEST_DEFAULTS,
	type SimulatedAnswer,
	type SimulatedEvent,
	type SimulatedFormat,
	splitPieces,
} from './wire-format.ts';

/** Gemini generateContent. */
export const GEMINI_FORMAT: SimulatedFormat = {
	name: 'gemini',
	parseRequest: parseGeminiRequest,
	isGenuineReasoning: (model, { signature }) => signature === UNSIGNED || isSignedBy(model, signature ?? ''),
	forgedReasoningMessage: 'Thought signature is not valid.',
	encode: (answer) =>
		createResponse(
			answer,
			answer.blocks.map((block) => createPart(answer, block)),
			true,
		),
	stream: createStream,
	error: (status, _kind, text) => ({ error: { code: status, message: text, status: STATUSES[status] ?? 'INTERNAL' } }),
	streamError: (text) => ({ data: GEMINI_FORMAT.error(503, '503', text), place: 'frame' }),
	ping: ': ping\n\n',
	rateLimitHeaders: () => ({}),
	requestIdHeader: 'x-request-id',
};

function joinContentText(content: JsonObject): string {
	return joinPartText(toFieldsList(content['parts']).filter(({ thought }) => thought !== true));
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
	const people = contents.filter(({ role }) => role !== 'model');
	const generation = toFields(body['generationConfig']);
	const thinking = toFields(generation['thinkingConfig']);
	return {
		...REQUEST_DEFAULTS,
		prompt: people.map(joinContentText).findLast(Boolean) ?? '',
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
		prefill: last['role'] === 'model' ? joinContentText(last) : null,
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
		cachedContentTokenCount: answer.cachedTokens || undefined,
		thoughtsTokenCount: answer.reasoningTokens || undefined,
		trafficType: answer.serviceTier === 'standard' ? undefined : `ON_DEMAND_${answer.serviceTier.toUpperCase()}`,
	};
}

/** The last words: a thinking model signs them, or else its first call. */
function createLastText(answer: SimulatedAnswer, text: string): Part {
	const hasCalls = answer.blocks.some(({ type }) => type === 'tool-call');
	return { text, thoughtSignature: hasCalls ? undefined : (answer.signature ?? undefined) };
}

function createCallPart({ id, name, signature, ...block }: AnswerToolCall): Part {
	const functionCall = { id: `call_${id}`, name, args: parseArguments(block) };
	return { functionCall, thoughtSignature: signature ?? undefined };
}

function createPart(answer: SimulatedAnswer, block: AnswerBlock): Part {
	if (block.type === 'tool-call') return createCallPart(block);
	return block.type === 'reasoning' ? { text: block.text, thought: true } : createLastText(answer, block.text);
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
	if (cited.length + answer.searches === 0) return {};
	return {
		groundingMetadata: {
			webSearchQueries: Array.from({ length: answer.searches }, (_, index) => `query ${index}`),
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
	const candidates = Array.from({ length: answer.request.answerCount }, (_, index) => ({
		content: { parts: content, role: 'model' },
		index,
		...(isOver ? { finishReason: FINISH_REASONS[answer.finish], ...createGrounding(answer) } : {}),
	}));
	return { candidates, ...about };
}

function createStream(answer: SimulatedAnswer): SimulatedEvent[] {
	const tokens = answer.blocks.flatMap((block): Part[] => {
		if (block.type === 'tool-call') return [createCallPart(block)];
		return splitPieces(block).map((text) => (block.type === 'reasoning' ? { text, thought: true } : { text }));
	});
	return [
		...tokens.map((part): SimulatedEvent => ({ data: createResponse(answer, [part], false), place: 'token' })),
		{ data: createResponse(answer, [createLastText(answer, '')], true), place: 'end' },
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
