import { InvalidInputError } from '../../errors/index.ts';
import { removeJsonMember } from '../../protocol/index.ts';
import { isObject, type JsonObject } from '../../util/index.ts';

/** Brackets that may stand inside one another. */
const MAX_JSON_DEPTH: number = 200;

const QUOTE = 34;
const BACKSLASH = 92;
const COLON = 58;

function endOfText(text: string, open: number): number {
	for (let at = text.indexOf('"', open + 1); at !== -1; at = text.indexOf('"', at + 1)) {
		let before = at - 1;
		while (text.charCodeAt(before) === BACKSLASH) before -= 1;
		if ((at - before) % 2 === 1) return at;
	}
	return text.length;
}

/** What a look at the text of a body tells that parsing it does not. */
interface Shape {
	/** Brackets stand deeper inside one another than any request's do. */
	isTooDeep: boolean;
	/** Names as written, by depth: 1 for those of the body, 2 for those of the objects in it. */
	names: Uint32Array;
}

/** Looks at the text once; what is no JSON is found out by the parser. */
function shapeOf(text: string): Shape {
	const names = new Uint32Array(3);
	let depth = 0;
	for (let at = 0; at < text.length; at += 1) {
		const code = text.charCodeAt(at);
		if (code === QUOTE) at = endOfText(text, at);
		// Outside texts a colon stands after a name only. Beyond the list's end nothing is counted.
		else if (code === COLON) names[depth] = (names[depth] ?? 0) + 1;
		else if (code === 123 || code === 91) {
			depth += 1;
			if (depth > MAX_JSON_DEPTH) return { isTooDeep: true, names };
		} else if (code === 125 || code === 93) depth -= 1;
	}
	return { isTooDeep: false, names };
}

/**
 * Whether a name stands twice in the body or in a member of it. Parsers disagree on which one counts: what is priced
 * here could be another model, limit or number of answers than what is called.
 */
function hasTwins(body: JsonObject, [, ofBody = 0, ofMembers = 0]: Uint32Array): boolean {
	let own = 0;
	let inside = 0;
	for (const member of Object.values(body)) {
		own += 1;
		if (isObject(member)) inside += Object.keys(member).length;
	}
	return own < ofBody || inside < ofMembers;
}

/** A request's body as an object. @throws InvalidInputError for what is none */
export function parseJsonBody(text: string): JsonObject {
	const { isTooDeep, names } = shapeOf(text);
	if (isTooDeep) {
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
	if (!isObject(value)) throw new InvalidInputError('The body is not a JSON object. Send one JSON object.');
	if (!hasTwins(value, names)) return value;
	throw new InvalidInputError(
		'A member of the body has the same name twice, so that readers differ on which one counts. Send each name once.',
	);
}

/** A body without one of its members, as text and parsed; as it was when it has none of that name. */
export function omitBodyField(text: string, body: JsonObject, name: string): [string, JsonObject] {
	if (!Object.hasOwn(body, name)) return [text, body];
	const { [name]: _, ...rest } = body;
	return [removeJsonMember(text, name), rest];
}
