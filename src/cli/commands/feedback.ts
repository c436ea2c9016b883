import type { Command } from 'commander';
import { createUnknownDecisionError, findDecision } from '../find-decision.ts';
import { type GlobalOptions, parseAmount } from '../options.ts';
import { projectAction } from '../project-action.ts';

interface FeedbackFlags extends GlobalOptions {
	comment?: string;
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
				if (!isKnown) throw createUnknownDecisionError(id);
				output.result({ id, rating }, () => `Feedback recorded: ${rating}/5.`);
			}),
		);
}
