import type { ServerResponse } from 'node:http';
import { RequestRefusedError } from '../errors/index.ts';

/** Bytes of bodies that are held at once: of requests that arrive, wait and are answered. */
const MAX_BYTES = 512 * 1024 * 1024;
/** Milliseconds after which there may be room again. */
const RETRY_MS = 1000;

/** Counts bytes of one body; `false`: there is no room for them. */
export type TakeBytes = (bytes: number) => boolean;

/** Keeps the bodies of all requests together within bounds: they arrive before their turn has come. */
export class HeldBodies {
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
	countFor(response: ServerResponse): TakeBytes {
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
export function noRoom(): RequestRefusedError {
	return new RequestRefusedError(
		'ROUTER_OVERLOADED',
		'The bodies of requests under way take all the memory that is meant for them. Ask again in a second.',
		{ retryAfterMs: RETRY_MS },
	);
}
