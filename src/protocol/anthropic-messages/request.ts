import type { Conversation, RequiredCapability } from '../../contracts/index.ts';
import { isObject, type JsonObject } from '../../util/index.ts';
import { BodyFields, objectsIn, parseJson, toObject } from '../shared/body-fields.ts';
import type { RequestChange, WireRequest } from '../shared/caller-format.ts';
import {
	editJson,
	type JsonEdit,
	type JsonPath,
	type JsonText,
	removeMembers,
	replaceJsonValue,
	setJsonMembers,
} from '../shared/json-splice.ts';
import { isSealed } from '../shared/reasoning-seal.ts';
import { ToolIds } from '../shared/tool-ids.ts';
import { describeToolResult, describeToolUse } from '../shared/tool-text.ts';
import { editBreakpoints } from './prompt-cache.ts';

const VISION_BLOCKS: ReadonlySet<unknown> = new Set(['image', 'document']);
const TOOL_BLOCKS: ReadonlySet<unknown> = new Set(['tool_use', 'tool_result']);
const THINKING_KINDS: ReadonlySet<unknown> = new Set(['enabled', 'adaptive', 'between_tools']);
const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';
/** Claude Code names the conversation in the user's id, as text or as JSON in text. */
const SESSION: RegExp = new RegExp(`(?:_session_|"session_id"\\s*:\\s*")(${UUID})`, 'i');
const ROLES: ReadonlySet<unknown> = new Set(['user', 'assistant', 'system']);

function readSession(body: BodyFields): string | null {
	const user = body.object('metadata')?.string('user_id');
	return (user === undefined ? undefined : SESSION.exec(user)?.[1]?.toLowerCase()) ?? null;
}

/** What the conversation requires of a model. */
interface Requirements {
	capabilities: Set<RequiredCapability>;
	isBound: boolean;
}

function isSigned(block: JsonObject): boolean {
	if (block['type'] === 'redacted_thinking') return true;
	// what Anthropic did not sign is left out where Anthropic answers
	return block['type'] === 'thinking' && !isForeignThinking(block);
}

function readBlock(block: JsonObject, required: Requirements): void {
	const type = block['type'];
	if (VISION_BLOCKS.has(type)) required.capabilities.add('vision');
	if (TOOL_BLOCKS.has(type)) required.capabilities.add('tools');
	if (isSigned(block)) required.isBound = true;
	if (type === 'tool_result') for (const inner of objectsIn(block['content'])) readBlock(inner, required);
}

function readMessages(body: BodyFields): { messages: JsonObject[]; required: Requirements } {
	const required: Requirements = { capabilities: new Set(), isBound: false };
	const messages = body.objects('messages');
	if (messages.length === 0) throw body.invalid('messages', 'a list with at least one message');
	for (const message of messages) {
		const { role, content } = message.value;
		if (!ROLES.has(role)) throw message.invalid('role', '"user", "assistant" or "system"');
		if (typeof content !== 'string' && !Array.isArray(content)) {
			throw message.invalid('content', 'a string or a list of blocks');
		}
		for (const block of objectsIn(content)) readBlock(block, required);
	}
	return { messages: messages.map(({ value }) => value), required };
}

/** Reads what routing and money need of a request for a message. @throws InvalidInputError naming the field's path */
export function readAnthropicRequest(json: JsonObject): WireRequest {
	const body = new BodyFields(json);
	const model = body.requireString('model');
	const maxOutputTokens = body.count('max_tokens');
	if (maxOutputTokens === undefined) throw body.invalid('max_tokens', 'a whole number, 0 or more');
	const { messages, required } = readMessages(body);
	const tools = body.objects('tools').map(({ value }) => value);
	if (tools.length > 0) required.capabilities.add('tools');
	const output = body.object('output_config');
	if (isObject(output?.get('format')) || isObject(body.get('output_format')))
		required.capabilities.add('structured-output');
	const thinking = body.object('thinking');
	if (THINKING_KINDS.has(thinking?.get('type'))) required.capabilities.add('thinking');
	const conversation: Conversation = { messages };
	if (json['system'] !== undefined && json['system'] !== null) conversation.system = json['system'];
	if (tools.length > 0) conversation.tools = tools;
	return {
		model,
		isStream: body.boolean('stream') ?? false,
		conversation,
		maxOutputTokens,
		thinkingTokens: thinking?.count('budget_tokens') ?? 0,
		requiredCapabilities: [...required.capabilities],
		answerCount: 1,
		wantsUsage: true,
		session: readSession(body),
		boundToModel: required.isBound,
		...(tools.some(({ type }) => String(type).startsWith('web_search_')) ? { searchesWeb: true } : {}),
	};
}

