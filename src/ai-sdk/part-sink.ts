import type { LanguageModelV4StreamPart } from '@ai-sdk/provider';

/** Holds an answer's parts back until it has begun, then passes them on as fast as they are read. */
export class PartSink {
	readonly stream: ReadableStream<LanguageModelV4StreamPart>;
	readonly #writer: WritableStreamDefaultWriter<LanguageModelV4StreamPart>;
	readonly #begun = Promise.withResolvers<void>();
	#held: LanguageModelV4StreamPart[] = [];
	#isCommitted = false;

	constructor() {
		const { readable, writable } = new TransformStream<LanguageModelV4StreamPart, LanguageModelV4StreamPart>();
		this.stream = readable;
		this.#writer = writable.getWriter();
		// A reader that leaves is heard of at the next write, which is where the attempt ends.
		this.#writer.closed.catch(() => undefined);
	}

	/** Output has gone out: nobody else can answer any more. */
	get isCommitted(): boolean {
		return this.#isCommitted;
	}

	/** Resolves when there is something to read; rejects with what kept it from beginning. */
	get begun(): Promise<void> {
		return this.#begun.promise;
	}

	/** Forgets what an attempt said before it failed. */
	discard(): void {
		this.#held = [];
	}

	/** @throws what the reader left with */
	async write(part: LanguageModelV4StreamPart): Promise<void> {
		if (!this.#isCommitted) this.#held.push(part);
		else await this.#writer.write(part);
	}

	/** Lets out what was held back. @throws what the reader left with */
	async commit(): Promise<void> {
		if (this.#isCommitted) return;
		this.#isCommitted = true;
		this.#begun.resolve();
		for (const part of this.#held.splice(0)) await this.#writer.write(part);
	}

	/** Ends the answer with its last part. @throws what the reader left with */
	async finish(part: LanguageModelV4StreamPart): Promise<void> {
		await this.commit();
		await this.#writer.write(part);
		await this.#writer.close();
	}

	/** Ends it with a failure: before anything went out the call itself fails. @throws what the reader left with */
	async fail(error: unknown): Promise<void> {
		if (!this.#isCommitted) return this.#begun.reject(error);
		await this.#writer.write({ type: 'error', error });
		await this.#writer.close();
	}
}
