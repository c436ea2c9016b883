import { type ConfigEdit, processEnvironment, updateConfigFile } from '../config/index.ts';
import { CONFIG_DEFAULTS, locateProjectConfig, openProject, type Project } from '../project.ts';
import type { GlobalOptions } from './options.ts';
import { Output } from './output.ts';

/** Milliseconds a stopping process may take to write what waits. */
const SHUTDOWN_LIMIT_MS = 5000;

/** What a command works with. */
export interface Session extends Project {
	output: Output;
	/** Aborted by Ctrl-C and SIGTERM. */
	signal: AbortSignal;
}

/** The way of speaking that the options ask for. */
export function createOutput(options: GlobalOptions): Output {
	return new Output({ isJson: options.json === true, useColor: options.color !== false });
}

/** Opens the project, runs a command in it and closes it, also when a signal comes in the middle. */
export async function inProject(
	options: GlobalOptions & { onlyAvailable?: boolean },
	work: (session: Session) => Promise<void>,
): Promise<void> {
	const output = createOutput(options);
	const project = openProject({
		...(options.project === undefined ? {} : { projectDirectory: options.project }),
		isGlobal: options.global === true,
		onlyAvailable: options.onlyAvailable === true,
		onWarning: (message) => output.note(`Warning: ${message}`),
	});
	const controller = new AbortController();
	const stop = (signal: NodeJS.Signals) => {
		process.exitCode = signal === 'SIGINT' ? 130 : 143;
		controller.abort(new Error(`Stopped by ${signal}.`));
		// What waits is written by `close` below; a hanging command must not hold the process for ever.
		setTimeout(() => process.exit(), SHUTDOWN_LIMIT_MS).unref();
	};
	process.once('SIGINT', stop).once('SIGTERM', stop);
	try {
		await work({ ...project, output, signal: controller.signal });
	} finally {
		process.off('SIGINT', stop).off('SIGTERM', stop);
		await project.system.close();
	}
}

/** Edits the project's config file: atomic, and refused whole when the result would not hold together. */
export async function editConfig(flags: GlobalOptions, edit: ConfigEdit): Promise<string> {
	const path = locateProjectConfig({
		...(flags.project === undefined ? {} : { projectDirectory: flags.project }),
		isGlobal: flags.global === true,
		environment: processEnvironment(),
	});
	await updateConfigFile(path, edit, { defaults: CONFIG_DEFAULTS });
	return path;
}
