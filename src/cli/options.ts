import { statSync } from 'node:fs';
import { type Command, InvalidArgumentError } from 'commander';
import { REPORT_PERIODS, type ReportPeriodName } from '../cost/index.ts';
import { InvalidInputError } from '../errors/index.ts';
import { quoteArgument } from './terminal-text.ts';

/** Options every command takes. */
export interface GlobalOptions {
	json?: boolean;
	global?: boolean;
	project?: string;
	color?: boolean;
}

/** A finite number ≥ 0 from the command line. */
export function parseAmount(value: string): number {
	const amount = Number(value);
	if (value.trim() === '' || !Number.isFinite(amount) || amount < 0) {
		throw new InvalidArgumentError(`${quoteArgument(value)} is not an amount. Write a number of 0 or more, e.g. 20.0.`);
	}
	return amount;
}

/** A folder that exists: a mistyped one would become a project without configuration or limits. */
export function parseFolder(value: string): string {
	if (statSync(value, { throwIfNoEntry: false })?.isDirectory() !== true)
		throw new InvalidArgumentError(`There is no folder ${quoteArgument(value)}. Create it, or name another.`);
	return value;
}

/** A calendar day, as YYYY-MM-DD. */
export function parseDay(value: string): string {
	const time = /^\d{4}-\d{2}-\d{2}$/.test(value) ? Date.parse(`${value}T00:00:00Z`) : Number.NaN;
	// Date.parse accepts 2026-02-30 and rolls over; a real day comes back as it was written.
	if (Number.isNaN(time) || !new Date(time).toISOString().startsWith(value))
		throw new InvalidArgumentError(`${quoteArgument(value)} is not a day. Write it as YYYY-MM-DD, e.g. 2026-01-31.`);
	return value;
}

/** One of a list. */
export function parseChoice<Choice extends string>(choices: readonly Choice[]): (value: string) => Choice {
	return (value) => {
		const found = choices.find((choice) => choice === value.toLowerCase());
		if (found === undefined)
			throw new InvalidArgumentError(`${quoteArgument(value)} is not one of: ${choices.join(', ')}.`);
		return found;
	};
}

/** Flags that name the period of a report. */
export interface PeriodFlags {
	period?: ReportPeriodName | undefined;
	/** First day, as YYYY-MM-DD. */
	start?: string | undefined;
	/** Last day, which is included. */
	end?: string | undefined;
}

/** Adds the flags of a period; `otherwise` is what a command without them covers. */
export function addPeriodOptions(command: Command, otherwise: string): Command {
	return command
		.option(
			'--period <period>',
			`one of ${REPORT_PERIODS.join(', ')}; ${otherwise} when not given`,
			parseChoice(REPORT_PERIODS),
		)
		.option('--start <day>', 'first day, as YYYY-MM-DD', parseDay)
		.option('--end <day>', 'last day, as YYYY-MM-DD', parseDay);
}

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
