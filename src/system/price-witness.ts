import { type ModelCatalog, type PriceBook, priceBookOf } from '../catalog/index.ts';
import type { Logger, RouterStorage } from '../contracts/index.ts';

/** Knows which prices are in force, and leaves them beside the rows that were priced with them. */
export class PriceWitness {
	readonly #catalog: ModelCatalog;
	#book: PriceBook | null = null;
	#catalogVersion = '';

	constructor(catalog: ModelCatalog) {
		this.#catalog = catalog;
	}

	/** Version of the prices in force. */
	get version(): string {
		return this.#current().version;
	}

	#current(): PriceBook {
		if (this.#book === null || this.#catalogVersion !== this.#catalog.version) {
			this.#book = priceBookOf(this.#catalog.profiles());
			this.#catalogVersion = this.#catalog.version;
		}
		return this.#book;
	}

	/** Keeps the book, so that a row of the ledger can be explained later. */
	async save(storage: RouterStorage, { now, logger }: { now: number; logger: Logger }): Promise<void> {
		const { version, models } = this.#current();
		try {
			await storage.prices.save({ version, document: JSON.stringify({ version, models }), at: now });
		} catch (error) {
			// the rows name their version all the same
			logger.error('The price book could not be kept', { error: String(error) });
		}
	}
}
