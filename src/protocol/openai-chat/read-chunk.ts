import { objectsIn } from '../shared/stream-usage.ts';
import { isObject, type JsonObject } from '../shared/usage-fields.ts';

/** Members of a delta or a message in which output stands. */
const OUTPUTS = [
	'content',
	'reasoning_content',
	'reasoning',
	'refusal',
	'tool_calls',
	'function_call',
	'audio',
] as const;

function isFilled(value: unknown): boolean {
	if (typeof value === 'string' || Array.isArray(value)) return value.length > 0;
	return isObject(value) && Object.keys(value).length > 0;
}

/** True when there is output in a delta, or in a message without `except`. */
export function hasOutput(said: unknown, except: readonly string[] = []): boolean {
	return isObject(said) && OUTPUTS.some((name) => !except.includes(name) && isFilled(said[name]));
}

/** One chunk, as far as a watcher needs it. */
export interface Chunk {
	choices: JsonObject[];
	hasOutput: boolean;
	/** Nothing in it but figures. */
	isUsageOnly: boolean;
	isError: boolean;
}

/** Reads a chunk; `null` for data that is none. */
export function readChunk(data: unknown): Chunk | null {
	if (!isObject(data)) return null;
	const isError = data['error'] !== undefined && data['error'] !== null;
	if (!isError && !Array.isArray(data['choices'])) return null;
	const choices = objectsIn(data['choices']);
	return {
		choices,
		hasOutput: choices.some(({ delta }) => hasOutput(delta)),
		isUsageOnly: choices.length === 0 && isObject(data['usage']),
		isError,
	};
}
