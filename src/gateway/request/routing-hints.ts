import type { IncomingHttpHeaders } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import {
	COMMIT_POINTS,
	type CommitPoint,
	MAX_USD,
	REQUEST_CLASSES,
	type RequestClass,
	type TaskConstraints,
} from '../../contracts/index.ts';
import { InvalidInputError } from '../../errors/index.ts';
import type { JsonText } from '../../protocol/index.ts';
import {
	createUuidSource,
	DAY_MS,
	escapeText,
	findHiddenCharacter,
	isObject,
	type JsonObject,
	nearestName,
	SYSTEM_CLOCK,
	startSteps,
} from '../../util/index.ts';
import { GATEWAY_KEY_HEADER } from '../keys/key-ring.ts';
import { type BodyLimits, type KnownParts, type ParsedBody, parseBodySteps } from './parse-body.ts';
import type { RequestTrace } from './tracing.ts';

/** What a caller asks of the router beside its request, in `x-switchyard-…` headers or the body's `switchyard` field. */
export interface RoutingHints {
	constraints: TaskConstraints;
	policy?: string;
	session?: string;
	/** Name of the workload. */
	workload?: string;
	tags?: string[];
	/** Milliseconds the whole request may take. */
	timeoutMs?: number;
	/** When a stream is committed to a model: with its first output, or only once it is complete. */
	commit?: CommitPoint;
	/** Place in the queue, 1 to 5, 5 first. */
	priority?: number;
	/** Take no answer from the response cache. */
	noCache?: boolean;
	/** Never send the request to another model for comparison. */
	noShadow?: boolean;
	/** What an agent makes the request for, as its own headers say it. */
	requestClass?: RequestClass;
}

/** A request's body with the hints that came with it. */
export interface HintedBody {
	/** The body as it came. */
	raw: JsonText;
	/** Parsed, with the field `switchyard` still in it. */
	body: JsonObject;
	hints: RoutingHints;
}

type Parser = (value: unknown, place: string) => unknown;

function invalidHint(place: string, value: unknown, expected: string): InvalidInputError {
	return new InvalidInputError(
		`${place} is ${escapeText(JSON.stringify(value)?.slice(0, 80) ?? 'nothing')}; it must be ${expected}.`,
	);
}

/** Characters of a name in a body: it is kept with every request that bears it. */
const MAX_NAME_CHARACTERS = 512;

/** @throws InvalidInputError for a name that is too long to be kept, or would change the lines and tables in which it is shown */
function checkName(text: string, place: string): void {
	if (text.length > MAX_NAME_CHARACTERS)
		throw new InvalidInputError(
			`${place} has ${text.length} characters; it must have at most ${MAX_NAME_CHARACTERS}. Send a shorter name.`,
		);
	rejectHiddenCharacters(text, place);
}

/** @throws InvalidInputError for a text that would change the lines, tables and logs in which it is shown */
function rejectHiddenCharacters(text: string, place: string): void {
	const hidden = findHiddenCharacter(text);
	if (hidden === null) return;
	throw new InvalidInputError(`${place} holds the control character ${hidden}. Send it without.`);
}

/** Fields of a body that name something here: they are kept with the request and stand in reports and logs. */
const NAMING_FIELDS = ['model', 'user', 'safety_identifier', 'prompt_cache_key', 'conversation'] as const;
const NAMING_METADATA = ['session_id', 'conversation_id', 'user_id'] as const;

function checkNames(body: JsonObject): void {
	checkFields(body, NAMING_FIELDS);
	checkFields(body['metadata'], NAMING_METADATA, 'metadata.');
	checkFields(body['conversation'], ['id'], 'conversation.');
}

function checkFields(object: unknown, names: readonly string[], prefix = ''): void {
	if (!isObject(object)) return;
	for (const name of names) {
		const value = object[name];
		if (typeof value === 'string') checkName(value, `${prefix}${name}`);
	}
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
	if (!isList || !names.every(isName))
		throw invalidHint(place, value, 'a list of 1 to 50 names (in a header, separated by commas)');
	for (const name of names) rejectHiddenCharacters(name, place);
	return names;
};

const parseName: Parser = (value, place) => {
	if (!isName(value)) throw invalidHint(place, value, 'a text of 1 to 200 characters');
	rejectHiddenCharacters(value, place);
	return value;
};

function isName(value: unknown): value is string {
	return typeof value === 'string' && /^.{1,200}$/su.test(value);
}

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
	workload: parseName,
	tags: parseNames,
	timeoutMs: numberBetween(1, DAY_MS),
	commit: oneOf(...COMMIT_POINTS),
	priority: numberBetween(1, 5),
	noCache: parseFlag,
	noShadow: parseFlag,
};

