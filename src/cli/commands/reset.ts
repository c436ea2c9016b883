import type { Command } from 'commander';
import type { GlobalOptions } from '../options.ts';

interface ResetFlags extends GlobalOptions {
	cache?: boolean;
	stats?: boolean;
	all?: boolean;
	yes?: boolean;
}

/** `switchyard reset` */
export function resetCommand(program: Command): void {
	program
		.command('reset')
		.description('forget cached decisions or statistics; the cost ledger is always kept')
		.option('--cache', 'forget cached decisions (a cache lives only as long as its process)')
		.option('--stats', 'forget decisions, outcomes and statistics')
		.option('--all', 'all of that, archives too; asks first on a terminal')
		.option('--yes', 'do not ask')
		.addHelpText('after', '\nExamples:\n  switchyard reset --stats\n  switchyard reset --all')
		.action(async (_options: unknown, self: Command) => {
			const flags = self.optsWithGlobals<ResetFlags>();
			const scopes = (['all', 'stats', 'cache'] as const).filter((scope) => flags[scope] === true);
			const [scope] = scopes;
			if (scope === undefined)
				return self.error('error: say what to reset: --cache, --stats or --all', { exitCode: 2 });
			const { inProject } = await import('../session.ts');
			await inProject(flags, async ({ system, output }) => {
				const question = 'Forget all decisions, outcomes, statistics and archives of this project?';
				if (scope === 'all' && flags.yes !== true && !(await output.confirm(question))) {
					output.note('Nothing was reset.');
					return;
				}
				await output.progress('Resetting', () => system.reset(scope));
				const done = {
					cache: 'Cached decisions',
					stats: 'Decisions, outcomes and statistics',
					all: 'Decisions, outcomes, statistics and archives',
				};
				output.result({ reset: scope }, () => `${done[scope]} were reset. The cost ledger was kept.`);
			});
		});
}
