import type { LanguageModelV4StreamPart, SharedV4ProviderMetadata } from '@ai-sdk/provider';
import type { ModelName, Usage } from '../contracts/index.ts';
import { RequestAbortedError } from '../errors/index.ts';
import { toNeutralUsage } from '../protocol/index.ts';
import type { FinishPart, NeutralSink } from '../relay/index.ts';
import { withModelStamp } from './bound-reasoning.ts';

/** How each kind of block that an answer opens is closed. */
const BLOCK_ENDS = {
	'text-start': 'text-end',
	'reasoning-start': 'reasoning-end',
	'tool-input-start': 'tool-input-end',
} as const;

type BlockEnd = (typeof BLOCK_ENDS)[keyof typeof BLOCK_ENDS];

/**
 * The stream that a caller of the AI SDK reads. Parts are held back until the answer is committed, and written as fast as
 * they are read from then on. The part that ends the answer waits until the call is settled.
 */
export class PartSink implements NeutralSink {
	readonly stream: ReadableStream<LanguageModelV4StreamPart>;
	readonly #begun = Promise.withResolvers<void>();
	/** By id. */
	readonly #openBlocks = new Map<string, BlockEnd>();
	#controller: ReadableStreamDefaultController<LanguageModelV4StreamPart> | null = null;
	#model: ModelName = '';
	#held: LanguageModelV4StreamPart[] = [];
	#finish: FinishPart | null = null;
	#isCommitted = false;
	/** Set when the reader has left. */
	#departure: RequestAbortedError | null = null;
	#onDrain: () => void = () => {};

	constructor() {
		this.stream = new ReadableStream({
			start: (controller) => {
				this.#controller = controller;
			},
			pull: () => this.#onDrain(),
			cancel: (cause) => {
				this.#departure = new RequestAbortedError('The reader of the stream left.', { cause });
				this.#onDrain();
			},
		});
	}

	get isCommitted(): boolean {
		return this.#isCommitted;
	}

	/** Resolves when there is something to read; rejects with what kept the answer from beginning. */
	get begun(): Promise<void> {
		return this.#begun.promise;
	}

	/** From now on, parts are stamped with the name of the model that makes them. */
	startAttempt(model: ModelName): this {
		this.#model = model;
		return this;
	}

	/** @throws RequestAbortedError when the reader has left */
	write(part: LanguageModelV4StreamPart): boolean {
		if (part.type === 'finish') {
			this.#finish = part;
			return true;
		}
		if (part.type in BLOCK_ENDS && 'id' in part)
			this.#openBlocks.set(part.id, BLOCK_ENDS[part.type as keyof typeof BLOCK_ENDS]);
		else if ('id' in part && part.type === this.#openBlocks.get(part.id)) this.#openBlocks.delete(part.id);
		const stamped = withModelStamp(part, this.#model);
		if (this.#isCommitted) return this.#send(stamped);
		this.#held.push(stamped);
		return true;
	}

	endEarly(reason: 'length', usage: Usage): boolean {
		const { raw: _, ...told } = toNeutralUsage(usage);
		this.#finish = { type: 'finish', finishReason: { unified: reason, raw: undefined }, usage: told };
		for (const [id, type] of [...this.#openBlocks]) this.write({ type, id });
		return true;
	}

	commit(): boolean {
		if (this.#isCommitted) return true;
		this.#isCommitted = true;
		this.#begun.resolve();
		let hasRoom = true;
		for (const part of this.#held.splice(0)) hasRoom = this.#send(part);
		return hasRoom;
	}

	discard(): void {
		this.#held = [];
		this.#finish = null;
		this.#openBlocks.clear();
	}

	onDrain(callback: () => void): void {
		this.#onDrain = () => {
			this.#onDrain = () => {};
			callback();
		};
	}

	/** Ends the answer with its last part. */
	end(toMetadata: (metadata: SharedV4ProviderMetadata | undefined) => SharedV4ProviderMetadata): void {
		if (this.#departure !== null || this.#finish === null) return;
		this.#controller?.enqueue({ ...this.#finish, providerMetadata: toMetadata(this.#finish.providerMetadata) });
		this.#controller?.close();
	}

	/** Ends it with a failure: before anything went out, the call itself fails. */
	fail(error: unknown): void {
		if (!this.#isCommitted) this.#begun.reject(error);
		else if (this.#departure === null) {
			this.#controller?.enqueue({ type: 'error', error });
			this.#controller?.close();
		}
	}

	#send(part: LanguageModelV4StreamPart): boolean {
		if (this.#departure !== null) throw this.#departure;
		this.#controller?.enqueue(part);
		return (this.#controller?.desiredSize ?? 0) > 0;
	}
}
