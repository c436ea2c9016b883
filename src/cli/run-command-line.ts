import { type Command, CommanderError } from 'commander';
import { NoEligibleModelError } from '../errors/index.ts';
import { escapeLines, VERSION } from '../util/index.ts';
import { EXIT_CODES } from './exit-codes.ts';
import { labelLine } from './output.ts';
import { createProgram } from './program.ts';

/** Parses the command line, runs its command and sets the exit code. */
export async function runCommandLine(): Promise<void> {
	// A reader that has seen enough (`switchyard export | head`) closes the pipe: that is no failure.
	process.stdout.on('error', (error: NodeJS.ErrnoException) => {
		if (error.code === 'EPIPE') process.exit(EXIT_CODES.ok);
		throw error;
	});

	const isJson = process.argv.includes('--json');
	try {
		const program = createProgram(VERSION, { isJson });
		await program.parseAsync(withoutHelpOfUnknownVerb(program, process.argv));
	} catch (error) {
		if (error instanceof CommanderError) {
			// Commander has printed its message; help and version end well, everything else is wrong usage.
			process.exitCode = error.exitCode === 0 ? EXIT_CODES.ok : EXIT_CODES.usage;
			if (isJson && error.exitCode !== 0) reportUsageError(error);
		} else {
			// The configuration's schemas are loaded only here: --help and --version need none.
			const { isDebugRequested } = await import('../config/index.ts');
			process.exitCode ||= getExitCode(error);
			reportError(error, { isJson, isDebug: isDebugRequested() });
		}
	}
}

/** The arguments without `help` and `--help` where their verb does not exist: the program's help would hide the slip. */
function withoutHelpOfUnknownVerb(program: Command, argv: readonly string[]): readonly string[] {
	const words = argv.slice(argv[2] === 'help' ? 3 : 2);
	const verb = words[0] ?? 'help';
	const isKnown = verb === 'help' || program.commands.some((command) => command.name() === verb);
	if (isKnown || verb.startsWith('-')) return argv;
	return [...argv.slice(0, 2), ...words.filter((word) => word !== '--help' && word !== '-h')];
}

/** Wrong usage as one JSON object, with the code of invalid input. */
function reportUsageError(error: CommanderError): void {
	// where a command is missing Commander shows the help, and its message is "(outputHelp)"
	const isHelp = error.code === 'commander.help';
	const message = isHelp ? 'name a command; --help lists them' : error.message.replace(/^error: /, '').trim();
	process.stderr.write(`${escapeLines(JSON.stringify({ error: { code: 'ROUTER_INVALID_INPUT', message } }))}\n`);
}

function getErrorCode(error: unknown): string | null {
	return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
}

/** Whether a model would have been eligible without the limit of a request. */
function isStoppedByRequestLimit(error: unknown): boolean {
	if (!(error instanceof NoEligibleModelError)) return false;
	const others = error.exclusions.filter(({ reason }) => reason !== 'per-request-limit');
	return error.exclusions.some(({ model, reason }) => {
		return reason === 'per-request-limit' && !others.some((other) => other.model === model);
	});
}

/** The exit code an error stands for. */
export function getExitCode(error: unknown): number {
	const code = getErrorCode(error);
	if (code === 'ROUTER_BUDGET_EXCEEDED' || isStoppedByRequestLimit(error)) return EXIT_CODES.budgetExceeded;
	if (code === 'ROUTER_INVALID_INPUT' || code === 'ROUTER_INVALID_CONFIG' || code === 'ROUTER_UNKNOWN_MODEL') {
		return EXIT_CODES.usage;
	}
	return EXIT_CODES.error;
}

/** Says what went wrong on stderr, as `Error: …`; with `--json` as one JSON object; a stack trace only with ROUTING_DEBUG. */
export function reportError(error: unknown, options: { isJson: boolean; isDebug: boolean }): void {
	const message = error instanceof Error ? error.message : String(error);
	if (options.isJson) {
		process.stderr.write(`${escapeLines(JSON.stringify({ error: { code: getErrorCode(error), message } }))}\n`);
	} else {
		process.stderr.write(labelLine('red', 'Error:', message, !process.argv.includes('--no-color')));
	}
	if (options.isDebug && error instanceof Error) process.stderr.write(`${escapeLines(String(error.stack))}\n`);
}
