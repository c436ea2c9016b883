/**
 * A function that removes a map's oldest entry and answers it, again and again in constant time: a walk from the map's
 * beginning would pass every deleted entry the map has not yet tidied away, thousands at a steady size. An iterator
 * that is kept passes each once. An entry that was deleted and set again counts as new.
 */
export function createDropOldest<Key, Value>(map: Map<Key, Value>): () => [Key, Value] | undefined {
	let entries = map.entries();
	return () => {
		let next = entries.next();
		if (next.done) {
			// an iterator that came to the end stays there, whatever is added later
			entries = map.entries();
			next = entries.next();
		}
		if (next.done) return undefined;
		map.delete(next.value[0]);
		return next.value;
	};
}
