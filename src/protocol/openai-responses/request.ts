import type { Conversation, ConversationMessage, RequiredCapability } from '../../contracts/index.ts';
import { isObject, type JsonObject } from '../../util/index.ts';
import { countAt, flagAt, nameAt, objectsAt, optional, refuse } from '../shared/body-fields.ts';
import type { RequestChange, WireRequest } from '../shared/caller-format.ts';
import { spliceJson } from '../shared/json-splice.ts';
import { getOpenAiSession, requestsThinking } from '../shared/openai.ts';
import { hasSealedSignature, isSealed, isSignature } from '../shared/reasoning-seal.ts';
import { objectsIn } from '../shared/usage.ts';

/** Fields that stand for a conversation, a prompt or an answer that the provider holds. */
const HELD_BY_PROVIDER = ['previous_response_id', 'conversation', 'prompt'] as const;

function isSaid(value: unknown): boolean {
	return value !== undefined && value !== null;
}

/** The items of `input`; a text is one user message. @throws InvalidInputError */
export function readInputItems(body: JsonObject): JsonObject[] {
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
	if (requestsThinking(reasoning['effort'])) needed.push('thinking');
	return needed;
}

function isBound(item: JsonObject): boolean {
	return item['type'] === 'item_reference' || isSignature(item['encrypted_content']);
}

function sessionOf(body: JsonObject): string | null {
	const said = body['conversation'];
	const id = isObject(said) ? said['id'] : said;
	return typeof id === 'string' && id !== '' ? id : getOpenAiSession(body);
}

/** What routing and money need of a request for a response. @throws InvalidInputError naming the field */
export function readOpenAiResponsesRequest(body: JsonObject): WireRequest {
	// It would be answered, and billed, when nobody here is listening any more.
	if (body['background'] === true) refuse(true, 'background', 'false: here an answer is waited for');
	const items = readInputItems(body);
	return {
		model: nameAt(body['model'], 'model'),
		isStream: optional(body['stream'], 'stream', flagAt) ?? false,
		conversation: conversationOf(body, items),
		maxOutputTokens: optional(body['max_output_tokens'], 'max_output_tokens', countAt) ?? null,
		requiredCapabilities: capabilitiesOf(body, items),
		answerCount: 1,
		wantsUsage: true,
		session: sessionOf(body),
		boundToModel: HELD_BY_PROVIDER.some((name) => isSaid(body[name])) || items.some(isBound),
	};
}

/**
 * The same body but for the model and the limit, without reasoning that was translated here from another format. Usage is
 * always said in this format.
 */
export function spliceOpenAiResponsesRequest(text: string, body: JsonObject, change: RequestChange): string {
	const { input } = body;
	return spliceJson(text, {
		model: change.model,
		max_output_tokens: change.maxOutputTokens,
		input: Array.isArray(input) && objectsIn(input).some(isForeign) ? withoutForeign(input) : undefined,
	});
}

function isForeignReasoning(item: JsonObject): boolean {
	return item['type'] === 'reasoning' && isSealed(item['encrypted_content']);
}

/** True for an item with reasoning or a signature that was translated here from another format. */
function isForeign(item: JsonObject): boolean {
	return isForeignReasoning(item) || hasSealedSignature(item);
}

/** The items without what was translated here: OpenAI refuses reasoning it did not encrypt and members it does not know. */
function withoutForeign(items: readonly unknown[]): unknown[] {
	return items.flatMap((item) => {
		if (!isObject(item) || !isForeign(item)) return [item];
		const { extra_content: _, ...kept } = item;
		return isForeignReasoning(item) ? [] : [kept];
	});
}
