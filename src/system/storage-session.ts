import type { RouterStorage } from '../contracts/index.ts';

/** How storage is opened, and what stands in when it cannot be. */
export interface StorageSessionOptions {
	/** Opens the storage; called once, on first use. */
	open: () => Promise<RouterStorage> | RouterStorage;
	/** Makes the memory storage that stands in. */
	standIn: () => RouterStorage;
	/** Hears why the stand-in is used. */
	onDegraded: (message: string) => void;
}

/** Opens storage on first use. When that fails, routing goes on in memory and says so. */
export class StorageSession {
	readonly #options: StorageSessionOptions;
	#opening: Promise<RouterStorage> | null = null;
	#degraded: string | null = null;

	constructor(options: StorageSessionOptions) {
		this.#options = options;
	}

	/** Why memory stands in for the storage that was asked for; `null` when all is well. */
	get degraded(): string | null {
		return this.#degraded;
	}

	/** The storage; never rejects. */
	get(): Promise<RouterStorage> {
		this.#opening ??= this.#open();
		return this.#opening;
	}

	async #open(): Promise<RouterStorage> {
		try {
			return await this.#options.open();
		} catch (error) {
			const reason = error instanceof Error ? error.message : String(error);
			this.#degraded = `${reason}\nRouting goes on in memory: nothing of this run is remembered, and budgets count only this run.`;
			this.#options.onDegraded(this.#degraded);
			return this.#options.standIn();
		}
	}

	/** Closes the storage if it was ever opened. */
	async close(): Promise<void> {
		if (this.#opening === null) return;
		const storage = await this.#opening;
		await storage.close();
	}
}
