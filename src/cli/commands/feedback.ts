import type { Command } from 'commander';
import { type GlobalOptions, parseAmount } from '../options.ts';

/** `switchyard feedback <decision-id> <rating>` */
export function registerFeedback(program: Command): void {
	program
		.command('feedback')
		.description('rate an answer from 1 to 5, so that routing learns from it')
		.argument('<decision-id>', 'the id that route or run printed')
		.argument('<rating>', '1 (bad) to 5 (good)', parseAmount)
		.option('--comment <text>', 'why')
		.addHelpText(
			'after',
			'\nExample:\n  switchyard feedback 019b2c1e-7a40-7c1d-9f3e-0a1b2c3d4e5f 5 --comment "right first time"',
		)
		.action(async (id: string, rating: number, _options: unknown, self: Command) => {
			const flags = self.optsWithGlobals<GlobalOptions & { comment?: string }>();
			const { inProject } = await import('../session.ts');
			const { InvalidInputError } = await import('../../errors/index.ts');
			await inProject(flags, async ({ system, output }) => {
				const feedback = { rating, ...(flags.comment === undefined ? {} : { comment: flags.comment }) };
				const isKnown = await system.recordFeedback(id, feedback);
				if (!isKnown)
					throw new InvalidInputError(
						`No decision "${id.slice(0, 60)}" is remembered here. "switchyard export --format json" lists the ids.`,
					);
				output.result({ id, rating }, () => `Feedback recorded: ${rating}/5.`);
			});
		});
}
