import type { ConversationMessage, RequiredCapability } from '../../contracts/index.ts';
import type { WireRequest } from '../shared/caller-format.ts';
import { asksToThink } from '../shared/openai-reasoning.ts';
import { openAiSessionOf } from '../shared/openai-session.ts';
import { countAt, flagAt, nameAt, objectAt, objectsAt, optional } from '../shared/request-fields.ts';
import { isSignature } from '../shared/seal-metadata.ts';
import { objectsIn } from '../shared/stream-usage.ts';
import { isObject, type JsonObject } from '../shared/usage-fields.ts';

/** Names of the limit, the one that counts first. */
export const LIMIT_FIELDS = ['max_completion_tokens', 'max_tokens'] as const;

function hasImage(messages: readonly JsonObject[]): boolean {
	return messages.some(({ content }) => objectsIn(content).some((part) => part['type'] === 'image_url'));
}

function capabilitiesOf(body: JsonObject, messages: readonly JsonObject[]): RequiredCapability[] {
	const format = isObject(body['response_format']) ? body['response_format']['type'] : undefined;
	const needed: RequiredCapability[] = [];
	if (objectsIn(body['tools']).length > 0 || objectsIn(body['functions']).length > 0) needed.push('tools');
	if (hasImage(messages)) needed.push('vision');
	if (format === 'json_schema' || format === 'json_object') needed.push('structured-output');
	if (asksToThink(body['reasoning_effort'])) needed.push('thinking');
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
		answers: optional(body['n'], 'n', countAt) ?? 1,
		wantsUsage: streamOptions?.['include_usage'] === true,
		session: openAiSessionOf(body),
		boundToModel: messages.some(isSigned),
	};
}
