// npm run train:changes -- CHECKOUT: which golden tasks another version names otherwise, with a sentence each, as benchmarks/results/changed-types.md.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ClassifiedTask, TaskInput } from '../../src/contracts/index.ts';
import { TaskClassifier } from '../../src/index.ts';
import { goldenTasks } from '../../test/support/golden-tasks.ts';

/** As many as the golden test makes up. */
const MADE_UP = 1500;
const LABELLED = 599;
const MAX_SHOWN = 70;
/** Longer asks are read in part. */
const MAX_WHOLE = 240;

/** The first reason that holds is the kind of a change. */
const KINDS = {
	incident:
		'The words say that something in production fails at this moment: that is debugging, whatever else is named.',
	guess:
		'Nothing in the text is clear: the type has less than 40 %, and the task is weighed as all of its likely types.',
	part: 'The text is long: its beginning, its end and the request in it are read, not the words between them.',
	table:
		'Words that the lexicon does not know, or knows for another type, speak for this one in what the table learned.',
} as const;
type Kind = keyof typeof KINDS;

function findKind({ features = [], isGuess, task }: ClassifiedTask): Kind {
	if (features.some(({ name }) => name === 'an incident')) return 'incident';
	if (isGuess === true) return 'guess';
	return task.length > MAX_WHOLE ? 'part' : 'table';
}

function show(task: TaskInput): string {
	const text = typeof task === 'string' ? task : JSON.stringify(task);
	const cut = text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
	return JSON.stringify(cut.toWellFormed()).replaceAll('`', "'").replaceAll('|', '¦');
}

/** Why this type: the signs that spoke most for it. */
function explain({ features = [], type, confidence = 0, isGuess }: ClassifiedTask): string {
	const signs = features.filter(({ target, weight }) => target === `type:${type}` && weight > 0);
	const distinct = [...new Set(signs.map(({ name }) => name))].slice(0, 2);
	const names = distinct.map((name) => JSON.stringify(name.toWellFormed()).replaceAll('`', "'").replaceAll('|', '¦'));
	const because = names.length === 0 ? 'no sign stands out' : `because of ${names.join(' and ')}`;
	return `${isGuess === true ? 'guesses' : 'names'} it ${type} (${Math.round(100 * confidence)} %) ${because}`;
}

const [checkout] = process.argv.slice(2);
if (checkout === undefined) {
	console.error('Which version to compare with? npm run train:changes -- CHECKOUT');
	process.exit(2);
}
const { TaskClassifier: Other } = (await import(pathToFileURL(join(checkout, 'src', 'index.ts')).href)) as {
	TaskClassifier: typeof TaskClassifier;
};
const [own, other] = [new TaskClassifier(), new Other()];
const tasks = goldenTasks(MADE_UP);
const changes = tasks.flatMap((task, at) => {
	const now = own.classify(task);
	const before = other.classify(task).type;
	return now.type === before ? [] : [{ task, at, now, before, kind: findKind(now) }];
});
const ofLabelled = changes.filter(({ at }) => at < LABELLED);
const lines = [
	'# Golden tasks that are named otherwise',
	'',
	'Made by `npm run train:changes -- CHECKOUT` beside version 48a7cef, which had the lexicon alone. The golden tasks',
	'(`test/contract/golden-decisions.test.ts`) are 584 labelled asks, 15 labelled conversations, and texts and conversations that are put together',
	'from pieces of logs, code and asks at random: those show that nothing changes unnoticed, and have no right answer.',
	'',
	`${changes.length} of ${tasks.length} have another type, ${ofLabelled.length} of them labelled.`,
	'',
	'| kind of change | tasks | why |',
	'|---|---|---|',
	...Object.entries(KINDS).map(
		([kind, why]) => `| ${kind} | ${changes.filter((change) => change.kind === kind).length} | ${why} |`,
	),
	'',
	'## Each of them',
	'',
	...changes.map(
		({ task, now, before, kind }) => `- ${show(task)} was ${before}; the table ${explain(now)} [${kind}].`,
	),
	'',
];
writeFileSync(join(import.meta.dirname, '..', '..', 'benchmarks', 'results', 'changed-types.md'), lines.join('\n'));
console.log(`${changes.length} of ${tasks.length} tasks have another type, ${ofLabelled.length} of them labelled`);
