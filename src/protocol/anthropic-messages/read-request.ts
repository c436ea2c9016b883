import type { Conversation, RequiredCapability } from '../../contracts/index.ts';
import { BodyFields, invalidField } from '../shared/body-fields.ts';
import type { WireRequest } from '../shared/caller-format.ts';
import { openMetadata } from '../shared/seal-metadata.ts';
import { objectsIn } from '../shared/stream-usage.ts';
import { isObject, type JsonObject } from '../shared/usage-fields.ts';

const SEEN_BLOCKS: ReadonlySet<unknown> = new Set(['image', 'document']);
const CALLED_BLOCKS: ReadonlySet<unknown> = new Set(['tool_use', 'tool_result']);
const THINKING_KINDS: ReadonlySet<unknown> = new Set(['enabled', 'adaptive', 'between_tools']);
const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';
/** Claude Code names the conversation in the user's id, as text or as JSON in text. */
const SESSION: RegExp = new RegExp(`(?:_session_|"session_id"\\s*:\\s*")(${UUID})`, 'i');
const ROLES: ReadonlySet<unknown> = new Set(['user', 'assistant', 'system']);

function readSession(body: BodyFields): string | null {
	const user = body.object('metadata')?.text('user_id');
	return (user === undefined ? undefined : SESSION.exec(user)?.[1]?.toLowerCase()) ?? null;
}

/** What the conversation's blocks ask of a model. */
interface Blocks {
	needs: Set<RequiredCapability>;
	isBound: boolean;
}

function isSigned(block: JsonObject): boolean {
	if (block['type'] === 'redacted_thinking') return true;
	const signature = block['type'] === 'thinking' ? block['signature'] : undefined;
	// What another provider's model sealed is left out where Anthropic answers.
	return typeof signature === 'string' && signature !== '' && openMetadata(signature) === null;
}

function readBlock(block: JsonObject, seen: Blocks): void {
	const type = block['type'];
	if (SEEN_BLOCKS.has(type)) seen.needs.add('vision');
	if (CALLED_BLOCKS.has(type)) seen.needs.add('tools');
	if (isSigned(block)) seen.isBound = true;
	if (type === 'tool_result') for (const inner of objectsIn(block['content'])) readBlock(inner, seen);
}

function readMessages(body: BodyFields): { messages: JsonObject[]; seen: Blocks } {
	const seen: Blocks = { needs: new Set(), isBound: false };
	const messages = body.objects('messages');
	if (messages.length === 0) throw invalidField('messages', body.take('messages'), 'a list with at least one message');
	for (const message of messages) {
		const { role, content } = message.value;
		if (!ROLES.has(role)) throw invalidField(message.at('role'), role, '"user", "assistant" or "system"');
		if (typeof content !== 'string' && !Array.isArray(content)) {
			throw invalidField(message.at('content'), content, 'a string or a list of blocks');
		}
		for (const block of objectsIn(content)) readBlock(block, seen);
	}
	return { messages: messages.map(({ value }) => value), seen };
}

/** Reads what routing and money need of a request for a message. @throws InvalidInputError naming the field's path */
export function readRequest(json: JsonObject): WireRequest {
	const body = new BodyFields(json);
	const model = body.needText('model');
	const maxOutputTokens = body.count('max_tokens');
	if (maxOutputTokens === undefined) throw invalidField('max_tokens', undefined, 'a whole number, 0 or more');
	const { messages, seen } = readMessages(body);
	const tools = body.objects('tools').map(({ value }) => value);
	if (tools.length > 0) seen.needs.add('tools');
	const output = body.object('output_config');
	if (isObject(output?.take('format')) || isObject(body.take('output_format'))) seen.needs.add('structured-output');
	if (THINKING_KINDS.has(body.object('thinking')?.take('type'))) seen.needs.add('thinking');
	const conversation: Conversation = { messages };
	if (json['system'] !== undefined && json['system'] !== null) conversation.system = json['system'];
	if (tools.length > 0) conversation.tools = tools;
	return {
		model,
		isStream: body.flag('stream') ?? false,
		conversation,
		maxOutputTokens,
		requiredCapabilities: [...seen.needs],
		answers: 1,
		wantsUsage: true,
		session: readSession(body),
		boundToModel: seen.isBound,
	};
}
