import type { LanguageModelV4CallOptions } from '@ai-sdk/provider';
import { isObject, type JsonObject } from '../../util/index.ts';
import { type BodyFields, objectsIn } from '../shared/body-fields.ts';
import { decodeOpenAiToolChoice, decodeOpenAiTools } from '../shared/openai.ts';

/** A tool as the caller knows it. */
interface CallerTool {
	name: string;
	/** The group in which it stands (Codex groups its tools). */
	namespace?: string;
	/** It takes free text. */
	isCustom: boolean;
}

/** The one name under which models of other providers know a tool of a namespace. */
export function toFlatName(namespace: unknown, name: string): string {
	return typeof namespace === 'string' && namespace !== '' ? `${namespace}__${name}` : name;
}

/** The lists in which tools stand: the request's own, and those of items that add some. */
function listToolHolders(body: JsonObject): JsonObject[] {
	return [body, ...objectsIn(body['input']).filter(({ type }) => type === 'additional_tools')];
}

/** All tools of a request, those in namespaces too. */
export function listTools(body: JsonObject): { tool: JsonObject; namespace?: string }[] {
	return listToolHolders(body).flatMap(({ tools }) =>
		objectsIn(tools).flatMap((tool) => {
			const { name, type } = tool;
			if (type !== 'namespace' || typeof name !== 'string') return [{ tool }];
			return objectsIn(tool['tools']).map((inner) => ({ tool: inner, namespace: name }));
		}),
	);
}

/** The caller's functions and tools of free text, by the name under which models call them. */
export function indexTools(body: JsonObject): ReadonlyMap<string, CallerTool> {
	return new Map(
		listTools(body).flatMap(({ namespace, tool: { name, type } }) => {
			if (typeof name !== 'string') return [];
			const tool = { name, isCustom: type === 'custom', ...(namespace === undefined ? {} : { namespace }) };
			return [[toFlatName(namespace, name), tool] as const];
		}),
	);
}

type DecodedTools = Pick<LanguageModelV4CallOptions, 'tools' | 'toolChoice'>;

/** Tools and the choice among them; a tool of a namespace under its flat name. @throws InvalidInputError naming the field */
export function decodeTools(body: BodyFields, items: readonly BodyFields[], dropped: string[]): DecodedTools {
	const added = items.filter((item) => item.get('type') === 'additional_tools');
	const tools = [body, ...added].flatMap((holder) =>
		holder.objects('tools').flatMap((tool) => decodeTool(tool, dropped)),
	);
	const choice = body.get('tool_choice');
	// a tool that OpenAI runs itself has no name
	const isHosted = isObject(choice) && choice['type'] !== 'allowed_tools' && choice['name'] === undefined;
	if (!isHosted) return decodeOpenAiToolChoice(body, tools);
	const hosted = tools.find(({ name, type }) => type === 'provider' && name === choice['type']);
	if (hosted !== undefined) return { tools, toolChoice: { type: 'tool', toolName: hosted.name } };
	dropped.push('tool_choice');
	return tools.length === 0 ? {} : { tools };
}

function decodeTool(tool: BodyFields, dropped: string[]): NonNullable<DecodedTools['tools']> {
	if (tool.get('type') !== 'namespace') return decodeOpenAiTools([tool], (each) => each, dropped);
	const namespace = tool.requireName('name');
	const inner = decodeOpenAiTools(tool.objects('tools'), (each) => each, dropped);
	return inner.map((each) => ({ ...each, name: toFlatName(namespace, each.name) }));
}
