/**
 * Latency factor, 0-100: 50 when the complete answer takes the reference time, towards 100 for less, towards 0 for
 * more. It looks at no other model and falls strictly with time.
 */
export function scoreLatency(completionMs: number, referenceMs: number): number {
	return 100 / (1 + Math.max(completionMs, 0) / Math.max(referenceMs, 1));
}
