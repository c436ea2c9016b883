import { InvalidInputError } from '../errors/index.ts';

/** A JSON object. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** True for a JSON object, false for lists and everything else. */
export function isJsonObject(value: unknown): value is JsonObject {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Brackets that may stand inside one another. */
export const MAX_JSON_DEPTH: number = 200;

const QUOTE = 34;
const BACKSLASH = 92;

function endOfText(text: string, open: number): number {
	for (let at = text.indexOf('"', open + 1); at !== -1; at = text.indexOf('"', at + 1)) {
		let before = at - 1;
		while (text.charCodeAt(before) === BACKSLASH) before -= 1;
		if ((at - before) % 2 === 1) return at;
	}
	return text.length;
}

/** Whether brackets stand deeper inside one another than any request's do. */
function isTooDeep(text: string): boolean {
	let depth = 0;
	for (let at = 0; at < text.length; at += 1) {
		const code = text.charCodeAt(at);
		if (code === QUOTE) at = endOfText(text, at);
		else if (code === 123 || code === 91) {
			depth += 1;
			if (depth > MAX_JSON_DEPTH) return true;
		} else if (code === 125 || code === 93) depth -= 1;
	}
	return false;
}

/** A request's body as an object. @throws InvalidInputError for what is none */
export function readJson(text: string): JsonObject {
	if (isTooDeep(text)) {
		throw new InvalidInputError(`The body is nested deeper than ${MAX_JSON_DEPTH} levels. Send a flatter request.`);
	}
	let value: unknown;
	try {
		value = JSON.parse(text);
	} catch (error) {
		// The parser's message quotes the body, which may be anybody's words; the place is enough.
		const place = /position (\d+)/.exec(String(error))?.[1];
		const where = place === undefined ? '' : ` (at byte ${place} or near)`;
		throw new InvalidInputError(
			`The body is not JSON${where}. Send one JSON object with content-type application/json.`,
		);
	}
	if (isJsonObject(value)) return value;
	throw new InvalidInputError('The body is not a JSON object. Send one JSON object.');
}
