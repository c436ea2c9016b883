import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ClientTask } from './client-driver.ts';

/** A tool that a library's model is given. */
export interface LibraryTool {
	name: 'read_file' | 'run_command';
	description: string;
	/** Its only argument, a text. */
	argument: 'path' | 'command';
	/** JSON schema of its arguments. */
	parameters: Readonly<Record<string, unknown>>;
	run(input: string): Promise<string>;
}

function createParameters(argument: LibraryTool['argument']): LibraryTool['parameters'] {
	return { type: 'object', properties: { [argument]: { type: 'string' } }, required: [argument] };
}

/** The tools that an application would give its model; they do what they say. */
export function createTools({ folder, signal }: Pick<ClientTask, 'folder' | 'signal'>): LibraryTool[] {
	return [
		{
			name: 'read_file',
			description: 'Reads a text file',
			argument: 'path',
			parameters: createParameters('path'),
			run: async (path) => readFileSync(resolve(folder, path), 'utf8'),
		},
		{
			name: 'run_command',
			description: 'Runs a command of the shell',
			argument: 'command',
			parameters: createParameters('command'),
			run: (command) =>
				new Promise((done, fail) => {
					execFile('sh', ['-c', command], { cwd: folder, signal }, (error, stdout) => {
						if (error === null) done(stdout);
						else fail(error);
					});
				}),
		},
	];
}

/** Runs the tool of that name. */
export async function runTool(tools: readonly LibraryTool[], name: string, input: unknown): Promise<string> {
	const tool = tools.find((each) => each.name === name);
	if (tool === undefined) throw new Error(`the model calls "${name}", which it was not given`);
	const values = typeof input === 'object' && input !== null ? Object.values(input) : [];
	return await tool.run(String(values[0]));
}

/** Imports a module from a client's folder; the caller says what it uses of it. */
export async function importFrom<Module>(installed: string, name: string): Promise<Module> {
	const path = createRequire(join(installed, 'package.json')).resolve(name);
	return (await import(pathToFileURL(path).href)) as Module; // the package is not among ours: its types are the driver's
}

/** The task's whole prompt. */
export function joinPrompt({ attachment, prompt }: Pick<ClientTask, 'attachment' | 'prompt'>): string {
	return attachment === null ? prompt : `${attachment}\n${prompt}`;
}

/** The picture as base64. */
export function readPicture(path: string): string {
	return readFileSync(path).toString('base64');
}

/** Why a library has no cell for a second agent. */
export const NO_AGENTS = 'the library has no agents; it calls one model';

/** Turns of one conversation at most. */
export const MAX_TURNS = 10;
