import type { JsonObject } from '../../util/index.ts';
import { isSignedBy } from './compose-answer.ts';
import {
	joinPartText,
	listParts,
	parseAttachmentUrl,
	toFields,
	toFieldsList,
	toNumber,
	toStrings,
	toText,
} from './json-fields.ts';
import { OPENAI_CHAT_FORMAT, parseOpenAiToolChoice, parseResponseSchema } from './openai-chat-format.ts';
import {
	type AnswerBlock,
	type AnswerText,
	type Attachment,
	CREATED_SECONDS,
	type OfferedTool,
	type ParsedRequest,
	REQUEST_DEFAULTS,
	type SimulatedAnswer,
	type SimulatedEvent,
	type SimulatedFormat,
	splitPieces,
} from './wire-format.ts';

/** OpenAI Responses. */
export const OPENAI_RESPONSES_FORMAT: SimulatedFormat = {
	...OPENAI_CHAT_FORMAT,
	name: 'openai-responses',
	parseRequest: parseOpenAiResponsesRequest,
	isGenuineReasoning: (model, { signature }) => isSignedBy(model, signature ?? ''),
	forgedReasoningMessage: 'The encrypted content could not be verified.',
	encode: (answer) => createOpenAiResponse(answer, true),
	stream: createOpenAiResponsesStream,
	streamError: (message) => ({
		event: 'error',
		data: { type: 'error', sequence_number: 1000, code: 'server_error', message, param: null },
		place: 'frame',
	}),
};

/** An event before it is numbered. */
interface ResponsesEvent {
	event: string;
	fields: Record<string, unknown>;
	place: SimulatedEvent['place'];
}

function createEvent(event: string, fields: ResponsesEvent['fields'], place: ResponsesEvent['place'] = 'frame') {
	return { event: `response.${event}`, fields, place };
}

function createTextEvents(block: AnswerText, item: ResponsesEvent['fields']): ResponsesEvent[] {
	const at = { ...item, content_index: 0 };
	const part = createOutputText(block);
	return [
		createEvent('content_part.added', { ...at, part: { ...part, text: '', annotations: [] } }),
		...splitPieces(block).map((delta) => createEvent('output_text.delta', { ...at, delta, logprobs: [] }, 'token')),
		...part.annotations.map((annotation, index) =>
			createEvent('output_text.annotation.added', { ...at, annotation_index: index, annotation }),
		),
		createEvent('output_text.done', { ...at, text: block.text, logprobs: [] }),
		createEvent('content_part.done', { ...at, part }),
	];
}

function createInnerEvents(
	answer: SimulatedAnswer,
	block: AnswerBlock,
	item: ResponsesEvent['fields'],
): ResponsesEvent[] {
	if (block.type === 'text') return createTextEvents(block, item);
	const pieces = splitPieces(block);
	if (block.type === 'tool-call') {
		if (findTool(answer, block.name)?.isCustom === true) {
			return [
				...pieces.map((delta) => createEvent('custom_tool_call_input.delta', { ...item, delta }, 'token')),
				createEvent('custom_tool_call_input.done', { ...item, input: block.text }),
			];
		}
		return [
			...pieces.map((delta) => createEvent('function_call_arguments.delta', { ...item, delta }, 'token')),
			createEvent('function_call_arguments.done', { ...item, name: block.name, arguments: block.text }),
		];
	}
	if (answer.request.hidesReasoning) return [];
	const at = { ...item, summary_index: 0 };
	const part = { type: 'summary_text', text: block.text };
	return [
		createEvent('reasoning_summary_part.added', { ...at, part: { ...part, text: '' } }),
		...pieces.map((delta) => createEvent('reasoning_summary_text.delta', { ...at, delta }, 'token')),
		createEvent('reasoning_summary_text.done', { ...at, text: block.text }),
		createEvent('reasoning_summary_part.done', { ...at, part }),
	];
}

