import type { JsonObject } from '../../util/index.ts';
import { objectsIn, toObject } from '../shared/body-fields.ts';
import { type JsonEdit, type JsonPath, removeMembers, replaceJsonValue } from '../shared/json-splice.ts';
import { isSealed } from '../shared/reasoning-seal.ts';
import { type ToolIdRule, ToolIds } from '../shared/tool-ids.ts';

/** True for thinking that Anthropic did not sign: it is refused there. */
export function isForeignThinking({ signature }: JsonObject): boolean {
	return typeof signature !== 'string' || signature === '' || isSealed(signature);
}

const THINKING: ReadonlySet<unknown> = new Set(['thinking', 'redacted_thinking']);

function isLeftOut(block: JsonObject): boolean {
	if (block['type'] === 'thinking') return isForeignThinking(block);
	return block['type'] === 'redacted_thinking' && isSealed(block['data']);
}

/**
 * The edits that make a caller's conversation one that Anthropic accepts: without thinking that another provider made, with
 * ids of tool calls that it takes, and not thinking where the turn that goes on began without. None for most conversations.
 */
export function findHistoryEdits(body: JsonObject, rule: ToolIdRule | null): JsonEdit[] {
	const ids = new ToolIds(rule);
	const emptied = new Set<number>();
	const edits = listOf(body['messages']).flatMap((message, index) => {
		const found = findMessageEdits(toObject(message), ['messages', index], ids);
		if (found === null) emptied.add(index);
		return found ?? [];
	});
	if (emptied.size > 0) edits.push(removeMembers(['messages'], emptied));
	if (mustNotThink(body)) edits.push(replaceJsonValue(['thinking'], '{"type":"disabled"}'));
	return edits;
}

/** The edits of one message; `null` where nothing of it stays. */
function findMessageEdits({ content, role }: JsonObject, path: JsonPath, ids: ToolIds): JsonEdit[] | null {
	if (role === 'assistant') ids.endTurn();
	const leftOut = new Set<number>();
	const blocks = listOf(content);
	const edits = blocks.flatMap((member, at) => {
		const block = toObject(member);
		if (!isLeftOut(block)) return findIdEdits(block, [...path, 'content', at], ids);
		leftOut.add(at);
		return [];
	});
	if (leftOut.size === 0) return edits;
	return leftOut.size === blocks.length ? null : [...edits, removeMembers([...path, 'content'], leftOut)];
}

function listOf(value: unknown): readonly unknown[] {
	return Array.isArray(value) ? value : [];
}

function findIdEdits({ id, tool_use_id: callId, type }: JsonObject, path: JsonPath, ids: ToolIds): JsonEdit[] {
	if (type === 'tool_use') return ids.editCall([...path, 'id'], id);
	return type === 'tool_result' ? ids.editResult([...path, 'tool_use_id'], callId) : [];
}

/** True for a message in which a person, not a tool, has the word. */
function isAsking({ role, content }: JsonObject): boolean {
	return (
		role === 'user' && (typeof content === 'string' || objectsIn(content).some(({ type }) => type !== 'tool_result'))
	);
}

/**
 * With a thinking budget, Anthropic refuses a turn that called tools without thinking first; such a turn began at a model of
 * another provider. Source: https://docs.claude.com/en/docs/build-with-claude/extended-thinking#preserving-thinking-blocks
 */
function mustNotThink(body: JsonObject): boolean {
	if (toObject(body['thinking'])['type'] !== 'enabled') return false;
	const messages = objectsIn(body['messages']);
	const turn = messages.slice(messages.findLastIndex(isAsking) + 1);
	const blocks = objectsIn(turn.find(({ role }) => role === 'assistant')?.['content']).filter(
		(block) => !isLeftOut(block),
	);
	return blocks.some(({ type }) => type === 'tool_use') && !THINKING.has(blocks[0]?.['type']);
}