/**
 * The same bytes but for the model, the limit and cache breakpoints, and what `findHistoryEdits` says of the conversation.
 * Anthropic's streams always tell their usage.
 */
export function spliceAnthropicRequest(text: JsonText, body: JsonObject, change: RequestChange): JsonText {
	const edits = findHistoryEdits(body, change);
	const set = setJsonMembers({ model: change.model, max_tokens: change.maxOutputTokens });
	if (change.planBreakpoints === undefined) return editJson(text, [...edits, set]);
	if (edits.length === 0) return editJson(text, [...editBreakpoints(body, change.planBreakpoints(body)), set]);
	const fitted = editJson(text, edits);
	const sent = toObject(parseJson(fitted.toString()));
	return editJson(fitted, [...editBreakpoints(sent, change.planBreakpoints(sent)), set]);
}

/** True for thinking that Anthropic did not sign: it is refused there. */
export function isForeignThinking({ signature }: JsonObject): boolean {
	return typeof signature !== 'string' || signature === '' || isSealed(signature);
}

function isLeftOut(block: JsonObject): boolean {
	if (block['type'] === 'thinking') return isForeignThinking(block);
	return block['type'] === 'redacted_thinking' && isSealed(block['data']);
}

/**
 * The edits that make a caller's conversation one that Anthropic accepts: without thinking that another provider made, the
 * work of others' own tools in words, and with ids of tool calls that it takes. None for most conversations.
 */
function findHistoryEdits(body: JsonObject, { onDropped, toolIds = null }: RequestChange): JsonEdit[] {
	const ids = new ToolIds(toolIds);
	const emptied = new Set<number>();
	const edits = listOf(body['messages']).flatMap((message, index) => {
		const found = findMessageEdits(toObject(message), ['messages', index], { ids, onDropped });
		if (found === null) emptied.add(index);
		return found ?? [];
	});
	if (emptied.size > 0) edits.push(removeMembers(['messages'], emptied));
	return edits;
}

/** What the edits of one conversation share. */
interface History extends Pick<RequestChange, 'onDropped'> {
	ids: ToolIds;
}

/** The edits of one message; `null` where nothing of it stays. */
function findMessageEdits({ content, role }: JsonObject, path: JsonPath, history: History): JsonEdit[] | null {
	const { ids, onDropped } = history;
	if (role === 'assistant') ids.endTurn();
	const leftOut = new Set<number>();
	const blocks = listOf(content);
	const edits = blocks.flatMap((member, at) => {
		const block = toObject(member);
		if (!isLeftOut(block)) return findBlockEdits(block, [...path, 'content', at], history);
		leftOut.add(at);
		onDropped?.('reasoning');
		return [];
	});
	if (leftOut.size === 0) return edits;
	return leftOut.size === blocks.length ? null : [...edits, removeMembers([...path, 'content'], leftOut)];
}

function listOf(value: unknown): readonly unknown[] {
	return Array.isArray(value) ? value : [];
}

/**
 * How the ids of uses begin of tools that Anthropic runs, its own and those of MCP servers; it refuses any other. Source:
 * https://platform.claude.com/docs/en/agents-and-tools/mcp-connector#response-content-types (2026-11-29)
 */
const HOSTED_USE = /^(?:srv|mcp)toolu_/;

/** What another provider's tool did, in words; `null` for any other block. */
function describeForeignUse({ content, id, input, name, tool_use_id: useId, type }: JsonObject): string | null {
	if (type === 'server_tool_use' || type === 'mcp_tool_use')
		return HOSTED_USE.test(String(id)) ? null : describeToolUse(String(name), input);
	const [, tool] = /^(\w+)_tool_result$/.exec(String(type)) ?? [];
	return tool === undefined || HOSTED_USE.test(String(useId)) ? null : describeToolResult(tool, content);
}

function findBlockEdits(block: JsonObject, path: JsonPath, { ids, onDropped }: History): JsonEdit[] {
	const { id, tool_use_id: callId, type } = block;
	if (type === 'tool_use') return ids.editCall([...path, 'id'], id);
	if (type === 'tool_result') return ids.editResult([...path, 'tool_use_id'], callId);
	const text = describeForeignUse(block);
	if (text === null) return [];
	onDropped?.(String(type));
	return [replaceJsonValue(path, JSON.stringify({ type: 'text', text }))];
}
