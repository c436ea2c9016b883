import { InvalidInputError } from '../../errors/index.ts';
import type { EvaluationTask } from '../../evaluate/index.ts';
import { type JsonObject, unwrapFence } from '../../util/index.ts';
import { type CommandCheckOptions, type CommandResult, checkByCommand, checkCommandFlags } from './command-check.ts';
import { compileSchema, matchesPattern, UnfinishedCheckError } from './json-schema.ts';

/** What may be run to check answers. */
export interface AnswerCheckOptions extends CommandCheckOptions {
	areCommandsAllowed: boolean;
}

const grade = (isRight: boolean): CommandResult => ({ quality: isRight ? 100 : 0 });
const normalise = (text: string): string => text.trim().toLowerCase();

/** What a check says that may take too long. */
function gradeInTime(isRight: () => boolean): CommandResult {
	try {
		return grade(isRight());
	} catch (error) {
		if (error instanceof UnfinishedCheckError) return { error: `check: ${error.message}` };
		// the engine's stack
		if (error instanceof RangeError) return { error: 'check: the answer is nested too deeply' };
		throw error;
	}
}

/** The JSON of an answer, also within one fence of Markdown; `undefined`: it is none. */
function parseJson(text: string): unknown {
	try {
		return JSON.parse(unwrapFence(text));
	} catch {
		return undefined;
	}
}

/** The checks of all tasks, ready to be used. @throws InvalidInputError for a schema that cannot be used, and for commands that nobody allowed */
export function createAnswerChecks(
	tasks: readonly EvaluationTask[],
	options: AnswerCheckOptions,
): (task: EvaluationTask, answer: string) => Promise<CommandResult> {
	const schemas = new Map<string, (value: unknown) => boolean>();
	for (const { check, id } of tasks) {
		if (check.kind === 'command' && !options.areCommandsAllowed)
			throw new InvalidInputError(
				`Task ${JSON.stringify(id)} is checked by a command (${check.command.join(' ').slice(0, 80)}). Commands run with your rights: read them, then add --allow-commands.`,
			);
		if (check.kind === 'command') checkCommandFlags(id, check.command);
		if (check.kind === 'schema') schemas.set(id, readSchema(id, check.schema));
	}
	// one at a time: who has written where it may not is known then
	let running: Promise<unknown> = Promise.resolve();
	return async (task, answer) => {
		const { check } = task;
		switch (check.kind) {
			case 'match':
				return grade(check.accepted.some((accepted) => normalise(accepted) === normalise(answer)));
			case 'regex':
				return gradeInTime(() => matchesPattern(check.pattern, check.flags, answer));
			case 'schema': {
				const value = parseJson(answer);
				return gradeInTime(() => value !== undefined && schemas.get(task.id)?.(value) === true);
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

function readSchema(id: string, schema: JsonObject): (value: unknown) => boolean {
	try {
		return compileSchema(schema);
	} catch (cause) {
		const reason = cause instanceof Error ? cause.message : String(cause);
		throw new InvalidInputError(`Task ${JSON.stringify(id)}: "check.schema" cannot be used (${reason}).`, { cause });
	}
}
