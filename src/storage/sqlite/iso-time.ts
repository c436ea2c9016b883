const EARLIEST = Date.UTC(0, 0, 1);
const LATEST = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/** Epoch milliseconds → `2026-11-24T09:30:00.000Z`; times outside the years 1900-9999 become the nearest inside. */
export function toIsoTime(at: number): string {
	return new Date(at >= EARLIEST ? Math.min(at, LATEST) : EARLIEST).toISOString();
}

/** The time of a column → epoch milliseconds. */
export function fromIsoTime(text: string): number {
	return Date.parse(text);
}
