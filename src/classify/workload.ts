import { BILLING_TEXT_PREFIX, type RequestClass, type TaskInput } from '../contracts/index.ts';
import { BoundedMap, isObject, type JsonObject } from '../util/index.ts';
import { getMessageParts, getMessages } from './read-task.ts';

/** Characters of system prompts that tell one agent from another: what varies with user and day stands further down. */
const MAX_PROMPT_CHARACTERS = 4096;
/** Texts of a system prompt that are read. */
const MAX_PROMPT_TEXTS = 8;
/** Tools by whose names an agent is told from others. */
const MAX_TOOLS = 256;
/** Characters of a tool's name that are read. */
const MAX_NAME_CHARACTERS = 128;
/** Agents whose identity is remembered; it is made from at most some 40 KB of text, usually from 5. */
const MAX_REMEMBERED = 128;
/** Hexadecimal digits of a workload's id. */
const ID_DIGITS = 16;

/** Words that say when: with them an agent would be another one every month. */
const CALENDAR_WORDS: ReadonlySet<string> = new Set(
	(
		'january february march april may june july august september october november december jan feb mar apr jun jul aug sep ' +
		'sept oct nov dec monday tuesday wednesday thursday friday saturday sunday mon tue wed thu fri sat sun am pm utc gmt'
	).split(' '),
);
/** Dates, ids, versions, paths and addresses: anything between spaces with a digit, a slash or an at sign in it. */
const VARYING = /\S*[\d/\\@]\S*/g;
const WORD = /\p{L}+/gu;

/** Who asks, beside what the request shows. */
export interface WorkloadCaller {
	/** Id of the virtual key. */
	key?: string | undefined;
	/** The caller's program, such as `claude-cli`. */
	app?: string | undefined;
	requestClass?: RequestClass | undefined;
}

/**
 * Names the workload that a request belongs to: whose work it is and of which kind, as a keyed hash of the caller's key and program,
 * of the words that its system prompt begins with, of its tools' names, and of what an agent makes it for.
 */
export class WorkloadReader {
	readonly #hash: (text: string) => string;
	/** By what the id is made from, so that an agent whose prompt and tools stay is hashed once. */
	readonly #known = new BoundedMap<string, string>(MAX_REMEMBERED);

	/** `hash`: keyed, so that nobody finds a prompt by trying; hexadecimal, of 16 digits or more. */
	constructor(hash: (text: string) => string) {
		this.#hash = hash;
	}

	/** The id, 16 hexadecimal digits; `undefined` for a request that shows nothing of whose it is. */
	identify(task: TaskInput, { app = '', key = '', requestClass = 'main' }: WorkloadCaller): string | undefined {
		const [prompt, tools] = typeof task === 'string' ? ['', ''] : [readPrompt(task), readToolNames(task.tools)];
		if (app === '' && key === '' && prompt === '' && tools === '') return undefined;
		const shown = `${key}\n${app}\n${requestClass}\n${tools}\n${prompt}`;
		let id = this.#known.get(shown);
		if (id === undefined) {
			id = this.#hash(`workload\n${key}\n${app}\n${requestClass}\n${tools}\n${toSkeleton(prompt)}`).slice(0, ID_DIGITS);
			this.#known.set(shown, id);
		}
		return id;
	}
}

/** The beginning of the system prompt, whether it has a place of its own or is the first messages; a copy, as a slice would keep all of it in memory. */
function readPrompt(task: Exclude<TaskInput, string>): string {
	const own = Array.isArray(task.system) ? getMessageParts({ content: task.system }) : [task.system];
	const isSystem = (role: unknown): boolean => role === 'system' || role === 'developer';
	const messages = getMessages(task).slice(0, 2);
	const parts = messages.filter((message) => isSystem(message?.role)).flatMap(getMessageParts);
	let prompt = '';
	for (const part of [...own, ...parts].slice(0, MAX_PROMPT_TEXTS)) {
		const text = isObject(part) ? part['text'] : part;
		if (typeof text !== 'string' || text.startsWith(BILLING_TEXT_PREFIX)) continue;
		prompt = [prompt, text.slice(0, MAX_PROMPT_CHARACTERS - prompt.length)].join('\n');
		if (prompt.length >= MAX_PROMPT_CHARACTERS) break;
	}
	return prompt;
}

/** What stays of a prompt from day to day and from session to session: its words. */
function toSkeleton(prompt: string): string {
	const words = prompt.toLowerCase().replace(VARYING, ' ').match(WORD) ?? [];
	return words.filter((word) => !CALENDAR_WORDS.has(word)).join(' ');
}

/** The tools' names in one order, in the format of any provider. */
function readToolNames(tools: readonly unknown[] | undefined): string {
	if (!Array.isArray(tools) || tools.length === 0) return '';
	const names = tools.slice(0, MAX_TOOLS).filter(isObject).flatMap(listNames);
	return names.slice(0, MAX_TOOLS).sort().join(' ');
}

/** OpenAI nests a function; Gemini lists several in one tool. */
function listNames({ function: nested, functionDeclarations: declared, name, type }: JsonObject): string[] {
	if (Array.isArray(declared)) return declared.slice(0, MAX_TOOLS).filter(isObject).flatMap(listNames);
	const own = (isObject(nested) ? nested['name'] : undefined) ?? name ?? type;
	return typeof own === 'string' ? [own.slice(0, MAX_NAME_CHARACTERS)] : [];
}
