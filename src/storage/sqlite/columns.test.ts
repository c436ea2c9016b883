import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fromIsoTime, toIsoTime } from './columns.ts';

const EARLIEST = Date.UTC(0, 0, 1);
const LATEST = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

it('every time is written as Date writes it, before 1970 and over midnight too, so that rows sort by their text', () => {
	fc.assert(
		fc.property(fc.integer({ min: EARLIEST, max: LATEST }), (at) => {
			expect(toIsoTime(at)).toBe(new Date(at).toISOString());
			expect(fromIsoTime(toIsoTime(at))).toBe(at);
		}),
	);
	const midnight = Date.UTC(2026, 10, 25);
	for (const at of [midnight - 1, midnight, midnight - 1, -1, 0, EARLIEST, LATEST])
		expect(toIsoTime(at)).toBe(new Date(at).toISOString());
});

it('times nobody can have are written as the nearest a column takes, and parts of milliseconds are left away', () => {
	expect(toIsoTime(Number.NEGATIVE_INFINITY)).toBe('1900-01-01T00:00:00.000Z');
	expect(toIsoTime(Number.NaN)).toBe('1900-01-01T00:00:00.000Z');
	expect(toIsoTime(Number.POSITIVE_INFINITY)).toBe('9999-12-31T23:59:59.999Z');
	expect(toIsoTime(1.9)).toBe(new Date(1.9).toISOString());
	expect(toIsoTime(-1.9)).toBe(new Date(-1.9).toISOString());
});
