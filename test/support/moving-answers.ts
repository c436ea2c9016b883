import Anthropic from '@anthropic-ai/sdk';
import { isObject, type JsonObject } from '../../src/util/index.ts';

const listOf = (value: unknown): JsonObject[] => (Array.isArray(value) ? value.filter(isObject) : []);
const objectOf = (value: unknown): JsonObject => (isObject(value) ? value : {});

/** The data of every event of a stream but its last word. */
async function readEvents(response: Response): Promise<JsonObject[]> {
	const text = await response.text();
	const data = [...text.matchAll(/^data: (.+)$/gm)].map(([, json = '']) => json).filter((json) => json !== '[DONE]');
	if (!response.ok || data.length === 0) throw new Error(`no stream, but ${response.status}: ${text}`);
	const events = data.map((json) => objectOf(JSON.parse(json)));
	const error = events.find((event) => event['error'] !== undefined && event['error'] !== null);
	if (error !== undefined) throw new Error(`the stream ended with ${JSON.stringify(error)}`);
	return events;
}

/** A text or list with what comes behind it; anything else is replaced. */
function join(before: unknown, added: unknown): unknown {
	if (Array.isArray(added)) return [...(Array.isArray(before) ? before : []), ...added];
	return typeof before === 'string' ? before + String(added) : added;
}

function joinCall(before: JsonObject, { index: _, ...piece }: JsonObject): JsonObject {
	const [known, added] = [objectOf(before['function']), objectOf(piece['function'])];
	const input = join(known['arguments'] ?? '', added['arguments'] ?? '');
	return { ...before, ...piece, function: { ...known, ...added, arguments: input } };
}

/** The pieces of a chat completion put together: texts grow, lists go on, and calls are told by their index. */
function joinDeltas(events: readonly JsonObject[]): JsonObject {
	const members = new Map<string, unknown>();
	const calls: JsonObject[] = [];
	for (const delta of events.flatMap(({ choices }) => listOf(choices).map((choice) => objectOf(choice['delta'])))) {
		const { role: _, tool_calls: pieces, ...rest } = delta;
		for (const [name, value] of Object.entries(rest))
			if (value !== null) members.set(name, join(members.get(name), value));
		for (const piece of listOf(pieces)) {
			const at = Number(piece['index']);
			calls[at] = joinCall(calls[at] ?? {}, piece);
		}
	}
	const toolCalls = calls.length === 0 ? {} : { tool_calls: calls };
	return { choices: [{ message: { role: 'assistant', ...Object.fromEntries(members), ...toolCalls } }] };
}

/** Sends a request of a moving client; the answer. */
export async function askWhole(url: string, { body, path }: { body: object; path: string }): Promise<JsonObject> {
	const headers = { 'content-type': 'application/json' };
	const response = await fetch(`${url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
	const text = await response.text();
	if (!response.ok) throw new Error(`no answer, but ${response.status}: ${text}`);
	return objectOf(JSON.parse(text));
}

/** Sends a request of a moving client as a stream; the answer, put together as clients of the format do. */
export async function askStreamed(
	url: string,
	{ body, path }: { body: object; path: string },
	format: string,
): Promise<JsonObject> {
	if (format === 'anthropic-messages') {
		const client = new Anthropic({ baseURL: url, apiKey: 'none', maxRetries: 0 });
		// the client's own body, in its own format
		const message = await client.messages.stream(body as Anthropic.MessageStreamParams).finalMessage();
		return objectOf(JSON.parse(JSON.stringify(message)));
	}
	const isGemini = format === 'gemini';
	const address = isGemini ? path.replace(':generateContent', ':streamGenerateContent?alt=sse') : path;
	const events = await readEvents(
		await fetch(`${url}${address}`, {
			method: 'POST',
			headers: { 'content-type': 'application/json' },
			body: JSON.stringify(isGemini ? body : { ...body, stream: true }),
		}),
	);
	if (format === 'openai-chat') return joinDeltas(events);
	if (!isGemini) return objectOf(events.find(({ type }) => type === 'response.completed')?.['response']);
	const contents = events.flatMap(({ candidates }) => listOf(candidates).map(({ content }) => objectOf(content)));
	const parts = contents.flatMap((content) => listOf(content['parts']));
	return { candidates: [{ content: { role: 'model', parts } }] };
}
