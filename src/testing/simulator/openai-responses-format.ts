import type { JsonObject } from '../../util/index.ts';
import { isSignedBy } from './compose-answer.ts';
import { parseAttachmentUrl, toFields, toFieldsList, toNumber, toStrings, toText } from './json-fields.ts';
import {
	createOpenAiError,
	createOpenAiLimitHeaders,
	parseOpenAiToolChoice,
	parseResponseSchema,
} from './openai-chat-format.ts';
import {
	type AnswerBlock,
	type AnswerText,
	type Attachment,
	CREATED_SECONDS,
	EMPTY_REQUEST,
	type ParsedRequest,
	type SimulatedAnswer,
	type SimulatedEvent,
	type SimulatedFormat,
} from './wire-format.ts';

/** OpenAI Responses. */
export const OPENAI_RESPONSES_FORMAT: SimulatedFormat = {
	parseRequest: parseOpenAiResponsesRequest,
	isGenuineReasoning: (model, { signature }) => isSignedBy(model, signature ?? ''),
	forgedReasoningMessage: 'The encrypted content could not be verified.',
	encode: (answer) => createOpenAiResponse(answer, true),
	stream: createOpenAiResponsesStream,
	error: createOpenAiError,
	streamError: (message) => ({
		event: 'error',
		data: { type: 'error', sequence_number: 1000, code: 'server_error', message, param: null },
		place: 'frame',
	}),
	ping: ': ping\n\n',
	rateLimitHeaders: createOpenAiLimitHeaders,
	requestIdHeader: 'x-request-id',
};

type Unnumbered = [data: Record<string, unknown>, place: SimulatedEvent['place']];

function createTextEvents(block: AnswerText, item: Record<string, unknown>): Unnumbered[] {
	const at = { ...item, content_index: 0 };
	const part = createOutputText(block);
	const { annotations } = part;
	return [
		[{ type: 'response.content_part.added', ...at, part: { ...part, text: '', annotations: [] } }, 'frame'],
		...block.pieces.map(
			(delta): Unnumbered => [{ type: 'response.output_text.delta', ...at, delta, logprobs: [] }, 'token'],
		),
		...(Array.isArray(annotations) ? annotations : []).map(
			(annotation: unknown, index): Unnumbered => [
				{ type: 'response.output_text.annotation.added', ...at, annotation_index: index, annotation },
				'frame',
			],
		),
		[{ type: 'response.output_text.done', ...at, text: block.text, logprobs: [] }, 'frame'],
		[{ type: 'response.content_part.done', ...at, part }, 'frame'],
	];
}

function createInnerEvents(answer: SimulatedAnswer, block: AnswerBlock, item: Record<string, unknown>): Unnumbered[] {
	if (block.type === 'text') return createTextEvents(block, item);
	if (block.type === 'tool-call') {
		const type = 'response.function_call_arguments';
		return [
			...block.pieces.map((delta): Unnumbered => [{ type: `${type}.delta`, ...item, delta }, 'token']),
			[{ type: `${type}.done`, ...item, name: block.name, arguments: block.text }, 'frame'],
		];
	}
	if (answer.hidesReasoning) return [];
	const at = { ...item, summary_index: 0 };
	const part = { type: 'summary_text', text: block.text };
	return [
		[{ type: 'response.reasoning_summary_part.added', ...at, part: { ...part, text: '' } }, 'frame'],
		...block.pieces.map(
			(delta): Unnumbered => [{ type: 'response.reasoning_summary_text.delta', ...at, delta }, 'token'],
		),
		[{ type: 'response.reasoning_summary_text.done', ...at, text: block.text }, 'frame'],
		[{ type: 'response.reasoning_summary_part.done', ...at, part }, 'frame'],
	];
}

function createBlockEvents(answer: SimulatedAnswer, block: AnswerBlock, index: number): Unnumbered[] {
	const begun = createOutputItem(answer, index, false);
	const item = { item_id: begun['id'], output_index: index };
	return [
		[{ type: 'response.output_item.added', output_index: index, item: begun }, 'frame'],
		...createInnerEvents(answer, block, item),
		[{ type: 'response.output_item.done', output_index: index, item: createOutputItem(answer, index, true) }, 'frame'],
	];
}

