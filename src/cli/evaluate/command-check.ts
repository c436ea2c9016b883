import { spawn } from 'node:child_process';
import { existsSync, lstatSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { processEnvironment } from '../../config/index.ts';
import { InvalidInputError } from '../../errors/index.ts';
import type { EvaluationTask } from '../../evaluate/index.ts';

/** How commands are run that check answers. */
export interface CommandCheckOptions {
	/** The folder whose files commands may read, as `{workdir}` in their arguments: it must be as it was when they end. */
	workdir: string;
	/** Files in it that others write, with those whose names begin like theirs: the product's own data. */
	unwatched: readonly string[];
	timeoutMs: number;
	signal: AbortSignal;
}

/** What a command says of an answer. */
export type CommandResult = { quality: number } | { error: string };

/** Bytes kept of what a command writes on its standard error. */
const MAX_ERROR_BYTES = 65_536;
/** Files of the folder that are looked at; a larger one is compared by its first so many. */
const MAX_WATCHED_FILES = 10_000;

/** Size and time of everything in a folder, by path. */
function listFolder(folder: string, unwatched: readonly string[]): Map<string, string> {
	const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name));
	const watched = paths.filter((path) => !unwatched.some((own) => path.startsWith(own)));
	return new Map(
		watched.slice(0, MAX_WATCHED_FILES).map((path) => {
			const stats = lstatSync(path, { throwIfNoEntry: false });
			// a folder changes its time with what is in it, which is compared itself
			const isFile = stats !== undefined && !stats.isDirectory();
			return [path, isFile ? `${stats.size} ${stats.mtimeMs} ${stats.ino}` : 'folder'];
		}),
	);
}

/** The first path that is not as it was; `null`: all are. */
function findChange(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): string | null {
	for (const [path, state] of after) if (before.get(path) !== state) return path;
	for (const path of before.keys()) if (!after.has(path)) return path;
	return null;
}

const isConfined = (program: string | undefined): boolean => program === 'node' || program === process.execPath;

/** How Node prints an error of its permission model: the name alone is also in texts of others. */
const ACCESS_DENIED = /code: 'ERR_ACCESS_DENIED',\s+permission: '/;

/** What gives a Node program back what it may not, itself or by a file of settings; Node reads "_" as "-". */
const PERMISSION_FLAG = /^--(?:no-)?(?:experimental-)?(?:allow-|permission|env-file|config-file|default-config-file)/;

/** @throws InvalidInputError for flags with which a Node program would no longer be held back */
export function checkCommandFlags(id: string, [program, ...args]: readonly string[]): void {
	const flag = args.find((arg) => PERMISSION_FLAG.test(arg.replaceAll('_', '-')));
	if (!isConfined(program) || flag === undefined) return;
	throw new InvalidInputError(
		`Task ${JSON.stringify(id)}: "check.command" gives node ${flag}, which would undo what it is held back from. Leave it out.`,
	);
}

/** A Node program may write in its own folder only, and start no other program; of what else runs nothing is held back. */
function withPermissions([program = '', ...args]: readonly string[], folder: string, workdir: string): string[] {
	if (!isConfined(program)) return [program, ...args];
	const may = [`--allow-fs-read=${workdir}`, `--allow-fs-read=${folder}`, `--allow-fs-write=${folder}`];
	return [process.execPath, '--permission', ...may, ...args];
}

/** All that a command is told of this machine: no key, no home. */
function createEnvironment(folder: string, workdir: string): Record<string, string> {
	const environment = processEnvironment();
	const inherited = ['PATH', 'LANG', 'SystemRoot', 'ComSpec', 'PATHEXT'] as const;
	const kept = inherited.flatMap((name) => {
		const value = environment[name];
		return value === undefined ? [] : [[name, value] as const];
	});
	return { ...Object.fromEntries(kept), HOME: folder, TMPDIR: folder, TEMP: folder, TMP: folder, WORKDIR: workdir };
}

