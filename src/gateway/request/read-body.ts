import { isUtf8 } from 'node:buffer';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { InvalidInputError, RequestRefusedError } from '../../errors/index.ts';

const UNPACKERS = { gzip: createGunzip, deflate: createInflate, br: createBrotliDecompress } as const;

function isPacking(value: string): value is keyof typeof UNPACKERS {
	return Object.hasOwn(UNPACKERS, value);
}

function tooLarge(limit: number): RequestRefusedError {
	return new RequestRefusedError(
		'ROUTER_REQUEST_TOO_LARGE',
		`The body is longer than ${limit} bytes. Send less, or raise "gateway.limits.maxBodyBytes".`,
	);
}

/** The bytes, unpacked when they came packed. @throws InvalidInputError for a packing nobody here knows */
function openBody(request: IncomingMessage): Readable {
	const packing = (request.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
	if (packing === 'identity' || packing === '') return request;
	if (!isPacking(packing)) {
		throw new InvalidInputError(
			`content-encoding "${packing.slice(0, 40)}" cannot be read. Send the body plain, or as gzip, deflate or br.`,
		);
	}
	const unpacked = request.pipe(UNPACKERS[packing]());
	request.once('close', () => {
		if (!request.complete) unpacked.destroy(new Error('the connection was closed'));
	});
	return unpacked;
}

/** Collects a stream up to a size: of a packed bomb no more than that is ever unpacked. */
function collect(body: Readable, maxBytes: number, takeBytes: ReserveBytes): Promise<Buffer> {
	const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
	const chunks: Buffer[] = [];
	let bytes = 0;
	// What has been closed says nothing more: waiting for it would have no end.
	if (body.destroyed) reject(new InvalidInputError('The connection was closed before the body was complete.'));
	body.on('data', (chunk: Buffer) => {
		bytes += chunk.length;
		const hasRoom = bytes <= maxBytes && takeBytes(chunk.length);
		if (hasRoom) {
			chunks.push(chunk);
			return;
		}
		body.removeAllListeners('data');
		body.pause();
		reject(bytes > maxBytes ? tooLarge(maxBytes) : bodyMemoryExhausted());
	});
	body.once('end', () => {
		const [only] = chunks;
		resolve(chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks));
	});
	body.once('error', (cause) => {
		reject(new InvalidInputError('The body broke off or could not be unpacked. Send it again.', { cause }));
	});
	body.once('close', () => {
		if (!body.readableEnded) reject(new InvalidInputError('The connection was closed before the body was complete.'));
	});
	return promise;
}

/**
 * Reads a request's body as text, up to a size. How long it may take is the server's `requestTimeout`. `takeBytes`
 * counts what is held, and says when there is no room for more.
 * @throws RequestRefusedError for one that is too long, InvalidInputError for one that cannot be unpacked, is not UTF-8 or broke off
 */
export async function readBody(
	request: IncomingMessage,
	maxBytes: number,
	takeBytes: ReserveBytes = () => true,
): Promise<string> {
	if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes);
	const bytes = await collect(openBody(request), maxBytes, takeBytes);
	// What cannot be read would be passed on as other words than the caller's.
	if (!isUtf8(bytes)) throw new InvalidInputError('The body is not UTF-8. Send JSON in UTF-8.');
	return bytes.toString('utf8');
}

/** Bytes of bodies that are held at once: of requests that arrive, wait and are answered. */
const MAX_BYTES = 512 * 1024 * 1024;
/** Milliseconds after which there may be room again. */
const RETRY_MS = 1000;

/** Counts bytes of one body; `false`: there is no room for them. */
export type ReserveBytes = (bytes: number) => boolean;

/** Keeps the bodies of all requests together within bounds: they arrive before their turn has come. */
export class BodyMemoryLimiter {
	readonly #maxBytes: number;
	#bytes = 0;

	/** @param maxBytes @default 512 MiB */
	constructor(maxBytes: number = MAX_BYTES) {
		this.#maxBytes = maxBytes;
	}

	/** Bytes that are held now. */
	get bytes(): number {
		return this.#bytes;
	}

	/** Counts a body until its request is answered. */
	track(response: ServerResponse): ReserveBytes {
		let own = 0;
		response.once('close', () => {
			this.#bytes -= own;
			own = Number.NaN;
		});
		return (bytes) => {
			// Who has left is counted no more.
			if (Number.isNaN(own)) return true;
			if (this.#bytes + bytes > this.#maxBytes) return false;
			this.#bytes += bytes;
			own += bytes;
			return true;
		};
	}
}

/** What a caller is told whose body finds no room. */
function bodyMemoryExhausted(): RequestRefusedError {
	return new RequestRefusedError(
		'ROUTER_OVERLOADED',
		'The bodies of requests under way take all the memory that is meant for them. Ask again in a second.',
		{ retryAfterMs: RETRY_MS },
	);
}