/** An answer as the events of OpenAI's Responses. */
function createOpenAiResponsesStream(answer: SimulatedAnswer): SimulatedEvent[] {
	const begun = createOpenAiResponse(answer, false);
	const over = createOpenAiResponse(answer, true);
	const events: Unnumbered[] = [
		[{ type: 'response.created', response: begun }, 'start'],
		[{ type: 'response.in_progress', response: begun }, 'start'],
		...answer.blocks.flatMap((block, index) => createBlockEvents(answer, block, index)),
		[{ type: `response.${String(over['status'])}`, response: over }, 'end'],
	];
	return events.map(([data, place], index) => ({
		event: String(data['type']),
		data: { ...data, sequence_number: index },
		place,
	}));
}

function listParts(item: JsonObject): JsonObject[] {
	const content = item['content'] ?? item['output'];
	return typeof content === 'string' ? [{ type: 'input_text', text: content }] : toFieldsList(content);
}

function joinPartText(item: JsonObject): string {
	return listParts(item)
		.map(({ text }) => toText(text))
		.filter(Boolean)
		.join('\n');
}

function parseAttachment(part: JsonObject): Attachment[] {
	if (part['type'] === 'input_image') return [parseAttachmentUrl(toText(part['image_url']))];
	return part['type'] === 'input_file'
		? [parseAttachmentUrl(toText(part['file_data']) || toText(part['file_url']))]
		: [];
}

/** Reads a request of OpenAI's Responses. */
function parseOpenAiResponsesRequest(body: JsonObject): ParsedRequest {
	const { input } = body;
	const items = typeof input === 'string' ? [{ role: 'user', content: input }] : toFieldsList(input);
	const last = items.at(-1) ?? {};
	const others = items.findLastIndex(({ type }) => type !== 'function_call_output');
	const people = items.filter(({ role }) => role === 'user').map(joinPartText);
	const effort = toFields(body['reasoning'])['effort'];
	return {
		...EMPTY_REQUEST,
		prompt: people.findLast((words) => words !== '') ?? '',
		tools: toFieldsList(body['tools'])
			.filter(({ type }) => type === 'function')
			.map((tool) => ({ name: toText(tool['name']), schema: tool['parameters'] })),
		toolChoice: parseOpenAiToolChoice(body['tool_choice']),
		parallel: body['parallel_tool_calls'] !== false,
		toolResults: items.slice(others + 1).map(joinPartText),
		schema: parseResponseSchema(toFields(toFields(body['text'])['format'])),
		attachments: items.flatMap(listParts).flatMap(parseAttachment),
		wantsReasoning: body['reasoning'] !== undefined && body['reasoning'] !== null && effort !== 'none',
		hidesReasoning: typeof toFields(body['reasoning'])['summary'] !== 'string',
		reasoning: items
			.filter(({ type, encrypted_content: content }) => type === 'reasoning' && typeof content === 'string')
			.map((item) => ({ signature: toText(item['encrypted_content']), text: '' })),
		prefill: last['role'] === 'assistant' ? joinPartText(last) : null,
		maxTokens: toNumber(body['max_output_tokens']),
		includeEncrypted: toStrings(body['include']).includes('reasoning.encrypted_content'),
	};
}

/** The words of an item of output. */
function createOutputText(block: AnswerText): Record<string, unknown> {
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

/** An item of output, whole or just begun. */
function createOutputItem(answer: SimulatedAnswer, index: number, isWhole: boolean): Record<string, unknown> {
	const block = answer.blocks[index];
	const status = isWhole ? 'completed' : 'in_progress';
	if (block === undefined) return {};
	const id = `${answer.id}${index}`;
	if (block.type === 'reasoning') {
		return {
			id: `rs_${id}`,
			type: 'reasoning',
			summary: isWhole && !answer.hidesReasoning ? [{ type: 'summary_text', text: block.text }] : [],
			...(answer.includeEncrypted ? { encrypted_content: isWhole ? block.signature : '' } : {}),
		};
	}
	if (block.type === 'tool-call') {
		const call = { id: `fc_${id}`, type: 'function_call', status, call_id: `call_${block.id}`, name: block.name };
		return { ...call, arguments: isWhole ? block.text : '' };
	}
	return {
		id: `msg_${id}`,
		type: 'message',
		status,
		role: 'assistant',
		content: isWhole ? [createOutputText(block)] : [],
	};
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
		output: isOver ? answer.blocks.map((_block, index) => createOutputItem(answer, index, true)) : [],
		parallel_tool_calls: true,
		temperature: 1,
		tool_choice: 'auto',
		tools: [],
		top_p: 1,
		usage: isOver ? createUsage(answer) : null,
	};
}
