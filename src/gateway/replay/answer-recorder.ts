import type { StoredAnswer } from '../../contracts/index.ts';
import type { AnswerHead, AnswerListener } from '../generation/send-answer.ts';

/** Copies an answer while it is sent, up to a limit. Of a longer one nothing is kept, since a part is no answer. */
export class AnswerRecorder implements AnswerListener {
	readonly #maxBytes: number;
	readonly #next: AnswerListener | null;
	#head: Pick<StoredAnswer, 'status' | 'headers'> | null = null;
	#chunks: Uint8Array[] = [];
	#bytes = 0;

	/** @param next gets everything too, whole */
	constructor(maxBytes: number, next: AnswerListener | null = null) {
		this.#maxBytes = maxBytes;
		this.#next = next;
	}

	/** More was sent than the limit allows. */
	get isTooLong(): boolean {
		return this.#bytes > this.#maxBytes;
	}

	onHead(head: AnswerHead): void {
		const { status, headers } = head;
		this.#next?.onHead(head);
		this.#head = { status, headers: { ...headers } };
	}

	onData(chunk: Buffer | string): void {
		this.#next?.onData(chunk);
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
