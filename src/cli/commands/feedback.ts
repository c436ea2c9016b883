import type { Command } from 'commander';
import { InvalidInputError } from '../../errors/index.ts';
import type { RoutingSystem } from '../../system/index.ts';
import { MINUTE_MS } from '../../util/index.ts';
import { type GlobalOptions, parseAmount } from '../options.ts';
import { projectAction } from '../project-action.ts';
import { quoteArgument } from '../terminal-text.ts';

interface FeedbackFlags extends GlobalOptions {
	comment?: string;
}

/** Characters of a whole id, and its hexadecimal digits that are the time in milliseconds. */
const FULL_ID_CHARACTERS = 36;
const TIME_DIGITS = 12;
/** Characters that a shortened id has at least, and decisions that are looked through for it. */
const MIN_ID_CHARACTERS = 8;
const MAX_READ_DECISIONS = 10_000;

/** The whole id of a shortened one, which begins with the time it was made (UUIDv7): only decisions of that time are read. @throws InvalidInputError where it stands for several */
async function findDecision(system: RoutingSystem, given: string): Promise<string> {
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

/** `switchyard feedback <decision-id> <rating>` */
export function feedbackCommand(program: Command): void {
	program
		.command('feedback')
		.description('rate an answer from 1 to 5, so that routing learns from it')
		.argument('<decision-id>', 'the id that run or route --json printed; or how it begins')
		.argument('<rating>', '1 (bad) to 5 (good)', parseAmount)
		.option('--comment <text>', 'why')
		.addHelpText('after', '\nExample:\n  switchyard feedback 019b2c1e-7a40-7c1d-9f3e-0a1b2c3d4e5f 5')
		.action(
			projectAction(async ({ system, output }, { comment }: FeedbackFlags, given: string, rating: number) => {
				const id = await findDecision(system, given);
				const isKnown = await system.recordFeedback(id, { rating, ...(comment !== undefined && { comment }) });
				if (!isKnown)
					throw new InvalidInputError(
						`No decision ${quoteArgument(id, 60)} is remembered here. "switchyard export --format json" lists the ids.`,
					);
				output.result({ id, rating }, () => `Feedback recorded: ${rating}/5.`);
			}),
		);
}
