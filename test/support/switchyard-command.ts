import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { becomeTerminal } from './as-terminal.ts';
import { type CommandResult, cleanEnvironment, type TemporaryProject } from './temporary-project.ts';

/** The built command line. `npm ci` and `npm test` build it before tests run. */
export const SWITCHYARD: string = join(import.meta.dirname, '..', '..', 'dist', 'cli', 'main.js');

if (!existsSync(SWITCHYARD)) throw new Error('The built command line is missing: run `npm run build` first.');

/** Runs `switchyard …` in a project. */
export function switchyard(
	project: TemporaryProject,
	args: readonly string[],
	options?: Parameters<TemporaryProject['run']>[2],
): Promise<CommandResult> {
	return project.run(process.execPath, [SWITCHYARD, ...args], options);
}

/** Keeps what is written to a stream of this process, until `release`. */
function captureStream(stream: NodeJS.WriteStream): { read: () => string; release: () => void } {
	const { write } = stream;
	const parts: string[] = [];
	stream.write = (part: Uint8Array | string, ...rest: unknown[]) => {
		parts.push(typeof part === 'string' ? part : Buffer.from(part).toString());
		const onWritten = rest.at(-1);
		if (typeof onWritten === 'function') onWritten();
		return true;
	};
	return { read: () => parts.join(''), release: () => Object.assign(stream, { write }) };
}

/** Makes the environment of this process the given one, and gives a function that puts it back. */
function replaceEnvironment(environment: Readonly<Record<string, string>>): () => void {
	const before = { ...process.env };
	const set = (next: NodeJS.ProcessEnv) => {
		for (const name of Object.keys(process.env)) if (!(name in next)) delete process.env[name];
		Object.assign(process.env, next);
	};
	set(environment);
	return () => set(before);
}

/**
 * Runs `switchyard …` as `switchyard` does, but from the sources, in this process and without standard input: for tests of
 * what a command says and does, where a process of its own would cost ten times as much. `columns`: its output is a terminal
 * that wide. One at a time, for folder and environment are those of this process.
 */
export async function callSwitchyard(
	project: TemporaryProject,
	args: readonly string[],
	{ columns, env = {} }: { columns?: number; env?: Record<string, string> } = {},
): Promise<CommandResult> {
	const { runCommandLine } = await import('../../src/cli/run-command-line.ts');
	const { argv, exitCode } = process;
	const folder = process.cwd();
	const streams = [captureStream(process.stdout), captureStream(process.stderr)] as const;
	const restoreEnvironment = replaceEnvironment({ ...cleanEnvironment(project.path), ...env });
	const restoreOutput = columns === undefined ? () => {} : becomeTerminal(columns);
	const listeners = process.stdout.listeners('error');
	process.argv = [process.execPath, SWITCHYARD, ...args];
	process.exitCode = undefined;
	process.chdir(project.path);
	try {
		await runCommandLine();
		const [stdout, stderr] = streams.map(({ read }) => read());
		return { code: Number(process.exitCode ?? 0), stdout: stdout ?? '', stderr: stderr ?? '' };
	} finally {
		process.chdir(folder);
		Object.assign(process, { argv, exitCode });
		restoreEnvironment();
		restoreOutput();
		for (const { release } of streams) release();
		for (const listener of process.stdout.listeners('error'))
			if (!listeners.includes(listener)) process.stdout.off('error', listener as () => void);
	}
}
