import type { ServerResponse } from 'node:http';
import type { AnswerHead, AnswerListener } from './answer-head.ts';

/** Bytes that are held back at most before an answer is committed. */
const MAX_UNCOMMITTED_BYTES = 16 * 1024 * 1024;

/** Writes events in another shape. */
export interface FrameRewriter {
	contentType: string;
	push(events: string): string;
	end(): string;
}

/** How a sink sends. */
export interface StreamSinkOptions {
	/** Gets a copy of what is sent. */
	listener: AnswerListener | null;
	/** Writes the events in another shape, e.g. as one list. */
	rewriter: FrameRewriter | null;
	/** Called when the first output is sent. */
	onCommit: () => void;
}

/**
 * Where a streamed answer goes. Until it is committed everything is held back and can be dropped, so that another model
 * may answer; from then on what is written is sent, at the pace the caller reads.
 */
export class StreamSink {
	readonly #response: ServerResponse;
	readonly #options: StreamSinkOptions;
	#held: Array<Buffer | string> = [];
	#heldBytes = 0;
	#isCommitted = false;

	constructor(response: ServerResponse, options: StreamSinkOptions) {
		this.#response = response;
		this.#options = options;
	}

	get isCommitted(): boolean {
		return this.#isCommitted;
	}

	/** Adds whole events to the answer. False: the caller is slow, wait for `onDrain`. @throws RangeError when more would be held back than fits */
	write(chunk: Buffer | string): boolean {
		if (chunk.length === 0) return true;
		if (this.#isCommitted) return this.#send(this.#rewrite(chunk));
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
		const { listener, onCommit, rewriter } = this.#options;
		onCommit();
		const headers = rewriter === null ? head.headers : { ...head.headers, 'content-type': rewriter.contentType };
		listener?.onHead({ ...head, headers });
		this.#response.writeHead(head.status, headers);
		const held = this.#held.map((chunk) => this.#rewrite(chunk));
		this.#held = [];
		if (held.length === 0) {
			this.#response.flushHeaders();
			return true;
		}
		const isText = held.every((chunk) => typeof chunk === 'string');
		return this.#send(isText ? held.join('') : Buffer.concat(held.map((chunk) => Buffer.from(chunk as Buffer)))); // Buffer.from takes strings too
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

	/** Sends the last events and ends the answer. */
	end(last = ''): void {
		if (this.#response.writableEnded) return;
		const { listener, rewriter } = this.#options;
		const ending = rewriter === null ? last : rewriter.push(last) + rewriter.end();
		if (ending !== '') listener?.onData(ending);
		if (!this.#response.destroyed) this.#response.end(ending);
	}

	#rewrite(chunk: Buffer | string): Buffer | string {
		const { rewriter } = this.#options;
		return rewriter === null ? chunk : rewriter.push(chunk.toString());
	}

	#send(chunk: Buffer | string): boolean {
		// The listener gets the whole answer even after the caller has left: it stores whole answers only.
		this.#options.listener?.onData(chunk);
		// Node emits an error for a write after the end, which would end the process.
		if (this.#response.destroyed || this.#response.writableEnded) return true;
		return this.#response.write(chunk);
	}
}
