import type { JsonObject } from '../../util/index.ts';
import { isSignedBy } from './compose-answer.ts';
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
	type AnswerText,
	type Attachment,
	type CitableDocument,
	type ParsedRequest,
	parseArguments,
	REQUEST_DEFAULTS,
	type SimulatedAnswer,
	type SimulatedEvent,
	type SimulatedFormat,
	splitPieces,
} from './wire-format.ts';

/** Anthropic Messages. */
export const ANTHROPIC_FORMAT: SimulatedFormat = {
	name: 'anthropic-messages',
	parseRequest: parseAnthropicRequest,
	isGenuineReasoning: (model, { signature, text }) => isSignedBy(model, signature ?? '', text),
	forgedReasoningMessage: 'messages: Invalid `signature` in `thinking` block',
	encode: (answer) =>
		createMessage(
			answer,
			answer.blocks.map(encodeBlock).map(({ whole }) => whole),
			true,
		),
	stream: (answer) => [
		createEvent({ type: 'message_start', message: createMessage(answer, [], false) }, 'start'),
		...answer.blocks.flatMap(createBlockEvents),
		createEvent(
			{
				type: 'message_delta',
				delta: { stop_reason: STOP_REASONS[answer.finish], stop_sequence: answer.stopSequence },
				usage: { output_tokens: answer.outputTokens + answer.reasoningTokens },
			},
			'end',
		),
		createEvent({ type: 'message_stop' }, 'done'),
	],
	error: (status, _kind, text) => ({
		type: 'error',
		error: { type: ERROR_TYPES[status] ?? 'api_error', message: text },
		request_id: 'req_simulated',
	}),
	streamError: (text) => createEvent(toFields(ANTHROPIC_FORMAT.error(529, '529', text)), 'frame'),
	ping: 'event: ping\ndata: {"type": "ping"}\n\n',
	rateLimitHeaders: (what, { limit, remaining, resetAt }) => ({
		[`anthropic-ratelimit-${what}-limit`]: String(limit),
		[`anthropic-ratelimit-${what}-remaining`]: String(remaining),
		[`anthropic-ratelimit-${what}-reset`]: new Date(resetAt).toISOString(),
	}),
	requestIdHeader: 'request-id',
};

function listAttachments(blocks: readonly JsonObject[]): Attachment[] {
	return blocks.flatMap((block): Attachment[] => {
		if (block['type'] === 'tool_result') return listAttachments(listParts(block['content']));
		if (block['type'] !== 'image' && block['type'] !== 'document') return [];
		const source = toFields(block['source']);
		if (source['type'] === 'url') return [parseAttachmentUrl(toText(source['url']))];
		const data = toText(source['data']);
		const content = source['type'] === 'base64' ? countBase64Bytes(data) : Buffer.byteLength(data);
		return [{ mediaType: toText(source['media_type']), content }];
	});
}

function listDocuments(blocks: readonly JsonObject[]): CitableDocument[] {
	return blocks
		.filter((block) => block['type'] === 'document' && toFields(block['citations'])['enabled'] === true)
		.map((block) => ({ title: toText(block['title']), text: toText(toFields(block['source'])['data']) }));
}

function parseAnthropicToolChoice(choice: JsonObject): ParsedRequest['toolChoice'] {
	if (choice['type'] === 'tool') return { name: toText(choice['name']) };
	if (choice['type'] === 'any') return 'required';
	return choice['type'] === 'none' ? 'none' : 'auto';
}

/** Reads a request of Anthropic's Messages. */
function parseAnthropicRequest(body: JsonObject): ParsedRequest {
	const messages = toFieldsList(body['messages']);
	const blocks = messages.flatMap(({ content }) => listParts(content));
	const last = messages.at(-1) ?? {};
	const lastBlocks = listParts(last['content']);
	const results = lastBlocks.filter(({ type }) => type === 'tool_result');
	const people = messages.filter(({ role }) => role === 'user');
	const choice = toFields(body['tool_choice']);
	const format = toFields(toFields(body['output_config'])['format'] ?? body['output_format']);
	const thinking = toFields(body['thinking'])['type'];
	return {
		...REQUEST_DEFAULTS,
		prompt: people.map(({ content }) => joinPartText(listParts(content))).findLast(Boolean) ?? '',
		tools: toFieldsList(body['tools']).map((tool) => ({ name: toText(tool['name']), schema: tool['input_schema'] })),
		toolChoice: parseAnthropicToolChoice(choice),
		parallel: choice['disable_parallel_tool_use'] !== true,
		toolResults: results.map(({ content }) => joinPartText(listParts(content))),
		schema: format['type'] === 'json_schema' ? format['schema'] : null,
		attachments: listAttachments(blocks),
		documents: listDocuments(blocks),
		wantsReasoning: thinking === 'enabled' || thinking === 'adaptive',
		reasoning: blocks
			.filter(({ type }) => type === 'thinking')
			.map((block) => ({ signature: toText(block['signature']), text: toText(block['thinking']) })),
		prefill: last['role'] === 'assistant' ? joinPartText(lastBlocks) : null,
		maxTokens: toNumber(body['max_tokens']),
		stopSequences: toStrings(body['stop_sequences']),
	};
}

