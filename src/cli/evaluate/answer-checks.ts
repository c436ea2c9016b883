import { runInNewContext } from 'node:vm';
import type { ZodType } from 'zod/v4';
import { InvalidInputError } from '../../errors/index.ts';
import type { EvaluationTask } from '../../evaluate/index.ts';
import { isObject } from '../../util/index.ts';
import { type CommandCheckOptions, type CommandResult, checkByCommand } from './command-check.ts';

/** Milliseconds that a regular expression may take: some need years for a text that does not match. */
const PATTERN_TIMEOUT_MS = 1000;

/** What may be run to check answers. */
export interface AnswerCheckOptions extends CommandCheckOptions {
	areCommandsAllowed: boolean;
}

const grade = (isRight: boolean): CommandResult => ({ quality: isRight ? 100 : 0 });
const normalise = (text: string): string => text.trim().toLowerCase();

function matchPattern(pattern: string, flags: string, text: string): CommandResult {
	try {
		const code = 'new RegExp(pattern, flags).test(text)';
		return grade(runInNewContext(code, { pattern, flags, text }, { timeout: PATTERN_TIMEOUT_MS }) === true);
	} catch (error) {
		// an error of the other context is no instance of this one's `Error`
		if (isObject(error) && error['code'] === 'ERR_SCRIPT_EXECUTION_TIMEOUT')
			return { error: `check: the regular expression took over ${PATTERN_TIMEOUT_MS / 1000} s` };
		throw error;
	}
}

/** The JSON of an answer, also within one fence of Markdown; `undefined`: it is none. */
function parseJson(text: string): unknown {
	const bare = /^\s*```(?:json)?\s*\n([\s\S]*?)\n\s*```\s*$/.exec(text)?.[1] ?? text;
	try {
		return JSON.parse(bare);
	} catch {
		return undefined;
	}
}

/** The checks of all tasks, ready to be used. @throws InvalidInputError for a schema that cannot be used, and for commands that nobody allowed */
export async function createAnswerChecks(
	tasks: readonly EvaluationTask[],
	options: AnswerCheckOptions,
): Promise<(task: EvaluationTask, answer: string) => Promise<CommandResult>> {
	const schemas = new Map<string, ZodType>();
	for (const { check, id } of tasks) {
		if (check.kind === 'command' && !options.areCommandsAllowed)
			throw new InvalidInputError(
				`Task ${JSON.stringify(id)} is checked by a command (${check.command.join(' ').slice(0, 80)}). Commands run with your rights: read them, then add --allow-commands.`,
			);
		if (check.kind === 'schema') schemas.set(id, await readSchema(id, check.schema));
	}
	// one at a time: who has written where it may not is known then
	let running: Promise<unknown> = Promise.resolve();
	return async (task, answer) => {
		const { check } = task;
		switch (check.kind) {
			case 'match':
				return grade(check.accepted.some((accepted) => normalise(accepted) === normalise(answer)));
			case 'regex':
				return matchPattern(check.pattern, check.flags, answer);
			case 'schema': {
				const value = parseJson(answer);
				return grade(value !== undefined && schemas.get(task.id)?.safeParse(value).success === true);
			}
			case 'command': {
				const result = running.then(() => checkByCommand(task, check.command, answer, options));
				running = result.catch(() => {});
				return await result;
			}
			case 'judge':
				throw new TypeError('A judge says what such an answer is worth.');
		}
	};
}

async function readSchema(id: string, schema: Readonly<Record<string, unknown>>): Promise<ZodType> {
	const { fromJSONSchema } = await import('zod/v4');
	try {
		return fromJSONSchema(schema);
	} catch (cause) {
		const reason = cause instanceof Error ? cause.message : String(cause);
		throw new InvalidInputError(`Task ${JSON.stringify(id)}: "check.schema" cannot be used (${reason}).`, { cause });
	}
}
