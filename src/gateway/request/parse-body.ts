import { DEFAULT_GATEWAY_CONFIG } from '../../config/index.ts';
import { InvalidInputError } from '../../errors/index.ts';
import { removeJsonMember } from '../../protocol/index.ts';
import { isObject, type JsonObject, JsonSyntaxError, parseAtOnce } from '../../util/index.ts';
import { BodyShape, type BodyShapeLimits, PIECE_SIZES } from './body-shape.ts';
import { giveWay } from './large-text.ts';
import { parseInPieces } from './parse-in-pieces.ts';

/**
 * Whether a name occurs twice in the body or in one of its members. Parsers disagree on which one counts: the provider
 * could run another model, limit or number of answers than the one that was priced here.
 */
function hasDuplicateNames(body: JsonObject, [, bodyNames = 0, memberNames = 0]: Uint32Array): boolean {
	const members = Object.values(body);
	const memberKeys = members.reduce<number>((sum, value) => sum + (isObject(value) ? Object.keys(value).length : 0), 0);
	return members.length < bodyNames || memberKeys < memberNames;
}

async function parseText(text: string, { isComplete, large }: BodyShape): Promise<unknown> {
	if (text.length < PIECE_SIZES.container) return parseAtOnce(text);
	if (!isComplete) throw new JsonSyntaxError(text.length);
	return await parseInPieces(text, large);
}

/**
 * Parses a request's body, a large one in pieces between which others get their turn.
 * @throws InvalidInputError for anything but one object whose names are unique
 * @throws RequestRefusedError for one that is nested too deep, or is made of too many parts
 */
export async function parseJsonBody(
	text: string,
	limits: BodyShapeLimits = DEFAULT_GATEWAY_CONFIG.limits,
): Promise<JsonObject> {
	const shape = new BodyShape(text, limits);
	while (!shape.scanSlice()) await giveWay(text);
	let value: unknown;
	try {
		value = await parseText(text, shape);
	} catch (error) {
		if (!(error instanceof JsonSyntaxError)) throw error;
		const where = error.position === null ? '' : ` (at byte ${error.position} or near)`;
		throw new InvalidInputError(
			`The body is not JSON${where}. Send one JSON object with content-type application/json.`,
		);
	}
	if (!isObject(value)) throw new InvalidInputError('The body is not a JSON object. Send one JSON object.');
	if (!hasDuplicateNames(value, shape.namesByDepth)) return value;
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
