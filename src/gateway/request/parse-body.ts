import { setImmediate } from 'node:timers/promises';
import { DEFAULT_GATEWAY_CONFIG, type GatewayLimitsConfig } from '../../config/index.ts';
import { InvalidInputError, RequestRefusedError } from '../../errors/index.ts';
import { JsonText, removeJsonMember } from '../../protocol/index.ts';
import {
	BoundedMap,
	freezeJson,
	isObject,
	JsonLimitError,
	type JsonLimits,
	type JsonObject,
	JsonShape,
	JsonSyntaxError,
	type ParsedJson,
	PIECE_SIZES,
	type PieceSizes,
	parseJsonSteps,
	runSteps,
	type Steps,
} from '../../util/index.ts';
import { decodePiece } from './body.ts';

/** What the owner of a gateway may set of the limits on bodies. */
export type BodyLimits = Pick<GatewayLimitsConfig, 'maxBodyNames' | 'maxBodyValues'>;

/** The limits on bodies: none of them holds the event loop up for long while it is parsed. */
function createBodyLimits({ maxBodyNames, maxBodyValues }: BodyLimits): JsonLimits {
	return {
		names: maxBodyNames,
		values: maxBodyValues,
		commas: 500_000,
		// no format has more than 60
		members: 1000,
		memberSize: 10_000,
		depth: 200,
		nameCharacters: 65_536,
		structureCharacters: 3 * 1024 * 1024,
		// a million tokens of Chinese, each character written as an escape, are half of it
		escapes: 2 * 1024 * 1024,
		// three times the texts that fill a window of a million tokens
		escapedCharacters: 12 * 1024 * 1024,
	};
}

/** By limit, what is said of a body that is over it, and what to send instead. */
const REFUSALS: { readonly [Limit in keyof JsonLimits]: (most: number) => string } = {
	names: (most) =>
		`has more than ${most} names of members. Send fewer or shorter messages and tools, or raise "gateway.limits.maxBodyNames".`,
	values: (most) =>
		`has more than ${most} texts, objects and lists. Send shorter lists, or raise "gateway.limits.maxBodyValues".`,
	commas: (most) => `has more than ${most} commas. Send shorter lists.`,
	members: (most) => `itself has more than ${most} members. Send the members that the API has.`,
	memberSize: (most) =>
		`has a member with more than ${most} items or members of its own. Send fewer messages or tools, or shorter lists.`,
	depth: (most) => `is nested deeper than ${most} levels. Send a flatter request.`,
	nameCharacters: (most) => `has a name of more than ${most} characters. Send long texts as values.`,
	structureCharacters: (most) =>
		`has more than ${most} characters outside of strings. Send it without white space between its parts.`,
	escapedCharacters: (most) => `has more than ${most} characters near escapes in its strings. Send shorter texts.`,
	escapes: (most) => `has more than ${most} escapes such as \\n in its strings. Send shorter texts.`,
};

/** The refusal of a body that is over one of its limits. */
function createBodyLimitError({ limit }: JsonLimitError, limits: JsonLimits, what = 'The body'): RequestRefusedError {
	return new RequestRefusedError('ROUTER_REQUEST_TOO_LARGE', `${what} ${REFUSALS[limit](limits[limit])}`);
}

/** Characters after which others get their turn. */
const SLICE_CHARACTERS = 256 * 1024;

function* scanArguments(texts: readonly string[], limits: Omit<JsonLimits, 'members' | 'memberSize'>): Steps<void> {
	let left = limits;
	let scanned = 0;
	for (const text of texts) {
		const shape = new JsonShape(text, left);
		while (!shape.scanSlice()) yield;
		const { commas, names, values } = shape.counts;
		left = { ...left, commas: left.commas - commas, names: left.names - names, values: left.values - values };
		scanned += text.length;
		if (scanned > SLICE_CHARACTERS) {
			scanned = 0;
			yield;
		}
	}
}

/**
 * Holds the arguments of all calls in a body, which are JSON within its strings, to the limits on bodies: they are parsed
 * where the body is translated.
 * @throws RequestRefusedError
 */
export async function checkArguments(texts: readonly string[], limits: BodyLimits): Promise<void> {
	const jsonLimits = createBodyLimits(limits);
	// what stands in the arguments is no member of the body
	const { members: _, memberSize: __, ...within } = jsonLimits;
	try {
		await runSteps(scanArguments(texts, within), setImmediate);
	} catch (error) {
		if (!(error instanceof JsonLimitError)) throw error;
		throw createBodyLimitError(error, jsonLimits, 'The JSON in the "arguments" of calls');
	}
}

/**
 * Whether a name occurs twice in the body or in one of its members. Parsers disagree on which one counts: the provider
 * could run another model, limit or number of answers than the one that was priced here.
 */
function hasDuplicateNames(body: JsonObject, [, bodyNames = 0, memberNames = 0]: Uint32Array): boolean {
	const names = Object.keys(body);
	let memberKeys = 0;
	for (const name of names) {
		const value = body[name];
		if (isObject(value)) memberKeys += Object.keys(value).length;
	}
	return names.length < bodyNames || memberKeys < memberNames;
}

