import type {
	JSONObject,
	LanguageModelV4CallOptions,
	LanguageModelV4FunctionTool,
	LanguageModelV4ProviderTool,
} from '@ai-sdk/provider';
import { type BodyFields, invalidField } from '../shared/body-fields.ts';
import type { JsonObject } from '../shared/usage-fields.ts';
import { anthropicOptions, cacheControlOf } from './decode-options.ts';

type Tool = LanguageModelV4FunctionTool | LanguageModelV4ProviderTool;

function camelCase(name: string): string {
	return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** A tool that Anthropic defines, e.g. `web_search_20250305`. */
function decodeServerTool(tool: BodyFields, type: string, dropped: string[]): LanguageModelV4ProviderTool {
	const name = tool.text('name') ?? type;
	// the AI SDK has no place for a mark on these
	if (cacheControlOf(tool) !== undefined) dropped.push(tool.at('cache_control'));
	const { type: _type, name: _name, cache_control: _mark, ...args } = tool.value;
	const camelArgs = Object.entries(args).map(([key, value]): [string, unknown] => [camelCase(key), value]);
	const id = type.replace(/^tool_search_tool_/, 'tool_search_');
	return { type: 'provider', id: `anthropic.${id}`, name, args: Object.fromEntries(camelArgs) };
}

function decodeFunction(tool: BodyFields, dropped: string[]): LanguageModelV4FunctionTool {
	const description = tool.text('description');
	const strict = tool.flag('strict');
	const examples = tool.objects('input_examples').map(({ value }) => ({ input: value as JSONObject }));
	const schema: JsonObject = tool.object('input_schema')?.value ?? { type: 'object' };
	const decoded: LanguageModelV4FunctionTool = {
		type: 'function',
		name: tool.needText('name'),
		// a schema is the caller's: providers judge it
		inputSchema: schema as LanguageModelV4FunctionTool['inputSchema'],
		...(description === undefined ? {} : { description }),
		...(strict === undefined ? {} : { strict }),
		...(examples.length === 0 ? {} : { inputExamples: examples }),
		...anthropicOptions({
			cacheControl: cacheControlOf(tool),
			eagerInputStreaming: tool.flag('eager_input_streaming'),
			deferLoading: tool.flag('defer_loading'),
			allowedCallers: tool.texts('allowed_callers'),
		}),
	};
	dropped.push(...tool.untaken());
	return decoded;
}

/** The tools a caller offers. */
export function decodeTools(body: BodyFields, dropped: string[]): Tool[] {
	return body.objects('tools').map((tool) => {
		const type = tool.text('type') ?? 'custom';
		return type === 'custom' ? decodeFunction(tool, dropped) : decodeServerTool(tool, type, dropped);
	});
}

/** Which tool must be called. */
export function decodeToolChoice(choice: BodyFields): NonNullable<LanguageModelV4CallOptions['toolChoice']> {
	const type = choice.text('type');
	switch (type) {
		case 'auto':
		case 'none':
			return { type };
		case 'any':
			return { type: 'required' };
		case 'tool':
			return { type: 'tool', toolName: choice.needText('name') };
		default:
			throw invalidField(choice.at('type'), type, '"auto", "any", "tool" or "none"');
	}
}
