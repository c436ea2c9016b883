import type { Logger, RouterEvent, RouterEventListener } from '../contracts/index.ts';

/** Tells every listener of every event; a listener's error is logged and never reaches the caller. */
export class EventBus {
	readonly #listeners = new Set<RouterEventListener>();
	readonly #logger: Logger;

	constructor(logger: Logger) {
		this.#logger = logger;
	}

	/** Adds a listener; the returned function removes it. */
	listen(listener: RouterEventListener): () => void {
		this.#listeners.add(listener);
		return () => {
			this.#listeners.delete(listener);
		};
	}

	emit(event: RouterEvent): void {
		for (const listener of this.#listeners) {
			try {
				listener(event);
			} catch (error) {
				this.#logger.error(`A listener failed on ${event.type}`, { error: String(error) });
			}
		}
	}
}
