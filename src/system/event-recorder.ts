import type { Logger, RouterStorage, StorageRecord } from '../contracts/index.ts';

/** Records held before they are written; beyond this the oldest batch is written at once. */
const BATCH_SIZE = 256;
/** Records held at most while storage does not answer; beyond this the oldest are dropped and counted. */
const MAX_PENDING = 50_000;
/** Milliseconds a record may wait. */
const FLUSH_INTERVAL_MS = 200;

/** Writes decisions, outcomes and events in batches, off the hot path, in order. */
export class EventRecorder {
	readonly #storage: () => Promise<RouterStorage>;
	readonly #logger: Logger;
	#pending: StorageRecord[] = [];
	#dropped = 0;
	#timer: ReturnType<typeof setTimeout> | null = null;
	#writing: Promise<void> = Promise.resolve();

	constructor(storage: () => Promise<RouterStorage>, logger: Logger) {
		this.#storage = storage;
		this.#logger = logger;
	}

	/** Records dropped because storage did not keep up. */
	get dropped(): number {
		return this.#dropped;
	}

	add(record: StorageRecord): void {
		if (this.#pending.length >= MAX_PENDING) {
			this.#pending.shift();
			this.#dropped += 1;
		}
		this.#pending.push(record);
		if (this.#pending.length >= BATCH_SIZE) void this.flush();
		else this.#schedule();
	}

	#schedule(): void {
		if (this.#timer !== null) return;
		const timer = setTimeout(() => void this.flush(), FLUSH_INTERVAL_MS);
		// A waiting batch must not keep a finished program alive; `close` writes it.
		if (typeof timer === 'object') timer.unref();
		this.#timer = timer;
	}

	/** Resolves when everything added so far is written, or its failure is logged. */
	flush(): Promise<void> {
		if (this.#timer !== null) clearTimeout(this.#timer);
		this.#timer = null;
		const batch = this.#pending;
		this.#pending = [];
		if (batch.length === 0) return this.#writing;
		this.#writing = this.#writing.then(() => this.#write(batch));
		return this.#writing;
	}

	async #write(batch: StorageRecord[]): Promise<void> {
		try {
			const storage = await this.#storage();
			await storage.records.write(batch);
		} catch (error) {
			this.#dropped += batch.length;
			this.#logger.error(`${batch.length} records could not be written`, { error: String(error) });
		}
	}
}