function createBlockEvents(answer: SimulatedAnswer, block: AnswerBlock, index: number): ResponsesEvent[] {
	const begun = createOutputItem(answer, block, index, false);
	const item = createOutputItem(answer, block, index, true);
	return [
		createEvent('output_item.added', { output_index: index, item: begun }),
		...createInnerEvents(answer, block, { item_id: begun['id'], output_index: index }),
		createEvent('output_item.done', { output_index: index, item }),
	];
}

/** An answer as the events of OpenAI's Responses. */
function createOpenAiResponsesStream(answer: SimulatedAnswer): SimulatedEvent[] {
	const begun = createOpenAiResponse(answer, false);
	const over = createOpenAiResponse(answer, true);
	const events: ResponsesEvent[] = [
		createEvent('created', { response: begun }, 'start'),
		createEvent('in_progress', { response: begun }, 'start'),
		...answer.blocks.flatMap((block, index) => createBlockEvents(answer, block, index)),
		createEvent(String(over['status']), { response: over }, 'end'),
	];
	return events.map(({ event, fields, place }, index) => {
		return { event, data: { type: event, ...fields, sequence_number: index }, place };
	});
}

function listItemParts({ content, output }: JsonObject): JsonObject[] {
	return listParts(content ?? output);
}

function joinItemText(item: JsonObject): string {
	return joinPartText(listItemParts(item));
}

function parseAttachment(part: JsonObject): Attachment[] {
	if (part['type'] === 'input_image') return [parseAttachmentUrl(toText(part['image_url']))];
	return part['type'] === 'input_file'
		? [parseAttachmentUrl(toText(part['file_data']) || toText(part['file_url']))]
		: [];
}

/** Items that bring a tool's result. */
const RESULT_TYPES: ReadonlySet<string> = new Set(['function_call_output', 'custom_tool_call_output']);

/** The tools of a list that the client runs itself, those of its namespaces too. */
function listOfferedTools(tools: readonly JsonObject[], namespace?: string): OfferedTool[] {
	return tools.flatMap((tool) => {
		const name = toText(tool['name']);
		if (tool['type'] === 'namespace') return listOfferedTools(toFieldsList(tool['tools']), name);
		if (tool['type'] !== 'function' && tool['type'] !== 'custom') return [];
		const offered: OfferedTool = { name, schema: tool['parameters'], isCustom: tool['type'] === 'custom' };
		return [namespace === undefined ? offered : { ...offered, namespace }];
	});
}

function findTool({ request }: SimulatedAnswer, name: string): OfferedTool | undefined {
	return request.tools.find((tool) => tool.name === name);
}

/** Reads a request of OpenAI's Responses. */
function parseOpenAiResponsesRequest(body: JsonObject): ParsedRequest {
	const { input } = body;
	const items = typeof input === 'string' ? [{ role: 'user', content: input }] : toFieldsList(input);
	const last = items.at(-1) ?? {};
	const others = items.findLastIndex(({ type }) => !RESULT_TYPES.has(toText(type)));
	const people = items.filter(({ role }) => role === 'user').map(joinItemText);
	const effort = toFields(body['reasoning'])['effort'];
	return {
		...REQUEST_DEFAULTS,
		prompt: people.findLast(Boolean) ?? '',
		tools: [body, ...items.filter(({ type }) => type === 'additional_tools')].flatMap(({ tools }) =>
			listOfferedTools(toFieldsList(tools)),
		),
		toolChoice: parseOpenAiToolChoice(body['tool_choice']),
		parallel: body['parallel_tool_calls'] !== false,
		toolResults: items.slice(others + 1).map(joinItemText),
		schema: parseResponseSchema(toFields(toFields(body['text'])['format'])),
		attachments: items.flatMap(listItemParts).flatMap(parseAttachment),
		wantsReasoning: body['reasoning'] !== undefined && body['reasoning'] !== null && effort !== 'none',
		hidesReasoning: typeof toFields(body['reasoning'])['summary'] !== 'string',
		reasoning: items
			.filter(({ type, encrypted_content: content }) => type === 'reasoning' && typeof content === 'string')
			.map((item) => ({ signature: toText(item['encrypted_content']), text: '' })),
		prefill: last['role'] === 'assistant' ? joinItemText(last) : null,
		maxTokens: toNumber(body['max_output_tokens']),
		includeEncrypted: toStrings(body['include']).includes('reasoning.encrypted_content'),
	};
}

