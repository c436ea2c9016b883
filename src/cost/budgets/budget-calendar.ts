import type { BudgetPeriodKind } from '../../contracts/index.ts';
import { InvalidConfigError } from '../../errors/index.ts';
import { HOUR_MS, nearestName } from '../../util/index.ts';

/** Instant (epoch ms) → what a clock on the wall of the zone shows, as the epoch ms of the same reading in UTC. */
export type WallClock = (at: number) => number;

/** A time zone's formatter, or the error that names the nearest zone. */
function openZone(timezone: string): Intl.DateTimeFormat {
	try {
		if (typeof timezone !== 'string') throw new TypeError('not a text');
		return new Intl.DateTimeFormat('en-US', {
			timeZone: timezone,
			calendar: 'gregory',
			numberingSystem: 'latn',
			hourCycle: 'h23',
			year: 'numeric',
			month: 'numeric',
			day: 'numeric',
			hour: 'numeric',
			minute: 'numeric',
			second: 'numeric',
		});
	} catch (cause) {
		const nearest = nearestName(String(timezone), ['UTC', ...Intl.supportedValuesOf('timeZone')]);
		const hint = nearest === null ? '' : ` Did you mean "${nearest}"?`;
		const message = `"${String(timezone).slice(0, 64)}" is not a time zone.${hint} Write an IANA name such as "UTC" or "Europe/Berlin".`;
		throw new InvalidConfigError([{ path: 'budget.timezone', message }], { cause });
	}
}

/** The clock on the wall of a time zone, daylight saving included. @throws InvalidConfigError for an unknown zone. */
function createWallClock(timezone: string): WallClock {
	// The default zone needs no formatter: the first one a process makes takes milliseconds.
	if (timezone === 'UTC') return (at) => at;
	const zone = openZone(timezone);
	return (at) => {
		const parts: Partial<Record<Intl.DateTimeFormatPartTypes, number>> = {};
		for (const part of zone.formatToParts(at)) parts[part.type] = Number(part.value);
		const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
		// The formatter stops at seconds; the rest is the same in every zone.
		return Date.UTC(year, month - 1, day, hour, minute, second) + (((at % 1000) + 1000) % 1000);
	};
}

/** A period of a budget: startsAt ≤ t < endsAt, in epoch milliseconds; `total` begins and ends never. */
export interface BudgetPeriod {
	kind: BudgetPeriodKind;
	/** `2026-11-24` (day), `2026-W48` (week), `2026-11` (month), `2026-11-24T13:00Z` (hour, by its beginning in UTC), `total`. */
	key: string;
	startsAt: number;
	endsAt: number;
}

/** The periods of one time zone. Periods of a kind tile: each begins where the one before ends. */
export interface BudgetCalendar {
	readonly timezone: string;
	/** The period that holds the instant (epoch ms, from the year 1900). */
	periodAt(kind: BudgetPeriodKind, at: number): BudgetPeriod;
}

/** Every place on earth is within 16 hours of UTC; a day of margin keeps changes of offset inside. */
const SEARCH_MS = 24 * HOUR_MS;

/** Midnight of a date as a reading of the wall clock; `day` may run over the month's end. */
function midnight(year: number, month: number, day: number): number {
	return Date.UTC(year, month, day);
}

/** The first instant at which the wall clock has reached a reading, though clocks may jump over it or meet it twice. */
function firstReached(reading: number, wall: WallClock): number {
	const offsets = [reading - SEARCH_MS, reading + SEARCH_MS].map((at) => wall(at) - at);
	const candidates = offsets.map((offset) => reading - offset).sort((a, b) => a - b);
	for (const at of candidates) if (wall(at) >= reading && wall(at - 1) < reading) return at;
	// The reading does not exist: the clocks jumped over it. The jump is the border.
	let before = reading - SEARCH_MS;
	let after = reading + SEARCH_MS;
	while (after - before > 1) {
		const middle = Math.floor((before + after) / 2);
		if (wall(middle) < reading) before = middle;
		else after = middle;
	}
	return after;
}

