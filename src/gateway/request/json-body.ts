import { InvalidInputError } from '../../errors/index.ts';
import { removeJsonMember } from '../../protocol/index.ts';
import { isObject, type JsonObject } from '../../util/index.ts';

/** Objects and lists nested in one another. */
const MAX_JSON_DEPTH = 200;

const QUOTE = 34;
const BACKSLASH = 92;
const COLON = 58;
const OPEN_BRACKET = 91;
const CLOSE_BRACKET = 93;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;

/** The index of the quote that ends a string: one with an even number of backslashes before it. */
function findStringEnd(text: string, start: number): number {
	for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
		let before = end - 1;
		while (text.charCodeAt(before) === BACKSLASH) before -= 1;
		if ((end - before) % 2 === 1) return end;
	}
	return text.length;
}

/** What the text of a body shows and parsing it hides. */
interface JsonShape {
	isTooDeep: boolean;
	/** Member names as written, by depth: 1 for those of the body, 2 for those of the objects in it. */
	namesByDepth: Uint32Array;
}

/** Scans the text once. Invalid JSON is left to the parser. */
function scanShape(text: string): JsonShape {
	const namesByDepth = new Uint32Array(3);
	let depth = 0;
	for (let index = 0; index < text.length; index += 1) {
		const code = text.charCodeAt(index);
		if (code === QUOTE) index = findStringEnd(text, index);
		// Outside strings a colon follows a name only. Writes beyond the array's end do nothing.
		else if (code === COLON) namesByDepth[depth] = (namesByDepth[depth] ?? 0) + 1;
		else if (code === OPEN_BRACE || code === OPEN_BRACKET) {
			depth += 1;
			if (depth > MAX_JSON_DEPTH) return { isTooDeep: true, namesByDepth };
		} else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) depth -= 1;
	}
	return { isTooDeep: false, namesByDepth };
}

/**
 * Whether a name occurs twice in the body or in one of its members. Parsers disagree on which one counts: the provider
 * could run another model, limit or number of answers than the one that was priced here.
 */
function hasDuplicateNames(body: JsonObject, [, bodyNames = 0, memberNames = 0]: Uint32Array): boolean {
	let bodyKeys = 0;
	let memberKeys = 0;
	for (const member of Object.values(body)) {
		bodyKeys += 1;
		if (isObject(member)) memberKeys += Object.keys(member).length;
	}
	return bodyKeys < bodyNames || memberKeys < memberNames;
}

/** Parses a request's body. @throws InvalidInputError for anything but one object whose names are unique */
export function parseJsonBody(text: string): JsonObject {
	const { isTooDeep, namesByDepth } = scanShape(text);
	if (isTooDeep) {
		throw new InvalidInputError(`The body is nested deeper than ${MAX_JSON_DEPTH} levels. Send a flatter request.`);
	}
	let value: unknown;
	try {
		value = JSON.parse(text);
	} catch (error) {
		// The parser's message quotes the body, which may hold private text; the position is enough.
		const place = /position (\d+)/.exec(String(error))?.[1];
		const where = place === undefined ? '' : ` (at byte ${place} or near)`;
		throw new InvalidInputError(
			`The body is not JSON${where}. Send one JSON object with content-type application/json.`,
		);
	}
	if (!isObject(value)) throw new InvalidInputError('The body is not a JSON object. Send one JSON object.');
	if (!hasDuplicateNames(value, namesByDepth)) return value;
	throw new InvalidInputError(
		'A member of the body has the same name twice, so that readers differ on which one counts. Send each name once.',
	);
}

/** A body without one of its members, as text and parsed; unchanged when it has none of that name. */
export function omitBodyField(text: string, body: JsonObject, name: string): [string, JsonObject] {
	if (!Object.hasOwn(body, name)) return [text, body];
	const { [name]: _, ...rest } = body;
	return [removeJsonMember(text, name), rest];
}
