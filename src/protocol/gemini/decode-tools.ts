import type {
	LanguageModelV4CallOptions,
	LanguageModelV4FunctionTool,
	LanguageModelV4ProviderTool,
} from '@ai-sdk/provider';
import { type BodyFields, invalidField } from '../shared/body-fields.ts';
import type { JsonObject } from '../shared/usage-fields.ts';
import { decodeSchema } from './decode-schema.ts';

type Tool = LanguageModelV4FunctionTool | LanguageModelV4ProviderTool;
type ToolChoice = NonNullable<LanguageModelV4CallOptions['toolChoice']>;

/** Google's own tools, by their member; the AI SDK's names for them. */
const PROVIDER_TOOLS: Readonly<Record<string, string>> = {
	googleSearch: 'google_search',
	urlContext: 'url_context',
	codeExecution: 'code_execution',
	enterpriseWebSearch: 'enterprise_web_search',
	googleMaps: 'google_maps',
	fileSearch: 'file_search',
};

function decodeFunction(declaration: BodyFields, dropped: string[]): LanguageModelV4FunctionTool {
	const description = declaration.text('description');
	const own = declaration.object('parameters')?.value;
	const json = declaration.object('parametersJsonSchema')?.value;
	const schema: JsonObject = json ?? (own === undefined ? { type: 'object', properties: {} } : decodeSchema(own));
	const name = declaration.needText('name');
	dropped.push(...declaration.untaken());
	return {
		type: 'function',
		name,
		...(description === undefined ? {} : { description }),
		// a schema is the caller's: providers judge it
		inputSchema: schema as LanguageModelV4FunctionTool['inputSchema'],
	};
}

function decodeProviderTools(tool: BodyFields): LanguageModelV4ProviderTool[] {
	return Object.entries(PROVIDER_TOOLS).flatMap(([member, name]) => {
		const args = tool.object(member)?.value;
		return args === undefined ? [] : [{ type: 'provider', id: `google.${name}`, name, args: { ...args } }];
	});
}

/** The tools a caller offers. */
export function decodeTools(body: BodyFields, dropped: string[]): Tool[] {
	return body.objects('tools').flatMap((tool) => {
		const functions = tool.objects('functionDeclarations').map((item) => decodeFunction(item, dropped));
		const provided = decodeProviderTools(tool);
		dropped.push(...tool.untaken());
		return [...functions, ...provided];
	});
}

/** Which tools may or must be called; tools outside a list of allowed ones are taken away. */
export function decodeToolConfig(
	body: BodyFields,
	tools: Tool[],
	dropped: string[],
): { tools: Tool[]; choice?: ToolChoice } {
	const config = body.object('toolConfig');
	const calling = config?.object('functionCallingConfig');
	config?.take('retrievalConfig');
	dropped.push(...(config?.untaken() ?? []));
	if (calling === undefined) return { tools };
	const mode = calling.text('mode') ?? 'AUTO';
	const allowed = calling.texts('allowedFunctionNames') ?? [];
	dropped.push(...calling.untaken());
	const left =
		allowed.length === 0 ? tools : tools.filter(({ type, name }) => type !== 'function' || allowed.includes(name));
	const [only, ...others] = allowed;
	switch (mode) {
		case 'AUTO':
		case 'MODE_UNSPECIFIED':
			return { tools, choice: { type: 'auto' } };
		case 'NONE':
			return { tools, choice: { type: 'none' } };
		case 'ANY':
			if (only !== undefined && others.length === 0) return { tools, choice: { type: 'tool', toolName: only } };
			return { tools: left, choice: { type: 'required' } };
		case 'VALIDATED':
			dropped.push(calling.at('mode'));
			return { tools: left, choice: { type: 'auto' } };
		default:
			throw invalidField(calling.at('mode'), mode, '"AUTO", "ANY", "NONE" or "VALIDATED"');
	}
}
