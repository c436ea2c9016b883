import { type Command, InvalidArgumentError } from 'commander';
import { InvalidInputError } from '../../errors/index.ts';
import type { EvaluateTasksFlags } from '../evaluate/index.ts';
import type { EvaluatePolicyFlags } from '../evaluate-policy.ts';
import { type GlobalOptions, parseAmount, parseDay, parseFolder } from '../options.ts';
import { projectAction } from '../project-action.ts';
import { quoteArgument } from '../terminal-text.ts';

/** A whole number from `low` to `high` of the command line. */
function parseCount(low: number, high: number): (value: string) => number {
	return (value) => {
		const count = Number(value);
		if (Number.isInteger(count) && count >= low && count <= high) return count;
		throw new InvalidArgumentError(`${quoteArgument(value)} is not a whole number from ${low} to ${high}.`);
	};
}

function parseNames(value: string): string[] {
	const names = value.split(',').map((name) => name.trim());
	if (names.includes('')) throw new InvalidArgumentError('Names are separated by commas, such as opus,sonnet,haiku.');
	return names;
}

const COMPARISON_FLAGS = [
	'models',
	'budget',
	'judge',
	'concurrency',
	'maxOutput',
	'allowCommands',
	'workdir',
	'checkTimeout',
	'report',
	'junit',
	'learn',
	'simulate',
] as const;
/** Flags that belong to some forms only. */
const FLAGS_OF_FORMS = {
	'a comparison on tasks': COMPARISON_FLAGS,
	'--policy': ['from', 'to', 'workload', 'clip', 'onlySupported'],
	'--shadow': ['from', 'to', 'workload'],
} as const;

/** @throws InvalidInputError for a flag that the form would pass over */
function checkFlags(form: keyof typeof FLAGS_OF_FORMS, flags: Readonly<Record<string, unknown>>): void {
	const own: readonly string[] = FLAGS_OF_FORMS[form];
	const foreign = Object.values(FLAGS_OF_FORMS)
		.flat()
		.find((name) => flags[name] !== undefined && !own.includes(name));
	if (foreign === undefined) return;
	const spell = (name: string) => `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
	throw new InvalidInputError(
		`${spell(foreign)} says nothing of ${form}: leave it out. That takes ${own.map(spell).join(', ')}.`,
	);
}

/** `switchyard evaluate`: a form for each source of evidence. */
export function evaluateCommand(program: Command): void {
	program
		.command('evaluate')
		.description("measure policies and models on one's own work")
		.option('--tasks <file>', 'compare models on these tasks: one JSON object in each line')
		.option('--captured <count>', 'compare models on the newest tasks whose text was captured', parseCount(1, 10_000))
		.option('--models <names>', 'models to compare, separated by commas', parseNames)
		.option('--budget <usd>', 'what the comparison may cost at most, judge included', parseAmount)
		.option('--judge <model>', 'model that judges tasks without a check; none of the compared ones')
		.option('--resume <run>', 'go on with a comparison where it was stopped')
		.option('--concurrency <count>', 'calls at once; 4 when not given', parseCount(1, 64))
		.option('--max-output <tokens>', 'longest answer; 4096 when not given', parseCount(256, 1_000_000))
		.option('--allow-commands', 'run the commands that check answers; they run with your rights')
		.option(
			'--workdir <folder>',
			'what such commands may read; the folder of the task file when not given',
			parseFolder,
		)
		.option('--check-timeout <seconds>', 'longest check by a command; 30 when not given', parseCount(1, 3600))
		.option('--report <file>', 'write everything, answers included, as JSON')
		.option('--junit <file>', 'write the checked answers as JUnit XML, for CI')
		.option('--learn', 'have the router learn from the checked answers')
		.option('--simulate', 'let the built-in simulator answer, to try the command')
		.option('--policy <policy>', 'what this policy (or always this model) would have earned on the logged decisions')
		.option('--from <day>', 'first day of the log, YYYY-MM-DD, UTC', parseDay)
		.option('--to <day>', 'last day of the log, YYYY-MM-DD, UTC', parseDay)
		.option('--workload <name>', 'only decisions of this workload')
		.option('--clip <weight>', 'cut weights above this; none is cut when not given', parseAmount)
		.option('--only-supported', 'follow the policy only where the log can tell')
		.option('--shadow', 'what "serve --shadow" has found, with every request that was dropped and why')
		.addHelpText(
			'after',
			`
Exit code 1 where the log cannot tell (the policy picks what had probability
0) or a comparison had to stop or has no task that counts, 3 where its budget
ended.

Examples:
  switchyard evaluate --tasks tasks.jsonl --models opus,haiku --budget 2.00
  switchyard evaluate --resume 3f9c2a71b04d --budget 5
  switchyard evaluate --policy cheap
  switchyard evaluate --policy opus --from 2026-11-01 --only-supported`,
		)
		.action(async (options: unknown, self: Command) => {
			const flags = self.optsWithGlobals<EvaluateTasksFlags & Partial<EvaluatePolicyFlags> & { shadow?: boolean }>();
			const { captured, policy, resume, shadow = false, tasks } = flags;
			const isComparison = tasks !== undefined || captured !== undefined || resume !== undefined;
			if (Number(isComparison) + Number(policy !== undefined) + Number(shadow) !== 1)
				throw new InvalidInputError(
					'Say what to evaluate: --tasks FILE or --captured N for models on your tasks, --policy NAME on the logged decisions, or --shadow for what was asked beside them.',
				);
			checkFlags(isComparison ? 'a comparison on tasks' : shadow ? '--shadow' : '--policy', { ...flags });
			if (!isComparison) return await showEvaluation(options, self);
			const { evaluateTasks } = await import('../evaluate/index.ts');
			await evaluateTasks(flags);
		});
}

/** The forms that call nothing. */
const showEvaluation = projectAction(async (session, flags: GlobalOptions & Partial<EvaluatePolicyFlags>) => {
	const { policy } = flags;
	if (policy === undefined) {
		const { showShadow } = await import('../evaluate-shadow.ts');
		return await showShadow(session, flags);
	}
	const { showPolicyEvaluation } = await import('../evaluate-policy.ts');
	await showPolicyEvaluation(session, { ...flags, policy });
});