/** The words of an item of output. */
function createOutputText(block: AnswerText) {
	return {
		type: 'output_text',
		text: block.text,
		annotations: block.citations.map(({ url, title }) => ({
			type: 'url_citation',
			url,
			title,
			start_index: 0,
			end_index: block.text.length,
		})),
		logprobs: [],
	};
}

/** A call of a tool; one that takes plain text has `input` in place of `arguments`. */
function createCallItem(
	{ isCustom, namespace }: Partial<OfferedTool> = {},
	{ id: callId, name, text }: Extract<AnswerBlock, { type: 'tool-call' }>,
	id: string,
	isWhole: boolean,
): Record<string, unknown> {
	const call = { status: isWhole ? 'completed' : 'in_progress', call_id: `call_${callId}`, name, namespace };
	const content = isWhole ? text : '';
	return isCustom === true
		? { id: `ctc_${id}`, type: 'custom_tool_call', ...call, input: content }
		: { id: `fc_${id}`, type: 'function_call', ...call, arguments: content };
}

/** An item of output, whole or just begun. */
function createOutputItem(
	answer: SimulatedAnswer,
	block: AnswerBlock,
	index: number,
	isWhole: boolean,
): Record<string, unknown> {
	const { id: answerId, request } = answer;
	const status = isWhole ? 'completed' : 'in_progress';
	const id = `${answerId}${index}`;
	if (block.type === 'reasoning') {
		return {
			id: `rs_${id}`,
			type: 'reasoning',
			summary: isWhole && !request.hidesReasoning ? [{ type: 'summary_text', text: block.text }] : [],
			encrypted_content: request.includeEncrypted ? (isWhole ? block.signature : '') : undefined,
		};
	}
	if (block.type === 'tool-call') return createCallItem(findTool(answer, block.name), block, id, isWhole);
	const content = isWhole ? [createOutputText(block)] : [];
	return { id: `msg_${id}`, type: 'message', status, role: 'assistant', content };
}

const INCOMPLETE: Readonly<Record<string, string>> = {
	length: 'max_output_tokens',
	'content-filter': 'content_filter',
};

function createUsage(answer: SimulatedAnswer): Record<string, unknown> {
	const out = answer.outputTokens + answer.reasoningTokens;
	return {
		input_tokens: answer.inputTokens,
		input_tokens_details: { cached_tokens: answer.cachedTokens },
		output_tokens: out,
		output_tokens_details: { reasoning_tokens: answer.reasoningTokens },
		total_tokens: answer.inputTokens + out,
	};
}

function createSearches({ id, searches }: SimulatedAnswer): unknown[] {
	return Array.from({ length: searches }, (_, index) => ({
		id: `ws_${id}_${index}`,
		type: 'web_search_call',
		status: 'completed',
		action: { type: 'search', query: `query ${index}` },
	}));
}

/** The response, as it is once it is over or while it is under way. */
function createOpenAiResponse(answer: SimulatedAnswer, isOver: boolean): Record<string, unknown> {
	const reason = INCOMPLETE[answer.finish];
	const ended = reason === undefined ? 'completed' : 'incomplete';
	return {
		id: `resp_${answer.id}`,
		object: 'response',
		created_at: CREATED_SECONDS,
		status: isOver ? ended : 'in_progress',
		error: null,
		incomplete_details: isOver && reason !== undefined ? { reason } : null,
		instructions: null,
		metadata: {},
		model: answer.model,
		output: isOver
			? [
					...answer.blocks.map((block, index) => createOutputItem(answer, block, index, true)),
					...createSearches(answer),
				]
			: [],
		parallel_tool_calls: true,
		service_tier: answer.serviceTier === 'standard' ? 'default' : answer.serviceTier,
		temperature: 1,
		tool_choice: 'auto',
		tools: [],
		top_p: 1,
		usage: isOver ? createUsage(answer) : null,
	};
}
