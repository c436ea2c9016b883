/** Instant (epoch ms) → what clocks in a time zone show, as the epoch ms at which UTC clocks show the same. */
export type LocalTime = (at: number) => number;

/** Readings of a time zone's clocks, daylight saving included. @throws RangeError for an unknown IANA name */
export function createLocalTime(timezone: string): LocalTime {
	// The default zone needs no formatter: the first one a process makes takes milliseconds.
	if (timezone === 'UTC') return (at) => at;
	const zone = new Intl.DateTimeFormat('en-US', {
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
	return (at) => {
		const parts: Partial<Record<Intl.DateTimeFormatPartTypes, number>> = {};
		for (const part of zone.formatToParts(at)) parts[part.type] = Number(part.value);
		const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
		// The formatter stops at seconds; the rest is the same in every zone.
		return Date.UTC(year, month - 1, day, hour, minute, second) + (((at % 1000) + 1000) % 1000);
	};
}

/** The calendar day of a reading or of an instant in UTC: `2026-11-24`. */
export function toIsoDay(at: number): string {
	return new Date(at).toISOString().slice(0, 10);
}
