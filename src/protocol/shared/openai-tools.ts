import type { JSONSchema7, LanguageModelV4CallOptions, LanguageModelV4FunctionTool } from '@ai-sdk/provider';
import { flagAt, nameAt, objectAt, objectsAt, optional, refuse, textAt } from './request-fields.ts';
import { isObject, type JsonObject } from './usage-fields.ts';

/** Tools and the choice among them. */
export type DecodedTools = Pick<LanguageModelV4CallOptions, 'tools' | 'toolChoice'>;

/** A function that a caller describes: the same members in both of OpenAI's formats. @throws InvalidInputError */
export function decodeFunction(described: JsonObject, path: string): LanguageModelV4FunctionTool {
	const description = optional(described['description'], `${path}.description`, textAt);
	const strict = optional(described['strict'], `${path}.strict`, flagAt);
	const schema = optional(described['parameters'], `${path}.parameters`, objectAt);
	return {
		type: 'function',
		name: nameAt(described['name'], `${path}.name`),
		...(description === undefined ? {} : { description }),
		// what a caller calls a schema is handed on as one; the provider judges it
		inputSchema: (schema ?? { type: 'object', properties: {} }) as JSONSchema7,
		...(strict === undefined ? {} : { strict }),
	};
}

/** The name in a choice or in a member of allowed tools. */
function namedIn(choice: JsonObject): unknown {
	const named = choice['function'] ?? choice['custom'] ?? choice;
	return isObject(named) ? named['name'] : undefined;
}

/** Only the tools that a choice allows are offered: what the caller means, in every provider's words. */
function decodeAllowed(allowed: JsonObject, path: string, tools: LanguageModelV4FunctionTool[]): DecodedTools {
	const names = new Set(objectsAt(allowed['tools'], `${path}.tools`).map(namedIn));
	const toolChoice = { type: allowed['mode'] === 'required' ? ('required' as const) : ('auto' as const) };
	return { tools: tools.filter(({ name }) => names.has(name)), toolChoice };
}

/** The choice of either format applied to the tools. @throws InvalidInputError for a choice that neither knows */
export function decodeToolChoice(choice: unknown, tools: LanguageModelV4FunctionTool[]): DecodedTools {
	if (tools.length === 0) return {};
	if (choice === undefined || choice === null) return { tools };
	if (choice === 'auto' || choice === 'none' || choice === 'required') return { tools, toolChoice: { type: choice } };
	const said = isObject(choice) ? choice : {};
	if (said['type'] === 'allowed_tools') {
		const allowed = said['allowed_tools'] ?? said;
		return decodeAllowed(objectAt(allowed, 'tool_choice.allowed_tools'), 'tool_choice.allowed_tools', tools);
	}
	const toolName = namedIn(said);
	if (typeof toolName !== 'string') return refuse(choice, 'tool_choice', 'auto, none, required or a tool by its name');
	return { tools, toolChoice: { type: 'tool', toolName } };
}
