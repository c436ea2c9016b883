import type { LanguageModelV4Message, LanguageModelV4Prompt, LanguageModelV4ToolResultPart } from '@ai-sdk/provider';
import { nameAt, refuse, textAt } from '../shared/request-fields.ts';
import { decodeThoughtSignature } from '../shared/thought-signature.ts';
import { readToolInput } from '../shared/tool-input.ts';
import type { JsonObject } from '../shared/usage-fields.ts';
import { decodeContent, decodeTexts, decodeToolOutput } from './decode-parts.ts';
import { decodeReasoning } from './decode-reasoning.ts';

type Assistant = Extract<LanguageModelV4Message, { role: 'assistant' }>;

interface Context {
	dropped: string[];
	/** Names of the tools that were called, by the call's id. */
	toolNames: Map<string, string>;
	prompt: LanguageModelV4Message[];
}

/** What a model said in one turn stands in one message, whatever items it came in. */
function addToAssistant({ prompt }: Context, content: Assistant['content']): void {
	if (content.length === 0) return;
	const last = prompt.at(-1);
	if (last?.role === 'assistant') last.content.push(...content);
	else prompt.push({ role: 'assistant', content });
}

function addSystem(item: JsonObject, path: string, { dropped, prompt }: Context): void {
	const texts = decodeTexts(item['content'], `${path}.content`, dropped);
	if (prompt.every(({ role }) => role === 'system')) {
		prompt.push(...texts.map(({ text }) => ({ role: 'system' as const, content: text })));
		return;
	}
	// Most providers take instructions at the start only: later ones keep their place, as the user's words.
	dropped.push(`${path}.role`);
	if (texts.length > 0) prompt.push({ role: 'user', content: texts });
}

function addMessage(item: JsonObject, path: string, context: Context): void {
	const { role } = item;
	const at = `${path}.content`;
	if (role === 'system' || role === 'developer') addSystem(item, path, context);
	else if (role === 'assistant') addToAssistant(context, decodeTexts(item['content'], at, context.dropped));
	else if (role === 'user') context.prompt.push({ role, content: decodeContent(item['content'], at, context.dropped) });
	else refuse(role, `${path}.role`, 'system, developer, user or assistant');
}

function addCall(item: JsonObject, path: string, context: Context): void {
	const isCustom = item['type'] === 'custom_tool_call';
	const toolCallId = nameAt(item['call_id'], `${path}.call_id`);
	const toolName = nameAt(item['name'], `${path}.name`);
	context.toolNames.set(toolCallId, toolName);
	const input = isCustom
		? { input: textAt(item['input'], `${path}.input`) }
		: readToolInput(textAt(item['arguments'], `${path}.arguments`));
	addToAssistant(context, [{ type: 'tool-call', toolCallId, toolName, input, ...decodeThoughtSignature(item) }]);
}

function addOutput(item: JsonObject, path: string, { dropped, prompt, toolNames }: Context): void {
	const toolCallId = nameAt(item['call_id'], `${path}.call_id`);
	const toolName = toolNames.get(toolCallId);
	if (toolName === undefined) {
		refuse(
			toolCallId,
			`${path}.call_id`,
			'the id of a call in the input before it: what one provider holds, no other can read',
		);
	}
	const output = decodeToolOutput(item['output'], `${path}.output`, dropped);
	const result: LanguageModelV4ToolResultPart = { type: 'tool-result', toolCallId, toolName, output };
	const last = prompt.at(-1);
	if (last?.role === 'tool') last.content.push(result);
	else prompt.push({ role: 'tool', content: [result] });
}

const READERS: Readonly<Record<string, (item: JsonObject, path: string, context: Context) => void>> = {
	message: addMessage,
	function_call: addCall,
	custom_tool_call: addCall,
	function_call_output: addOutput,
	custom_tool_call_output: addOutput,
	reasoning: (item, path, context) => addToAssistant(context, decodeReasoning(item, path, context.dropped)),
};

/** Instructions and input in the neutral form; items no other provider knows are added to `dropped`. @throws InvalidInputError */
export function decodeItems(
	instructions: string | undefined,
	items: readonly JsonObject[],
	dropped: string[],
): LanguageModelV4Prompt {
	const prompt: LanguageModelV4Message[] =
		instructions === undefined || instructions === '' ? [] : [{ role: 'system', content: instructions }];
	const context: Context = { dropped, toolNames: new Map(), prompt };
	for (const [index, item] of items.entries()) {
		const path = `input[${index}]`;
		const read = READERS[String(item['type'] ?? 'message')];
		if (read === undefined) dropped.push(path);
		else read(item, path, context);
	}
	return prompt;
}
