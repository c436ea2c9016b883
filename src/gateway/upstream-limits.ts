import type { ModelName } from '../contracts/index.ts';

/** Whose limits they are. */
export interface LimitedCall {
	model: ModelName;
	deployment: string;
}

/** Remembers what providers say of their limits, so that they are respected before they are hit. */
export interface UpstreamLimits {
	/** Takes in what an answer's headers say; `header` reads one by its name in lower case. */
	observe(target: LimitedCall, header: (name: string) => string | null, now: number): void;
	/** Epoch milliseconds from which a call of so many tokens may be made; 0 when it may now. */
	availableAt(target: LimitedCall, tokens: number, now: number): number;
	/** Counts a call that goes out now, until an answer's headers tell of it. `tokens`: input, and the output expected. */
	send(target: LimitedCall, tokens: number): void;
}
