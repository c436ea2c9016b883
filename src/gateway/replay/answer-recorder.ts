import type { StoredAnswer } from '../../contracts/index.ts';

/** Keeps a copy of an answer while it is sent, up to a bound; a longer one is not kept at all, for a part of it is no answer. */
export class AnswerRecorder {
	readonly #maxBytes: number;
	#head: Pick<StoredAnswer, 'status' | 'headers'> | null = null;
	#chunks: Uint8Array[] = [];
	#bytes = 0;

	constructor(maxBytes: number) {
		this.#maxBytes = maxBytes;
	}

	/** More was sent than is kept. */
	get isTooLong(): boolean {
		return this.#bytes > this.#maxBytes;
	}

	/** Whether a body of so many bytes would be kept: what is known to be too long can say so in its head. */
	fits(bytes: number): boolean {
		return bytes <= this.#maxBytes;
	}

	/** Hears the head of the answer. */
	onHead({ status, headers }: Pick<StoredAnswer, 'status' | 'headers'>): void {
		this.#head = { status, headers: { ...headers } };
	}

	/** Hears a part of the body. */
	onData(chunk: Uint8Array | string): void {
		if (this.isTooLong) return;
		const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
		this.#bytes += bytes.length;
		if (this.isTooLong) this.#chunks = [];
		else this.#chunks.push(bytes);
	}

	/** The answer as it was sent; `null` when nothing was sent or it was too long. */
	toStoredAnswer(): StoredAnswer | null {
		if (this.#head === null || this.isTooLong) return null;
		return { ...this.#head, body: Buffer.concat(this.#chunks) };
	}
}
