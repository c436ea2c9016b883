/** Time comes in through this port; tests never sleep. */
export interface Clock {
	/** Epoch milliseconds. */
	now(): number;
	/** Milliseconds that only go forward, for durations. */
	monotonic(): number;
	/** Resolves after `ms`; rejects with the signal's reason when aborted. */
	sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Ids come in through this port. */
export interface IdSource {
	/** Unique, sortable by time, e.g. a UUID v7. */
	next(): string;
}

/** A number in [0, 1). */
export type RandomSource = () => number;
