import type { LanguageModelV4FunctionTool } from '@ai-sdk/provider';
import { objectsIn } from './stream-usage.ts';
import { isObject, type JsonObject } from './usage-fields.ts';

/** A tool that takes free text (`type: custom`), as a function of one text: models of every provider can call that. */
export function functionOfCustomTool(name: string, tool: JsonObject): LanguageModelV4FunctionTool {
	const format = isObject(tool['format']) ? tool['format'] : {};
	const grammar = isObject(format['grammar']) ? format['grammar'] : format;
	const definition = grammar['definition'];
	const rule =
		typeof definition === 'string' ? ` It must follow this ${String(grammar['syntax'])} grammar:\n${definition}` : '';
	return {
		type: 'function',
		name,
		...(typeof tool['description'] === 'string' ? { description: tool['description'] } : {}),
		inputSchema: {
			type: 'object',
			properties: { input: { type: 'string', description: `The whole input of the tool, as plain text.${rule}` } },
			required: ['input'],
			additionalProperties: false,
		},
	};
}

/** Names of the tools in a request's `tools` that take free text. */
export function customToolNames(tools: unknown): ReadonlySet<string> {
	const custom = objectsIn(tools).filter((tool) => tool['type'] === 'custom');
	const names = custom.map((tool) => (isObject(tool['custom']) ? tool['custom']['name'] : tool['name']));
	return new Set(names.filter((name) => typeof name === 'string'));
}

/** The free text in the JSON input of a call of such a function; the input itself where it is not in that form. */
export function textOfCustomInput(input: string): string {
	try {
		const parsed: unknown = JSON.parse(input);
		return isObject(parsed) && typeof parsed['input'] === 'string' ? parsed['input'] : input;
	} catch {
		// the model wrote the text without the JSON around it
		return input;
	}
}
