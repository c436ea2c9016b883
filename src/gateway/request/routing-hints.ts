import type { IncomingHttpHeaders } from 'node:http';
import type { TaskConstraints } from '../../contracts/index.ts';
import { InvalidInputError } from '../../errors/index.ts';
import { isObject, type JsonObject, nearestName } from '../../util/index.ts';

/** What a caller may wish beside its request, by `x-switchyard-…` headers or the body's `switchyard` field. */
export interface RoutingHints {
	constraints: TaskConstraints;
	policy?: string;
	session?: string;
	tags?: string[];
	/** Milliseconds the whole request may take. */
	timeoutMs?: number;
	/** Hold streams back until they are complete. */
	commit?: 'first-output' | 'whole-answer';
	/** Place in the queue, 1-5, 5 first. */
	priority?: number;
	/** Take no answer from the cache. */
	noCache?: boolean;
}

type Reader = (value: unknown, place: string) => unknown;

function refuse(place: string, value: unknown, wanted: string): InvalidInputError {
	return new InvalidInputError(
		`${place} is ${JSON.stringify(value)?.slice(0, 80) ?? 'nothing'}; it must be ${wanted}.`,
	);
}

function numberBetween(low: number, high: number): Reader {
	return (value, place) => {
		const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
		if (typeof number === 'number' && number >= low && number <= high) return number;
		throw refuse(place, value, `a number from ${low} to ${high}`);
	};
}

const readNames: Reader = (value, place) => {
	const names = typeof value === 'string' ? value.split(',').map((name) => name.trim()) : value;
	const isList = Array.isArray(names) && names.length > 0 && names.length <= 50;
	if (isList && names.every((name) => typeof name === 'string' && /^\P{Cc}{1,200}$/u.test(name))) return names;
	throw refuse(place, value, 'a list of 1 to 50 names (in a header, parted by commas)');
};

const readName: Reader = (value, place) => {
	if (typeof value === 'string' && /^\P{Cc}{1,200}$/u.test(value)) return value;
	throw refuse(place, value, 'a text of 1 to 200 characters');
};

function oneOf(...words: string[]): Reader {
	return (value, place) => {
		if (typeof value === 'string' && words.includes(value)) return value;
		throw refuse(place, value, `one of ${words.join(', ')}`);
	};
}

const readFlag: Reader = (value, place) => {
	if (value === true || value === 'true' || value === '1') return true;
	if (value === false || value === 'false' || value === '0') return false;
	throw refuse(place, value, 'true or false');
};

const CONSTRAINTS: Readonly<Record<string, Reader>> = {
	maxCost: numberBetween(0, 9_000_000),
	maxLatency: numberBetween(1, 86_400_000),
	maxCompletionMs: numberBetween(1, 86_400_000),
	minQuality: numberBetween(0, 100),
	allowedModels: readNames,
	excludedModels: readNames,
	allowedProviders: readNames,
	excludedProviders: readNames,
	willingnessToPay: numberBetween(0, 9_000_000),
};

const OTHERS: Readonly<Record<string, Reader>> = {
	policy: readName,
	session: readName,
	tags: readNames,
	timeoutMs: numberBetween(1, 86_400_000),
	commit: oneOf('first-output', 'whole-answer'),
	priority: numberBetween(1, 5),
	noCache: readFlag,
};

const READERS: Readonly<Record<string, Reader>> = { ...CONSTRAINTS, ...OTHERS };

/** The header of a wish: `maxCost` is `x-switchyard-max-cost`. */
function headerOf(name: string): string {
	return `x-switchyard-${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

const WISH_HEADERS: ReadonlyArray<readonly [string, string]> = Object.keys(READERS).map(
	(name) => [headerOf(name), name] as const,
);

/** Every header by which something can be wished, for the reference and its test. */
export const ROUTING_HINT_HEADERS: readonly string[] = WISH_HEADERS.map(([header]) => header);

function wishField(body: JsonObject): JsonObject {
	const field = body['switchyard'];
	if (field === undefined || field === null) return {};
	if (!isObject(field)) throw refuse('switchyard', field, 'an object of wishes such as { "maxCost": 0.01 }');
	for (const name of Object.keys(field)) {
		if (Object.hasOwn(READERS, name)) continue;
		const nearest = nearestName(name, Object.keys(READERS));
		throw new InvalidInputError(
			`switchyard.${name.slice(0, 60)} is nothing that can be wished; ${nearest === null ? `there are ${Object.keys(READERS).join(', ')}` : `did you mean "${nearest}"?`}`,
		);
	}
	return field;
}

function sessionOfClient(headers: IncomingHttpHeaders): string | undefined {
	const named = headers['x-claude-code-session-id'];
	return typeof named === 'string' && /^[\w-]{1,200}$/.test(named) ? named : undefined;
}

/** Reads what a caller wishes; a header is stronger than the body's field. @throws InvalidInputError naming the place */
export function parseRoutingHints(headers: IncomingHttpHeaders, body: JsonObject): RoutingHints {
	const said: Record<string, unknown> = {};
	const field = wishField(body);
	for (const [name, value] of Object.entries(field)) said[name] = READERS[name]?.(value, `switchyard.${name}`);
	for (const [header, name] of WISH_HEADERS) {
		const value = headers[header];
		if (value !== undefined) said[name] = READERS[name]?.(Array.isArray(value) ? value[0] : value, header);
	}
	// Claude Code names its session in a header of its own.
	said['session'] ??= sessionOfClient(headers);
	const entries = Object.entries(said).filter(([, value]) => value !== undefined);
	const constraints = Object.fromEntries(entries.filter(([name]) => Object.hasOwn(CONSTRAINTS, name)));
	const others = Object.fromEntries(entries.filter(([name]) => Object.hasOwn(OTHERS, name)));
	// Each value was read by the reader of its own name, which knows its type.
	return { constraints, ...others } as RoutingHints;
}
