import { isAscii, isUtf8 } from 'node:buffer';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Readable, Transform } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { InvalidInputError, RequestRefusedError } from '../../errors/index.ts';

/** Reserves memory for the next bytes of a body or an answer, or gives some back (negative); `false`: there is none left. */
export type ReserveBytes = (bytes: number) => boolean;

/**
 * Reads a request's body, up to `maxBytes` after decompression, as its UTF-8 bytes, each as a character: so it takes as much
 * memory as was sent, and is searched without being decoded. The server's `requestTimeout` limits the time.
 * @throws RequestRefusedError for one that is too large, or when the memory for bodies is exhausted
 * @throws InvalidInputError for one that cannot be decompressed, is not UTF-8 or broke off
 */
export function readBody(
	request: IncomingMessage,
	maxBytes: number,
	reserveBytes: ReserveBytes = () => true,
): Promise<string> {
	try {
		if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw createTooLargeError(maxBytes);
		return collect(decompress(request), maxBytes, reserveBytes);
	} catch (error) {
		return Promise.reject(error);
	}
}

function readChunks(chunks: readonly Buffer[], length: number): string | Promise<string> {
	if (length <= SCRATCH_BYTES) return readUtf8(joinInScratch(chunks, length));
	return setImmediate().then(() => readUtf8(joinChunks(chunks)));
}

/** @throws InvalidInputError for bytes that are not UTF-8: decoded, the provider would get another text than the caller's. */
function readUtf8(bytes: Buffer): string {
	if (!isUtf8(bytes)) throw new InvalidInputError('The body is not UTF-8. Send JSON in UTF-8.');
	return bytes.toString('latin1');
}

/** Bytes that are looked at in the memory that all bodies share. */
const SCRATCH_BYTES = 1024 * 1024;
/** Taken for the first body, and by one at a time, for no longer than a call: fresh memory for each costs more than to look at it. */
let scratch: Buffer | null = null;

function getScratch(): Buffer {
	scratch ??= Buffer.allocUnsafeSlow(SCRATCH_BYTES);
	return scratch;
}

/** Chunks as one; what is returned is overwritten by the next call. */
function joinInScratch(chunks: readonly Buffer[], length: number): Buffer {
	const [only] = chunks;
	if (chunks.length === 1 && only !== undefined) return only;
	const joined = getScratch();
	let at = 0;
	for (const chunk of chunks) {
		joined.set(chunk, at);
		at += chunk.length;
	}
	return joined.subarray(0, length);
}

/** The text of a piece of a body that `readBody` has read. */
export function decodePiece(piece: string): string {
	const bytes =
		piece.length <= SCRATCH_BYTES
			? getScratch().subarray(0, getScratch().write(piece, 'latin1'))
			: Buffer.from(piece, 'latin1');
	return isAscii(bytes) ? piece : bytes.toString('utf8');
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
function collect(body: Readable, maxBytes: number, reserveBytes: ReserveBytes): Promise<string> {
	const { promise, resolve, reject } = Promise.withResolvers<string>();
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
	body.once('end', () => {
		try {
			resolve(readChunks(chunks, bytes));
		} catch (error) {
			reject(error);
		}
	});
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
		`The body is longer than ${maxBytes} bytes. Send less; requests for models may be as long as "gateway.limits.maxBodyBytes" allows.`,
	);
}

/** Bytes of all bodies, whole answers, held streams and incomplete events together: of requests that arrive, wait and are answered. */
const MAX_TOTAL_BODY_BYTES = 512 * 1024 * 1024;
/** Milliseconds after which memory may be free again. */
const BODY_MEMORY_RETRY_MS = 1000;

/** Bounds the memory of all requests' bodies and of what is held of their answers, together: bodies are read before the queue limits how many there are. */
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

	/** Reserves memory for one body and its answer; it is released when the response closes. */
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
			if (bytes > 0 && this.#bytes + bytes > this.#maxBytes) return false;
			this.#bytes += bytes;
			reserved += bytes;
			return true;
		};
	}
}

/** The error for a body or answer that finds no memory left. */
export function createBodyMemoryError(): RequestRefusedError {
	return new RequestRefusedError(
		'ROUTER_OVERLOADED',
		'The bodies and answers of requests under way take all the memory that is meant for them. Ask again in a second.',
		{ retryAfterMs: BODY_MEMORY_RETRY_MS },
	);
}

/** Characters or bytes up to which all steps of a request together take a few milliseconds. */
const SMALL = 128 * 1024;
/** Bytes that are hashed at once. */
const SLICE_BYTES = 2 * 1024 * 1024;

/**
 * Lets others have their turn between two steps of a large request, each of which holds the event loop up for as long as
 * reading all of it takes. Of a small request it waits for nothing.
 */
export function giveWay({ length }: { readonly length: number }): Promise<void> | undefined {
	return length > SMALL ? setImmediate() : undefined;
}

/** Hands the bytes of a body to `use` in slices; others get their turn in between. */
export async function useInSlices(bytes: string, use: (slice: Buffer) => void): Promise<void> {
	for (let from = 0; from < bytes.length; from += SLICE_BYTES) {
		if (from > 0) await setImmediate();
		use(Buffer.from(bytes.slice(from, from + SLICE_BYTES), 'latin1'));
	}
}
