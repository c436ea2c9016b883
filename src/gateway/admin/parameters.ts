import type { TimeRange } from '../../contracts/index.ts';
import { InvalidInputError } from '../../errors/index.ts';
import type { RoutingSystem } from '../../system/index.ts';
import { DAY_MS, isObject, type JsonObject, nearestName } from '../../util/index.ts';

/** What is wrong with a field, by its path. */
export function invalidFieldError(path: string, value: unknown, wanted: string): InvalidInputError {
	const shown = value === undefined ? 'missing' : (JSON.stringify(value)?.slice(0, 60) ?? 'nothing');
	return new InvalidInputError(`${path} is ${shown}; it must be ${wanted}.`);
}

/** @throws InvalidInputError for a field that is not known, with the nearest that is */
export function rejectUnknownFields(body: JsonObject, known: readonly string[], prefix = ''): void {
	for (const name of Object.keys(body)) {
		if (known.includes(name)) continue;
		const nearest = nearestName(name, known);
		const hint = nearest === null ? `there are ${known.join(', ') || 'none'}` : `did you mean "${prefix}${nearest}"?`;
		throw new InvalidInputError(`${prefix}${name.slice(0, 60)} is no field of this request; ${hint}`);
	}
}

/** A text, or `undefined` where there is none. @throws InvalidInputError */
export function parseString(body: JsonObject, name: string): string | undefined {
	const value = body[name];
	if (value === undefined || typeof value === 'string') return value;
	throw invalidFieldError(name, value, 'a text');
}

/** A list of texts, or `undefined` where there is none. @throws InvalidInputError naming the one that is wrong */
export function parseStrings(body: JsonObject, name: string): string[] | undefined {
	const value = body[name];
	if (value === undefined) return undefined;
	if (!Array.isArray(value)) throw invalidFieldError(name, value, 'a list of texts');
	return value.map((item: unknown, index) => {
		if (typeof item === 'string') return item;
		throw invalidFieldError(`${name}[${index}]`, item, 'a text');
	});
}

/** Whole numbers of 1 or more by name, or `undefined` where there are none. @throws InvalidInputError naming the one that is wrong */
export function parsePositiveIntegers(
	body: JsonObject,
	name: string,
	known: readonly string[],
): Record<string, number> | undefined {
	const value = body[name];
	if (value === undefined) return undefined;
	if (!isObject(value)) throw invalidFieldError(name, value, `an object with ${known.join(', ')}`);
	rejectUnknownFields(value, known, `${name}.`);
	return Object.fromEntries(
		Object.entries(value).map(([field, count]) => {
			if (typeof count === 'number' && Number.isSafeInteger(count) && count >= 1) return [field, count];
			throw invalidFieldError(`${name}.${field}`, count, 'a whole number of 1 or more');
		}),
	);
}

/** Characters of a wrong value that are repeated. */
const SHOWN = 60;

function refusal(place: string, value: string, wanted: string): InvalidInputError {
	return new InvalidInputError(`${place} is "${value.slice(0, SHOWN)}"; it must be ${wanted}.`);
}

/** @throws InvalidInputError for a parameter that the route does not know, or that is given twice */
export function rejectUnknownParameters(query: URLSearchParams, known: readonly string[]): void {
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
export function parseChoiceParameter<Word extends string>(
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
export function parseCountParameter(
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
function parseInstantParameter(
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

const PERIODS = ['today', 'week', 'month', 'all'] as const;

type Calendar = RoutingSystem['costOptimizer']['calendar'];

/** The calendar day that is written, in the budget's time zone. */
function dayOf(day: string, calendar: Calendar): { startsAt: number; endsAt: number } {
	// Noon UTC lies within the written day for every zone from -12 to +11; half a day further mends the rest.
	const noon = Date.parse(`${day}T12:00:00Z`);
	const period = calendar.periodAt('day', noon);
	if (period.key === day) return period;
	return calendar.periodAt('day', noon + (period.key < day ? DAY_MS / 2 : -DAY_MS / 2));
}

/** From `from` up to `to`; a day as `to` counts whole. @throws InvalidInputError for a wrong place or an end before its beginning */
export function parseTimeRange(query: URLSearchParams, calendar: Calendar, whole: TimeRange): TimeRange {
	const startOf = (day: string) => dayOf(day, calendar).startsAt;
	const endOf = (day: string) => dayOf(day, calendar).endsAt;
	const from = parseInstantParameter(query, 'from', startOf)?.at ?? whole.from;
	const to = parseInstantParameter(query, 'to', endOf)?.at ?? whole.to;
	if (from < to) return { from, to };
	throw new InvalidInputError('from is not before to: the range is empty. Swap them, or leave one out.');
}

/** The range of a report: `from` and `to`, else `period`, else the last 7 days. @throws InvalidInputError */
export function parseReportPeriod(query: URLSearchParams, calendar: Calendar, now: number): TimeRange {
	const today = calendar.periodAt('day', now);
	if (query.has('from') || query.has('to')) {
		if (query.has('period')) throw new InvalidInputError('period says what from and to say; give one or the other.');
		return parseTimeRange(query, calendar, { from: 0, to: today.endsAt });
	}
	const to = today.endsAt;
	switch (parseChoiceParameter(query, 'period', { words: PERIODS, fallback: 'week' })) {
		case 'today':
			return { from: today.startsAt, to };
		case 'week':
			return { from: calendar.periodAt('day', today.startsAt - 6 * DAY_MS + DAY_MS / 2).startsAt, to };
		case 'month':
			return { from: calendar.periodAt('month', now).startsAt, to };
		case 'all':
			return { from: 0, to };
	}
}
