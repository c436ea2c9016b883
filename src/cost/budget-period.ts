import { createWallClock, type WallClock } from './wall-clock.ts';

/** A calendar day or month of a budget: startsAt ≤ t < endsAt, in epoch milliseconds. */
export interface BudgetPeriod {
	kind: 'day' | 'month';
	/** `2026-11-24` or `2026-11`. */
	key: string;
	startsAt: number;
	endsAt: number;
}

/** Days and months of one time zone. Periods tile: each begins where the one before ends. */
export interface BudgetCalendar {
	readonly timezone: string;
	/** The period that holds the instant (epoch ms, from the year 1900). */
	periodAt(kind: BudgetPeriod['kind'], at: number): BudgetPeriod;
}

const HOUR_MS = 3_600_000;
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

/** The borders of the period a reading lies in, `ahead` periods later. */
function readingBorders(kind: BudgetPeriod['kind'], reading: number, ahead: number): [number, number] {
	const date = new Date(reading);
	const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()];
	if (kind === 'month') return [midnight(year, month + ahead, 1), midnight(year, month + ahead + 1, 1)];
	return [midnight(year, month, day + ahead), midnight(year, month, day + ahead + 1)];
}

function findPeriod(kind: BudgetPeriod['kind'], at: number, wall: WallClock): BudgetPeriod {
	const reading = wall(at);
	// Where clocks go back over midnight a date is met twice; the new day has begun and does not end again.
	for (let ahead = 0; ; ahead += 1) {
		const [from, to] = readingBorders(kind, reading, ahead);
		const endsAt = firstReached(to, wall);
		if (at >= endsAt) continue;
		const key = new Date(from).toISOString().slice(0, kind === 'day' ? 10 : 7);
		return { kind, key, startsAt: firstReached(from, wall), endsAt };
	}
}

/**
 * Days and months as a time zone has them: days of 23 or 25 hours, midnights that do not exist, leap days.
 * The last period of each kind is kept, since the next question is almost always about it.
 * @throws InvalidConfigError for an unknown zone, with the nearest name.
 */
export function createBudgetCalendar(timezone: string): BudgetCalendar {
	const wall = createWallClock(timezone);
	const latest: Partial<Record<BudgetPeriod['kind'], BudgetPeriod>> = {};
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
