import { attachmentAt, type Fields, fieldsOf, listOf, numberOf, stringsOf, textOf } from './json-fields.ts';
import { openAiToolChoice, schemaOf } from './read-openai-chat-ask.ts';
import { type Attachment, EMPTY_ASK, type SimulatedAsk } from './simulated-ask.ts';

function partsIn(item: Fields): Fields[] {
	const content = item['content'] ?? item['output'];
	return typeof content === 'string' ? [{ type: 'input_text', text: content }] : listOf(content);
}

function wordsIn(item: Fields): string {
	return partsIn(item)
		.map(({ text }) => textOf(text))
		.filter(Boolean)
		.join('\n');
}

function attachmentIn(part: Fields): Attachment[] {
	if (part['type'] === 'input_image') return [attachmentAt(textOf(part['image_url']))];
	return part['type'] === 'input_file' ? [attachmentAt(textOf(part['file_data']) || textOf(part['file_url']))] : [];
}

/** Reads a request of OpenAI's Responses. */
export function readOpenAiResponsesAsk(body: Fields): SimulatedAsk {
	const { input } = body;
	const items = typeof input === 'string' ? [{ role: 'user', content: input }] : listOf(input);
	const last = items.at(-1) ?? {};
	const others = items.findLastIndex(({ type }) => type !== 'function_call_output');
	const people = items.filter(({ role }) => role === 'user').map(wordsIn);
	const effort = fieldsOf(body['reasoning'])['effort'];
	return {
		...EMPTY_ASK,
		prompt: people.findLast((words) => words !== '') ?? '',
		tools: listOf(body['tools'])
			.filter(({ type }) => type === 'function')
			.map((tool) => ({ name: textOf(tool['name']), schema: tool['parameters'] })),
		toolChoice: openAiToolChoice(body['tool_choice']),
		parallel: body['parallel_tool_calls'] !== false,
		toolResults: items.slice(others + 1).map(wordsIn),
		schema: schemaOf(fieldsOf(fieldsOf(body['text'])['format'])),
		attachments: items.flatMap(partsIn).flatMap(attachmentIn),
		wantsReasoning: body['reasoning'] !== undefined && body['reasoning'] !== null && effort !== 'none',
		hidesReasoning: typeof fieldsOf(body['reasoning'])['summary'] !== 'string',
		reasoning: items
			.filter(({ type, encrypted_content: held }) => type === 'reasoning' && typeof held === 'string')
			.map((item) => ({ signature: textOf(item['encrypted_content']), text: '' })),
		prefill: last['role'] === 'assistant' ? wordsIn(last) : null,
		maxTokens: numberOf(body['max_output_tokens']),
		includeEncrypted: stringsOf(body['include']).includes('reasoning.encrypted_content'),
	};
}
