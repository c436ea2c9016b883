/** Turns server-sent events into the list that a caller gets who did not ask for `alt=sse`. */
export interface JsonArrayWriter {
	/** The text for whole events. */
	push(events: string): string;
	/** What closes the list. */
	end(): string;
}

/** Writes a stream as Google does without `alt=sse`: one JSON list whose members come as they are made. */
export function createJsonArrayWriter(): JsonArrayWriter {
	let isBegun = false;
	return {
		push(events) {
			const texts = events
				.split('\n')
				.filter((line) => line.startsWith('data:'))
				.map((line) => line.slice('data:'.length).trim());
			return texts
				.map((text) => {
					const before = isBegun ? ',\r\n' : '[';
					isBegun = true;
					return before + text;
				})
				.join('');
		},
		end: () => (isBegun ? ']' : '[]'),
	};
}
