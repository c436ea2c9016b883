import { Command } from 'commander';
import { auditCommand } from './commands/audit.ts';
import { budgetCommand } from './commands/budget.ts';
import { classifyCommand } from './commands/classify.ts';
import { completionCommand } from './commands/completion.ts';
import { configCommand } from './commands/config.ts';
import { costCommand } from './commands/cost.ts';
import { dashboardCommand } from './commands/dashboard.ts';
import { doctorCommand } from './commands/doctor.ts';
import { evaluateCommand } from './commands/evaluate.ts';
import { experimentCommand } from './commands/experiment.ts';
import { exportCommand } from './commands/export.ts';
import { fallbackCommand } from './commands/fallback.ts';
import { feedbackCommand } from './commands/feedback.ts';
import { forecastCommand } from './commands/forecast.ts';
import { importCommand } from './commands/import.ts';
import { keysCommand } from './commands/keys.ts';
import { learnCommand } from './commands/learn.ts';
import { modelsCommand } from './commands/models.ts';
import { pricesCommand } from './commands/prices.ts';
import { reconcileCommand } from './commands/reconcile.ts';
import { diffCommand, replayCommand } from './commands/replay.ts';
import { repriceCommand } from './commands/reprice.ts';
import { resetCommand } from './commands/reset.ts';
import { routeCommand } from './commands/route.ts';
import { runCommand } from './commands/run.ts';
import { serveCommand } from './commands/serve.ts';
import { statsCommand } from './commands/stats.ts';
import { storageCommand } from './commands/storage.ts';
import { testCommand } from './commands/test.ts';
import { topCommand } from './commands/top.ts';
import { whyCommand, whyNotCommand } from './commands/why.ts';
import { parseFolder } from './options.ts';
import { wrapForStream } from './terminal-text.ts';

/** Every verb, in the order of `--help` and of the reference. */
const VERBS: ReadonlyArray<(program: Command) => void> = [
	routeCommand,
	runCommand,
	classifyCommand,
	whyCommand,
	whyNotCommand,
	diffCommand,
	replayCommand,
	testCommand,
	statsCommand,
	costCommand,
	budgetCommand,
	auditCommand,
	configCommand,
	dashboardCommand,
	doctorCommand,
	evaluateCommand,
	experimentCommand,
	fallbackCommand,
	feedbackCommand,
	exportCommand,
	forecastCommand,
	importCommand,
	keysCommand,
	learnCommand,
	modelsCommand,
	pricesCommand,
	reconcileCommand,
	repriceCommand,
	resetCommand,
	serveCommand,
	storageCommand,
	topCommand,
	completionCommand,
];

/** The whole command line; what a command needs is loaded when it runs. With `isJson` wrong usage is thrown and not printed. */
export function createProgram(version: string, { isJson = false }: { isJson?: boolean } = {}): Command {
	const program = new Command('switchyard')
		.description('Intelligent model router: picks the model, survives provider failures, accounts for every cent.')
		.version(version)
		.option('--json', 'print the result as JSON')
		.option('--project <folder>', 'work in this project instead of the current one', parseFolder)
		.option('--global', 'keep configuration and data under your home folder')
		.option('--no-color', 'no colours on a terminal')
		.showHelpAfterError('(add --help for the options and examples)')
		.showSuggestionAfterError()
		.addHelpText(
			'after',
			`
Examples:
  switchyard route "Fix the login bug"   which model, and why
  switchyard run "Fix the login bug"     route it and execute it
  switchyard budget --set-daily 20       limit what a day may cost
  switchyard cost --period month         what it cost
  switchyard serve                       a gateway for OpenAI, Claude and Gemini

Exit codes: 0 ok, 1 error, 2 wrong usage, 3 budget exceeded.`,
		);
	// before the commands are added, which take it over
	program.configureOutput(
		isJson
			? { writeErr: () => {}, outputError: () => {} }
			: { outputError: (text, write) => write(wrapForStream(text, process.stderr)) },
	);
	program.configureHelp({ showGlobalOptions: true, minWidthToWrap: 20 });
	for (const addCommand of VERBS) addCommand(program);
	const subcommands = program.commands.flatMap((command) => command.commands);
	for (const command of [program, ...program.commands, ...subcommands]) command.exitOverride();
	return program;
}
