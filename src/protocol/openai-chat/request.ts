import type { ConversationMessage } from '../../contracts/index.ts';
import type { JsonObject } from '../../util/index.ts';
import { changeObjects, objectsIn, toObject } from '../shared/body-fields.ts';
import type { RequestChange, WireRequest } from '../shared/caller-format.ts';
import { spliceJson } from '../shared/json-splice.ts';
import { createOpenAiFields, getOpenAiSession, readOpenAiCapabilities } from '../shared/openai.ts';
import { isSealed, isSignature, withoutSealedSignature } from '../shared/reasoning-seal.ts';

/** Names of the output limit, the current one first. */
const LIMIT_FIELDS = ['max_completion_tokens', 'max_tokens'] as const;

function hasImage(messages: readonly JsonObject[]): boolean {
	return messages.some(({ content }) => objectsIn(content).some((part) => part['type'] === 'image_url'));
}

function isSigned(message: JsonObject): boolean {
	return objectsIn(message['reasoning_details']).some(
		({ signature, data }) => isSignature(signature) || isSignature(data),
	);
}

/** What routing and money need of a chat completion request. @throws InvalidInputError naming the field */
export function readOpenAiChatRequest(body: JsonObject): WireRequest {
	const fields = createOpenAiFields(body);
	const messages = fields.requireObjects('messages').map(({ value }) => value);
	const limits = LIMIT_FIELDS.map((name) => fields.positiveCount(name) ?? 0);
	return {
		model: fields.requireName('model'),
		isStream: fields.boolean('stream') ?? false,
		conversation: {
			// every member is an object; whatever its members are, the reader of a conversation looks before it takes
			messages: messages as readonly ConversationMessage[],
			...(Array.isArray(body['tools']) ? { tools: body['tools'] } : {}),
		},
		// servers disagree on which of two limits holds: money is reserved for the larger
		maxOutputTokens: Math.max(...limits) || null,
		requiredCapabilities: readOpenAiCapabilities({
			tools: objectsIn(body['tools']).length > 0 ? body['tools'] : body['functions'],
			format: body['response_format'],
			effort: body['reasoning_effort'],
			hasImage: hasImage(messages),
		}),
		answerCount: fields.positiveCount('n') ?? 1,
		wantsUsage: fields.object('stream_options')?.get('include_usage') === true,
		session: getOpenAiSession(body),
		boundToModel: messages.some(isSigned),
	};
}

/**
 * The same body but for the model, the limit (in the field that the caller used) and the usage that is asked for; without
 * reasoning that was translated here from another format.
 */
export function spliceOpenAiChatRequest(text: string, body: JsonObject, change: RequestChange): string {
	const used = LIMIT_FIELDS.filter((name) => body[name] !== undefined && body[name] !== null);
	const limits = used.length > 0 ? used : LIMIT_FIELDS.slice(0, 1);
	const addsUsage = change.includeUsage === true && toObject(body['stream_options'])['include_usage'] !== true;
	return spliceJson(
		text,
		{
			model: change.model,
			messages: changeObjects(body['messages'], withoutForeignReasoning),
			...Object.fromEntries(limits.map((name) => [name, change.maxOutputTokens])),
		},
		addsUsage ? { stream_options: { include_usage: true } } : {},
	);
}

/**
 * The message without what was translated here: many servers of this format refuse members they do not know, and none
 * can read another's reasoning. What a server of this format wrote itself stays: some refuse a conversation without it.
 */
function withoutForeignReasoning(message: JsonObject): JsonObject {
	const { reasoning_content: _content, reasoning_details: details, ...kept } = message;
	const isTranslated = objectsIn(details).some(({ signature }) => isSealed(signature));
	const toolCalls = changeObjects(message['tool_calls'], withoutSealedSignature);
	if (!isTranslated && toolCalls === undefined) return message;
	return { ...(isTranslated ? kept : message), ...(toolCalls === undefined ? {} : { tool_calls: toolCalls }) };
}
