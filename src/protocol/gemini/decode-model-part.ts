import type {
	JSONValue,
	LanguageModelV4Message,
	LanguageModelV4ReasoningPart,
	LanguageModelV4ToolCallPart,
} from '@ai-sdk/provider';
import type { BodyFields } from '../shared/body-fields.ts';
import { readForeignReasoning } from '../shared/foreign-reasoning.ts';
import { decodeFile } from './decode-files.ts';
import { googleOptions } from './decode-options.ts';
import type { DecodingState } from './decode-state.ts';

type ModelPart = Extract<LanguageModelV4Message, { role: 'assistant' }>['content'][number];

/** Another provider's reasoning that came along with a part, and what is left of its signature. */
function readSignature(part: BodyFields): { reasoning: LanguageModelV4ReasoningPart[]; thoughtSignature?: string } {
	const signature = part.text('thoughtSignature');
	if (signature === undefined) return { reasoning: [] };
	const foreign = readForeignReasoning(signature);
	if (foreign === null) return { reasoning: [], thoughtSignature: signature };
	return {
		reasoning: foreign.map(({ text, metadata }) => ({ type: 'reasoning', text, providerOptions: metadata })),
	};
}

function decodeCall(part: BodyFields, call: BodyFields, state: DecodingState): ModelPart[] {
	const { reasoning, thoughtSignature } = readSignature(part);
	const toolName = call.needText('name');
	const decoded: LanguageModelV4ToolCallPart = {
		type: 'tool-call',
		toolCallId: state.called(toolName, call.text('id')),
		toolName,
		input: call.object('args')?.value ?? {},
		...googleOptions({ thoughtSignature }),
	};
	return [...reasoning, decoded];
}

function decodeText(part: BodyFields, text: string): ModelPart[] {
	const { reasoning, thoughtSignature } = readSignature(part);
	const options = googleOptions({ thoughtSignature });
	if (part.flag('thought') === true) return [...reasoning, { type: 'reasoning', text, ...options }];
	return text === '' && thoughtSignature === undefined ? reasoning : [...reasoning, { type: 'text', text, ...options }];
}

function decodeModelFile(part: BodyFields, state: DecodingState): ModelPart[] {
	const file = decodeFile(part);
	if (file === null || file.data.type !== 'data') {
		// the neutral form has no place for an address in a model's own turn
		state.dropped.push(part.path);
		return [];
	}
	const isThought = part.flag('thought') === true;
	return [isThought ? { ...file, type: 'reasoning-file', data: file.data } : file];
}

/** A part of a model's own turn; what cannot be carried is named in the state. */
export function decodeModelPart(part: BodyFields, state: DecodingState): ModelPart[] {
	const text = part.text('text');
	if (text !== undefined) return decodeText(part, text);
	const call = part.object('functionCall');
	if (call !== undefined) return decodeCall(part, call, state);
	const code = part.object('executableCode');
	const executed = { toolName: 'code_execution', providerExecuted: true };
	if (code !== undefined) return [{ type: 'tool-call', toolCallId: state.ranCode(), input: code.value, ...executed }];
	const result = part.object('codeExecutionResult');
	if (result !== undefined) {
		// the value came out of the body's JSON
		const output = { type: 'json' as const, value: result.value as JSONValue };
		return [{ type: 'tool-result', toolCallId: state.lastCode, toolName: 'code_execution', output }];
	}
	return decodeModelFile(part, state);
}