function createUsage(answer: SimulatedAnswer): Record<string, unknown> {
	const { fiveMinutes, hour } = answer.writtenTokens;
	return {
		input_tokens: answer.inputTokens - answer.cachedTokens - fiveMinutes - hour,
		cache_creation_input_tokens: fiveMinutes + hour,
		cache_read_input_tokens: answer.cachedTokens,
		cache_creation: { ephemeral_5m_input_tokens: fiveMinutes, ephemeral_1h_input_tokens: hour },
		output_tokens: answer.outputTokens + answer.reasoningTokens,
		server_tool_use: answer.searches > 0 ? { web_search_requests: answer.searches } : undefined,
		service_tier: answer.serviceTier,
	};
}

const STOP_REASONS: Readonly<Record<SimulatedAnswer['finish'], string>> = {
	stop: 'end_turn',
	length: 'max_tokens',
	'tool-calls': 'tool_use',
	'stop-sequence': 'stop_sequence',
	'content-filter': 'refusal',
};

function createMessage(answer: SimulatedAnswer, content: unknown[], isOver: boolean): Record<string, unknown> {
	return {
		id: `msg_${answer.id}`,
		type: 'message',
		role: 'assistant',
		model: answer.model,
		content,
		stop_reason: isOver ? STOP_REASONS[answer.finish] : null,
		stop_sequence: isOver ? answer.stopSequence : null,
		usage: isOver ? createUsage(answer) : { ...createUsage(answer), output_tokens: 1 },
	};
}

function createCitations(block: AnswerText): unknown[] {
	return block.citations.map(({ url, title, text, documentIndex }) =>
		documentIndex === undefined
			? { type: 'web_search_result_location', url, title, cited_text: text, encrypted_index: `at ${url}` }
			: {
					type: 'char_location',
					cited_text: text,
					document_index: documentIndex,
					document_title: title,
					file_id: null,
					start_char_index: 0,
					end_char_index: text.length,
				},
	);
}

/** A block as it is whole, as a stream opens it, as its pieces follow, and as deltas complete it. */
interface EncodedBlock {
	whole: unknown;
	opened: unknown;
	encodePiece: (piece: string) => unknown;
	closing: unknown[];
}

function encodeBlock(block: AnswerBlock): EncodedBlock {
	if (block.type === 'reasoning') {
		const { text, signature } = block;
		return {
			whole: { type: 'thinking', thinking: text, signature },
			opened: { type: 'thinking', thinking: '', signature: '' },
			encodePiece: (thinking) => ({ type: 'thinking_delta', thinking }),
			closing: [{ type: 'signature_delta', signature }],
		};
	}
	if (block.type === 'tool-call') {
		const opened = { type: 'tool_use', id: `toolu_${block.id}`, name: block.name, input: {} };
		return {
			whole: { ...opened, input: parseArguments(block) },
			opened,
			encodePiece: (piece) => ({ type: 'input_json_delta', partial_json: piece }),
			closing: [],
		};
	}
	const citations = createCitations(block);
	const isCited = citations.length > 0;
	return {
		whole: { type: 'text', text: block.text, citations: isCited ? citations : null },
		opened: { type: 'text', text: '', citations: isCited ? [] : null },
		encodePiece: (text) => ({ type: 'text_delta', text }),
		closing: citations.map((citation) => ({ type: 'citations_delta', citation })),
	};
}

function createEvent(data: Record<string, unknown>, place: SimulatedEvent['place']): SimulatedEvent {
	return { event: String(data['type']), data, place };
}

function createBlockEvents(block: AnswerBlock, index: number): SimulatedEvent[] {
	const change = (inner: unknown) => ({ type: 'content_block_delta', index, delta: inner });
	const { opened, encodePiece, closing } = encodeBlock(block);
	return [
		createEvent({ type: 'content_block_start', index, content_block: opened }, 'frame'),
		...(index === 0 ? [createEvent({ type: 'ping' }, 'frame')] : []),
		...splitPieces(block).map((piece) => createEvent(change(encodePiece(piece)), 'token')),
		...closing.map((inner) => createEvent(change(inner), 'frame')),
		createEvent({ type: 'content_block_stop', index }, 'frame'),
	];
}

const ERROR_TYPES: Readonly<Record<number, string>> = {
	400: 'invalid_request_error',
	401: 'authentication_error',
	402: 'billing_error',
	403: 'permission_error',
	404: 'not_found_error',
	413: 'request_too_large',
	422: 'invalid_request_error',
	429: 'rate_limit_error',
	504: 'timeout_error',
	529: 'overloaded_error',
};
