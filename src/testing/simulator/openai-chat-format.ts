import { openAiError, openAiLimitHeaders } from './openai-errors.ts';
import { readOpenAiChatAsk } from './read-openai-chat-ask.ts';
import { type AnswerBlock, type SimulatedAnswer, spokenText, type ToolCallBlock } from './simulated-answer.ts';
import { CREATED, type SimulatedEvent, type WireFormat } from './wire-format.ts';

function usage(answer: SimulatedAnswer): Record<string, unknown> {
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

function callsOf(answer: SimulatedAnswer): ToolCallBlock[] {
	return answer.blocks.filter((block) => block.type === 'tool-call');
}

/** What the words rest on, as OpenAI annotates it. */
function annotations(answer: SimulatedAnswer): unknown[] {
	return answer.blocks.flatMap((block) =>
		block.type !== 'text'
			? []
			: block.citations.map(({ url, title }) => ({
					type: 'url_citation',
					url_citation: { url, title, start_index: 0, end_index: block.text.length },
				})),
	);
}

function message(answer: SimulatedAnswer): Record<string, unknown> {
	const calls = callsOf(answer);
	const cited = annotations(answer);
	const thought = answer.blocks.find((block) => block.type === 'reasoning');
	return {
		role: 'assistant',
		content: spokenText(answer) || null,
		refusal: null,
		...(thought === undefined ? {} : { reasoning_content: thought.text }),
		...(cited.length === 0 ? {} : { annotations: cited }),
		...(calls.length === 0
			? {}
			: {
					tool_calls: calls.map(({ id, name, text }) => ({
						id: `call_${id}`,
						type: 'function',
						function: { name, arguments: text },
					})),
				}),
	};
}

/** Numbers of the answers asked for. */
function indexes(answer: SimulatedAnswer): number[] {
	return Array.from({ length: answer.answers }, (_, index) => index);
}

function head(answer: SimulatedAnswer, object: string): Record<string, unknown> {
	return {
		id: `chatcmpl-${answer.id}`,
		object,
		created: CREATED,
		model: answer.model,
		system_fingerprint: 'fp_simulated',
	};
}

function chunks(
	answer: SimulatedAnswer,
	delta: unknown,
	{ place, reason = null }: { place: SimulatedEvent['place']; reason?: string | null },
): SimulatedEvent[] {
	return indexes(answer).map((index) => ({
		data: {
			...head(answer, 'chat.completion.chunk'),
			choices: [{ index, delta, logprobs: null, finish_reason: reason }],
			...(answer.includeUsage ? { usage: null } : {}),
		},
		place: index === 0 ? place : 'frame',
	}));
}

function blockEvents(answer: SimulatedAnswer, block: AnswerBlock): SimulatedEvent[] {
	if (block.type !== 'tool-call') {
		const field = block.type === 'reasoning' ? 'reasoning_content' : 'content';
		return block.pieces.flatMap((piece) => chunks(answer, { [field]: piece }, { place: 'token' }));
	}
	const index = callsOf(answer).indexOf(block);
	const opened = { index, id: `call_${block.id}`, type: 'function', function: { name: block.name, arguments: '' } };
	return [
		...chunks(answer, { tool_calls: [opened] }, { place: 'frame' }),
		...block.pieces.flatMap((piece) =>
			chunks(answer, { tool_calls: [{ index, function: { arguments: piece } }] }, { place: 'token' }),
		),
	];
}

function stream(answer: SimulatedAnswer): SimulatedEvent[] {
	const cited = annotations(answer);
	const figures = { ...head(answer, 'chat.completion.chunk'), choices: [], usage: usage(answer) };
	return [
		...chunks(answer, { role: 'assistant', content: '', refusal: null }, { place: 'start' }),
		...answer.blocks.flatMap((block) => blockEvents(answer, block)),
		...(cited.length === 0 ? [] : chunks(answer, { annotations: cited }, { place: 'frame' })),
		...chunks(answer, {}, { place: 'end', reason: FINISH_REASONS[answer.finish] }),
		...(answer.includeUsage ? [{ data: figures, place: 'end' as const }] : []),
		{ data: '[DONE]', place: 'done' },
	];
}

/** OpenAI Chat Completions. */
export const OPENAI_CHAT_FORMAT: WireFormat = {
	readAsk: readOpenAiChatAsk,
	isGenuine: () => true,
	forgery: '',
	encode: (answer) => ({
		...head(answer, 'chat.completion'),
		choices: indexes(answer).map((index) => ({
			index,
			message: message(answer),
			logprobs: null,
			finish_reason: FINISH_REASONS[answer.finish],
		})),
		usage: usage(answer),
	}),
	stream,
	error: openAiError,
	streamError: (text) => ({ data: openAiError(500, 'stream-error', text), place: 'frame' }),
	ping: ': ping\n\n',
	rateLimitHeaders: openAiLimitHeaders,
	requestIdHeader: 'x-request-id',
};
