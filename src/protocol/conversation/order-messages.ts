import type { LanguageModelV4Message, LanguageModelV4Prompt, LanguageModelV4ToolCallPart } from '@ai-sdk/provider';
import { EMPTY_MESSAGE } from '../../contracts/index.ts';
import { describeToolResult } from '../shared/tool-text.ts';
import type { Family } from './target.ts';

type Of<Role extends LanguageModelV4Message['role']> = Extract<LanguageModelV4Message, { role: Role }>;
type ToolPart = Of<'tool'>['content'][number];
type ToolResult = Extract<ToolPart, { type: 'tool-result' }>;

const NOTHING_SAID: LanguageModelV4Message = { role: 'user', content: [{ type: 'text', text: EMPTY_MESSAGE }] };

/**
 * The messages in an order that the provider takes: results right after their calls, instructions where it reads them.
 * `onMended` is called with what was added or told in words because every provider refuses it.
 */
export function orderMessages(
	prompt: LanguageModelV4Prompt,
	family: Family,
	onMended: (name: string) => void = () => {},
): LanguageModelV4Prompt {
	const paired = placeResults(prompt, onMended);
	return family === 'openai' ? paired : placeInstructions(paired, family);
}

/** The calls in a message whose results are to follow. */
function listCalls(message: LanguageModelV4Message): LanguageModelV4ToolCallPart[] {
	if (message.role !== 'assistant') return [];
	return message.content.flatMap((part) => (part.type === 'tool-call' && part.providerExecuted !== true ? part : []));
}

/** Whether the results of each message's calls, and no others, are in what follows it directly. */
function isPaired(prompt: LanguageModelV4Prompt): boolean {
	const waiting = new Set<string>();
	for (const message of prompt) {
		if (message.role === 'tool') {
			for (const part of message.content)
				if (part.type === 'tool-result' && !waiting.delete(part.toolCallId)) return false;
		} else if (waiting.size > 0) return false;
		for (const { toolCallId } of listCalls(message)) waiting.add(toolCallId);
	}
	return waiting.size === 0;
}

/** What stands for the result of a call that was given up: every provider refuses a call without one. */
const NO_RESULT: ToolResult['output'] = { type: 'error-text', value: 'The call was not answered.' };

/** A result whose call is not in the conversation, in words. */
function describeOrphan({ output, toolName }: ToolResult): LanguageModelV4Message {
	const parts = output.type === 'content' ? output.value : [];
	const value = output.type === 'content' ? parts.flatMap((part) => (part.type === 'text' ? part.text : [])) : null;
	const text = describeToolResult(toolName, value?.join('\n') ?? ('value' in output ? output.value : ''));
	const files = parts.flatMap((part) => (part.type === 'file' ? part : []));
	return { role: 'user', content: [{ type: 'text', text }, ...files] };
}

/**
 * Results right after their calls: OpenAI's Responses takes them anywhere later, every other provider only there. None takes
 * one without the other (clients cut conversations short, and give calls up).
 */
function placeResults(prompt: LanguageModelV4Prompt, onMended: (name: string) => void): LanguageModelV4Prompt {
	if (isPaired(prompt)) return prompt;
	const answers = findAnswers(prompt);
	const placed = new Set<ToolPart>([...answers.values()].flat());
	return prompt.flatMap((message): LanguageModelV4Message[] => {
		if (message.role === 'tool') {
			const content = message.content.filter((part) => !placed.has(part));
			const orphans = content.flatMap((part) => (part.type === 'tool-result' ? part : []));
			if (orphans.length > 0) onMended('tool_result');
			const others = content.filter(({ type }) => type !== 'tool-result');
			return [...(others.length === 0 ? [] : [{ ...message, content: others }]), ...orphans.map(describeOrphan)];
		}
		const results = answers.get(message) ?? [];
		if (results.some(({ output }) => output === NO_RESULT)) onMended('tool_result');
		return results.length === 0 ? [message] : [message, { role: 'tool', content: results }];
	});
}

/** A result for each call in each message: the nearest one after it that no later call has, where there is one. */
function findAnswers(prompt: LanguageModelV4Prompt): Map<LanguageModelV4Message, ToolResult[]> {
	const later = new Map<string, ToolResult[]>();
	const answers = new Map<LanguageModelV4Message, ToolResult[]>();
	for (const message of prompt.toReversed()) {
		if (message.role === 'tool') {
			for (const part of message.content.toReversed()) {
				if (part.type !== 'tool-result') continue;
				later.set(part.toolCallId, [...(later.get(part.toolCallId) ?? []), part]);
			}
		}
		const found = listCalls(message).map(
			({ toolCallId, toolName }): ToolResult =>
				later.get(toolCallId)?.pop() ?? { type: 'tool-result', toolCallId, toolName, output: NO_RESULT },
		);
		if (found.length > 0) answers.set(message, found);
	}
	return answers;
}

/**
 * Instructions in their place where the provider takes them there (Anthropic after a user's message, and not every model:
 * its rules say which), else at the beginning; never as the user's words.
 */
function placeInstructions(prompt: LanguageModelV4Prompt, family: Family): LanguageModelV4Prompt {
	const first: LanguageModelV4Message[] = [];
	const later: LanguageModelV4Message[] = [];
	for (const message of prompt) {
		const before = later.findLast(({ role }) => role !== 'system')?.role;
		const isTaken = family === 'anthropic' && before !== undefined && before !== 'assistant';
		if (message.role === 'system' && !isTaken) first.push(message);
		else later.push(message);
	}
	// an instruction that came last is answered; the answer before it, which is last now, is not to be continued
	if (prompt.at(-1)?.role === 'system' && later.at(-1)?.role === 'assistant') later.push(NOTHING_SAID);
	// Converse answers 400 to a conversation that a user has not begun
	if (family === 'bedrock' && later[0]?.role === 'assistant') later.unshift(NOTHING_SAID);
	return [...first, ...later];
}
