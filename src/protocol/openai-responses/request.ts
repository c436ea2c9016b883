import type { ConversationMessage } from '../../contracts/index.ts';
import { isObject, type JsonObject } from '../../util/index.ts';
import { type BodyFields, changeObjects, objectsIn, toObject } from '../shared/body-fields.ts';
import type { RequestChange, WireRequest } from '../shared/caller-format.ts';
import { spliceJson } from '../shared/json-splice.ts';
import { createOpenAiFields, getOpenAiSession, readOpenAiCapabilities } from '../shared/openai.ts';
import { isSealed, isSignature, withoutSealedSignature } from '../shared/reasoning-seal.ts';

/** Fields that stand for a conversation, a prompt or an answer that the provider holds. */
const HELD_BY_PROVIDER = ['previous_response_id', 'conversation', 'prompt'] as const;

function isHeldByProvider(body: BodyFields): boolean {
	return HELD_BY_PROVIDER.some((name) => body.get(name) !== undefined);
}

/** The items of `input`; a text is one user message. @throws InvalidInputError */
export function readInputItems(body: BodyFields): BodyFields[] {
	const input = body.get('input');
	if (typeof input === 'string') {
		const message = { type: 'message', role: 'user', content: input };
		return createOpenAiFields({ input: [message] }).objects('input');
	}
	if (Array.isArray(input)) return body.objects('input');
	if (input === undefined && isHeldByProvider(body)) return [];
	throw body.invalid('input', 'a text or a list of items');
}

/** An item as a message of a conversation; shares the item's objects. */
function toMessage({ value }: BodyFields): ConversationMessage {
	// a reader of a conversation looks before it takes
	if (typeof value['role'] === 'string') return value as ConversationMessage;
	if ('output' in value) return { role: 'tool', content: value['output'] };
	return { role: 'assistant', content: [value] };
}

function hasImage({ value: { content, output } }: BodyFields): boolean {
	return [...objectsIn(content), ...objectsIn(output)].some(({ type }) => type === 'input_image');
}

function isBound({ value }: BodyFields): boolean {
	return value['type'] === 'item_reference' || isSignature(value['encrypted_content']);
}

function getSession(body: JsonObject): string | null {
	const { conversation } = body;
	const id = isObject(conversation) ? conversation['id'] : conversation;
	return typeof id === 'string' && id !== '' ? id : getOpenAiSession(body);
}

/** What routing and money need of a request for a response. @throws InvalidInputError naming the field */
export function readOpenAiResponsesRequest(json: JsonObject): WireRequest {
	const body = createOpenAiFields(json);
	// it would be answered, and billed, when nobody here waits for it any more
	if (body.get('background') === true) throw body.invalid('background', 'false: here an answer is waited for');
	const items = readInputItems(body);
	const instructions = body.get('instructions');
	return {
		model: body.requireName('model'),
		isStream: body.boolean('stream') ?? false,
		conversation: {
			...(instructions === undefined ? {} : { system: instructions }),
			messages: items.map(toMessage),
			...(Array.isArray(json['tools']) ? { tools: json['tools'] } : {}),
		},
		maxOutputTokens: body.positiveCount('max_output_tokens') ?? null,
		requiredCapabilities: readOpenAiCapabilities({
			tools: json['tools'],
			format: toObject(json['text'])['format'],
			effort: toObject(json['reasoning'])['effort'],
			hasImage: items.some(hasImage),
		}),
		answerCount: 1,
		wantsUsage: true,
		session: getSession(json),
		boundToModel: isHeldByProvider(body) || items.some(isBound),
	};
}

/**
 * The same body but for the model and the limit, without reasoning that was translated here from another format. Usage is
 * always part of the stream.
 */
export function spliceOpenAiResponsesRequest(text: string, body: JsonObject, change: RequestChange): string {
	return spliceJson(text, {
		model: change.model,
		max_output_tokens: change.maxOutputTokens,
		input: changeObjects(body['input'], withoutForeignReasoning),
	});
}

/** An item without what was translated here: OpenAI refuses reasoning it did not encrypt and members it does not know. */
function withoutForeignReasoning(item: JsonObject): JsonObject | null {
	const isForeign = item['type'] === 'reasoning' && isSealed(item['encrypted_content']);
	return isForeign ? null : withoutSealedSignature(item);
}
