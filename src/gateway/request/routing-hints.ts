import type { IncomingHttpHeaders } from 'node:http';
import { MAX_USD, type TaskConstraints } from '../../contracts/index.ts';
import { InvalidInputError } from '../../errors/index.ts';
import { DAY_MS, isObject, type JsonObject, nearestName } from '../../util/index.ts';
import { parseJsonBody } from './body.ts';

/** What a caller asks of the router beside its request, in `x-switchyard-…` headers or the body's `switchyard` field. */
export interface RoutingHints {
	constraints: TaskConstraints;
	policy?: string;
	session?: string;
	tags?: string[];
	/** Milliseconds the whole request may take. */
	timeoutMs?: number;
	/** When a stream is committed to a model: with its first output, or only once it is complete. */
	commit?: 'first-output' | 'whole-answer';
	/** Place in the queue, 1 to 5, 5 first. */
	priority?: number;
	/** Take no answer from the response cache. */
	noCache?: boolean;
}

/** A request's body with the hints that came with it. */
export interface HintedBody {
	/** The body as it came. */
	raw: string;
	/** Parsed, with the field `switchyard` still in it. */
	body: JsonObject;
	hints: RoutingHints;
}

type Parser = (value: unknown, place: string) => unknown;

function invalidHint(place: string, value: unknown, expected: string): InvalidInputError {
	return new InvalidInputError(
		`${place} is ${JSON.stringify(value)?.slice(0, 80) ?? 'nothing'}; it must be ${expected}.`,
	);
}

function numberBetween(low: number, high: number): Parser {
	return (value, place) => {
		const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
		if (typeof number === 'number' && number >= low && number <= high) return number;
		throw invalidHint(place, value, `a number from ${low} to ${high}`);
	};
}

const parseNames: Parser = (value, place) => {
	const names = typeof value === 'string' ? value.split(',').map((name) => name.trim()) : value;
	const isList = Array.isArray(names) && names.length > 0 && names.length <= 50;
	if (isList && names.every((name) => typeof name === 'string' && /^\P{Cc}{1,200}$/u.test(name))) return names;
	throw invalidHint(place, value, 'a list of 1 to 50 names (in a header, separated by commas)');
};

const parseName: Parser = (value, place) => {
	if (typeof value === 'string' && /^\P{Cc}{1,200}$/u.test(value)) return value;
	throw invalidHint(place, value, 'a text of 1 to 200 characters');
};

function oneOf(...words: string[]): Parser {
	return (value, place) => {
		if (typeof value === 'string' && words.includes(value)) return value;
		throw invalidHint(place, value, `one of ${words.join(', ')}`);
	};
}

const parseFlag: Parser = (value, place) => {
	if (value === true || value === 'true' || value === '1') return true;
	if (value === false || value === 'false' || value === '0') return false;
	throw invalidHint(place, value, 'true or false');
};

const CONSTRAINTS: Readonly<Record<string, Parser>> = {
	maxCost: numberBetween(0, MAX_USD),
	maxLatency: numberBetween(1, DAY_MS),
	maxCompletionMs: numberBetween(1, DAY_MS),
	minQuality: numberBetween(0, 100),
	allowedModels: parseNames,
	excludedModels: parseNames,
	allowedProviders: parseNames,
	excludedProviders: parseNames,
	willingnessToPay: numberBetween(0, MAX_USD),
};

const PARSERS: Readonly<Record<string, Parser>> = {
	...CONSTRAINTS,
	policy: parseName,
	session: parseName,
	tags: parseNames,
	timeoutMs: numberBetween(1, DAY_MS),
	commit: oneOf('first-output', 'whole-answer'),
	priority: numberBetween(1, 5),
	noCache: parseFlag,
};

/** The header of each hint: that of `maxCost` is `x-switchyard-max-cost`. */
const HEADERS: ReadonlyArray<readonly [header: string, name: string]> = Object.keys(PARSERS).map((name) => [
	`x-switchyard-${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
	name,
]);

/** Every header that carries a hint, for the reference and its test. */
export const ROUTING_HINT_HEADERS: readonly string[] = HEADERS.map(([header]) => header);

/** Shared by the requests without hints, which are nearly all. */
const NO_HINTS: RoutingHints = Object.freeze({ constraints: Object.freeze({}) });

function readHintField(body: JsonObject): JsonObject {
	const field = body['switchyard'];
	if (field === undefined || field === null) return {};
	if (!isObject(field)) throw invalidHint('switchyard', field, 'an object of hints such as { "maxCost": 0.01 }');
	for (const name of Object.keys(field)) {
		if (Object.hasOwn(PARSERS, name)) continue;
		const names = Object.keys(PARSERS);
		const nearest = nearestName(name, names);
		throw new InvalidInputError(
			`switchyard.${name.slice(0, 60)} is not a routing hint; ${nearest === null ? `there are ${names.join(', ')}` : `did you mean "${nearest}"?`}`,
		);
	}
	return field;
}

/** Claude Code names its session in a header of its own. */
function readClientSession(headers: IncomingHttpHeaders): string | undefined {
	const session = headers['x-claude-code-session-id'];
	return typeof session === 'string' && /^[\w-]{1,200}$/.test(session) ? session : undefined;
}

/** Reads the hints of a request; a header overrides the body's field. @throws InvalidInputError naming the header or field */
function parseRoutingHints(headers: IncomingHttpHeaders, body: JsonObject): RoutingHints {
	const values: Record<string, unknown> = {};
	for (const [name, value] of Object.entries(readHintField(body)))
		values[name] = PARSERS[name]?.(value, `switchyard.${name}`);
	for (const [header, name] of HEADERS) {
		const value = headers[header];
		if (value !== undefined) values[name] = PARSERS[name]?.(Array.isArray(value) ? value[0] : value, header);
	}
	const session = values['session'] ?? readClientSession(headers);
	if (session !== undefined) values['session'] = session;
	const entries = Object.entries(values);
	if (entries.length === 0) return NO_HINTS;
	const [constraints, others] = [true, false].map((isConstraint) =>
		Object.fromEntries(entries.filter(([name]) => Object.hasOwn(CONSTRAINTS, name) === isConstraint)),
	);
	// Each value was read by the parser of its own name, which knows its type.
	return { constraints, ...others } as RoutingHints;
}

/** Parses a body and the hints that came with it. @throws InvalidInputError for a body or hint that cannot be */
export function parseHintedBody(raw: string, headers: IncomingHttpHeaders): HintedBody {
	const body = parseJsonBody(raw);
	return { raw, body, hints: parseRoutingHints(headers, body) };
}
