import type { GatewayCacheConfig } from '../../config/index.ts';
import type { StoredAnswer } from '../../contracts/index.ts';
import { BoundedMap } from '../../util/index.ts';
import type { AnswerListener } from '../generation/send-answer.ts';
import { AnswerRecorder } from './answer-recorder.ts';

/** The header of an answer from the cache (`hit`). */
export const CACHE_HEADER = 'x-switchyard-cache';
/** Bytes of all cached answers together, at most. */
const MAX_CACHE_BYTES = 64 * 2 ** 20;

interface Entry {
	answer: StoredAnswer;
	expiresAt: number;
}

/** Answers to exactly the same request of the same key (`hashRequest`), within bounds of number, bytes and time; the one unused longest goes first. */
export class ResponseCache {
	#config: GatewayCacheConfig;
	readonly #maxBytes: number;
	readonly #entries = new BoundedMap<string, Entry>(Number.POSITIVE_INFINITY);
	#bytes = 0;
	/** The recorders of the configuration in force: an answer that began under another is not cached. */
	#recorders = new WeakSet<AnswerRecorder>();

	constructor(config: GatewayCacheConfig, maxBytes: number = MAX_CACHE_BYTES) {
		this.#config = config;
		this.#maxBytes = maxBytes;
	}

	/** Bytes of all cached answers together. */
	get sizeBytes(): number {
		return this.#bytes;
	}

	/** Takes another configuration; what was cached under the one before is dropped. */
	configure(config: GatewayCacheConfig): void {
		this.#config = config;
		this.#recorders = new WeakSet();
		this.#entries.clear();
		this.#bytes = 0;
	}

	/** A listener to an answer that is to be cached, before `next`. */
	createRecorder(next: AnswerListener | null = null): AnswerRecorder {
		const recorder = new AnswerRecorder(this.#config.maxEntryBytes, next);
		this.#recorders.add(recorder);
		return recorder;
	}

	/** The answer, marked as a hit. `now`: monotonic milliseconds. */
	get(requestHash: string, now: number): StoredAnswer | null {
		const entry = this.#take(requestHash);
		if (entry === null || entry.expiresAt <= now) return null;
		this.#put(requestHash, entry);
		return { ...entry.answer, headers: { ...entry.answer.headers, [CACHE_HEADER]: 'hit' } };
	}

	/** Caches an answer that is whole; not one that failed, or was too long to be recorded. */
	set(requestHash: string, recorder: AnswerRecorder, now: number): void {
		const answer = this.#config.enabled && this.#recorders.has(recorder) ? recorder.toStoredAnswer() : null;
		if (answer?.status !== 200) return;
		this.#take(requestHash);
		this.#put(requestHash, { answer, expiresAt: now + this.#config.ttl * 1000 });
		while (this.#entries.size > this.#config.maxEntries || this.#bytes > this.#maxBytes)
			this.#bytes -= this.#entries.evictOldest()?.[1].answer.body.length ?? 0;
	}

	#take(requestHash: string): Entry | null {
		const entry = this.#entries.get(requestHash);
		if (entry === undefined) return null;
		this.#entries.delete(requestHash);
		this.#bytes -= entry.answer.body.length;
		return entry;
	}

	#put(requestHash: string, entry: Entry): void {
		this.#entries.set(requestHash, entry);
		this.#bytes += entry.answer.body.length;
	}
}
