import type { ModelName } from '../contracts/index.ts';

/** Headers as they came. */
export type LimitHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** Remembers what providers say of their limits, so that they are respected before they are hit. */
export interface UpstreamLimits {
	observe(target: { model: ModelName; deployment: string }, headers: LimitHeaders, now: number): void;
	/** Epoch milliseconds from which a call may be made; 0 when it may now. */
	availableAt(target: { model: ModelName; deployment: string }, now: number): number;
}
