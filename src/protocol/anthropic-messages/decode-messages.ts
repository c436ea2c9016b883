import type { LanguageModelV4Message, LanguageModelV4Prompt } from '@ai-sdk/provider';
import { BodyFields, invalidField } from '../shared/body-fields.ts';
import { type DecodingState, decodeAssistantBlock } from './decode-assistant.ts';
import { decodeDocument, decodeImage, decodeSearchResult } from './decode-media.ts';
import { anthropicOptions, cacheControlOf } from './decode-options.ts';
import { decodeToolResult } from './decode-tool-result.ts';

type UserPart = Extract<LanguageModelV4Message, { role: 'user' }>['content'][number];

/** The blocks of a message; a text alone is one block. */
function blocksOf(message: BodyFields): BodyFields[] {
	const content = message.take('content');
	if (typeof content === 'string') return [new BodyFields({ type: 'text', text: content }, message.at('content'))];
	if (!Array.isArray(content)) throw invalidField(message.at('content'), content, 'a string or a list of blocks');
	return message.objects('content');
}

function decodeUserBlock(block: BodyFields, state: DecodingState): UserPart[] {
	switch (block.take('type')) {
		case 'text': {
			const options = anthropicOptions({ cacheControl: cacheControlOf(block) });
			return [{ type: 'text', text: block.needText('text'), ...options }];
		}
		case 'image':
			return [decodeImage(block, state.dropped)];
		case 'document':
			return [decodeDocument(block, state.dropped)];
		case 'search_result':
			return [decodeSearchResult(block, state.dropped)];
		default:
			state.dropped.push(block.path);
			return [];
	}
}

/** A user's message: results of tools stand in messages of their own, in the order in which they came. */
function decodeUser(message: BodyFields, state: DecodingState): LanguageModelV4Message[] {
	const messages: LanguageModelV4Message[] = [];
	for (const block of blocksOf(message)) {
		const last = messages.at(-1);
		if (block.take('type') === 'tool_result') {
			const result = decodeToolResult(block, state.names, state.dropped);
			if (last?.role === 'tool') last.content.push(result);
			else messages.push({ role: 'tool', content: [result] });
			continue;
		}
		const content = decodeUserBlock(block, state);
		if (last?.role === 'user') last.content.push(...content);
		else if (content.length > 0) messages.push({ role: 'user', content });
	}
	return messages;
}

function decodeMessage(message: BodyFields, state: DecodingState): LanguageModelV4Message[] {
	const role = message.text('role');
	switch (role) {
		case 'assistant': {
			const content = blocksOf(message).flatMap((block) => decodeAssistantBlock(block, state));
			return content.length === 0 ? [] : [{ role: 'assistant', content }];
		}
		case 'system':
			// Some providers refuse instructions within a conversation: their text is told as the user's.
			state.dropped.push(message.at('role'));
			return decodeUser(message, state);
		case 'user':
			return decodeUser(message, state);
		default:
			throw invalidField(message.at('role'), role, '"user", "assistant" or "system"');
	}
}

function decodeSystem(body: BodyFields): LanguageModelV4Message[] {
	const system = body.take('system');
	if (system === undefined) return [];
	if (typeof system === 'string') return [{ role: 'system', content: system }];
	if (!Array.isArray(system)) throw invalidField('system', system, 'a string or a list of text blocks');
	return body.objects('system').map((block) => {
		const options = anthropicOptions({ cacheControl: cacheControlOf(block) });
		return { role: 'system', content: block.needText('text'), ...options };
	});
}

/** The conversation in the neutral form. @throws InvalidInputError naming the field's path */
export function decodeMessages(body: BodyFields, dropped: string[]): LanguageModelV4Prompt {
	const state: DecodingState = { names: new Map(), dropped };
	const messages = body.objects('messages').flatMap((message) => {
		const decoded = decodeMessage(message, state);
		const extra = message.untaken();
		dropped.push(...extra);
		return decoded;
	});
	return [...decodeSystem(body), ...messages];
}
