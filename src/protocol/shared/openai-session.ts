import { isObject, type JsonObject } from './usage-fields.ts';

/** Longest id of a conversation that is taken. */
const MAX_SESSION_CHARACTERS = 256;

/** The conversation's id in a request to OpenAI's APIs: said in `metadata`, else what its prompt cache or its user is named by. */
export function openAiSessionOf(body: JsonObject): string | null {
	const metadata = isObject(body['metadata']) ? body['metadata'] : {};
	const said = [
		metadata['session_id'],
		metadata['conversation_id'],
		body['prompt_cache_key'],
		body['safety_identifier'],
		body['user'],
	];
	const usable = (id: unknown): id is string =>
		typeof id === 'string' && id !== '' && id.length <= MAX_SESSION_CHARACTERS;
	return said.find(usable) ?? null;
}
