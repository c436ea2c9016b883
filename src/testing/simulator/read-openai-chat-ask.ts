import {
	attachmentAt,
	base64Bytes,
	type Fields,
	fieldsOf,
	listOf,
	numberOf,
	stringsOf,
	textOf,
} from './json-fields.ts';
import { type Attachment, EMPTY_ASK, type SimulatedAsk } from './simulated-ask.ts';

function partsIn(message: Fields): Fields[] {
	const { content } = message;
	return typeof content === 'string' ? [{ type: 'text', text: content }] : listOf(content);
}

function wordsIn(message: Fields): string {
	return partsIn(message)
		.map(({ text }) => textOf(text))
		.filter(Boolean)
		.join('\n');
}

function attachmentIn(part: Fields): Attachment[] {
	if (part['type'] === 'image_url') return [attachmentAt(textOf(fieldsOf(part['image_url'])['url']))];
	if (part['type'] === 'input_audio') {
		const { data, format } = fieldsOf(part['input_audio']);
		return [{ mediaType: `audio/${textOf(format)}`, content: base64Bytes(textOf(data)) }];
	}
	return part['type'] === 'file' ? [attachmentAt(textOf(fieldsOf(part['file'])['file_data']))] : [];
}

/** The JSON schema of a `response_format` or `text.format`; `true` for any JSON, `null` for words. */
export function schemaOf(format: Fields): unknown {
	if (format['type'] === 'json_object') return true;
	if (format['type'] !== 'json_schema') return null;
	return fieldsOf(format['json_schema'])['schema'] ?? format['schema'] ?? true;
}

/** OpenAI's `tool_choice`, of either format. */
export function openAiToolChoice(choice: unknown): SimulatedAsk['toolChoice'] {
	if (choice === 'none' || choice === 'required') return choice;
	const { name, function: named } = fieldsOf(choice);
	const wanted = textOf(name) || textOf(fieldsOf(named)['name']);
	return wanted === '' ? 'auto' : { name: wanted };
}

/** Reads a request of OpenAI's Chat Completions. */
export function readOpenAiChatAsk(body: Fields): SimulatedAsk {
	const messages = listOf(body['messages']);
	const last = messages.at(-1) ?? {};
	const others = messages.findLastIndex(({ role }) => role !== 'tool');
	const people = messages.filter(({ role }) => role === 'user').map(wordsIn);
	return {
		...EMPTY_ASK,
		prompt: people.findLast((words) => words !== '') ?? '',
		tools: listOf(body['tools'])
			.map((tool) => fieldsOf(tool['function']))
			.map((tool) => ({ name: textOf(tool['name']), schema: tool['parameters'] })),
		toolChoice: openAiToolChoice(body['tool_choice']),
		parallel: body['parallel_tool_calls'] !== false,
		toolResults: messages.slice(others + 1).map(wordsIn),
		schema: schemaOf(fieldsOf(body['response_format'])),
		attachments: messages.flatMap(partsIn).flatMap(attachmentIn),
		alwaysShowsReasoning: true,
		wantsReasoning: typeof body['reasoning_effort'] === 'string' && body['reasoning_effort'] !== 'none',
		prefill: last['role'] === 'assistant' ? wordsIn(last) : null,
		maxTokens: numberOf(body['max_completion_tokens']) ?? numberOf(body['max_tokens']),
		stopSequences: stringsOf(body['stop']),
		answers: Math.min(numberOf(body['n']) ?? 1, 8),
		includeUsage: fieldsOf(body['stream_options'])['include_usage'] === true,
	};
}
