import { isObject, type JsonObject } from '../../util/index.ts';

/** What a provider may do within one request besides reading it once. */
export interface ServerTools {
	/** Uses that the request permits; `Infinity` where it sets no limit. */
	uses: number;
	/** Tools of the provider's own that read nothing again: they cost their definition. */
	ownTools: number;
}

/** Types of tools that the caller runs, whole or up to their date. */
const RUN_BY_CALLER =
	/^(?:function|custom|namespace|tool_search$|local_shell|apply_patch|bash|text_editor|computer|memory)/;
/** Types of Anthropic and OpenAI that run at the provider and read nothing again. */
const WITHOUT_REREADING = /^tool_search_tool/;
/** Gemini's members of a tool that hold the caller's own functions. */
const GEMINI_FUNCTIONS: ReadonlySet<string> = new Set(['functionDeclarations', 'function_declarations', 'computerUse']);

/** Members of a body by which a provider is asked to search or to call servers by itself. */
export const SERVER_MEMBERS = ['mcp_servers', 'web_search_options', 'search_parameters', 'plugins'] as const;

/** Types of Anthropic's tools end in their date; only it knows `max_uses`. */
const DATED = /_\d{8}$/;

/** How often a tool may be used; `null` for one that the caller runs. */
function countUses(tool: JsonObject): number | null {
	const { args, id, max_uses } = tool;
	// the neutral form: `{ type: 'provider', id: 'anthropic.web_search_20250305', args: { maxUses } }`
	const type = typeof id === 'string' ? id.slice(id.indexOf('.') + 1) : tool['type'];
	if (typeof type !== 'string') {
		// Gemini names its tools by a member; a function of another format has a name or a definition
		if ('name' in tool || 'function' in tool || 'toolSpec' in tool) return null;
		return Object.keys(tool).every((name) => GEMINI_FUNCTIONS.has(name)) ? null : Number.POSITIVE_INFINITY;
	}
	if (RUN_BY_CALLER.test(type) || WITHOUT_REREADING.test(type)) return null;
	const uses = isObject(args) ? args['maxUses'] : DATED.test(type) ? max_uses : undefined;
	return typeof uses === 'number' && uses >= 0 ? uses : Number.POSITIVE_INFINITY;
}

/** Reads which of a request's tools run at the provider, and how often they may. */
export function readServerTools(body: JsonObject): ServerTools {
	let [uses, ownTools] = [0, 0];
	for (const tool of Array.isArray(body['tools']) ? body['tools'] : []) {
		if (!isObject(tool)) continue;
		const permitted = countUses(tool);
		uses += permitted ?? 0;
		if (permitted === null && /^tool_search|\d{8}$/.test(String(tool['type']))) ownTools += 1;
	}
	const { max_tool_calls: limit, reasoning } = body;
	if (SERVER_MEMBERS.some((name) => body[name] !== undefined && body[name] !== null)) uses = Number.POSITIVE_INFINITY;
	// only OpenAI's responses know it
	const isKnown = !('messages' in body || 'contents' in body);
	if (isKnown && typeof limit === 'number' && limit >= 0) uses = Math.min(uses, limit);
	// several answers are made and read again, however many
	if (isObject(reasoning) && reasoning['mode'] === 'pro') uses = Number.POSITIVE_INFINITY;
	return { uses, ownTools };
}
