import type { PriceBookStore, StoredPriceBook } from '../../contracts/index.ts';

/** Price books kept: a process sees one, and one more for each change of its price file. */
const MAX_BOOKS = 20;

/** The price books of one process. */
export function createMemoryPriceBooks(): PriceBookStore {
	const books = new Map<string, StoredPriceBook>();
	return {
		async save(book) {
			if (books.has(book.version)) return;
			books.set(book.version, { ...book });
			const oldest = books.keys().next();
			if (books.size > MAX_BOOKS && !oldest.done) books.delete(oldest.value);
		},
		list: async () => [...books.values()].sort((a, b) => b.at - a.at).map((book) => ({ ...book })),
	};
}
