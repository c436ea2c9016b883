import { LRUCache } from 'lru-cache';
import type { GatewayCacheConfig } from '../../config/index.ts';
import type { Clock, StoredAnswer } from '../../contracts/index.ts';
import type { AnswerListener } from '../generation/send-answer.ts';
import { AnswerRecorder } from './answer-recorder.ts';

/** The header of an answer from the cache (`hit`). */
export const CACHE_HEADER = 'x-switchyard-cache';
/** Bytes of all cached answers together, at most. */
const MAX_CACHE_BYTES = 64 * 2 ** 20;

/** What bounds the cache, and whose clock it runs by. */
interface ResponseCacheOptions {
	config: GatewayCacheConfig;
	clock: Pick<Clock, 'monotonic'>;
	/** Bytes of all cached answers together. @default 64 MiB */
	maxBytes?: number | undefined;
}

/** Answers to exactly the same request of the same key (`hashRequest`), within bounds of number, bytes and time; the one unused longest goes first. */
export class ResponseCache {
	readonly #options: ResponseCacheOptions;
	#config: GatewayCacheConfig;
	#answers: LRUCache<string, StoredAnswer>;
	/** The recorders of the configuration in force: an answer that began under another is not cached. */
	#recorders = new WeakSet<AnswerRecorder>();

	constructor(options: ResponseCacheOptions) {
		this.#options = options;
		this.#config = options.config;
		this.#answers = createAnswers(options);
	}

	/** Bytes of all cached answers together. */
	get sizeBytes(): number {
		return this.#answers.calculatedSize;
	}

	/** Takes another configuration; what was cached under the one before is dropped. */
	configure(config: GatewayCacheConfig): void {
		this.#config = config;
		this.#recorders = new WeakSet();
		this.#answers = createAnswers({ ...this.#options, config });
	}

	/** A listener to an answer that is to be cached, before `next`. */
	createRecorder(next: AnswerListener | null = null): AnswerRecorder {
		const recorder = new AnswerRecorder(this.#config.maxEntryBytes, next);
		this.#recorders.add(recorder);
		return recorder;
	}

	/** The answer, marked as a hit. */
	get(requestHash: string): StoredAnswer | null {
		const answer = this.#answers.get(requestHash);
		return answer === undefined ? null : { ...answer, headers: { ...answer.headers, [CACHE_HEADER]: 'hit' } };
	}

	/** Caches an answer that is whole; not one that failed, or was too long to be recorded. */
	set(requestHash: string, recorder: AnswerRecorder): void {
		const answer = this.#config.enabled && this.#recorders.has(recorder) ? recorder.toStoredAnswer() : null;
		if (answer?.status === 200) this.#answers.set(requestHash, answer);
	}
}

function createAnswers({ config, clock, maxBytes = MAX_CACHE_BYTES }: ResponseCacheOptions) {
	return new LRUCache<string, StoredAnswer>({
		// reserved at once, 52 bytes each
		max: config.enabled ? config.maxEntries : 1,
		maxSize: maxBytes,
		sizeCalculation: ({ body }) => Math.max(1, body.length),
		ttl: config.ttl * 1000,
		// the clock is asked at every look-up, where the library would keep its time for a millisecond by a timer
		ttlResolution: 0,
		perf: { now: () => clock.monotonic() },
	});
}
