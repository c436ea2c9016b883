import type { ConfigIssue } from '../errors/index.ts';

/** What is wrong with a value; `null` when nothing is. */
export type Check = (value: unknown) => string | null;

/** The value as an error shows it: short, and never one that cannot be written. */
export function shown(value: unknown): string {
	const isWritable = typeof value === 'string' || (typeof value === 'object' && value !== null);
	if (!isWritable) return String(value);
	try {
		return JSON.stringify(value).slice(0, 40);
	} catch {
		// A record that holds itself or a bigint has no JSON.
		return Object.prototype.toString.call(value);
	}
}

/** True for an object that is no list. */
export function isRecord(value: unknown): value is Record<string, unknown> {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A text with something in it. */
export const text: Check = (value) =>
	typeof value === 'string' && value.trim() !== '' ? null : 'must be a text that is not empty';
/** True or false. */
export const flag: Check = (value) => (typeof value === 'boolean' ? null : 'must be true or false');
/** A finite number between low and high, both inclusive. */
export function numberIn(low: number, high: number, isWhole = false): Check {
	return (value) => {
		const isNumber =
			Number.isFinite(value) && Number(value) >= low && Number(value) <= high && (!isWhole || Number.isInteger(value));
		const upTo = high === Number.POSITIVE_INFINITY ? ` of ${low} or more` : ` from ${low} to ${high}`;
		return isNumber ? null : `must be a ${isWhole ? 'whole ' : ''}number${upTo}`;
	};
}
/** The check, where the value is given at all. */
export function optional(check: Check): Check {
	return (value) => (value === undefined ? null : check(value));
}
/** A list whose every item passes. */
export function listOf(check: Check, what: string): Check {
	return (value) =>
		Array.isArray(value) && value.every((item) => check(item) === null) ? null : `must be a list of ${what}`;
}
/** A record whose field passes. */
export function recordWhere(field: string, check: Check): Check {
	return (value) => {
		if (!isRecord(value)) return 'must be a record';
		const problem = check(value[field]);
		return problem === null ? null : `has a ${field} that ${problem}`;
	};
}

/** Every problem of a record's fields, each under its own path. */
export function problemsOf(
	record: object,
	checks: ReadonlyArray<readonly [string, Check]>,
	path: string,
): ConfigIssue[] {
	// Own fields only, whatever their type: each is checked before anything relies on it.
	const fields = record as Record<string, unknown>;
	return checks.flatMap(([field, check]) => {
		const problem = check(fields[field]);
		return problem === null ? [] : [{ path: `${path}.${field}`, message: `${problem}, not ${shown(fields[field])}` }];
	});
}
