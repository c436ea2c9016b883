import type { LanguageModelV4CallOptions, LanguageModelV4ProviderTool } from '@ai-sdk/provider';
import type { WireFormatName } from '../../contracts/index.ts';
import { isObject } from '../../util/index.ts';
import { type Family, getFamily } from './target.ts';

type Tools = NonNullable<LanguageModelV4CallOptions['tools']>;
type Kind = 'search' | 'code' | 'page' | 'none';

/** What a tool that its provider runs is for, by its id; those of one provider alone are for nothing that another has. */
const KINDS: readonly (readonly [RegExp, Kind])[] = [
	[/^(?:anthropic|openai)[.]web_search|^google[.]google_search$/, 'search'],
	[/^(?:anthropic|google)[.]code_execution|^openai[.]code_interpreter$/, 'code'],
	[/^anthropic[.]web_fetch|^google[.]url_context$/, 'page'],
];

/** The tools of each provider for the same, in the names of its client library. */
const TOOLS: Readonly<Partial<Record<Family, Readonly<Partial<Record<Kind, string>>>>>> = {
	anthropic: {
		search: 'anthropic.web_search_20250305',
		code: 'anthropic.code_execution_20250825',
		page: 'anthropic.web_fetch_20250910',
	},
	openai: { search: 'openai.web_search', code: 'openai.code_interpreter' },
	google: { search: 'google.google_search', code: 'google.code_execution', page: 'google.url_context' },
};

function findKind(id: string): Kind {
	return KINDS.find(([pattern]) => pattern.test(id))?.[1] ?? 'none';
}

function snakeCase(name: string): string {
	return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** The settings of a web search that both providers have, in the target's words. */
function translateSearch({ args }: LanguageModelV4ProviderTool, family: Family): Record<string, unknown> {
	const { userLocation, allowedDomains, filters } = args;
	const domains = isObject(filters) ? filters['allowedDomains'] : allowedDomains;
	if (family === 'google') return {};
	return {
		...(userLocation === undefined ? {} : { userLocation }),
		...(domains === undefined
			? {}
			: family === 'openai'
				? { filters: { allowedDomains: domains } }
				: { allowedDomains: domains }),
	};
}

const SAME_SETTINGS: ReadonlySet<string> = new Set(['userLocation', 'allowedDomains', 'filters']);
const NO_SETTINGS: ReadonlySet<string> = new Set();

/** True where a family's models search the web themselves. */
export function hasWebSearch(format: WireFormatName | null): boolean {
	return TOOLS[getFamily(format)]?.search !== undefined;
}

/** How often a call's hosted tools may be used, where it says so: money is held for no more. */
function findLimit(options: LanguageModelV4CallOptions, { args }: LanguageModelV4ProviderTool): number | undefined {
	const limit = args['maxUses'] ?? options.providerOptions?.['openai']?.['maxToolCalls'];
	return typeof limit === 'number' ? limit : undefined;
}

/** Whether a provider's tool can be held to a number of uses. */
function canLimit(family: Family, kind: Kind): boolean {
	return family === 'openai' || (family === 'anthropic' && kind !== 'code');
}

/** The provider's own tool for the same as another's; `null` where it has none that keeps to the limit of its uses. */
function toOwnTool(
	tool: LanguageModelV4ProviderTool,
	{ dropped, family, limit }: { dropped: Set<string>; family: Family; limit: number | undefined },
): LanguageModelV4ProviderTool | null {
	const kind = findKind(tool.id);
	const id = limit === undefined || canLimit(family, kind) ? TOOLS[family]?.[kind] : undefined;
	const [provider, name] = id?.split(/[.](.*)/) ?? [];
	if (provider === undefined || name === undefined) {
		dropped.add(`tools.${tool.name}`);
		return null;
	}
	const kept = kind === 'search' && family !== 'google' ? SAME_SETTINGS : NO_SETTINGS;
	for (const setting of Object.keys(tool.args))
		if (!kept.has(setting)) dropped.add(`tools.${tool.name}.${snakeCase(setting)}`);
	const args = kind === 'search' ? translateSearch(tool, family) : {};
	const limited = family === 'anthropic' && limit !== undefined ? { ...args, maxUses: limit } : args;
	return { type: 'provider', id: `${provider}.${name}`, name: name.replace(/_\d{8}$/, ''), args: limited };
}

/**
 * The tools of a call for a provider: those that the caller's provider would run, as the provider's own for the same where it
 * has one. What is lost is named in `dropped`, and never costs the caller its functions: Gemini takes either.
 */
export function fitTools(
	options: LanguageModelV4CallOptions,
	family: Family,
	dropped: Set<string>,
): LanguageModelV4CallOptions {
	const { tools, toolChoice, ...rest } = options;
	if (tools === undefined || tools.every((tool) => tool.type === 'function' || isOwn(tool, family))) return options;
	const functionsAlone = family === 'google' && tools.some(({ type }) => type === 'function');
	const limits: number[] = [];
	/** The name that each hosted tool of the caller's has here. */
	const ownNames = new Map<string, string>();
	const kept = tools.flatMap((tool): Tools => {
		if (tool.type === 'function' || isOwn(tool, family)) return [tool];
		if (functionsAlone) dropped.add(`tools.${tool.name}`);
		const limit = findLimit(options, tool);
		const own = functionsAlone ? null : toOwnTool(tool, { dropped, family, limit });
		if (own === null) return [];
		if (limit !== undefined) limits.push(limit);
		ownNames.set(tool.name, own.name);
		return [own];
	});
	const choice = fitChoice(toolChoice, { family, kept, ownNames });
	if (toolChoice !== undefined && choice === undefined) dropped.add('tool_choice');
	return {
		...rest,
		...(family === 'openai' && limits.length > 0 ? withToolLimit(rest, Math.min(...limits)) : {}),
		...(kept.length === 0 ? {} : { tools: kept }),
		...(choice === undefined ? {} : { toolChoice: choice }),
	};
}

/** The choice among the tools that are kept, by their names here; `undefined` where it cannot be kept. */
function fitChoice(
	choice: LanguageModelV4CallOptions['toolChoice'],
	{ family, kept, ownNames }: { family: Family; kept: Tools; ownNames: ReadonlyMap<string, string> },
): LanguageModelV4CallOptions['toolChoice'] {
	if (choice === undefined || kept.length === 0) return undefined;
	const isForced = choice.type === 'required' || choice.type === 'tool';
	// Gemini is forced to call functions only
	if (isForced && family === 'google' && kept.every(({ type }) => type === 'provider')) return undefined;
	if (choice.type !== 'tool') return choice;
	const toolName = ownNames.get(choice.toolName) ?? choice.toolName;
	return kept.some(({ name }) => name === toolName) ? { type: 'tool', toolName } : undefined;
}

/** OpenAI counts the uses of all hosted tools together. */
function withToolLimit(
	{ providerOptions }: LanguageModelV4CallOptions,
	maxToolCalls: number,
): Pick<LanguageModelV4CallOptions, 'providerOptions'> {
	return { providerOptions: { ...providerOptions, openai: { ...providerOptions?.['openai'], maxToolCalls } } };
}

function isOwn({ id }: LanguageModelV4ProviderTool, family: Family): boolean {
	return id.startsWith(`${family}.`);
}
