import { isObject, type JsonObject } from '../../util/index.ts';
import { objectsIn, presentMembers } from './body-fields.ts';

/** Members that only the provider which wrote them can read, or that name what it holds. */
const OPAQUE = /^(?:encrypted|signature$|fingerprint$|page_?age$)/i;
/** A longer text without a space is the content of a file. */
const MAX_WORD_CHARACTERS = 2_000;

/** A value without what no other provider can read; `undefined` where nothing is left. */
function toReadable(value: unknown): unknown {
	if (typeof value === 'string')
		return value.length > MAX_WORD_CHARACTERS && !/\s/.test(value.slice(0, MAX_WORD_CHARACTERS)) ? '(a file)' : value;
	if (Array.isArray(value)) return value.map(toReadable).filter((member) => member !== undefined);
	if (!isObject(value)) return value ?? undefined;
	const kept = Object.entries(presentMembers(value)).filter(([name]) => !OPAQUE.test(name));
	return Object.fromEntries(kept.map(([name, member]) => [name, toReadable(member)]));
}

function toText(value: unknown): string {
	const readable = toReadable(value);
	return typeof readable === 'string' ? readable : (JSON.stringify(readable) ?? '');
}

/** Web pages, one a line. */
function listPages(pages: readonly JsonObject[]): string {
	return pages.map(({ title, url }) => `- ${typeof title === 'string' ? `${title}: ` : ''}${String(url)}`).join('\n');
}

/** The use of a tool that no other provider has, in words that every model can read. */
export function describeToolUse(name: string, input: unknown): string {
	const text = toText(input);
	return text === '' || text === '{}' ? `Used the tool ${name}.` : `Used the tool ${name} with ${text}`;
}

/** What such a tool returned. */
export function describeToolResult(name: string, result: unknown): string {
	const found = objectsIn(Array.isArray(result) ? result : isObject(result) ? result['sources'] : undefined);
	const pages = found.filter(({ url }) => typeof url === 'string');
	const text = pages.length > 0 && pages.length === found.length ? `\n${listPages(pages)}` : ` ${toText(result)}`;
	return `The tool ${name} returned:${text}`;
}
