import { removeJsonMember } from '../protocol/index.ts';
import type { JsonObject } from './read-json.ts';

/** A body without one of its members, as text and parsed; as it was when it has none of that name. */
export function withoutMember(text: string, body: JsonObject, name: string): [string, JsonObject] {
	if (!Object.hasOwn(body, name)) return [text, body];
	const { [name]: _, ...rest } = body;
	return [removeJsonMember(text, name), rest];
}
