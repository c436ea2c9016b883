import { isObject, type JsonObject } from '../../util/index.ts';
import { objectsIn, toObject } from '../shared/body-fields.ts';
import { formatSse } from '../shared/sse.ts';

/** A message as a delta: its calls are numbered. */
function toDelta(message: JsonObject): JsonObject {
	const { tool_calls: calls } = message;
	if (!Array.isArray(calls)) return message;
	return { ...message, tool_calls: objectsIn(calls).map((call, index) => ({ index, ...call })) };
}

/** A chat completion as the chunks of a stream. */
export function splitChatCompletion({ choices, usage, ...rest }: JsonObject): string {
	const head = { ...rest, object: 'chat.completion.chunk' };
	const chunks = objectsIn(choices).flatMap((choice, position) => {
		const { finish_reason = null, index = position, message, ...more } = choice;
		const delta = isObject(message) ? toDelta(message) : {};
		return [
			{ ...head, choices: [{ index, ...more, delta, finish_reason: null }] },
			{ ...head, choices: [{ index, delta: {}, finish_reason }] },
		];
	});
	const end = isObject(usage) ? [{ ...head, choices: [], usage }] : [];
	return [...chunks, ...end, '[DONE]'].map((chunk) => formatSse(chunk)).join('');
}

type Members = Record<string, unknown>;

/** Texts that come whole, with the first piece or with each. */
const WHOLE_TEXTS: ReadonlySet<string> = new Set(['id', 'name', 'role', 'type', 'format']);

function getOwn(members: Members, name: string): unknown {
	// the names are a provider's: none of them may reach a prototype
	return Object.hasOwn(members, name) ? members[name] : undefined;
}

/** Whether a piece says that it belongs to a member. */
function belongsTo(member: unknown, piece: JsonObject): member is Members {
	const { index, type } = piece;
	if (!isObject(member) || typeof index !== 'number' || member['index'] !== index) return false;
	return type === undefined || member['type'] === undefined || member['type'] === type;
}

function mergeLists(before: unknown, more: readonly unknown[]): unknown[] {
	const merged = toParts(before);
	for (const piece of more) {
		const known = isObject(piece) ? merged.find((member) => belongsTo(member, piece)) : undefined;
		if (known === undefined) merged.push(isObject(piece) ? mergePiece({}, piece) : piece);
		else mergePiece(known as Members, piece as JsonObject);
	}
	return merged;
}

/** A list; a text among lists is a part like theirs (Mistral). */
function toParts(value: unknown): unknown[] {
	if (typeof value === 'string') return value === '' ? [] : [{ type: 'text', text: value }];
	return Array.isArray(value) ? value : [];
}

/** A text goes on, a list gets more members, the rest is told anew. */
function mergeValue(name: string, before: unknown, value: unknown): unknown {
	if (value === null || value === undefined) return before ?? value;
	if (Array.isArray(value) || Array.isArray(before)) return mergeLists(before, toParts(value));
	if (typeof value === 'string' && typeof before === 'string')
		return WHOLE_TEXTS.has(name) ? before || value : before + value;
	return isObject(value) && isObject(before) ? mergePiece(before as Members, value) : value;
}

function mergePiece(into: Members, piece: JsonObject): Members {
	for (const [name, value] of Object.entries(piece)) into[name] = mergeValue(name, getOwn(into, name), value);
	return into;
}

/** Adds the piece of a choice. */
function mergeChoice(choice: Members, { delta, finish_reason: reason, message, ...more }: JsonObject): void {
	mergePiece(choice, more);
	const said = delta ?? message;
	choice['message'] = mergePiece(toObject(choice['message']) as Members, toObject(said));
	choice['finish_reason'] = reason ?? choice['finish_reason'] ?? null;
}

/** A choice of a whole answer: calls have no numbers there. */
function toWholeChoice({ message, ...choice }: Members): JsonObject {
	const said = toObject(message);
	const calls = objectsIn(said['tool_calls']).map(({ index: _, ...call }) => call);
	return {
		...choice,
		message: { role: 'assistant', content: null, ...said, ...(calls.length > 0 ? { tool_calls: calls } : {}) },
	};
}

/** The chunks of a stream as one chat completion. */
export function joinChatChunks(chunks: readonly JsonObject[]): JsonObject {
	const body: Members = {};
	const joined = new Map<unknown, Members>();
	for (const { choices, usage, ...head } of chunks) {
		// some servers begin with chunks that name neither themselves nor the model
		for (const [name, value] of Object.entries(head)) body[name] = getOwn(body, name) || value;
		body['usage'] = usage ?? body['usage'];
		for (const piece of objectsIn(choices)) {
			const { index = 0 } = piece;
			const choice = joined.get(index) ?? { index };
			joined.set(index, choice);
			mergeChoice(choice, piece);
		}
	}
	return { ...body, object: 'chat.completion', choices: [...joined.values()].map(toWholeChoice) };
}
