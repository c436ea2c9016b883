import type { WireFormatName } from '../../contracts/index.ts';
import { hashText } from '../../util/index.ts';
import { type JsonEdit, type JsonPath, replaceJsonValue } from './json-splice.ts';

/** What ids of tool calls a provider takes. */
export interface ToolIdRule {
	/** Characters that it refuses. */
	refused: RegExp;
	maxLength: number;
	/** Every id has exactly `maxLength` characters. @default false */
	isExact?: boolean;
}

/** Anthropic: https://docs.claude.com/en/api/messages (`tool_use.id`); Bedrock's Converse adds the length, as OpenAI's Responses. */
const STRICT_TOOL_IDS: ToolIdRule = { refused: /[^a-zA-Z0-9_-]/g, maxLength: 64 };
/** OpenAI's Chat Completions: a 400 names this length. */
const OPENAI_CHAT_IDS: ToolIdRule = { refused: /[^\x21-\x7e]/g, maxLength: 40 };
/** Mistral's API and its models' tokenizers elsewhere: https://docs.mistral.ai/capabilities/function_calling */
const MISTRAL_IDS: ToolIdRule = { refused: /[^a-zA-Z0-9]/g, maxLength: 9, isExact: true };
const MISTRAL_MODEL = /(?:mi[sx]tral|codestral|devstral|magistral|ministral|pixtral)/i;

/** Who reads the ids of tool calls. */
export interface ToolIdReader {
	/** The model's id there. */
	modelId: string;
	/** It is a server of another company than the format's. @default false */
	isCompatible?: boolean | undefined;
}

/**
 * The rule of whoever reads a request in this format. `null`: any id is taken; servers of other companies that speak Chat
 * Completions have ids of their own, which some of their models must see again unchanged.
 */
export function getToolIdRule(
	format: WireFormatName,
	{ isCompatible = false, modelId }: ToolIdReader,
): ToolIdRule | null {
	if (format === 'gemini') return null;
	if (format !== 'openai-chat') return STRICT_TOOL_IDS;
	if (!isCompatible) return OPENAI_CHAT_IDS;
	return MISTRAL_MODEL.test(modelId) ? MISTRAL_IDS : null;
}

/** The id where the rule allows it, else one that is made of it: the same one every time, so that prompt caches hold. */
function fitToolId(id: string, { refused, maxLength, isExact = false }: ToolIdRule): string {
	const allowed = id.replace(refused, isExact ? '' : '_');
	if (id !== '' && allowed === id && (isExact ? id.length === maxLength : id.length <= maxLength)) return id;
	const hash = hashText(id);
	if (isExact) return hash.slice(-maxLength);
	return `${(allowed || 'call').slice(0, maxLength - hash.length - 1)}_${hash}`;
}

/** Gives the calls of one conversation ids that its reader takes, each its own, and results the id of their call. */
export class ToolIds {
	readonly #rule: ToolIdRule | null;
	readonly #used = new Set<string>();
	/** Ids given to the calls of each id: those that wait for their result, the last one and its number. As many as the conversation has. */
	readonly #given = new Map<string, { turn: number; waiting: string[]; last: string; copies: number }>();
	#turn = 0;
	#isTurnOver = false;

	constructor(rule: ToolIdRule | null) {
		this.#rule = rule;
	}

	/** Another message than a result: what was not answered before it will not be any more. */
	endTurn(): void {
		this.#isTurnOver = true;
	}

	/** The id of the next call. */
	addCall(id: string): string {
		if (this.#rule === null) return id;
		// calls after a result are a new turn too
		if (this.#isTurnOver) this.#turn += 1;
		this.#isTurnOver = false;
		const earlier = this.#given.get(id);
		let copies = earlier?.copies ?? 0;
		let given: string;
		// counted on from the last one: from the first, calls of one id would take time by the square of their number
		do {
			copies += 1;
			given = fitToolId(copies === 1 ? id : `${id} ${copies}`, this.#rule);
		} while (this.#used.has(given));
		this.#used.add(given);
		const waiting = earlier?.turn === this.#turn ? earlier.waiting : [];
		waiting.push(given);
		this.#given.set(id, { turn: this.#turn, waiting, last: given, copies });
		return given;
	}

	/** The id of the call that the next result answers: of several calls with one id the first that waits. */
	resolve(id: string): string {
		if (this.#rule === null) return id;
		this.#isTurnOver = true;
		const given = this.#given.get(id);
		if (given === undefined) return fitToolId(id, this.#rule);
		return given.waiting.shift() ?? given.last;
	}

	/** The edits that give the call whose id is at a path the id that its reader takes. */
	editCall(path: JsonPath, id: unknown): JsonEdit[] {
		return typeof id === 'string' ? toEdits(path, id, this.addCall(id)) : [];
	}

	/** The edits that give the result whose call is named at a path the id of that call. */
	editResult(path: JsonPath, id: unknown): JsonEdit[] {
		return typeof id === 'string' ? toEdits(path, id, this.resolve(id)) : [];
	}
}

function toEdits(path: JsonPath, id: string, given: string): JsonEdit[] {
	return given === id ? [] : [replaceJsonValue(path, JSON.stringify(given))];
}
