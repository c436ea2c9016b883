import { isUtf8 } from 'node:buffer';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Readable, Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { InvalidInputError, RequestRefusedError } from '../../errors/index.ts';
import { removeJsonMember } from '../../protocol/index.ts';
import { isObject, type JsonObject } from '../../util/index.ts';

/** Reserves memory for the next bytes of a body; `false`: there is none left. */
type ReserveBytes = (bytes: number) => boolean;

/**
 * Reads a request's body as text, up to `maxBytes` after decompression. The server's `requestTimeout` limits the time.
 * @throws RequestRefusedError for one that is too large, or when the memory for bodies is exhausted
 * @throws InvalidInputError for one that cannot be decompressed, is not UTF-8 or broke off
 */
export async function readBody(
	request: IncomingMessage,
	maxBytes: number,
	reserveBytes: ReserveBytes = () => true,
): Promise<string> {
	if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw createTooLargeError(maxBytes);
	const bytes = await collect(decompress(request), maxBytes, reserveBytes);
	// Decoding would replace invalid bytes: the provider would get another text than the caller's.
	if (!isUtf8(bytes)) throw new InvalidInputError('The body is not UTF-8. Send JSON in UTF-8.');
	return bytes.toString('utf8');
}

const DECOMPRESSORS: ReadonlyMap<string, () => Transform> = new Map([
	['gzip', createGunzip],
	['deflate', createInflate],
	['br', createBrotliDecompress],
]);

/** @throws InvalidInputError for an unknown `content-encoding` */
function decompress(request: IncomingMessage): Readable {
	const encoding = (request.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
	if (encoding === 'identity' || encoding === '') return request;
	const create = DECOMPRESSORS.get(encoding);
	if (create === undefined)
		throw new InvalidInputError(
			`content-encoding "${encoding.slice(0, 40)}" cannot be read. Send the body plain, or as gzip, deflate or br.`,
		);
	const body = request.pipe(create());
	request.once('close', () => {
		if (!request.complete) body.destroy(new Error('the connection was closed'));
	});
	return body;
}

/** Collects a stream up to a size; a decompression bomb is stopped there. */
function collect(body: Readable, maxBytes: number, reserveBytes: ReserveBytes): Promise<Buffer> {
	const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
	const chunks: Buffer[] = [];
	let bytes = 0;
	const onClose = (): void => {
		if (!body.readableEnded) reject(new InvalidInputError('The connection was closed before the body was complete.'));
	};
	// A stream that is closed already emits nothing more.
	if (body.destroyed) onClose();
	body.on('data', (chunk: Buffer) => {
		bytes += chunk.length;
		if (bytes <= maxBytes && reserveBytes(chunk.length)) {
			chunks.push(chunk);
			return;
		}
		body.removeAllListeners('data');
		body.pause();
		reject(bytes > maxBytes ? createTooLargeError(maxBytes) : createBodyMemoryError());
	});
	body.once('end', () => resolve(joinChunks(chunks)));
	body.once('error', (cause) => {
		reject(new InvalidInputError('The body broke off or could not be unpacked. Send it again.', { cause }));
	});
	body.once('close', onClose);
	return promise;
}

/** The chunks of a body as one, copied only where there are several. */
export function joinChunks(chunks: readonly Buffer[]): Buffer {
	const [only] = chunks;
	return chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks);
}

function createTooLargeError(maxBytes: number): RequestRefusedError {
	return new RequestRefusedError(
		'ROUTER_REQUEST_TOO_LARGE',
		`The body is longer than ${maxBytes} bytes. Send less, or raise "gateway.limits.maxBodyBytes".`,
	);
}

/** Bytes of all bodies together: of requests that arrive, wait and are answered. */
const MAX_TOTAL_BODY_BYTES = 512 * 1024 * 1024;
/** Milliseconds after which memory may be free again. */
const BODY_MEMORY_RETRY_MS = 1000;

/** Bounds the memory of all requests' bodies together: they are read before the queue limits how many there are. */
export class BodyMemoryLimiter {
	readonly #maxBytes: number;
	#bytes = 0;

	/** @param maxBytes @default 512 MiB */
	constructor(maxBytes: number = MAX_TOTAL_BODY_BYTES) {
		this.#maxBytes = maxBytes;
	}

	/** Bytes that are reserved now. */
	get bytes(): number {
		return this.#bytes;
	}

	/** Reserves memory for one body; it is released when the response closes. */
	track(response: ServerResponse): ReserveBytes {
		let reserved = 0;
		let isReleased = false;
		response.once('close', () => {
			this.#bytes -= reserved;
			isReleased = true;
		});
		return (bytes) => {
			// Nothing would release bytes that arrive after the response has closed.
			if (isReleased) return true;
			if (this.#bytes + bytes > this.#maxBytes) return false;
			this.#bytes += bytes;
			reserved += bytes;
			return true;
		};
	}
}

function createBodyMemoryError(): RequestRefusedError {
	return new RequestRefusedError(
		'ROUTER_OVERLOADED',
		'The bodies of requests under way take all the memory that is meant for them. Ask again in a second.',
		{ retryAfterMs: BODY_MEMORY_RETRY_MS },
	);
}

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
	const members = Object.values(body);
	const memberKeys = members.reduce<number>((sum, value) => sum + (isObject(value) ? Object.keys(value).length : 0), 0);
	return members.length < bodyNames || memberKeys < memberNames;
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
		const message = `The body is not JSON${where}. Send one JSON object with content-type application/json.`;
		throw new InvalidInputError(message);
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
