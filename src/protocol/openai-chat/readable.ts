import { isObject, type JsonObject } from '../../util/index.ts';
import { changeObjects, objectsIn } from '../shared/body-fields.ts';
import type { EventReader } from '../shared/caller-format.ts';

/** The members of an object with those that `changes` gives another value; the object itself where it gives none. */
function withChanges(object: JsonObject, changes: JsonObject): JsonObject {
	const isSame = Object.entries(changes).every(([name, value]) => value === undefined || object[name] === value);
	return isSame
		? object
		: { ...object, ...Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined)) };
}

/** Where the input of a call stands: all of it, its first piece, or a later one. */
type Place = 'whole' | 'first' | 'later';

/** A call's input as a text of JSON: some servers send none, `null`, or the object itself. */
function toArguments(input: unknown, place: Place): string | undefined {
	if (isObject(input)) return JSON.stringify(input);
	// within an input it is a value
	if (input === 'null' && place !== 'later') return '{}';
	return place === 'whole' && (input ?? '') === '' ? '{}' : undefined;
}

/** True for a call of a custom tool, or a piece of one. */
function isCustomCall(call: JsonObject): call is JsonObject & { custom: JsonObject } {
	return isObject(call['custom']) && call['function'] === undefined;
}

/** A call as of a function: one of a custom tool carries its text as such functions do here. */
function toFunctionCall(call: JsonObject, place: Place): JsonObject {
	if (isCustomCall(call)) {
		const { custom, ...rest } = call;
		const { input, name } = custom;
		return { ...rest, type: 'function', function: { name, arguments: JSON.stringify({ input }) } };
	}
	if (!isObject(call['function'])) return call;
	const changed = withChanges(call['function'], { arguments: toArguments(call['function']['arguments'], place) });
	return withChanges(call, { function: changed });
}

/** A call in the earlier form, which stood alone beside the text. `null`: none. */
function toCallOf(functionCall: unknown, isWhole: boolean): JsonObject | null {
	if (!isObject(functionCall)) return null;
	const { arguments: input = '', name } = functionCall;
	if ((name ?? '') === '' && (isWhole || input === '')) return null;
	const head = (name ?? '') === '' ? {} : { id: `call_${String(name)}`, type: 'function' };
	return { index: 0, ...head, function: { ...functionCall, arguments: input } };
}

/** A message, or a delta of one. `readCall`: changes a call, or a piece of one. */
function toReadableMessage(
	message: JsonObject,
	isWhole: boolean,
	readCall: (call: JsonObject) => JsonObject,
): JsonObject {
	const earlier = Array.isArray(message['tool_calls']) ? null : toCallOf(message['function_call'], isWhole);
	const calls = changeObjects(message['tool_calls'], readCall);
	return withChanges(message, {
		// structured output as the object itself (Cloudflare)
		content: isObject(message['content']) ? JSON.stringify(message['content']) : undefined,
		tool_calls: earlier === null ? calls : [readCall(earlier)],
	});
}

/** The message of a choice; what is no message stays, so that the answer is refused. */
function toReadableWhole(message: unknown): unknown {
	// what a filter cut may have no message at all (Azure)
	if (message === null) return { role: 'assistant', content: null };
	return isObject(message) ? toReadableMessage(message, true, (call) => toFunctionCall(call, 'whole')) : message;
}

/** A chat completion. */
export function toReadableCompletion(body: JsonObject): JsonObject {
	const choices = changeObjects(body['choices'], (choice) =>
		withChanges(choice, { message: toReadableWhole(choice['message'] ?? null) }),
	);
	return withChanges(body, { choices });
}

/**
 * The calls in one stream, by their index. Those of custom tools become calls of functions: the pieces of their text are the
 * pieces of one JSON text, which ends with the answer.
 */
class StreamedCalls {
	/** Calls whose input has begun; as many as the answer has. */
	readonly #begun = new Set<unknown>();
	/** Those of custom tools, until they are ended. */
	readonly #open = new Set<unknown>();

	read(call: JsonObject): JsonObject {
		const { index } = call;
		const place = index !== undefined && this.#begun.has(index) ? 'later' : 'first';
		if (isCustomCall(call)) return this.#readCustom(call, place);
		if (isObject(call['function']) && (call['function']['arguments'] ?? '') !== '') this.#begun.add(index);
		return toFunctionCall(call, place);
	}

	/** Ends the calls of custom tools behind the last pieces, some of which may be theirs. */
	end(pieces: readonly JsonObject[]): JsonObject[] {
		const ended = pieces.map((piece): JsonObject => {
			const called = piece['function'];
			if (!isObject(called) || !this.#open.delete(piece['index'])) return piece;
			return { ...piece, function: { ...called, arguments: `${String(called['arguments'])}"}` } };
		});
		const others = [...this.#open].map((index) => ({ index, function: { arguments: '"}' } }));
		this.#open.clear();
		return [...ended, ...others];
	}

	#readCustom({ custom, ...call }: JsonObject & { custom: JsonObject }, place: Place): JsonObject {
		const { input, name } = custom;
		const text = JSON.stringify(typeof input === 'string' ? input : '').slice(1, -1);
		if (place === 'later') return { index: call['index'], function: { arguments: text } };
		this.#begun.add(call['index']);
		this.#open.add(call['index']);
		return { ...call, type: 'function', function: { name, arguments: `{"input":"${text}` } };
	}
}

/** Changes the chunks of a stream; of several answers the first is read. */
export class ChatEventReader implements EventReader {
	readonly #calls = new StreamedCalls();
	#hasBegun = false;
	#hasUsage = false;
	#hasReason = false;

	read(chunk: JsonObject): readonly JsonObject[] {
		if (isObject(chunk['error'])) return [chunk];
		this.#hasUsage ||= isObject(chunk['usage']);
		if (!Array.isArray(chunk['choices'])) return [{ ...chunk, choices: [] }];
		const choices = changeObjects(chunk['choices'], (choice) => this.#readChoice(choice));
		return [withChanges(chunk, { choices })];
	}

	/** With its usage told, a stream that gives no finish reason is over at `[DONE]`. */
	end(isDone: boolean): readonly JsonObject[] {
		if (!isDone || !this.#hasBegun || this.#hasReason || !this.#hasUsage) return [];
		return [{ choices: [{ index: 0, delta: this.#readDelta({}, true), finish_reason: '' }] }];
	}

	#readChoice(choice: JsonObject): JsonObject | null {
		if ((choice['index'] ?? 0) !== 0) return null;
		this.#hasBegun = true;
		const isLast = typeof choice['finish_reason'] === 'string';
		this.#hasReason ||= isLast;
		// some servers send whole messages as pieces
		const delta = choice['delta'] ?? choice['message'];
		return withChanges(choice, { delta: this.#readDelta(isObject(delta) ? delta : {}, isLast) });
	}

	#readDelta(delta: JsonObject, isLast: boolean): JsonObject {
		const read = toReadableMessage(delta, false, (call) => this.#calls.read(call));
		const calls = isLast ? this.#calls.end(objectsIn(read['tool_calls'])) : [];
		return calls.length === 0 ? read : { ...read, tool_calls: calls };
	}
}
