import { Command } from 'commander';
import { registerBudget } from './commands/budget.ts';
import { registerClassify } from './commands/classify.ts';
import { registerCompletion } from './commands/completion.ts';
import { registerConfig } from './commands/config.ts';
import { registerCost } from './commands/cost.ts';
import { registerDoctor } from './commands/doctor.ts';
import { registerExport } from './commands/export.ts';
import { registerFallback } from './commands/fallback.ts';
import { registerFeedback } from './commands/feedback.ts';
import { registerForecast } from './commands/forecast.ts';
import { registerKeys } from './commands/keys.ts';
import { registerPrices } from './commands/prices.ts';
import { registerReconcile } from './commands/reconcile.ts';
import { registerReprice } from './commands/reprice.ts';
import { registerReset } from './commands/reset.ts';
import { registerRoute } from './commands/route.ts';
import { registerRun } from './commands/run.ts';
import { registerServe } from './commands/serve.ts';
import { registerStats } from './commands/stats.ts';

/** The whole command line; what a command needs is loaded when it runs. */
export function createProgram(version: string): Command {
	const program = new Command('switchyard')
		.description('Intelligent model router: picks the model, survives provider failures, accounts for every cent.')
		.version(version)
		.option('--json', 'print the result as JSON')
		.option('--project <folder>', 'work in this project instead of the current one')
		.option('--global', 'keep configuration and data under your home folder')
		.option('--no-color', 'no colours on a terminal')
		.showHelpAfterError('(add --help for the options and examples)')
		.showSuggestionAfterError()
		.addHelpText(
			'after',
			`
Examples:
  switchyard route "Fix the login bug"        which model, and why
  switchyard run "Fix the login bug"          route it and execute it
  switchyard budget --set-daily 20            limit what a day may cost
  switchyard cost --period month              what it cost
  switchyard serve                            a gateway for OpenAI, Anthropic and Gemini clients

Exit codes: 0 ok, 1 error, 2 wrong usage, 3 budget exceeded.`,
		);
	const registrations = [
		registerRoute,
		registerRun,
		registerClassify,
		registerStats,
		registerCost,
		registerBudget,
		registerConfig,
		registerDoctor,
		registerFallback,
		registerFeedback,
		registerExport,
		registerForecast,
		registerKeys,
		registerPrices,
		registerReconcile,
		registerReprice,
		registerReset,
		registerServe,
		registerCompletion,
	];
	for (const register of registrations) register(program);
	program.configureHelp({ showGlobalOptions: true });
	const subcommands = program.commands.flatMap((command) => command.commands);
	for (const command of [program, ...program.commands, ...subcommands]) command.exitOverride();
	return program;
}
