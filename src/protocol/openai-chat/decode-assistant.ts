import type {
	LanguageModelV4Message,
	LanguageModelV4ReasoningPart,
	LanguageModelV4TextPart,
	LanguageModelV4ToolCallPart,
} from '@ai-sdk/provider';
import { nameAt, objectAt, objectsAt, optional, refuse, textAt } from '../shared/request-fields.ts';
import { openMetadata } from '../shared/seal-metadata.ts';
import { objectsIn } from '../shared/stream-usage.ts';
import { decodeThoughtSignature } from '../shared/thought-signature.ts';
import { readToolInput } from '../shared/tool-input.ts';
import type { JsonObject } from '../shared/usage-fields.ts';
import { decodeTexts } from './decode-parts.ts';

/** Reasoning with its signatures where the message still has them, else its text alone. */
function reasoningOf(message: JsonObject, path: string): LanguageModelV4ReasoningPart[] {
	const signed = objectsIn(message['reasoning_details']).flatMap((detail): LanguageModelV4ReasoningPart[] => {
		const metadata = openMetadata(detail['signature']);
		const text = typeof detail['text'] === 'string' ? detail['text'] : '';
		return metadata === null ? [] : [{ type: 'reasoning', text, providerOptions: metadata }];
	});
	if (signed.length > 0) return signed;
	const text = optional(message['reasoning_content'] ?? message['reasoning'], `${path}.reasoning_content`, textAt);
	return text === undefined || text === '' ? [] : [{ type: 'reasoning', text }];
}

function toolCallOf(call: JsonObject, path: string): LanguageModelV4ToolCallPart {
	const toolCallId = nameAt(call['id'], `${path}.id`);
	if (call['type'] === 'custom') {
		const custom = objectAt(call['custom'], `${path}.custom`);
		const input = textAt(custom['input'], `${path}.custom.input`);
		return { type: 'tool-call', toolCallId, toolName: nameAt(custom['name'], `${path}.custom.name`), input: { input } };
	}
	const called = objectAt(call['function'], `${path}.function`);
	return {
		type: 'tool-call',
		toolCallId,
		toolName: nameAt(called['name'], `${path}.function.name`),
		input: readToolInput(textAt(called['arguments'], `${path}.function.arguments`)),
		...decodeThoughtSignature(call),
	};
}

/** Text and refusal are both what the model said. */
function textsOf(message: JsonObject, path: string, dropped: string[]): LanguageModelV4TextPart[] {
	const { content } = message;
	const said = Array.isArray(content)
		? content.map((part) => (part?.type === 'refusal' ? { type: 'text', text: part.refusal } : part))
		: content;
	const refusal = optional(message['refusal'], `${path}.refusal`, textAt);
	const refused: LanguageModelV4TextPart[] = refusal === undefined ? [] : [{ type: 'text', text: refusal }];
	return [...decodeTexts(said, `${path}.content`, dropped), ...refused];
}

/** An assistant's message. `toolNames` learns the names of its calls, which results need. */
export function decodeAssistant(
	message: JsonObject,
	path: string,
	{ dropped, toolNames }: { dropped: string[]; toolNames: Map<string, string> },
): LanguageModelV4Message {
	if (message['function_call'] !== undefined && message['function_call'] !== null) {
		refuse(
			message['function_call'],
			`${path}.function_call`,
			'absent: say tool_calls where another provider may answer',
		);
	}
	const calls = optional(message['tool_calls'], `${path}.tool_calls`, objectsAt) ?? [];
	const toolCalls = calls.map((call, index) => toolCallOf(call, `${path}.tool_calls[${index}]`));
	for (const call of toolCalls) toolNames.set(call.toolCallId, call.toolName);
	if (message['audio'] !== undefined && message['audio'] !== null) dropped.push(`${path}.audio`);
	return {
		role: 'assistant',
		content: [...reasoningOf(message, path), ...textsOf(message, path, dropped), ...toolCalls],
	};
}
