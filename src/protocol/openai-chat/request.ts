import type { ConversationMessage, RequiredCapability } from '../../contracts/index.ts';
import { isObject, type JsonObject } from '../../util/index.ts';
import { countAt, flagAt, nameAt, objectAt, objectsAt, optional } from '../shared/body-fields.ts';
import type { RequestChange, WireRequest } from '../shared/caller-format.ts';
import { spliceJson } from '../shared/json-splice.ts';
import { getOpenAiSession, requestsThinking } from '../shared/openai.ts';
import { hasSealedSignature, isSealed, isSignature } from '../shared/reasoning-seal.ts';
import { objectsIn } from '../shared/usage.ts';

/** Names of the limit, the one that counts first. */
const LIMIT_FIELDS = ['max_completion_tokens', 'max_tokens'] as const;

function hasImage(messages: readonly JsonObject[]): boolean {
	return messages.some(({ content }) => objectsIn(content).some((part) => part['type'] === 'image_url'));
}

function capabilitiesOf(body: JsonObject, messages: readonly JsonObject[]): RequiredCapability[] {
	const format = isObject(body['response_format']) ? body['response_format']['type'] : undefined;
	const needed: RequiredCapability[] = [];
	if (objectsIn(body['tools']).length > 0 || objectsIn(body['functions']).length > 0) needed.push('tools');
	if (hasImage(messages)) needed.push('vision');
	if (format === 'json_schema' || format === 'json_object') needed.push('structured-output');
	if (requestsThinking(body['reasoning_effort'])) needed.push('thinking');
	return needed;
}

function isSigned(message: JsonObject): boolean {
	return objectsIn(message['reasoning_details']).some(
		({ signature, data }) => isSignature(signature) || isSignature(data),
	);
}

/** What routing and money need of a chat completion request. @throws InvalidInputError naming the field */
export function readOpenAiChatRequest(body: JsonObject): WireRequest {
	const messages = objectsAt(body['messages'], 'messages');
	const limits = LIMIT_FIELDS.map((name) => optional(body[name], name, countAt)).filter((limit) => limit !== undefined);
	const streamOptions = optional(body['stream_options'], 'stream_options', objectAt);
	return {
		model: nameAt(body['model'], 'model'),
		isStream: optional(body['stream'], 'stream', flagAt) ?? false,
		conversation: {
			// every member is an object; whatever its members are, the reader of a conversation looks before it takes
			messages: messages as readonly ConversationMessage[],
			...(Array.isArray(body['tools']) ? { tools: body['tools'] } : {}),
		},
		// Of two, nobody knows which a server follows: money is held for the larger.
		maxOutputTokens: limits.length === 0 ? null : Math.max(...limits),
		requiredCapabilities: capabilitiesOf(body, messages),
		answerCount: optional(body['n'], 'n', countAt) ?? 1,
		wantsUsage: streamOptions?.['include_usage'] === true,
		session: getOpenAiSession(body),
		boundToModel: messages.some(isSigned),
	};
}

/**
 * The same body but for the model, the limit (in the field that the caller used) and the wish for usage; without reasoning
 * that was translated here from another format.
 */
export function spliceOpenAiChatRequest(text: string, body: JsonObject, change: RequestChange): string {
	const said = LIMIT_FIELDS.filter((name) => body[name] !== undefined && body[name] !== null);
	const limits = said.length > 0 ? said : LIMIT_FIELDS.slice(0, 1);
	const options = isObject(body['stream_options']) ? body['stream_options'] : {};
	const asks = change.includeUsage === true && options['include_usage'] !== true;
	const { messages } = body;
	const isForeign = objectsIn(messages).some(hasForeignReasoning);
	return spliceJson(
		text,
		{
			model: change.model,
			messages: isForeign && Array.isArray(messages) ? withoutForeignReasoning(messages) : undefined,
			...Object.fromEntries(limits.map((name) => [name, change.maxOutputTokens])),
		},
		asks ? { stream_options: { include_usage: true } } : {},
	);
}

function isTranslated({ reasoning_details: details }: JsonObject): boolean {
	return objectsIn(details).some(({ signature }) => isSealed(signature));
}

/** True for a message with reasoning or signatures that were translated here from another format. */
function hasForeignReasoning(message: JsonObject): boolean {
	return isTranslated(message) || objectsIn(message['tool_calls']).some(hasSealedSignature);
}

function withoutSeal(call: unknown): unknown {
	if (!isObject(call) || !hasSealedSignature(call)) return call;
	const { extra_content: _, ...kept } = call;
	return kept;
}

/**
 * The messages without what was translated here: many servers of this format refuse members they do not know, and none
 * can read another's reasoning. What a server of this format said itself stays: some refuse a conversation without it.
 */
function withoutForeignReasoning(messages: readonly unknown[]): unknown[] {
	return messages.map((message) => {
		if (!isObject(message) || !hasForeignReasoning(message)) return message;
		const { reasoning_content: content, reasoning_details: details, tool_calls: calls, ...kept } = message;
		return {
			...kept,
			...(isTranslated(message) ? {} : { reasoning_content: content, reasoning_details: details }),
			...(Array.isArray(calls) ? { tool_calls: calls.map(withoutSeal) } : {}),
		};
	});
}
