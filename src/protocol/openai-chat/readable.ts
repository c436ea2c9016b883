import { isObject, type JsonObject } from '../../util/index.ts';
import { changeObjects } from '../shared/body-fields.ts';
import type { EventReader } from '../shared/caller-format.ts';

/** The members of an object with those that `changes` gives another value; the object itself where it gives none. */
function withChanges(object: JsonObject, changes: JsonObject): JsonObject {
	const isSame = Object.entries(changes).every(([name, value]) => value === undefined || object[name] === value);
	return isSame
		? object
		: { ...object, ...Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined)) };
}

/** A call's input as a text of JSON: some servers send none, `null`, or the object itself. `isWhole`: nothing follows it. */
function toArguments(input: unknown, isWhole: boolean): string | undefined {
	if (isObject(input)) return JSON.stringify(input);
	if (input === 'null') return '{}';
	return isWhole && (input ?? '') === '' ? '{}' : undefined;
}

/** A call as of a function: one of a custom tool carries its text as such functions do here. */
function toFunctionCall(call: JsonObject, isWhole: boolean): JsonObject {
	const { custom, ...rest } = call;
	if (isObject(custom) && call['function'] === undefined) {
		const { input, name } = custom;
		return { ...rest, type: 'function', function: { name, arguments: JSON.stringify({ input }) } };
	}
	if (!isObject(call['function'])) return call;
	const changed = withChanges(call['function'], { arguments: toArguments(call['function']['arguments'], isWhole) });
	return withChanges(call, { function: changed });
}

/** A call in the earlier form, which stood alone beside the text. `null`: none. */
function toCallOf(functionCall: unknown, isWhole: boolean): JsonObject | null {
	if (!isObject(functionCall)) return null;
	const { arguments: input = '', name } = functionCall;
	if ((name ?? '') === '' && (isWhole || input === '')) return null;
	const head = (name ?? '') === '' ? {} : { id: `call_${String(name)}`, type: 'function' };
	return toFunctionCall({ index: 0, ...head, function: { ...functionCall, arguments: input } }, isWhole);
}

/** A message, or a delta of one. */
function toReadableMessage(message: JsonObject, isWhole: boolean): JsonObject {
	const earlier = Array.isArray(message['tool_calls']) ? null : toCallOf(message['function_call'], isWhole);
	const calls = changeObjects(message['tool_calls'], (call) => toFunctionCall(call, isWhole));
	return withChanges(message, {
		// structured output as the object itself (Cloudflare)
		content: isObject(message['content']) ? JSON.stringify(message['content']) : undefined,
		tool_calls: earlier === null ? calls : [earlier],
	});
}

/** The message of a choice; what is no message stays, so that the answer is refused. */
function toReadableWhole(message: unknown): unknown {
	// what a filter cut may have no message at all (Azure)
	if (message === null) return { role: 'assistant', content: null };
	return isObject(message) ? toReadableMessage(message, true) : message;
}

/** A chat completion. */
export function toReadableCompletion(body: JsonObject): JsonObject {
	const choices = changeObjects(body['choices'], (choice) =>
		withChanges(choice, { message: toReadableWhole(choice['message'] ?? null) }),
	);
	return withChanges(body, { choices });
}

/** Changes the chunks of a stream; of several answers the first is read. */
export class ChatEventReader implements EventReader {
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
		return [{ choices: [{ index: 0, delta: {}, finish_reason: '' }] }];
	}

	#readChoice(choice: JsonObject): JsonObject | null {
		if ((choice['index'] ?? 0) !== 0) return null;
		this.#hasBegun = true;
		this.#hasReason ||= typeof choice['finish_reason'] === 'string';
		// some servers send whole messages as pieces
		const delta = choice['delta'] ?? choice['message'];
		return withChanges(choice, { delta: isObject(delta) ? toReadableMessage(delta, false) : {} });
	}
}
