import { type ConfigEdit, updateConfigFile } from '../config/index.ts';
import { CONFIG_DEFAULTS, locateProjectConfig, openProject, type Project, type ProjectOptions } from '../project.ts';
import { EXIT_CODES } from './exit-codes.ts';
import type { GlobalOptions } from './options.ts';
import { Output } from './output.ts';

/** Milliseconds a stopping process may take to write what is buffered. */
const SHUTDOWN_TIMEOUT_MS = 5000;

/** What a command works with. */
export interface Session extends Project {
	output: Output;
	/** Aborted by Ctrl-C and SIGTERM. */
	signal: AbortSignal;
}

/** Output in the form that the options ask for. */
export function createOutput(options: GlobalOptions): Output {
	return new Output({ isJson: options.json === true, useColor: options.color !== false });
}

/** Where the options say the project is. */
export function toProjectOptions(flags: GlobalOptions, onWarning?: (message: string) => void): ProjectOptions {
	return { projectDirectory: flags.project, isGlobal: flags.global === true, onWarning };
}

/** Opens the project, runs a command in it and closes it, also when a signal comes in the middle. */
export async function inProject(flags: GlobalOptions, work: (session: Session) => Promise<void>): Promise<void> {
	await inSession(flags, openProject, work);
}

/** The same for a project that is opened in a way of its own. */
export async function inSession<Opened extends Project>(
	flags: GlobalOptions,
	open: (options: ProjectOptions) => Opened | Promise<Opened>,
	work: (session: Session & Opened) => Promise<void>,
): Promise<void> {
	const output = createOutput(flags);
	const project = await open(toProjectOptions(flags, (message) => output.warn(message)));
	const controller = new AbortController();
	const stop = (signal: NodeJS.Signals) => {
		process.exitCode = signal === 'SIGINT' ? EXIT_CODES.interrupted : EXIT_CODES.terminated;
		controller.abort(new Error(`Stopped by ${signal}.`));
		// What is buffered is written by `close` below; a command that hangs must not hold the process for ever.
		setTimeout(() => process.exit(), SHUTDOWN_TIMEOUT_MS).unref();
	};
	process.once('SIGINT', stop).once('SIGTERM', stop);
	try {
		await work({ ...project, output, signal: controller.signal });
	} finally {
		process.off('SIGINT', stop).off('SIGTERM', stop);
		await project.system.close();
	}
}

/** Edits the project's config file: atomic, and refused whole when the result would not be valid. */
export async function editConfig(flags: GlobalOptions, edit: ConfigEdit): Promise<void> {
	const path = locateProjectConfig(toProjectOptions(flags));
	await updateConfigFile(path, edit, { defaults: CONFIG_DEFAULTS });
}