/** Bytes of the parts that are kept. Parsed they take two to three times as many. */
const MAX_KNOWN_BYTES = 8 * 1024 * 1024;
/** Longest part that is kept, bytes. */
const MAX_PART_BYTES = 256 * 1024;
/** Parts that are remembered by their fingerprints. */
const MAX_SEEN = 20_000;
/** Places of a part that its fingerprint is made of. */
const PLACES = 16;

/** A part of a body that came at least twice. */
interface KnownPart {
	bytes: string;
	/** Frozen, as all requests with the part share it. */
	value: unknown;
	uses: number;
}

/** Uses of a part of which one moves it behind those that are used less: each time would cost more than to parse a short part. */
const USES_PER_MOVE = 16;

/** Stands for a text; others may have the same. In constant time, where a hash would read all of it. */
function getFingerprint(bytes: string): number {
	const step = (bytes.length - 1) / (PLACES - 1);
	let print = bytes.length;
	for (let place = 0; place < PLACES; place += 1)
		print = (Math.imul(print, 31) + bytes.charCodeAt(Math.floor(place * step))) | 0;
	return print;
}

/**
 * The tools, system prompts and messages that came before: an agent sends nearly all of its last request again with the next
 * one. What came twice is kept in memory as it was parsed, under its very bytes, and is not parsed again as long as it comes
 * more often than others do.
 */
export class KnownParts {
	readonly #parts = new BoundedMap<number, KnownPart>(Number.POSITIVE_INFINITY);
	/** Fingerprints of what came. */
	readonly #seen = new BoundedMap<number, true>(MAX_SEEN);
	readonly #maxBytes: number;
	#bytes = 0;

	/** @param maxBytes @default 8 MiB */
	constructor(maxBytes: number = MAX_KNOWN_BYTES) {
		this.#maxBytes = maxBytes;
	}

	/** Bytes of the parts that are kept. */
	get bytes(): number {
		return this.#bytes;
	}

	/** The value of a part; `parse` makes it where it is not kept. */
	parse(bytes: string, parse: (bytes: string) => unknown): unknown {
		const print = getFingerprint(bytes);
		const known = this.#parts.peek(print);
		if (known !== undefined && known.bytes === bytes) {
			known.uses += 1;
			if (known.uses % USES_PER_MOVE === 0) this.#parts.get(print);
			return known.value;
		}
		const value = parse(bytes);
		if (bytes.length > MAX_PART_BYTES) return value;
		if (this.#seen.get(print) === undefined) this.#seen.set(print, true);
		else this.#keep(print, bytes, value);
		return value;
	}

	#keep(print: number, bytes: string, value: unknown): void {
		freezeJson(value);
		const before = this.#parts.peek(print);
		this.#bytes += bytes.length - (before?.bytes.length ?? 0);
		// a copy: the part of a text keeps all of it in memory
		this.#parts.set(print, { bytes: Buffer.from(bytes, 'latin1').toString('latin1'), value, uses: 0 });
		while (this.#bytes > this.#maxBytes) {
			const oldest = this.#parts.evictOldest();
			if (oldest === undefined) return;
			this.#bytes -= oldest[1].bytes.length;
		}
	}
}

/** Bytes from which on a message or tool may be known; what is shorter is parsed as fast as it is found. */
const SIZES: PieceSizes = { ...PIECE_SIZES, part: 512 };

function parsePiece(piece: string): unknown {
	return JSON.parse(decodePiece(piece));
}

/** A body that was parsed, and its text. */
export interface ParsedBody {
	text: JsonText;
	body: JsonObject;
}

/** Parses a request's body as `parseBodySteps` does. @throws the same errors */
export async function parseJsonBody(...asked: Parameters<typeof parseBodySteps>): Promise<ParsedBody> {
	return await runSteps(parseBodySteps(...asked), setImmediate);
}

/**
 * Parses a request's body, a large one in pieces between which others get their turn. `bytes`: as `readBody` gives them;
 * `parts`: those that came before, which are not parsed again.
 * @throws InvalidInputError for anything but one object whose names are unique
 * @throws RequestRefusedError for one that is nested too deep, or is made of too many parts
 */
export function* parseBodySteps(
	bytes: string,
	limits: BodyLimits = DEFAULT_GATEWAY_CONFIG.limits,
	parts: KnownParts | null = null,
): Steps<ParsedBody> {
	const jsonLimits = createBodyLimits(limits);
	let parsed: ParsedJson;
	try {
		const options = parts === null ? {} : { sizes: SIZES, parsePart: (part: string) => parts.parse(part, parsePiece) };
		parsed = yield* parseJsonSteps(bytes, jsonLimits, { parse: parsePiece, ...options });
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
	if (!hasDuplicateNames(value, shape.namesByDepth))
		return { text: JsonText.scanned(bytes, shape.members), body: value };
	throw new InvalidInputError(
		'A member of the body has the same name twice, so that readers differ on which one counts. Send each name once.',
	);
}

/** A body without one of its members, as text and parsed; unchanged when it has none of that name. */
export function omitBodyField(text: JsonText, body: JsonObject, name: string): [JsonText, JsonObject] {
	if (!Object.hasOwn(body, name)) return [text, body];
	const { [name]: _, ...rest } = body;
	return [removeJsonMember(text, name), rest];
}
