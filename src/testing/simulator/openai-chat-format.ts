import type { JsonObject } from '../../util/index.ts';
import {
	countBase64Bytes,
	joinPartText,
	listParts,
	parseAttachmentUrl,
	toFields,
	toFieldsList,
	toNumber,
	toStrings,
	toText,
} from './json-fields.ts';
import {
	type AnswerBlock,
	type AnswerToolCall,
	type Attachment,
	CREATED_SECONDS,
	joinText,
	type ParsedRequest,
	REQUEST_DEFAULTS,
	type SimulatedAnswer,
	type SimulatedEvent,
	type SimulatedFormat,
	splitPieces,
} from './wire-format.ts';

/** OpenAI Chat Completions. */
export const OPENAI_CHAT_FORMAT: SimulatedFormat = {
	name: 'openai-chat',
	parseRequest: parseOpenAiChatRequest,
	isGenuineReasoning: () => true,
	forgedReasoningMessage: '',
	encode: (answer) => ({
		...createHead(answer, 'chat.completion'),
		choices: listIndexes(answer).map((index) => ({
			index,
			message: createMessage(answer),
			logprobs: null,
			finish_reason: FINISH_REASONS[answer.finish],
		})),
		usage: createUsage(answer),
	}),
	stream: createStream,
	error: createOpenAiError,
	streamError: (text) => ({ data: createOpenAiError(500, 'stream-error', text), place: 'frame' }),
	ping: ': ping\n\n',
	rateLimitHeaders: (what, { limit, remaining, resetAt }, now) => ({
		[`x-ratelimit-limit-${what}`]: String(limit),
		[`x-ratelimit-remaining-${what}`]: String(remaining),
		[`x-ratelimit-reset-${what}`]: formatDuration(resetAt - now),
	}),
	requestIdHeader: 'x-request-id',
};

const ERROR_TYPES: Readonly<Record<number, string>> = {
	401: 'authentication_error',
	402: 'insufficient_quota',
	403: 'permission_error',
	429: 'rate_limit_error',
};

const CODES_BY_KIND: Readonly<Record<string, string>> = {
	'context-too-long': 'context_length_exceeded',
	'content-policy': 'content_policy_violation',
	quota: 'insufficient_quota',
	forgery: 'invalid_encrypted_content',
	prefill: 'invalid_prefill',
};

const CODES_BY_STATUS: Readonly<Record<number, string>> = {
	401: 'invalid_api_key',
	404: 'model_not_found',
	429: 'rate_limit_exceeded',
};

/** The body of an error as OpenAI writes it. */
function createOpenAiError(status: number, kind: string, message: string): Record<string, unknown> {
	return {
		error: {
			message,
			type: ERROR_TYPES[status] ?? (status >= 500 ? 'server_error' : 'invalid_request_error'),
			param: null,
			code: CODES_BY_KIND[kind] ?? CODES_BY_STATUS[status] ?? null,
		},
	};
}

function formatDuration(milliseconds: number): string {
	if (milliseconds < 1000) return `${Math.max(0, Math.ceil(milliseconds))}ms`;
	const seconds = Math.ceil(milliseconds / 1000);
	return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}

function joinMessageText({ content }: JsonObject): string {
	return joinPartText(listParts(content));
}

function parseAttachment(part: JsonObject): Attachment[] {
	if (part['type'] === 'image_url') return [parseAttachmentUrl(toText(toFields(part['image_url'])['url']))];
	if (part['type'] === 'input_audio') {
		const { data, format } = toFields(part['input_audio']);
		return [{ mediaType: `audio/${toText(format)}`, content: countBase64Bytes(toText(data)) }];
	}
	return part['type'] === 'file' ? [parseAttachmentUrl(toText(toFields(part['file'])['file_data']))] : [];
}

/** The JSON schema of a `response_format` or `text.format`; `true` for any JSON, `null` for words. */
export function parseResponseSchema(format: JsonObject): unknown {
	if (format['type'] === 'json_object') return true;
	if (format['type'] !== 'json_schema') return null;
	return toFields(format['json_schema'])['schema'] ?? format['schema'] ?? true;
}

/** OpenAI's `tool_choice`, of either format. */
export function parseOpenAiToolChoice(choice: unknown): ParsedRequest['toolChoice'] {
	if (choice === 'none' || choice === 'required') return choice;
	const { name, function: named } = toFields(choice);
	const wanted = toText(name) || toText(toFields(named)['name']);
	return wanted === '' ? 'auto' : { name: wanted };
}

/** Reads a request of OpenAI's Chat Completions. */
function parseOpenAiChatRequest(body: JsonObject): ParsedRequest {
	const messages = toFieldsList(body['messages']);
	const last = messages.at(-1) ?? {};
	const others = messages.findLastIndex(({ role }) => role !== 'tool');
	const people = messages.filter(({ role }) => role === 'user').map(joinMessageText);
	return {
		...REQUEST_DEFAULTS,
		prompt: people.findLast(Boolean) ?? '',
		tools: toFieldsList(body['tools'])
			.map((tool) => toFields(tool['function']))
			.map((tool) => ({ name: toText(tool['name']), schema: tool['parameters'] })),
		toolChoice: parseOpenAiToolChoice(body['tool_choice']),
		parallel: body['parallel_tool_calls'] !== false,
		toolResults: messages.slice(others + 1).map(joinMessageText),
		schema: parseResponseSchema(toFields(body['response_format'])),
		attachments: messages.flatMap(({ content }) => listParts(content)).flatMap(parseAttachment),
		alwaysShowsReasoning: true,
		wantsReasoning: typeof body['reasoning_effort'] === 'string' && body['reasoning_effort'] !== 'none',
		prefill: last['role'] === 'assistant' ? joinMessageText(last) : null,
		maxTokens: toNumber(body['max_completion_tokens']) ?? toNumber(body['max_tokens']),
		stopSequences: toStrings(body['stop']),
		answerCount: Math.min(toNumber(body['n']) ?? 1, 8),
		includeUsage: toFields(body['stream_options'])['include_usage'] === true,
	};
}

