import type { Command } from 'commander';
import { InvalidInputError } from '../../errors/index.ts';
import type { EvaluatePolicyFlags } from '../evaluate-policy.ts';
import { type GlobalOptions, parseAmount, parseDay } from '../options.ts';
import { projectAction } from '../project-action.ts';

/** `switchyard evaluate`: a form for each source of evidence. */
export function evaluateCommand(program: Command): void {
	program
		.command('evaluate')
		.description("measure policies and models on one's own work")
		.option('--policy <policy>', 'what this policy (or always this model) would have earned on the logged decisions')
		.option('--from <day>', 'first day of the log, YYYY-MM-DD, UTC', parseDay)
		.option('--to <day>', 'last day of the log, YYYY-MM-DD, UTC', parseDay)
		.option('--workload <name>', 'only decisions of this workload')
		.option('--clip <weight>', 'cut weights above this; none is cut when not given', parseAmount)
		.option('--only-supported', 'follow the policy only where the log can tell')
		.option('--shadow', 'what "serve --shadow" has found, with every request that was dropped and why')
		.addHelpText(
			'after',
			'\nExit code 1 where the log cannot tell (the policy picks what had probability 0).\n\nExamples:\n  switchyard evaluate --policy cheap\n  switchyard evaluate --policy opus --from 2026-11-01 --only-supported',
		)
		.action(
			projectAction(async (session, flags: GlobalOptions & Partial<EvaluatePolicyFlags> & { shadow?: boolean }) => {
				const { policy, shadow = false } = flags;
				if ((policy === undefined) === !shadow)
					throw new InvalidInputError(
						'Say what to evaluate: --policy NAME on the logged decisions, or --shadow for what was asked beside them.',
					);
				if (policy === undefined) {
					const { showShadow } = await import('../evaluate-shadow.ts');
					return await showShadow(session, flags);
				}
				const { showPolicyEvaluation } = await import('../evaluate-policy.ts');
				await showPolicyEvaluation(session, { ...flags, policy });
			}),
		);
}
