import type { Command } from 'commander';
import type { DecisionRecord, TaskInputsRecord } from '../../contracts/index.ts';
import type { DecisionReplay } from '../../system/index.ts';
import { EXIT_CODES } from '../exit-codes.ts';
import { projectAction } from '../project-action.ts';
import { formatTable } from '../terminal-text.ts';
import { readDecision } from './why.ts';

function formatReplay({ decision, differences, gone, record }: DecisionReplay): string {
	if (differences.length === 0 && gone.length === 0)
		return `${record.model} again: the same to the last digit that is kept.`;
	const again = decision === null ? 'no model' : decision.model.name;
	const same = differences.length === 0 ? ' and every figure that is kept' : '';
	return [
		`Then ${record.model}, now ${again}${again === record.model ? same : ''}.`,
		...gone.map((what) => `- Gone: ${what}`),
		...differences.map((what) => `- Differs: ${what}`),
	].join('\n');
}

/** `switchyard replay <decision-id>` */
export function replayCommand(program: Command): void {
	program
		.command('replay')
		.description('make a recorded decision again, or say what it was made from and is gone')
		.argument('<decision-id>', 'the id that run or route --json printed; or how it begins')
		.addHelpText(
			'after',
			'\nNothing is called or recorded. Exit code 1 where something else comes out.\n\nExample:\n  switchyard replay 019b2c1e-7a40',
		)
		.action(
			projectAction(async ({ system, output }, _flags, given: string) => {
				const { decision } = await readDecision(system, given);
				const { replayDecision } = await import('../../system/index.ts');
				const replay = await output.progress('Deciding', () => replayDecision(system, decision.id));
				const { differences, gone, record } = replay;
				const model = replay.decision?.model.name ?? null;
				const isSame = differences.length === 0 && gone.length === 0;
				output.result({ id: record.id, isSame, recorded: record.model, model, gone, differences }, () =>
					formatReplay(replay),
				);
				if (!isSame) process.exitCode = EXIT_CODES.error;
			}),
		);
}

/** A fact of a decision, as it is compared. */
type Fact = [what: string, value: string];

function listFacts(decision: DecisionRecord): Fact[] {
	const { candidates = [], exclusions = [], inputs } = decision;
	const { cachedPrefix, constraints = {} } = inputs?.task ?? ({} as Partial<TaskInputsRecord>);
	return [
		['model', decision.model],
		['type', decision.taskType],
		['complexity', decision.complexity],
		['input tokens', String(decision.estimatedInputTokens)],
		['output tokens', String(decision.estimatedOutputTokens)],
		['policy', `${decision.policy} ${decision.policyVersion}`],
		['policy hash', decision.policyHash ?? ''],
		['catalog', decision.catalogVersion],
		['confidence', `${decision.confidence.toFixed(1)}%`],
		...Object.entries(constraints).map(([name, value]): Fact => [`limit ${name}`, String(value)]),
		...(cachedPrefix === undefined
			? []
			: [['cached prefix', `${cachedPrefix.tokens} on ${cachedPrefix.model}`] as Fact]),
		...candidates.map(({ model, totalScore }): Fact => [`score of ${model}`, totalScore.toFixed(2)]),
		...exclusions.map(({ model, reason }): Fact => [`excluded ${model}`, reason]),
	];
}

/** What two decisions do not have in common: `null` where one does not have it at all. */
function compareDecisions(one: DecisionRecord, other: DecisionRecord) {
	const [first, second] = [new Map(listFacts(one)), new Map(listFacts(other))];
	return [...new Set([...first.keys(), ...second.keys()])]
		.map((what) => ({ what, first: first.get(what) ?? null, second: second.get(what) ?? null }))
		.filter((fact) => fact.first !== fact.second);
}

/** `switchyard diff <decision-id> <decision-id>` */
export function diffCommand(program: Command): void {
	program
		.command('diff')
		.description('compare two decisions: what they were made from, and what came out')
		.argument('<decision-id>', 'the id that run or route --json printed; or how it begins')
		.argument('<other-id>', 'another one')
		.addHelpText('after', '\nExample:\n  switchyard diff 019b2c1e-7a40 019b2c1f-03b1')
		.action(
			projectAction(async ({ system, output }, _flags, given: string, otherGiven: string) => {
				const one = (await readDecision(system, given)).decision;
				const other = (await readDecision(system, otherGiven)).decision;
				const differences = compareDecisions(one, other);
				output.result({ first: one.id, second: other.id, differences }, () =>
					differences.length === 0
						? 'The two decisions do not differ in anything that is kept.'
						: formatTable(
								['', 'first', 'second'],
								differences.map(({ first, second, what }) => [what, first ?? '-', second ?? '-']),
							),
				);
			}),
		);
}