function createUsage(answer: SimulatedAnswer): Record<string, unknown> {
	const completion = answer.outputTokens + answer.reasoningTokens;
	return {
		prompt_tokens: answer.inputTokens,
		completion_tokens: completion,
		total_tokens: answer.inputTokens + completion,
		prompt_tokens_details: { cached_tokens: answer.cachedTokens, audio_tokens: 0 },
		completion_tokens_details: { reasoning_tokens: answer.reasoningTokens, audio_tokens: 0 },
	};
}

const FINISH_REASONS: Readonly<Record<SimulatedAnswer['finish'], string>> = {
	stop: 'stop',
	length: 'length',
	'tool-calls': 'tool_calls',
	'stop-sequence': 'stop',
	'content-filter': 'content_filter',
};

function listToolCalls(answer: SimulatedAnswer): AnswerToolCall[] {
	return answer.blocks.filter((block) => block.type === 'tool-call');
}

function createCall({ id, name }: AnswerToolCall, text: string): Record<string, unknown> {
	return { id: `call_${id}`, type: 'function', function: { name, arguments: text } };
}

/** What the words rest on, as OpenAI annotates it. */
function createAnnotations(answer: SimulatedAnswer): unknown[] {
	return answer.blocks.flatMap((block) =>
		block.type !== 'text'
			? []
			: block.citations.map(({ url, title }) => ({
					type: 'url_citation',
					url_citation: { url, title, start_index: 0, end_index: block.text.length },
				})),
	);
}

function createMessage(answer: SimulatedAnswer): Record<string, unknown> {
	const calls = listToolCalls(answer).map((call) => createCall(call, call.text));
	const cited = createAnnotations(answer);
	const thought = answer.blocks.find((block) => block.type === 'reasoning');
	return {
		role: 'assistant',
		content: joinText(answer) || null,
		refusal: null,
		reasoning_content: thought?.text,
		annotations: cited.length === 0 ? undefined : cited,
		tool_calls: calls.length === 0 ? undefined : calls,
	};
}

/** Numbers of the answers asked for. */
function listIndexes(answer: SimulatedAnswer): number[] {
	return Array.from({ length: answer.request.answerCount }, (_, index) => index);
}

function createHead(answer: SimulatedAnswer, object: string): Record<string, unknown> {
	return {
		id: `chatcmpl-${answer.id}`,
		object,
		created: CREATED_SECONDS,
		model: answer.model,
		system_fingerprint: 'fp_simulated',
		service_tier: answer.serviceTier === 'standard' ? undefined : answer.serviceTier,
	};
}

function createChunks(
	answer: SimulatedAnswer,
	delta: unknown,
	{ place, reason = null }: { place: SimulatedEvent['place']; reason?: string | null },
): SimulatedEvent[] {
	return listIndexes(answer).map((index) => ({
		data: {
			...createHead(answer, 'chat.completion.chunk'),
			choices: [{ index, delta, logprobs: null, finish_reason: reason }],
			usage: answer.request.includeUsage ? null : undefined,
		},
		place: index === 0 ? place : 'frame',
	}));
}

function createBlockEvents(answer: SimulatedAnswer, block: AnswerBlock): SimulatedEvent[] {
	if (block.type !== 'tool-call') {
		const field = block.type === 'reasoning' ? 'reasoning_content' : 'content';
		return splitPieces(block).flatMap((piece) => createChunks(answer, { [field]: piece }, { place: 'token' }));
	}
	const index = listToolCalls(answer).indexOf(block);
	return [
		...createChunks(answer, { tool_calls: [{ index, ...createCall(block, '') }] }, { place: 'frame' }),
		...splitPieces(block).flatMap((piece) =>
			createChunks(answer, { tool_calls: [{ index, function: { arguments: piece } }] }, { place: 'token' }),
		),
	];
}

function createStream(answer: SimulatedAnswer): SimulatedEvent[] {
	const cited = createAnnotations(answer);
	const figures = { ...createHead(answer, 'chat.completion.chunk'), choices: [], usage: createUsage(answer) };
	return [
		...createChunks(answer, { role: 'assistant', content: '', refusal: null }, { place: 'start' }),
		...answer.blocks.flatMap((block) => createBlockEvents(answer, block)),
		...(cited.length === 0 ? [] : createChunks(answer, { annotations: cited }, { place: 'frame' })),
		...createChunks(answer, {}, { place: 'end', reason: FINISH_REASONS[answer.finish] }),
		...(answer.request.includeUsage ? [{ data: figures, place: 'end' as const }] : []),
		{ data: '[DONE]', place: 'done' },
	];
}