type DatedKind = 'day' | 'week' | 'month';

/** The borders of the period a reading lies in, `ahead` periods later. */
function readingBorders(kind: DatedKind, reading: number, ahead: number): [number, number] {
	const date = new Date(reading);
	const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()];
	if (kind === 'month') return [midnight(year, month + ahead, 1), midnight(year, month + ahead + 1, 1)];
	const length = kind === 'week' ? 7 : 1;
	const first = kind === 'week' ? day - ((date.getUTCDay() + 6) % 7) : day;
	return [midnight(year, month, first + length * ahead), midnight(year, month, first + length * (ahead + 1))];
}

/** A week's name after ISO 8601: the year is that of its Thursday. */
function weekKey(monday: number): string {
	const thursday = new Date(monday + 3 * 24 * HOUR_MS);
	const year = thursday.getUTCFullYear();
	const week = 1 + Math.floor((thursday.getTime() - Date.UTC(year, 0, 1)) / (7 * 24 * HOUR_MS));
	return `${year}-W${String(week).padStart(2, '0')}`;
}

function keyOf(kind: DatedKind, from: number): string {
	return kind === 'week' ? weekKey(from) : new Date(from).toISOString().slice(0, kind === 'day' ? 10 : 7);
}

/** The instant from `after` (still the old offset) to `before` (already the new one) at which clocks are changed. */
function findChange(wall: WallClock, after: number, before: number): number {
	const offset = wall(after) - after;
	let [old, changed] = [after, before];
	while (changed - old > 1) {
		const middle = Math.floor((old + changed) / 2);
		if (wall(middle) - middle === offset) old = middle;
		else changed = middle;
	}
	return changed;
}

/** An hour as the clock on the wall shows it; one in which clocks are changed is two periods, cut at the change. */
function findHour(at: number, wall: WallClock): BudgetPeriod {
	const offset = wall(at) - at;
	const into = ((wall(at) % HOUR_MS) + HOUR_MS) % HOUR_MS;
	const [from, to] = [at - into, at - into + HOUR_MS];
	const startsAt = wall(from) - from === offset ? from : findChange(wall, from, at);
	const endsAt = wall(to - 1) - (to - 1) === offset ? to : findChange(wall, at, to - 1);
	return { kind: 'hour', key: `${new Date(startsAt).toISOString().slice(0, 16)}Z`, startsAt, endsAt };
}

const TOTAL: BudgetPeriod = {
	kind: 'total',
	key: 'total',
	startsAt: Number.NEGATIVE_INFINITY,
	endsAt: Number.POSITIVE_INFINITY,
};

function findPeriod(kind: BudgetPeriodKind, at: number, wall: WallClock): BudgetPeriod {
	if (kind === 'total') return TOTAL;
	if (kind === 'hour') return findHour(at, wall);
	const reading = wall(at);
	// Where clocks go back over midnight a date is met twice; the new day has begun and does not end again.
	for (let ahead = 0; ; ahead += 1) {
		const [from, to] = readingBorders(kind, reading, ahead);
		const endsAt = firstReached(to, wall);
		if (at >= endsAt) continue;
		return { kind, key: keyOf(kind, from), startsAt: firstReached(from, wall), endsAt };
	}
}

/**
 * Hours, days, weeks and months as a time zone has them: days of 23 or 25 hours, midnights that do not exist, leap days.
 * The last period of each kind is kept, since the next question is almost always about it.
 * @throws InvalidConfigError for an unknown zone, with the nearest name.
 */
export function createBudgetCalendar(timezone: string): BudgetCalendar {
	const wall = createWallClock(timezone);
	const latest: Partial<Record<BudgetPeriodKind, BudgetPeriod>> = {};
	return {
		timezone,
		periodAt(kind, at) {
			const known = latest[kind];
			if (known !== undefined && at >= known.startsAt && at < known.endsAt) return known;
			const period = findPeriod(kind, at, wall);
			latest[kind] = period;
			return period;
		},
	};
}
