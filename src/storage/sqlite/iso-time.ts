const EARLIEST = Date.UTC(0, 0, 1);
const LATEST = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

const DAY_MS = 86_400_000;

/** The day written last: its date is most of the work, and nearly always the next time's too. */
let latest = { day: Number.NaN, date: '' };

function two(value: number): string {
	return value < 10 ? `0${value}` : `${value}`;
}

function dateOf(day: number): string {
	if (latest.day !== day) latest = { day, date: new Date(day * DAY_MS).toISOString().slice(0, 11) };
	return latest.date;
}

/** Epoch milliseconds → `2026-11-24T09:30:00.000Z`; times outside the years 1900-9999 become the nearest inside. */
export function toIsoTime(at: number): string {
	// as Date has it: no parts of milliseconds
	const time = Math.trunc(at >= EARLIEST ? Math.min(at, LATEST) : EARLIEST);
	const day = Math.floor(time / DAY_MS);
	const ofDay = time - day * DAY_MS;
	const seconds = Math.floor(ofDay / 1000);
	const minutes = Math.floor(seconds / 60);
	const thousandth = `${ofDay - seconds * 1000}`.padStart(3, '0');
	return `${dateOf(day)}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}:${two(seconds % 60)}.${thousandth}Z`;
}

/** The time of a column → epoch milliseconds. */
export function fromIsoTime(text: string): number {
	return Date.parse(text);
}
