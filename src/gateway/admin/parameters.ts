import type { TimeRange } from '../../contracts/index.ts';
import { InvalidInputError } from '../../errors/index.ts';
import type { RoutingSystem } from '../../system/index.ts';
import { isObject, type JsonObject, nearestName } from '../../util/index.ts';

/** Characters of an invalid name or value that are repeated in a message. */
const MAX_SHOWN = 60;

/** The error of a body's field or a query's parameter. */
export function createParameterError(place: string, value: unknown, expected: string): InvalidInputError {
	const shown = value === undefined ? 'missing' : (JSON.stringify(value)?.slice(0, MAX_SHOWN) ?? 'nothing');
	return new InvalidInputError(`${place} is ${shown}; it must be ${expected}.`);
}

function createUnknownNameError(name: string, known: readonly string[], kind: string): InvalidInputError {
	const nearest = nearestName(name, known);
	const hint = nearest === null ? `there are ${known.join(', ') || 'none'}` : `did you mean "${nearest}"?`;
	return new InvalidInputError(`${name.slice(0, MAX_SHOWN)} is no ${kind}; ${hint}`);
}

/** @throws InvalidInputError for an unknown field, with the nearest known one */
export function rejectUnknownFields(body: JsonObject, known: readonly string[]): void {
	for (const name of Object.keys(body))
		if (!known.includes(name)) throw createUnknownNameError(name, known, 'field of this request');
}

/** Whole numbers of 1 or more by name. @throws InvalidInputError naming the wrong one */
export function parsePositiveIntegers(
	body: JsonObject,
	name: string,
	known: readonly string[],
): Record<string, number> | undefined {
	const value = body[name];
	if (value === undefined) return undefined;
	if (!isObject(value)) throw createParameterError(name, value, `an object with ${known.join(', ')}`);
	const places = known.map((field) => `${name}.${field}`);
	return Object.fromEntries(
		Object.entries(value).map(([field, count]) => {
			const place = `${name}.${field}`;
			if (!known.includes(field)) throw createUnknownNameError(place, places, 'field of this request');
			if (typeof count === 'number' && Number.isSafeInteger(count) && count >= 1) return [field, count];
			throw createParameterError(place, count, 'a whole number of 1 or more');
		}),
	);
}

/** @throws InvalidInputError for a parameter that is unknown or repeated */
export function rejectUnknownParameters(query: URLSearchParams, known: readonly string[]): void {
	for (const name of query.keys()) {
		if (!known.includes(name)) throw createUnknownNameError(name, known, 'parameter of this route');
		if (query.getAll(name).length > 1) throw new InvalidInputError(`${name} is given more than once; give it once.`);
	}
}

/** @throws InvalidInputError */
export function parseChoiceParameter<Word extends string>(
	query: URLSearchParams,
	name: string,
	{ fallback, words }: { words: readonly Word[]; fallback: Word },
): Word {
	const value = query.get(name);
	const choice = value === null ? fallback : words.find((word) => word === value);
	if (choice === undefined) throw createParameterError(name, value, `one of ${words.join(', ')}`);
	return choice;
}

/** A day, resolved by `resolveDay`, or a time in ISO 8601; `null` when it is missing. @throws InvalidInputError */
function parseInstantParameter(
	query: URLSearchParams,
	name: string,
	resolveDay: (day: string) => number,
): number | null {
	const value = query.get(name);
	if (value === null) return null;
	const isDay = /^\d{4}-\d{2}-\d{2}$/.test(value);
	const isTime = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2})$/.test(value);
	const instant = isDay || isTime ? Date.parse(value) : Number.NaN;
	// Date.parse reads "2026-02-30" as March 2: only a day that formats to the same text exists.
	if (Number.isFinite(instant) && (isTime || new Date(instant).toISOString().startsWith(value)))
		return isDay ? resolveDay(value) : instant;
	throw createParameterError(name, value, 'a day such as 2026-01-31 or a time such as 2026-01-31T08:00:00Z');
}

const PERIODS = ['today', 'week', 'month', 'all'] as const;

type Calendar = RoutingSystem['costOptimizer']['calendar'];

/** The range from `from` to `to`; a day as `to` is included. @throws InvalidInputError */
export function parseTimeRange(query: URLSearchParams, calendar: Calendar, defaults: TimeRange): TimeRange {
	const from = parseInstantParameter(query, 'from', (day) => calendar.getDay(day).startsAt);
	const to = parseInstantParameter(query, 'to', (day) => calendar.getDay(day).endsAt);
	const range = { from: from ?? defaults.from, to: to ?? defaults.to };
	if (range.from < range.to) return range;
	throw new InvalidInputError('from is not before to: the range is empty. Swap them, or leave one out.');
}

/** The range of a report: `from` and `to`, else `period`, else the last 7 days. @throws InvalidInputError */
export function parseReportPeriod(query: URLSearchParams, calendar: Calendar, now: number): TimeRange {
	if (!query.has('from') && !query.has('to')) {
		const period = parseChoiceParameter(query, 'period', { words: PERIODS, fallback: 'week' });
		return calendar.getReportRange(period, now);
	}
	if (query.has('period')) throw new InvalidInputError('period says what from and to say; give one or the other.');
	return parseTimeRange(query, calendar, calendar.getReportRange('all', now));
}
