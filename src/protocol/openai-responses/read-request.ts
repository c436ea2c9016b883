import type { Conversation, ConversationMessage, RequiredCapability } from '../../contracts/index.ts';
import type { WireRequest } from '../shared/caller-format.ts';
import { asksToThink } from '../shared/openai-reasoning.ts';
import { openAiSessionOf } from '../shared/openai-session.ts';
import { countAt, flagAt, nameAt, objectsAt, optional, refuse } from '../shared/request-fields.ts';
import { isSignature } from '../shared/seal-metadata.ts';
import { objectsIn } from '../shared/stream-usage.ts';
import { isObject, type JsonObject } from '../shared/usage-fields.ts';

/** Fields that stand for a conversation, a prompt or an answer that the provider holds. */
const HELD_BY_PROVIDER = ['previous_response_id', 'conversation', 'prompt'] as const;

function isSaid(value: unknown): boolean {
	return value !== undefined && value !== null;
}

/** The items of `input`; a text is one user message. @throws InvalidInputError */
export function inputItemsOf(body: JsonObject): JsonObject[] {
	const { input } = body;
	if (typeof input === 'string') return [{ type: 'message', role: 'user', content: input }];
	if (Array.isArray(input)) return objectsAt(input, 'input');
	if (!isSaid(input) && HELD_BY_PROVIDER.some((name) => isSaid(body[name]))) return [];
	return refuse(input, 'input', 'a text or a list of items');
}

/** An item as a message of a conversation; shares the item's objects. */
function messageOf(item: JsonObject): ConversationMessage {
	// a reader of a conversation looks before it takes
	if (typeof item['role'] === 'string') return item as ConversationMessage;
	if ('output' in item) return { role: 'tool', content: item['output'] };
	return { role: 'assistant', content: [item] };
}

function conversationOf(body: JsonObject, items: readonly JsonObject[]): Conversation {
	return {
		...(isSaid(body['instructions']) ? { system: body['instructions'] } : {}),
		messages: items.map(messageOf),
		...(Array.isArray(body['tools']) ? { tools: body['tools'] } : {}),
	};
}

function hasImage(items: readonly JsonObject[]): boolean {
	const isImage = ({ type }: JsonObject): boolean => type === 'input_image';
	return items.some(({ content, output }) => objectsIn(content).some(isImage) || objectsIn(output).some(isImage));
}

function capabilitiesOf(body: JsonObject, items: readonly JsonObject[]): RequiredCapability[] {
	const text = isObject(body['text']) ? body['text'] : {};
	const format = isObject(text['format']) ? text['format']['type'] : undefined;
	const reasoning = isObject(body['reasoning']) ? body['reasoning'] : {};
	const needed: RequiredCapability[] = [];
	if (objectsIn(body['tools']).length > 0) needed.push('tools');
	if (hasImage(items)) needed.push('vision');
	if (format === 'json_schema' || format === 'json_object') needed.push('structured-output');
	if (asksToThink(reasoning['effort'])) needed.push('thinking');
	return needed;
}

function isBound(item: JsonObject): boolean {
	return item['type'] === 'item_reference' || isSignature(item['encrypted_content']);
}

function sessionOf(body: JsonObject): string | null {
	const said = body['conversation'];
	const id = isObject(said) ? said['id'] : said;
	return typeof id === 'string' && id !== '' ? id : openAiSessionOf(body);
}

/** What routing and money need of a request for a response. @throws InvalidInputError naming the field */
export function readOpenAiResponsesRequest(body: JsonObject): WireRequest {
	// It would be answered, and billed, when nobody here is listening any more.
	if (body['background'] === true) refuse(true, 'background', 'false: here an answer is waited for');
	const items = inputItemsOf(body);
	return {
		model: nameAt(body['model'], 'model'),
		isStream: optional(body['stream'], 'stream', flagAt) ?? false,
		conversation: conversationOf(body, items),
		maxOutputTokens: optional(body['max_output_tokens'], 'max_output_tokens', countAt) ?? null,
		requiredCapabilities: capabilitiesOf(body, items),
		answers: 1,
		wantsUsage: true,
		session: sessionOf(body),
		boundToModel: HELD_BY_PROVIDER.some((name) => isSaid(body[name])) || items.some(isBound),
	};
}