const HEADER_PREFIX = 'x-switchyard-';
/** Also of names that a hint's header was mistyped to, such as `x-switchyard_tags`. */
const OWN_HEADER = HEADER_PREFIX.slice(0, -1);

/** The header of each hint: that of `maxCost` is `x-switchyard-max-cost`. */
const HEADERS: ReadonlyArray<readonly [header: string, name: string]> = Object.keys(PARSERS).map((name) => [
	`${HEADER_PREFIX}${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
	name,
]);

/** Every header that carries a hint, for the reference and its test. */
export const ROUTING_HINT_HEADERS: readonly string[] = HEADERS.map(([header]) => header);

/** The hints, and the gateway's own key. */
const KNOWN_HEADERS: ReadonlySet<string> = new Set([...ROUTING_HINT_HEADERS, GATEWAY_KEY_HEADER]);

/** Shared by the requests without hints, which are nearly all. */
const NO_HINTS: RoutingHints = Object.freeze({ constraints: Object.freeze({}) });

function readHintField(body: JsonObject): JsonObject {
	const field = body['switchyard'];
	if (field === undefined || field === null) return {};
	if (!isObject(field)) throw invalidHint('switchyard', field, 'an object of hints such as { "maxCost": 0.01 }');
	for (const name of Object.keys(field)) {
		if (Object.hasOwn(PARSERS, name)) continue;
		throw unknownHint(name, { shown: `switchyard.${name}`, prefix: 'switchyard.', known: Object.keys(PARSERS) });
	}
	return field;
}

/** `shown`: the name as the caller wrote it. */
function unknownHint(
	name: string,
	{ shown, prefix, known }: { shown: string; prefix: string; known: readonly string[] },
): InvalidInputError {
	const nearest = nearestName(name, known);
	const hint = nearest === null ? `there are ${known.join(', ')}` : `did you mean "${prefix}${nearest}"?`;
	return new InvalidInputError(`${escapeText(shown.slice(0, 80))} is not a routing hint; ${hint}`);
}

/** A limit under a mistyped name would not hold, and nobody would notice. Headers of answers are none of requests either. */
function rejectUnknownHeaders(headers: IncomingHttpHeaders): void {
	for (const header in headers) {
		if (!header.startsWith(OWN_HEADER) || KNOWN_HEADERS.has(header)) continue;
		const known = ROUTING_HINT_HEADERS.map((name) => name.slice(HEADER_PREFIX.length));
		throw unknownHint(header.slice(HEADER_PREFIX.length), { shown: header, prefix: HEADER_PREFIX, known });
	}
}

/** Claude Code and opencode name their session in headers of their own. */
const SESSION_HEADERS = ['x-claude-code-session-id', 'x-session-id', 'x-session-affinity'] as const;

function readClientSession(headers: IncomingHttpHeaders): string | undefined {
	for (const header of SESSION_HEADERS) {
		const session = headers[header];
		if (typeof session === 'string' && /^[\w-]{1,200}$/.test(session)) return session;
	}
	return undefined;
}

/** What Codex calls its requests in `request_kind`, where that says more than that it is a turn. */
const CODEX_CLASSES: Readonly<Record<string, RequestClass>> = {
	turn: 'main',
	compact: 'compaction',
	compaction: 'compaction',
	title: 'title',
	review: 'subagent',
	subagent: 'subagent',
};

/** Longest value of `x-codex-turn-metadata` that is read, characters. */
const MAX_METADATA_CHARACTERS = 8192;

/** `x-codex-turn-metadata` is JSON; what cannot be read says nothing. */
function readCodexKind(metadata: string): string {
	if (metadata.length > MAX_METADATA_CHARACTERS) return '';
	return /"request_kind"\s*:\s*"([\w-]{1,40})"/.exec(metadata)?.[1] ?? '';
}

/** What Claude Code and Codex say that a request is made for; values of newer versions say nothing. */
function readClientClass(headers: IncomingHttpHeaders): RequestClass | undefined {
	const named = headers['x-claude-code-request-class'];
	const known = REQUEST_CLASSES.find((name) => name === named);
	const metadata = headers['x-codex-turn-metadata'];
	if (known !== undefined || typeof metadata !== 'string') return known;
	const kind = readCodexKind(metadata);
	return Object.hasOwn(CODEX_CLASSES, kind) ? CODEX_CLASSES[kind] : undefined;
}

/** Characters of a program's name that tell it from others. */
const MAX_APP_CHARACTERS = 40;

/** The caller's program, as it names itself: `claude-cli` of `claude-cli/2.1.332 (external, cli)`. */
export function readApp({ 'x-title': title, 'user-agent': agent }: IncomingHttpHeaders): string | undefined {
	const named = typeof title === 'string' ? title : agent?.split('/', 1)[0];
	return named?.slice(0, MAX_APP_CHARACTERS);
}

/** Reads the hints of a request; a header overrides the body's field. @throws InvalidInputError naming the header or field */
function parseRoutingHints(headers: IncomingHttpHeaders, body: JsonObject): RoutingHints {
	rejectUnknownHeaders(headers);
	checkNames(body);
	const values: Record<string, unknown> = {};
	for (const [name, value] of Object.entries(readHintField(body)))
		values[name] = PARSERS[name]?.(value, `switchyard.${name}`);
	for (const [header, name] of HEADERS) {
		const value = headers[header];
		if (value !== undefined) values[name] = PARSERS[name]?.(Array.isArray(value) ? value[0] : value, header);
	}
	const session = values['session'] ?? readClientSession(headers);
	if (session !== undefined) values['session'] = session;
	const requestClass = readClientClass(headers);
	if (requestClass !== undefined) values['requestClass'] = requestClass;
	const entries = Object.entries(values);
	if (entries.length === 0) return NO_HINTS;
	const [constraints, others] = [true, false].map((isConstraint) =>
		Object.fromEntries(entries.filter(([name]) => Object.hasOwn(CONSTRAINTS, name) === isConstraint)),
	);
	// Each value was read by the parser of its own name, which knows its type.
	return { constraints, ...others } as RoutingHints;
}

/**
 * Parses a body and the hints that came with it; at once where that takes no time that others would wait.
 * @throws InvalidInputError for a body or hint that cannot be, RequestRefusedError for a body over a limit
 */
export function parseHintedBody(
	bytes: string,
	headers: IncomingHttpHeaders,
	limits: BodyLimits,
	parts: KnownParts,
): HintedBody | Promise<HintedBody> {
	const withHints = ({ body, text: raw }: ParsedBody): HintedBody => {
		return { raw, body, hints: parseRoutingHints(headers, body) };
	};
	const parsed = startSteps(parseBodySteps(bytes, limits, parts), setImmediate);
	return parsed instanceof Promise ? parsed.then(withHints) : withHints(parsed);
}

/** An id that a caller gives its request. */
const REQUEST_ID = /^[\w.:-]{1,128}$/;
/** The context of a trace. Source: https://www.w3.org/TR/trace-context/#traceparent-header */
const TRACE_PARENT = /^[\da-f]{2}-(?!0{32})([\da-f]{32})-(?!0{16})[\da-f]{16}-[\da-f]{2}(?:-|$)/;

const REQUEST_IDS = createUuidSource(() => SYSTEM_CLOCK.now());

/** By what one request is found in logs and traces. Its ids are read and made when a line is written. */
export class RequestIds {
	readonly #headers: IncomingHttpHeaders;
	readonly trace: RequestTrace | null;
	#requestId: string | undefined;
	/** `undefined` before there is one. */
	decisionId: string | undefined;

	/** @param trace `null` where nobody traces */
	constructor(headers: IncomingHttpHeaders, trace: RequestTrace | null) {
		this.#headers = headers;
		this.trace = trace;
	}

	/** The ids for the details of a log line. `requestId`: the caller's `x-request-id`, else one made here. */
	readonly describe = (): { requestId: string; decisionId?: string; traceId?: string } => {
		const given = this.#headers['x-request-id'];
		const isGiven = typeof given === 'string' && REQUEST_ID.test(given);
		this.#requestId ??= isGiven ? given : REQUEST_IDS.next();
		const traceId = this.trace?.traceId ?? TRACE_PARENT.exec(String(this.#headers['traceparent']))?.[1];
		return {
			requestId: this.#requestId,
			...(this.decisionId !== undefined && { decisionId: this.decisionId }),
			...(traceId !== undefined && { traceId }),
		};
	};

	/** The trace's context for a provider that is to get it: of the span under way, or as the caller sent it. */
	readTraceHeaders(): Record<string, string> {
		if (this.trace !== null) return this.trace.inject();
		const { traceparent, tracestate } = this.#headers;
		if (typeof traceparent !== 'string' || !TRACE_PARENT.test(traceparent)) return {};
		return typeof tracestate === 'string' ? { traceparent, tracestate } : { traceparent };
	}
}