/** Ends a command with everything that it has started and that has not left its group. */
function killGroup(pid: number | undefined): void {
	if (pid === undefined) return;
	try {
		process.kill(process.platform === 'win32' ? pid : -pid, 'SIGKILL');
	} catch {
		// all of them have ended
	}
}

function runCommand(
	[program = '', ...args]: readonly string[],
	{
		answer,
		env,
		folder,
		signal,
		timeoutMs,
	}: Pick<CommandCheckOptions, 'signal' | 'timeoutMs'> & {
		answer: string;
		env: Record<string, string>;
		folder: string;
	},
): Promise<{ code: number | null; stderr: string; isLate: boolean; failure: string | null }> {
	return new Promise((resolve) => {
		const child = spawn(program, args, {
			cwd: folder,
			env,
			detached: process.platform !== 'win32',
			stdio: ['pipe', 'ignore', 'pipe'],
		});
		let [stderr, isLate, isDone] = ['', false, false];
		const stop = () => killGroup(child.pid);
		const timer = setTimeout(() => {
			isLate = true;
			stop();
		}, timeoutMs);
		const end = (code: number | null, failure: string | null) => {
			if (isDone) return;
			isDone = true;
			clearTimeout(timer);
			signal.removeEventListener('abort', stop);
			// what it has left running
			stop();
			resolve({ code, stderr, isLate, failure });
		};
		signal.addEventListener('abort', stop, { once: true });
		child.stderr.setEncoding('utf8').on('data', (text: string) => {
			if (stderr.length < MAX_ERROR_BYTES) stderr += text.slice(0, MAX_ERROR_BYTES - stderr.length);
		});
		child.on('error', (error) => end(null, error.message));
		// not `close`: what it has started may hold its pipes open
		child.on('exit', (code) => end(code, null));
		// a command that reads nothing closes its input
		child.stdin.on('error', () => {});
		child.stdin.end(answer);
	});
}

/**
 * Runs the command of a task's check in a fresh folder, with the answer in `answer.txt` and on standard input. Exit code 0: the answer
 * is right. A command that takes too long, cannot be run, or writes outside of its folder says nothing of the answer.
 */
export async function checkByCommand(
	task: EvaluationTask,
	command: readonly string[],
	answer: string,
	options: CommandCheckOptions,
): Promise<CommandResult> {
	const { signal, timeoutMs } = options;
	const unwatched = options.unwatched.flatMap((path) =>
		existsSync(dirname(path)) ? [join(realpathSync(dirname(path)), basename(path))] : [],
	);
	const workdir = realpathSync(options.workdir);
	const folder = realpathSync(mkdtempSync(join(tmpdir(), 'switchyard-check-')));
	const name = basename(command[0] ?? '');
	try {
		writeFileSync(join(folder, 'answer.txt'), answer);
		writeFileSync(join(folder, 'task.json'), JSON.stringify({ id: task.id, messages: task.messages }));
		const before = listFolder(workdir, unwatched);
		const words = command.map((word) => word.replaceAll('{workdir}', workdir));
		const env = createEnvironment(folder, workdir);
		const run = { answer, env, folder, signal, timeoutMs };
		const { code, failure, isLate, stderr } = await runCommand(withPermissions(words, folder, workdir), run);
		const changed = findChange(before, listFolder(workdir, unwatched));
		if (changed !== null) return { error: `check: ${name} wrote outside its folder (${changed})` };
		// what a program prints that was not held back, or that went on, is its own affair
		if (isConfined(command[0]) && code !== 0 && ACCESS_DENIED.test(stderr))
			return {
				error: `check: ${name} tried what it may not (${stderr.match(/resource: '([^']*)'/)?.[1] ?? 'a program or a file'})`,
			};
		if (isLate) return { error: `check: ${name} took over ${timeoutMs / 1000} s` };
		if (failure !== null) return { error: `check: ${name} cannot be run (${failure})` };
		if (signal.aborted || code === null) return { error: `check: ${name} was stopped` };
		return { quality: code === 0 ? 100 : 0 };
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}
