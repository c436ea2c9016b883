import { InvalidInputError } from '../../errors/index.ts';
import { nearestName } from '../../util/index.ts';

/** Characters of a wrong value that are repeated. */
const SHOWN = 60;

function refusal(place: string, value: string, wanted: string): InvalidInputError {
	return new InvalidInputError(`${place} is "${value.slice(0, SHOWN)}"; it must be ${wanted}.`);
}

/** @throws InvalidInputError for a parameter that the route does not know, or that is given twice */
export function requireKnown(query: URLSearchParams, known: readonly string[]): void {
	for (const name of query.keys()) {
		const shown = name.slice(0, SHOWN);
		if (!known.includes(name)) {
			const nearest = nearestName(name, known);
			const there = known.length === 0 ? 'this route takes none' : `there are ${known.join(', ')}`;
			throw new InvalidInputError(
				`${shown} is no parameter of this route; ${nearest === null ? there : `did you mean "${nearest}"?`}`,
			);
		}
		if (query.getAll(name).length > 1) throw new InvalidInputError(`${shown} is given more than once; give it once.`);
	}
}

/** One of some words. @throws InvalidInputError */
export function readChoice<Word extends string>(
	query: URLSearchParams,
	name: string,
	{ fallback, words }: { words: readonly Word[]; fallback: Word },
): Word {
	const value = query.get(name);
	if (value === null) return fallback;
	const found = words.find((word) => word === value);
	if (found === undefined) throw refusal(name, value, `one of ${words.join(', ')}`);
	return found;
}

/** A whole number in a range. @throws InvalidInputError */
export function readCount(
	query: URLSearchParams,
	name: string,
	{ fallback, most }: { fallback: number; most: number },
): number {
	const value = query.get(name);
	if (value === null) return fallback;
	const count = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN;
	if (count >= 1 && count <= most) return count;
	throw refusal(name, value, `a whole number from 1 to ${most}`);
}

/** A moment: a day (its first moment, as `dayStart` says) or a time in ISO 8601; `null` when it is not given. @throws InvalidInputError */
export function readMoment(
	query: URLSearchParams,
	name: string,
	dayStart: (day: string) => number,
): { at: number; isDay: boolean } | null {
	const value = query.get(name);
	if (value === null) return null;
	const isDay = /^\d{4}-\d{2}-\d{2}$/.test(value);
	const isTime = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2})$/.test(value);
	const at = isDay || isTime ? Date.parse(value) : Number.NaN;
	// "2026-02-30" is read as a day of March: only what comes back as it was written is a day.
	const isReal = Number.isFinite(at) && (!isDay || new Date(at).toISOString().startsWith(value));
	if (!isReal) throw refusal(name, value, 'a day such as 2026-01-31 or a time such as 2026-01-31T08:00:00Z');
	return isDay ? { at: dayStart(value), isDay } : { at, isDay };
}
