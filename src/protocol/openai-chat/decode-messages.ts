import type { LanguageModelV4Message, LanguageModelV4Prompt, LanguageModelV4ToolResultPart } from '@ai-sdk/provider';
import { nameAt, refuse } from '../shared/request-fields.ts';
import type { JsonObject } from '../shared/usage-fields.ts';
import { decodeAssistant } from './decode-assistant.ts';
import { decodeTexts, decodeUserContent } from './decode-parts.ts';

interface Context {
	dropped: string[];
	/** Names of the tools that were called, by the call's id. */
	toolNames: Map<string, string>;
	prompt: LanguageModelV4Message[];
}

function addSystem(message: JsonObject, path: string, { dropped, prompt }: Context): void {
	const texts = decodeTexts(message['content'], `${path}.content`, dropped);
	if (prompt.every(({ role }) => role === 'system')) {
		prompt.push(
			...texts.map(({ type: _, text, ...options }) => ({ role: 'system' as const, content: text, ...options })),
		);
		return;
	}
	// Most providers take instructions at the start only: later ones keep their place, as the user's words.
	dropped.push(`${path}.role`);
	if (texts.length > 0) prompt.push({ role: 'user', content: texts });
}

function addToolResult(message: JsonObject, path: string, { dropped, prompt, toolNames }: Context): void {
	const toolCallId = nameAt(message['tool_call_id'], `${path}.tool_call_id`);
	const toolName = toolNames.get(toolCallId);
	if (toolName === undefined) {
		refuse(toolCallId, `${path}.tool_call_id`, 'the id of a tool call in a message before it');
	}
	const texts = decodeTexts(message['content'], `${path}.content`, dropped);
	const result: LanguageModelV4ToolResultPart = {
		type: 'tool-result',
		toolCallId,
		toolName,
		output: { type: 'text', value: texts.map(({ text }) => text).join('') },
	};
	const last = prompt.at(-1);
	if (last?.role === 'tool') last.content.push(result);
	else prompt.push({ role: 'tool', content: [result] });
}

function addMessage(message: JsonObject, path: string, context: Context): void {
	const { role } = message;
	if (role === 'system' || role === 'developer') addSystem(message, path, context);
	else if (role === 'user') {
		context.prompt.push({ role, content: decodeUserContent(message['content'], `${path}.content`, context.dropped) });
	} else if (role === 'assistant') context.prompt.push(decodeAssistant(message, path, context));
	else if (role === 'tool') addToolResult(message, path, context);
	else refuse(role, `${path}.role`, 'system, developer, user, assistant or tool');
	if (message['name'] !== undefined && message['name'] !== null && role !== 'tool')
		context.dropped.push(`${path}.name`);
}

/** The messages in the neutral form; what it cannot carry is added to `dropped`. @throws InvalidInputError naming the field */
export function decodeMessages(messages: readonly JsonObject[], dropped: string[]): LanguageModelV4Prompt {
	const context: Context = { dropped, toolNames: new Map(), prompt: [] };
	for (const [index, message] of messages.entries()) addMessage(message, `messages[${index}]`, context);
	return context.prompt;
}
