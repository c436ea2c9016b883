import { setImmediate } from 'node:timers/promises';
import { DEFAULT_GATEWAY_CONFIG } from '../../config/index.ts';
import { InvalidInputError } from '../../errors/index.ts';
import { removeJsonMember } from '../../protocol/index.ts';
import {
	isObject,
	JsonLimitError,
	type JsonObject,
	JsonSyntaxError,
	type ParsedJson,
	parseJsonSteps,
	runSteps,
} from '../../util/index.ts';
import { type BodyLimits, createBodyLimitError, createBodyLimits } from './body-limits.ts';

/**
 * Whether a name occurs twice in the body or in one of its members. Parsers disagree on which one counts: the provider
 * could run another model, limit or number of answers than the one that was priced here.
 */
function hasDuplicateNames(body: JsonObject, [, bodyNames = 0, memberNames = 0]: Uint32Array): boolean {
	const members = Object.values(body);
	const memberKeys = members.reduce<number>((sum, value) => sum + (isObject(value) ? Object.keys(value).length : 0), 0);
	return members.length < bodyNames || memberKeys < memberNames;
}

/**
 * Parses a request's body, a large one in pieces between which others get their turn.
 * @throws InvalidInputError for anything but one object whose names are unique
 * @throws RequestRefusedError for one that is nested too deep, or is made of too many parts
 */
export async function parseJsonBody(
	text: string,
	limits: BodyLimits = DEFAULT_GATEWAY_CONFIG.limits,
): Promise<JsonObject> {
	const jsonLimits = createBodyLimits(limits);
	let parsed: ParsedJson;
	try {
		parsed = await runSteps(parseJsonSteps(text, jsonLimits), setImmediate);
	} catch (error) {
		if (error instanceof JsonLimitError) throw createBodyLimitError(error, jsonLimits);
		if (!(error instanceof JsonSyntaxError)) throw error;
		const where = error.position === null ? '' : ` (at byte ${error.position} or near)`;
		throw new InvalidInputError(
			`The body is not JSON${where}. Send one JSON object with content-type application/json.`,
		);
	}
	const { shape, value } = parsed;
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
