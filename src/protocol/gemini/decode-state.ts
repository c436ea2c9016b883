/**
 * What is known while contents are decoded: which calls wait for their result. Gemini's calls need no id; such a call
 * gets one, and the next result of that name without an id answers it.
 */
export class DecodingState {
	readonly dropped: string[];
	readonly #waiting = new Map<string, string[]>();
	#calls = 0;
	#lastCode = '';

	constructor(dropped: string[]) {
		this.dropped = dropped;
	}

	/** The id of a call. */
	called(name: string, id: string | undefined): string {
		this.#calls += 1;
		const known = id ?? `call_${this.#calls}`;
		this.#waiting.set(name, [...(this.#waiting.get(name) ?? []), known]);
		return known;
	}

	/** The id of the call that a result answers. */
	answered(name: string, id: string | undefined): string {
		const waiting = this.#waiting.get(name) ?? [];
		const known = id ?? waiting[0] ?? `call_of_${name}`;
		this.#waiting.set(
			name,
			waiting.filter((waits) => waits !== known),
		);
		return known;
	}

	/** The id for code that Google ran. */
	ranCode(): string {
		this.#calls += 1;
		this.#lastCode = `code_${this.#calls}`;
		return this.#lastCode;
	}

	/** The id of the code that gave the next result. */
	get lastCode(): string {
		return this.#lastCode;
	}
}
