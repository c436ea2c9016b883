import { InvalidConfigError } from '../errors/index.ts';
import { nearestName } from '../util/index.ts';

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
export function createWallClock(timezone: string): WallClock {
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
