import * as z from 'zod';
import { nearestName } from '../../util/index.ts';

function isTimeZone(name: string): boolean {
	// The first use of Intl costs about 11 ms: the default does without.
	if (name === 'UTC') return true;
	try {
		new Intl.DateTimeFormat('en', { timeZone: name });
		return true;
	} catch (error) {
		if (error instanceof RangeError) return false;
		throw error;
	}
}

function explain(name: unknown): string {
	const nearest = nearestName(String(name), [...Intl.supportedValuesOf('timeZone'), 'UTC']);
	const hint = nearest === null ? 'Write one such as "UTC" or "Europe/Berlin".' : `Did you mean "${nearest}"?`;
	return `is not a known time zone. ${hint}`;
}

/** The name of an IANA time zone. */
export const timeZoneSchema: z.ZodType<string> = z
	.string()
	.max(100)
	.refine(isTimeZone, { error: (issue) => explain(issue.input) })
	.describe('IANA time zone in which days and months begin');
