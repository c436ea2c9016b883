import { InvalidInputError } from '../errors/index.ts';
import type { RoutingSystem } from '../system/index.ts';
import { MINUTE_MS } from '../util/index.ts';
import { quoteArgument } from './terminal-text.ts';

/** Characters of a whole id, and its hexadecimal digits that are the time in milliseconds. */
const FULL_ID_CHARACTERS = 36;
const TIME_DIGITS = 12;
/** Characters that a shortened id has at least, and decisions that are looked through for it. */
const MIN_ID_CHARACTERS = 8;
const MAX_READ_DECISIONS = 10_000;

/** The whole id of a shortened one, which begins with the time it was made (UUIDv7): only decisions of that time are read. @throws InvalidInputError where it stands for several */
export async function findDecision(system: RoutingSystem, given: string): Promise<string> {
	const start = given.toLowerCase();
	if (start.length >= FULL_ID_CHARACTERS || start.length < MIN_ID_CHARACTERS || !/^[0-9a-f-]+$/.test(start))
		return given;
	const digits = start.replaceAll('-', '').slice(0, TIME_DIGITS);
	const from = Number.parseInt(digits.padEnd(TIME_DIGITS, '0'), 16) - MINUTE_MS;
	const to = Number.parseInt(digits.padEnd(TIME_DIGITS, 'f'), 16) + MINUTE_MS;
	const storage = await system.storage();
	const decisions = await storage.records.decisions({ from, to }, MAX_READ_DECISIONS);
	const found = decisions.filter(({ id }) => id.startsWith(start));
	if (found.length > 1) {
		const named = found.slice(0, 3).map(({ id }) => id);
		throw new InvalidInputError(
			`${quoteArgument(given)} begins ${found.length} ids, ${named.join(', ')}: write more of it.`,
		);
	}
	return found[0]?.id ?? given;
}

/** The error for an id that nobody knows here. */
export function createUnknownDecisionError(id: string): InvalidInputError {
	return new InvalidInputError(
		`No decision ${quoteArgument(id, 60)} is remembered here. "switchyard export --format json" lists the ids.`,
	);
}
