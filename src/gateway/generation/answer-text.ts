import type { CallerFormat } from '../../protocol/index.ts';
import { joinStream, looksLikeEvents } from '../../protocol/index.ts';
import { isObject, type JsonObject, runSteps } from '../../util/index.ts';

const listOf = (value: unknown): JsonObject[] => (Array.isArray(value) ? value.filter(isObject) : []);
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

const formatCall = (name: unknown, input: unknown): string =>
	`[calls ${textOf(name)} with ${typeof input === 'string' ? input : JSON.stringify(input ?? {})}]`;

/** The parts of a message's content that a reader sees: text, and calls of tools. Reasoning is left out. */
function readParts(content: unknown): string[] {
	if (typeof content === 'string') return [content];
	return listOf(content).flatMap((part) => {
		const { functionCall, input, name, refusal, text, thought, type } = part;
		if (isObject(functionCall)) return [formatCall(functionCall['name'], functionCall['args'])];
		if (type === 'tool_use') return [formatCall(name, input)];
		if (type === 'refusal') return [textOf(refusal)];
		const isText = type === undefined || type === 'text' || type === 'output_text';
		return isText && thought !== true ? [textOf(text)] : [];
	});
}

function readResponseItem({ arguments: given, content, name, type }: JsonObject): string[] {
	if (type === 'message') return readParts(content);
	return type === 'function_call' ? [formatCall(name, given)] : [];
}

function readChatMessage({ content, refusal, tool_calls: calls }: JsonObject): string[] {
	const called = listOf(calls).map(({ function: made }) =>
		isObject(made) ? formatCall(made['name'], made['arguments']) : '',
	);
	return [...readParts(content), textOf(refusal), ...called];
}

/** What a whole answer says, without the names of model and provider; empty where it says nothing. */
export function readAnswerText({ name }: Pick<CallerFormat, 'name'>, body: JsonObject): string {
	const [choice] = listOf(body['choices']);
	const [candidate] = listOf(body['candidates']);
	const message = choice?.['message'];
	const content = candidate?.['content'];
	const parts = {
		'openai-chat': () => (isObject(message) ? readChatMessage(message) : []),
		'openai-responses': () => listOf(body['output']).flatMap(readResponseItem),
		'anthropic-messages': () => readParts(body['content']),
		gemini: () => (isObject(content) ? readParts(content['parts']) : []),
	}[name]();
	// a stream comes in pieces, of which only those of one text belong together
	return parts.filter((part) => part !== '').join(name === 'gemini' ? '' : '\n');
}

/** An answer as it was sent, whole, as a stream, or as Gemini's list of chunks; `null` for what is none. */
export async function parseSentAnswer(format: CallerFormat, sent: Buffer): Promise<JsonObject | null> {
	const start = sent.subarray(0, 200).toString('latin1');
	if (looksLikeEvents(start)) {
		const joined = await runSteps(joinStream(format, sent), nextTurn);
		return joined.kind === 'answer' ? joined.body : null;
	}
	try {
		const value: unknown = JSON.parse(sent.toString());
		if (Array.isArray(value)) return format.joinEvents(value.filter(isObject));
		return isObject(value) ? value : null;
	} catch {
		return null;
	}
}

const nextTurn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
