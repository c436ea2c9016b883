import type { LanguageModelV4FunctionTool } from '@ai-sdk/provider';
import { functionOfCustomTool } from '../shared/custom-tools.ts';
import { type DecodedTools, decodeFunction, decodeToolChoice } from '../shared/openai-tools.ts';
import { nameAt, objectAt, objectsAt, optional } from '../shared/request-fields.ts';
import type { JsonObject } from '../shared/usage-fields.ts';

function decodeTool(tool: JsonObject, path: string, dropped: string[]): LanguageModelV4FunctionTool[] {
	if (tool['type'] === 'function')
		return [decodeFunction(objectAt(tool['function'], `${path}.function`), `${path}.function`)];
	if (tool['type'] === 'custom') {
		const custom = objectAt(tool['custom'], `${path}.custom`);
		return [functionOfCustomTool(nameAt(custom['name'], `${path}.custom.name`), custom)];
	}
	dropped.push(path);
	return [];
}

/** Tools of a chat completion request; kinds that no other provider has are added to `dropped`. */
export function decodeTools(body: JsonObject, dropped: string[]): DecodedTools {
	const told = optional(body['tools'], 'tools', objectsAt) ?? [];
	const tools = told.flatMap((tool, index) => decodeTool(tool, `tools[${index}]`, dropped));
	return decodeToolChoice(body['tool_choice'], tools);
}
