import type { WireFormatName } from '../contracts/index.ts';
import { isObject, type JsonObject } from '../util/index.ts';
import { changeObjects } from './shared/body-fields.ts';

/** Some servers (Cloudflare) send structured output as the object itself. */
function repairChoice({ message, ...choice }: JsonObject): JsonObject {
	if (!isObject(message) || !isObject(message['content'])) return { ...choice, message };
	return { ...choice, message: { ...message, content: JSON.stringify(message['content']) } };
}

function repairItem(item: JsonObject): JsonObject {
	return { ...item, content: changeObjects(item['content'], (part) => ({ annotations: [], ...part })) };
}

/**
 * A whole answer in the form in which client libraries insist on reading it: without its usage, which is read from the
 * answer as it came, and with what some providers leave out or send in another form.
 */
export function repairAnswer(
	format: WireFormatName,
	{ usage: _, usageMetadata: __, ...answer }: JsonObject,
): JsonObject {
	if (format === 'anthropic-messages') return { ...answer, usage: { input_tokens: 0, output_tokens: 0 } };
	if (format === 'openai-chat') return { ...answer, choices: changeObjects(answer['choices'], repairChoice) };
	if (format === 'openai-responses') return { ...answer, output: changeObjects(answer['output'], repairItem) };
	return answer;
}
