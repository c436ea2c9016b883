import { type ChildProcess, execFile, type StdioOptions, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findShiftClockOptions } from './shift-clock.ts';

/** How a command ended. */
export interface CommandResult {
	code: number | null;
	stdout: string;
	stderr: string;
}

/** A project folder of its own, with nothing in it but `.claude`. */
export interface TemporaryProject {
	path: string;
	/** Runs a program in the project, with an environment that holds no key and no ROUTING_ variable but the given. */
	run(
		program: string,
		args: readonly string[],
		options?: { env?: Record<string, string>; input?: string },
	): Promise<CommandResult>;
	/** Starts a program that goes on, in the same environment. */
	start(
		program: string,
		args: readonly string[],
		options: { env?: Record<string, string>; stdio: StdioOptions },
	): ChildProcess;
	remove(): void;
}

/**
 * What a program needs of the machine, and where Node keeps what it has compiled; any other variable (keys, proxies, CI,
 * NO_COLOR) would change what is tested.
 */
const NEEDED =
	/^(NODE_COMPILE_CACHE|PATH|TMPDIR|TEMP|TMP|LANG|LC_\w+|LD_LIBRARY_PATH|USER|SHELL|SystemRoot|ComSpec|PATHEXT)$/i;

/** The environment of a user's shell that has set nothing; the clock stays on the catalog's day. */
export function cleanEnvironment(home: string): Record<string, string> {
	const inherited = Object.entries(process.env).flatMap(([name, value]) =>
		value === undefined || !NEEDED.test(name) ? [] : [[name, value] as const],
	);
	const clock = findShiftClockOptions(process.env['NODE_OPTIONS']);
	return { ...Object.fromEntries(inherited), HOME: home, NODE_OPTIONS: clock };
}

/** Makes a project folder under the system's temporary folder. */
export function createTemporaryProject(): TemporaryProject {
	const path = mkdtempSync(join(tmpdir(), 'switchyard-'));
	mkdirSync(join(path, '.claude'));
	return {
		path,
		run: (program, args, options = {}) =>
			new Promise((resolve) => {
				const child = execFile(
					program,
					[...args],
					{
						cwd: path,
						env: { ...cleanEnvironment(path), ...options.env },
						maxBuffer: 64 * 1024 * 1024,
						timeout: 60_000,
						killSignal: 'SIGKILL',
					},
					(error, stdout, stderr) => {
						resolve({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : null, stdout, stderr });
					},
				);
				// A program that ends without reading its input closes the pipe: that is its right.
				child.stdin?.on('error', () => {});
				child.stdin?.end(options.input ?? '');
			}),
		start: (program, args, { env, stdio }) =>
			spawn(program, args, { cwd: path, env: { ...cleanEnvironment(path), ...env }, stdio }),
		remove: () => rmSync(path, { recursive: true, force: true }),
	};
}
