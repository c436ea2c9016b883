import type { Command } from 'commander';
import { InvalidInputError } from '../../errors/index.ts';
import { type GlobalOptions, parseAmount } from '../options.ts';
import { projectAction } from '../project-action.ts';
import { quoteArgument } from '../terminal-text.ts';

interface FeedbackFlags extends GlobalOptions {
	comment?: string;
}

/** `switchyard feedback <decision-id> <rating>` */
export function feedbackCommand(program: Command): void {
	program
		.command('feedback')
		.description('rate an answer from 1 to 5, so that routing learns from it')
		.argument('<decision-id>', 'the id that route or run printed')
		.argument('<rating>', '1 (bad) to 5 (good)', parseAmount)
		.option('--comment <text>', 'why')
		.addHelpText('after', '\nExample:\n  switchyard feedback 019b2c1e-7a40-7c1d-9f3e-0a1b2c3d4e5f 5')
		.action(
			projectAction(async ({ system, output }, { comment }: FeedbackFlags, id: string, rating: number) => {
				const isKnown = await system.recordFeedback(id, { rating, ...(comment !== undefined && { comment }) });
				if (!isKnown)
					throw new InvalidInputError(
						`No decision ${quoteArgument(id, 60)} is remembered here. "switchyard export --format json" lists the ids.`,
					);
				output.result({ id, rating }, () => `Feedback recorded: ${rating}/5.`);
			}),
		);
}
