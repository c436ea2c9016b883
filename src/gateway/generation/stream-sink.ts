import type { ServerResponse } from 'node:http';

/** Bytes held back at most before an answer is committed. */
const MAX_UNCOMMITTED_BYTES: number = 16 * 1024 * 1024;

/** What the head of an answer says. */
export interface AnswerHead {
	status: number;
	/** Names in lower case. */
	headers: Readonly<Record<string, string>>;
}

/** Hears a copy of everything that is sent. */
export interface AnswerListener {
	onHead(head: AnswerHead): void;
	onData(chunk: Buffer | string): void;
}

/** Writes events in another shape. */
export interface FrameRewriter {
	contentType: string;
	push(events: string): string;
	end(): string;
}

/** What a sink may be told. */
export interface StreamSinkOptions {
	/** Hears a copy of what is sent. */
	listener?: AnswerListener | null;
	/** Writes the events in another shape, e.g. as one list. */
	rewriter?: FrameRewriter | null;
	/** Hears that the first output is sent. */
	onCommit?: () => void;
}

/**
 * Where a streamed answer goes. Until it is committed everything is held back and can be dropped, so that another model
 * may answer; from then on what is written is sent, at the pace the caller reads.
 */
export class StreamSink {
	readonly #response: ServerResponse;
	readonly #listener: AnswerListener | null;
	readonly #rewriter: FrameRewriter | null;
	readonly #onCommit: (() => void) | null;
	#held: Array<Buffer | string> = [];
	#heldBytes = 0;
	#isCommitted = false;

	constructor(response: ServerResponse, options: StreamSinkOptions = {}) {
		this.#response = response;
		this.#listener = options.listener ?? null;
		this.#rewriter = options.rewriter ?? null;
		this.#onCommit = options.onCommit ?? null;
	}

	get isCommitted(): boolean {
		return this.#isCommitted;
	}

	/** The caller has left. */
	get isGone(): boolean {
		return this.#response.destroyed;
	}

	/** Adds whole events to the answer. False: the caller is slow, wait for `onDrain`. @throws RangeError when more would be held back than fits */
	write(chunk: Buffer | string): boolean {
		if (chunk.length === 0) return true;
		if (this.#isCommitted) return this.#send(this.#rewritten(chunk));
		this.#heldBytes += chunk.length;
		if (this.#heldBytes > MAX_UNCOMMITTED_BYTES) {
			throw new RangeError(`More than ${MAX_UNCOMMITTED_BYTES} bytes came before the answer could be sent.`);
		}
		this.#held.push(chunk);
		return true;
	}

	/** Sends the head and what was held back; there is no way back from here. */
	commit(head: AnswerHead): boolean {
		if (this.#isCommitted) return true;
		this.#isCommitted = true;
		this.#onCommit?.();
		const type = this.#rewriter === null ? {} : { 'content-type': this.#rewriter.contentType };
		const headers = { ...head.headers, ...type };
		this.#listener?.onHead({ ...head, headers });
		this.#response.writeHead(head.status, headers);
		const held = this.#held.map((chunk) => this.#rewritten(chunk));
		this.#held = [];
		if (held.length === 0) {
			this.#response.flushHeaders();
			return true;
		}
		const isText = held.every((chunk) => typeof chunk === 'string');
		return this.#send(isText ? held.join('') : Buffer.concat(held.map((chunk) => Buffer.from(chunk as Buffer)))); // a text is a valid argument too
	}

	/** Forgets what was held back: the attempt has failed. */
	discard(): void {
		this.#held = [];
		this.#heldBytes = 0;
	}

	/** Calls back once when the caller has taken what was sent, or has left. */
	onDrain(callback: () => void): void {
		const call = (): void => {
			this.#response.off('drain', call).off('close', call);
			callback();
		};
		this.#response.once('drain', call).once('close', call);
	}

	/** Sends the last words and ends the answer. */
	end(last = ''): void {
		if (this.#response.writableEnded) return;
		const rest = this.#rewriter === null ? last : this.#rewriter.push(last) + this.#rewriter.end();
		if (rest !== '') this.#listener?.onData(rest);
		if (!this.#response.destroyed) this.#response.end(rest);
	}

	#rewritten(chunk: Buffer | string): Buffer | string {
		return this.#rewriter === null ? chunk : this.#rewriter.push(chunk.toString());
	}

	#send(chunk: Buffer | string): boolean {
		// the listener hears all of it, also what the caller no longer does: a part is no answer
		this.#listener?.onData(chunk);
		// After the last words nothing is said: Node would end the process for it.
		if (this.#response.destroyed || this.#response.writableEnded) return true;
		return this.#response.write(chunk);
	}
}
