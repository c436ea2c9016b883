import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { processTree } from './proc-figures.ts';

/** A program to start. */
export interface Command {
	args: readonly string[];
	/** @default the benchmark's own Node */
	program?: string;
	env?: Readonly<Record<string, string>>;
	folder?: string;
}

/** A started process; its process id stays known after its end. */
export interface Started {
	readonly pid: number;
	readonly child: ChildProcess;
	readonly ended: Promise<void>;
}

const KILL_AFTER_MS = 5000;
const running = new Set<Started>();

function hasTaskset(): boolean {
	try {
		execFileSync('taskset', ['--version'], { stdio: 'ignore' });
		return true;
	} catch {
		return false;
	}
}

/** Processes can be pinned to a core each. */
export const CAN_PIN: boolean = hasTaskset();

function spawnPinned(
	cpu: number,
	command: Command,
	stdio: readonly ['ignore', number | 'pipe', number | 'inherit'],
): Started {
	const own = [command.program ?? process.execPath, ...command.args];
	const [program = '', ...args] = CAN_PIN ? ['taskset', '-c', String(cpu), ...own] : own;
	const child = spawn(program, args, {
		cwd: command.folder,
		// a clean environment: nothing of the caller's configuration reaches what is measured
		env: { PATH: process.env['PATH'], HOME: process.env['HOME'], LANG: 'C.UTF-8', ...command.env },
		stdio: [...stdio],
	});
	if (child.pid === undefined) throw new Error(`could not start ${own.join(' ')}`);
	const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
	const started: Started = { pid: child.pid, child, ended };
	running.add(started);
	void ended.then(() => running.delete(started));
	return started;
}

/** Starts a server on one core; what it prints goes to a file. */
export function startServer(cpu: number, command: Command, logFile: string): Started {
	const log = openSync(logFile, 'w');
	try {
		return spawnPinned(cpu, command, ['ignore', log, log]);
	} finally {
		closeSync(log);
	}
}

/** Runs a program on one core to its end and reads the JSON it prints. */
export async function runForJson<Answer>(cpu: number, command: Command): Promise<Answer> {
	const started = spawnPinned(cpu, command, ['ignore', 'pipe', 'inherit']);
	let text = '';
	started.child.stdout?.on('data', (chunk: Buffer) => {
		text += chunk.toString('utf8');
	});
	await started.ended;
	if (started.child.exitCode !== 0)
		throw new Error(`${command.args[0] ?? ''} ended with ${started.child.exitCode}: ${text.slice(-300)}`);
	// the program is one of the benchmark's own, or prints what its documentation says
	return JSON.parse(text) as Answer;
}

function signal(pids: readonly number[], name: NodeJS.Signals): void {
	for (const pid of pids)
		try {
			process.kill(pid, name);
		} catch (error) {
			// it has ended by itself in the meantime
			if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
		}
}

/** Ends a process and its children, first kindly. */
export async function stop(started: Started): Promise<void> {
	if (!running.has(started)) return;
	const pids = processTree(started.pid);
	signal(pids, 'SIGTERM');
	const timer = new AbortController();
	const late = sleep(KILL_AFTER_MS, true, { signal: timer.signal }).catch(() => false);
	if (await Promise.race([started.ended.then(() => false), late])) {
		signal(pids, 'SIGKILL');
		await started.ended;
	}
	timer.abort();
}

/** Ends everything that was started here and still runs. */
export async function stopAll(): Promise<void> {
	await Promise.all([...running].map(stop));
}
