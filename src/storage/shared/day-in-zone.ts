import { InvalidInputError } from '../../errors/index.ts';

/** A function from epoch milliseconds to the calendar day in the zone, as `2026-11-24`. @throws InvalidInputError for an unknown zone. */
export function dayInZone(timezone: string): (at: number) => string {
	if (timezone === 'UTC') return (at) => new Date(at).toISOString().slice(0, 10);
	const format = formatter(timezone);
	return (at) => {
		const parts = { year: '', month: '', day: '' };
		for (const { type, value } of format.formatToParts(at)) {
			if (type === 'year' || type === 'month' || type === 'day') parts[type] = value;
		}
		return `${parts.year.padStart(4, '0')}-${parts.month}-${parts.day}`;
	};
}

function formatter(timezone: string): Intl.DateTimeFormat {
	try {
		return new Intl.DateTimeFormat('en-US', {
			timeZone: timezone,
			calendar: 'gregory',
			numberingSystem: 'latn',
			year: 'numeric',
			month: '2-digit',
			day: '2-digit',
		});
	} catch (cause) {
		throw new InvalidInputError(
			`Unknown time zone "${timezone.slice(0, 80)}". Use an IANA name such as "UTC" or "Europe/Berlin".`,
			{
				cause,
			},
		);
	}
}
