import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, ftruncateSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Companies whose models a client speaks to by itself. */
export type Company = 'anthropic' | 'openai' | 'google';

/** What one cell of the matrix asks of a client. */
export interface ClientTask {
	prompt: string;
	/** A text of 500 KB beside the prompt, as a person would paste or pipe it; `null`: none. */
	attachment: string | null;
	/** Path of a PNG that goes with the prompt; `null`: none. */
	picture: string | null;
	isStreamed: boolean;
	/** Give the model tools (libraries; programs always do). */
	hasTools: boolean;
	/** Let the model think. */
	thinks: boolean;
	/** Let the model start another agent (libraries that can). */
	delegates: boolean;
	/** There is no gateway: the client is set up for the provider itself. */
	isDirect: boolean;
	/** Origin of the gateway, e.g. `http://127.0.0.1:40123`. */
	url: string;
	key: string;
	model: string;
	/** Folder in which the client works; holds `hello.txt` and `picture.png`. */
	folder: string;
	/** The client's home folder. */
	home: string;
	/** Folder that holds the `node_modules` of the client. */
	installed: string;
	/** Aborts where the user leaves, or the time is over. */
	signal: AbortSignal;
}

/** How a client ended. */
export interface ClientResult {
	/** What it shows its user, errors included. */
	text: string;
	/** It ended with an error. */
	isError: boolean;
}

/** One client. A file of `drivers/` that exports `driver` joins the matrix; its packages stand in `clients.json`. */
export interface ClientDriver {
	title: string;
	company: Company;
	/** A program offers its model tools of its own; a library has what the task gives it. */
	kind: 'program' | 'library';
	/** Cells that the client cannot have, with the reason. */
	cannot: Readonly<Record<string, string>>;
	run(task: ClientTask): Promise<ClientResult>;
}

/** Milliseconds that a program may take to stop once its user has left. */
const GRACE_MS = 10_000;

/** Characters of output that are kept. */
const MAX_OUTPUT = 2_000_000;

/** Runs a program of a client in the task's folder, with nothing of this process's environment but the path. */
export async function runProgram(
	task: ClientTask,
	name: string,
	args: readonly string[],
	{ env, input: given = '' }: { env: Readonly<Record<string, string>>; input?: string },
): Promise<ClientResult> {
	// files, as a shell's `<` and `>` give: cline reads no other input than a file or a named pipe, and Node's pipes are sockets;
	// gemini-cli ends before a busy machine has taken what it wrote to one
	const [input, output] = [join(task.home, 'input.txt'), join(task.home, 'output.txt')];
	writeFileSync(input, given);
	const [opened, shown] = [openSync(input, 'r'), openSync(output, 'a')];
	ftruncateSync(shown);
	const child = spawn(`${task.installed}/node_modules/.bin/${name}`, args, {
		cwd: task.folder,
		env: { PATH: process.env['PATH'], HOME: task.home, TERM: 'dumb', NO_COLOR: '1', ...env },
		stdio: [opened, shown, shown],
		detached: true,
	});
	let isRunning = true;
	const signalGroup = (name: NodeJS.Signals) => {
		// the group: several clients are launchers of another process
		if (child.pid !== undefined && isRunning) process.kill(-child.pid, name);
	};
	const stop = () => {
		// Ctrl-C, as a user leaves; at a SIGTERM cline reads on to the end of the answer
		signalGroup('SIGINT');
		AbortSignal.timeout(GRACE_MS).addEventListener('abort', () => signalGroup('SIGKILL'), { once: true });
	};
	task.signal.addEventListener('abort', stop, { once: true });
	const [code] = await once(child, 'exit');
	isRunning = false;
	task.signal.removeEventListener('abort', stop);
	for (const file of [opened, shown]) closeSync(file);
	return { text: readFileSync(output, 'utf8').slice(0, MAX_OUTPUT), isError: code !== 0 };
}
