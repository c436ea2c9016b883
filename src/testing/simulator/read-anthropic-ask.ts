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
import { type Attachment, type CitableDocument, EMPTY_ASK, type SimulatedAsk } from './simulated-ask.ts';

function blocksIn(message: Fields): Fields[] {
	const { content } = message;
	return typeof content === 'string' ? [{ type: 'text', text: content }] : listOf(content);
}

function attachmentsIn(blocks: readonly Fields[]): Attachment[] {
	return blocks.flatMap((block): Attachment[] => {
		if (block['type'] === 'tool_result') return attachmentsIn(blocksIn(block));
		if (block['type'] !== 'image' && block['type'] !== 'document') return [];
		const source = fieldsOf(block['source']);
		if (source['type'] === 'url') return [attachmentAt(textOf(source['url']))];
		const data = textOf(source['data']);
		const content = source['type'] === 'base64' ? base64Bytes(data) : Buffer.byteLength(data);
		return [{ mediaType: textOf(source['media_type']), content }];
	});
}

function documentsIn(blocks: readonly Fields[]): CitableDocument[] {
	return blocks
		.filter((block) => block['type'] === 'document' && fieldsOf(block['citations'])['enabled'] === true)
		.map((block) => ({ title: textOf(block['title']), text: textOf(fieldsOf(block['source'])['data']) }));
}

function wordsIn(blocks: readonly Fields[]): string {
	return blocks
		.filter(({ type }) => type === 'text')
		.map(({ text }) => textOf(text))
		.join('\n');
}

function toolChoiceOf(choice: Fields): SimulatedAsk['toolChoice'] {
	if (choice['type'] === 'tool') return { name: textOf(choice['name']) };
	if (choice['type'] === 'any') return 'required';
	return choice['type'] === 'none' ? 'none' : 'auto';
}

/** Reads a request of Anthropic's Messages. */
export function readAnthropicAsk(body: Fields): SimulatedAsk {
	const messages = listOf(body['messages']);
	const blocks = messages.flatMap(blocksIn);
	const last = messages.at(-1) ?? {};
	const lastBlocks = blocksIn(last);
	const results = lastBlocks.filter(({ type }) => type === 'tool_result');
	const people = messages.filter(({ role }) => role === 'user').map((message) => wordsIn(blocksIn(message)));
	const choice = fieldsOf(body['tool_choice']);
	const format = fieldsOf(fieldsOf(body['output_config'])['format'] ?? body['output_format']);
	const thinking = fieldsOf(body['thinking'])['type'];
	return {
		...EMPTY_ASK,
		prompt: people.findLast((words) => words !== '') ?? '',
		tools: listOf(body['tools']).map((tool) => ({ name: textOf(tool['name']), schema: tool['input_schema'] })),
		toolChoice: toolChoiceOf(choice),
		parallel: choice['disable_parallel_tool_use'] !== true,
		toolResults: results.map((result) => wordsIn(blocksIn(result))),
		schema: format['type'] === 'json_schema' ? format['schema'] : null,
		attachments: attachmentsIn(blocks),
		documents: documentsIn(blocks),
		wantsReasoning: thinking === 'enabled' || thinking === 'adaptive',
		reasoning: blocks
			.filter(({ type }) => type === 'thinking')
			.map((block) => ({ signature: textOf(block['signature']), text: textOf(block['thinking']) })),
		prefill: last['role'] === 'assistant' ? wordsIn(lastBlocks) : null,
		maxTokens: numberOf(body['max_tokens']),
		stopSequences: stringsOf(body['stop_sequences']),
	};
}
