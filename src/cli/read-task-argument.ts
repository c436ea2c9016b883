import { InvalidInputError } from '../index.ts';

/** Longest task read from standard input, in bytes. */
const MAX_TASK_BYTES = 64 * 1024 * 1024;

async function readStandardInput(): Promise<string> {
	const chunks: Buffer[] = [];
	let bytes = 0;
	for await (const chunk of process.stdin) {
		const buffer = Buffer.from(chunk as Buffer); // stdin without an encoding yields buffers
		bytes += buffer.length;
		if (bytes > MAX_TASK_BYTES)
			throw new InvalidInputError('The task on standard input is over 64 MiB. Send a shorter one.');
		chunks.push(buffer);
	}
	return Buffer.concat(chunks).toString('utf8');
}

/** The task as given: words of the command line, or standard input for `-`. */
export async function readTaskArgument(words: readonly string[]): Promise<string> {
	const task = words.length === 1 && words[0] === '-' ? await readStandardInput() : words.join(' ');
	if (task.trim() === '') {
		throw new InvalidInputError(
			'The task is empty. Say what is to be done, e.g. switchyard route "Fix the login bug", or pipe it in with "-".',
		);
	}
	return task;
}
