// node scripts/train/run.ts [--write] [--errors SOURCE] [--lexicon-weight 0.5]: trains the task classifier and prints what it scores on sources that did not train it.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { encodeTable } from '../../src/classify/ngram-model.ts';
import {
	hasPublicData,
	readEmbeddedRows,
	readHeldOutRows,
	readLabelledRows,
	readLexiconRows,
	readOwnRows,
	readPublicRows,
} from './data.ts';
import { fitTemperature, type Judged, judge, judgeLeftOut, LEXICON_WEIGHT, toTable, train } from './model.ts';
import {
	type Answer,
	accuracy,
	binByConfidence,
	calibrationError,
	groupAnswers,
	macroRecall,
	meanOverSources,
	toAnswers,
} from './scores.ts';
import { readRows } from './vocabulary.ts';

const { values: options } = parseArgs({
	options: { write: { type: 'boolean' }, errors: { type: 'string' }, 'lexicon-weight': { type: 'string' } },
});
const TABLE_VERSION = '1.4.0';
const lexiconWeight = Number(options['lexicon-weight'] ?? LEXICON_WEIGHT);
if (!hasPublicData()) {
	console.log('The public training sets are absent (SWITCHYARD_TRAINING_DATA): nothing to train.');
	process.exit(0);
}

const percent = (share: number): string => (100 * share).toFixed(1).padStart(5);
const published = readRows(readPublicRows());
const own = readRows([...readOwnRows(), ...readLexiconRows()]);
const labelled = readRows(readLabelledRows());
const heldOut = readRows(readHeldOutRows());
const embedded = readRows(readEmbeddedRows());

function printGroups(title: string, answers: readonly Answer[], keyOf: (answer: Answer) => string): void {
	console.log(`\n${title}`);
	for (const [key, group] of groupAnswers(answers, keyOf))
		console.log(`  ${key.padEnd(42)} ${percent(accuracy(group))} %  of ${group.length}`);
}

function listTypes(): { type: string; count: number; found: number; lexicon: number }[] {
	const ofLexicon = new Map(groupAnswers(lexiconAnswers, ({ type }) => type));
	return groupAnswers(answers, ({ type }) => type).map(([type, group]) => {
		return { type, count: group.length, found: accuracy(group), lexicon: accuracy(ofLexicon.get(type) ?? []) };
	});
}

/** No type is to lie far below what the lexicon alone finds of it. */
function printByType(): void {
	console.log('\nBy type, beside the lexicon alone');
	for (const { type, count, found, lexicon } of byType)
		console.log(`  ${type.padEnd(42)} ${percent(found)} %  of ${count}, lexicon ${percent(lexicon)} %`);
}

function printScores(title: string, answers: readonly Answer[]): void {
	const sources = new Set(answers.map(({ source }) => source)).size;
	console.log(
		`\n${title}: ${percent(accuracy(answers))} % of ${answers.length}, mean over ${sources} sources ${percent(meanOverSources(answers))} %, macro recall ${percent(macroRecall(answers))} %, calibration error ${percent(calibrationError(answers))} points`,
	);
}

const leftOut = judgeLeftOut(published, [...labelled, ...own], lexiconWeight);
const isWeak = ({ read }: Judged): boolean => !read.row.source.startsWith('benchmark ');
const weak = leftOut.filter(isWeak);
// benchmarks as well: they are what an unseen kind of ask looks like
const temperature = fitTemperature(leftOut);
/** Confidence is judged on rows that did not fit its temperature: each source by that of the others. */
const answers = [...Map.groupBy(weak, ({ read }) => read.row.source)].flatMap(([source, judged]) =>
	toAnswers(judged, fitTemperature(leftOut.filter(({ read }) => read.row.source !== source))),
);
const benchmarks = toAnswers(
	leftOut.filter((one) => !isWeak(one)),
	fitTemperature(weak),
);
const everything = [...answers, ...benchmarks];
/** The same rows as the lexicon alone names them. */
const lexiconAnswers = toAnswers(
	weak.map(({ read }) => ({ read, sums: read.lexicon })),
	1,
);
const byType = listTypes();
printScores('Source left out', answers);
printGroups('By source', answers, ({ source }) => source);
printByType();
printScores('Benchmarks left out', benchmarks);
printGroups('By benchmark', benchmarks, ({ source }) => source);
printScores('Both together', everything);

const withoutLabelled = train([...published, ...own], lexiconWeight);
const unseen = toAnswers(judge(labelled, withoutLabelled), temperature);
printScores('Labelled asks, not trained on', unseen);
const inContext = toAnswers(judge(embedded, withoutLabelled), temperature);
printScores('Labelled asks inside of longer texts', inContext);
printGroups('By place', inContext, ({ source }) => source);
const trained = train([...published, ...own, ...labelled], lexiconWeight);
const held = toAnswers(judge(heldOut, trained), temperature);
printScores('Held out', held);
printGroups('By language', held, ({ language }) => language);
printGroups('By type', held, ({ type }) => type);
printGroups('Labelled asks by language', unseen, ({ language }) => language);
console.log('\nConfidence: right');
for (const { count, confidence, right } of binByConfidence([...answers, ...held]))
	console.log(`  ${percent(confidence)} %: ${percent(right)} % of ${count}`);
const rows = [...published, ...own, ...labelled];
const table = toTable(rows, trained, { temperature, version: TABLE_VERSION });
const bytes = encodeTable(table);
console.log(
	`\nTemperature ${temperature}; ${rows.length} rows, ${trained.vocabulary.size} n-grams, ${table.hashes.length} in the table, ${bytes.length} bytes`,
);
if (options.errors !== undefined)
	for (const { type, answer, confidence, source, text } of [...answers, ...benchmarks, ...unseen, ...held])
		if (type !== answer && (source === options.errors || source.includes(options.errors)))
			console.log(`  ${type} ← ${answer} ${confidence.toFixed(2)}  ${text.slice(0, 110).replaceAll('\n', ' ')}`);
if (options.write === true) {
	const root = join(import.meta.dirname, '..', '..');
	writeFileSync(join(root, 'src', 'classify', 'task-types.bin'), bytes);
	writeFileSync(join(root, 'docs', 'reference', 'classifier.md'), writeCard());
}

function listScores(name: string, group: readonly Answer[]): string {
	const shares = [accuracy(group), meanOverSources(group), macroRecall(group)];
	const shown = shares.map((share) => `${percent(share).trim()} %`).join(' | ');
	return `| ${name} | ${group.length} | ${shown} | ${percent(calibrationError(group)).trim()} |`;
}

function listGroups(all: readonly Answer[], keyOf: (answer: Answer) => string): string {
	return groupAnswers(all, keyOf)
		.map(([key, group]) => `| ${key} | ${group.length} | ${percent(accuracy(group)).trim()} % |`)
		.join('\n');
}

/** The card of the table: data, method, scores. */
function writeCard(): string {
	const bySource = groupAnswers(answers, ({ source }) => source).map(([name, group]) => ({
		name,
		share: accuracy(group),
	}));
	const [worst] = bySource.sort((a, b) => a.share - b.share);
	const show = (share: number): string => percent(share).trim();
	return `# The table of task types

\`${TABLE_VERSION}\`, made by \`npm run train -- --write\`, which writes this page. It names the type of a task, with the lexicon beside it
([concepts](../guide/concepts.md#classifying), [why](../decisions/0041-trained-classifier.md)).

## Data

| what | rows | licence |
|---|---|---|
| commit subjects, descriptions of agents, prompts and benchmark questions with weak labels | ${answers.length} | MIT, Apache-2.0, CC0 by row |
| questions of other benchmarks, from LLMRouter's outcomes | ${benchmarks.length} | MIT; of the questions: MIT, Apache-2.0, CC BY-SA |
| asks and phrases written for this project, asks of these inside of longer texts, phrases of the lexicon | ${own.length + labelled.length} | MIT |

Of each source at most 300 rows a type. Rows of others are not part of the package. ${heldOut.length} asks of our own judge and never train.

## Method

Hashed words, pairs of words, beginnings and endings of words, up to three characters of scripts without spaces, and signs (a question, options,
code, mathematics) of a window: of a long ask its beginning, its end, and the sentence that asks for something most clearly; multinomial logistic regression with L2, types and sources balanced; ${lexiconWeight} × the
evidence of the lexicon beside it; temperature ${temperature}, fitted where no row trained. ${table.hashes.length} n-grams of 8-bit weights, ${bytes.length} bytes.

## Scores

Each source is judged by a model that saw none of it; so is each kind of benchmark (what is known; what has to be worked out), by one that saw none of
its kind.

| | asks | right | mean over sources | macro recall | calibration error |
|---|---|---|---|---|---|
${listScores('sources with weak labels', answers)}
${listScores('benchmarks', benchmarks)}
${listScores('both', everything)}
${listScores('held out, written to be hard', held)}
${listScores('labelled asks of the project, when none of them trains', unseen)}
${listScores('these, inside of longer texts', inContext)}

The worst source is ${worst?.name ?? ''} with ${show(worst?.share ?? 0)} %. The labelled asks do train the table that ships, which names 98 % of them or more
(\`src/classify/labelled-asks.test.ts\`): that figure says nothing of other asks. Calibration error is how far confidence and the share of right answers
are apart, in points; the temperature was fitted on other sources than it is judged on.

Labels of others are rules' work (a commit's \`fix:\` may read like a feature): nobody reaches 100 %. Some of our phrases were written after the
errors in fabric, awesome-chatgpt-prompts and arena-hard had been looked at, so that these three say less than the others.

| source left out | asks | right |
|---|---|---|
${listGroups(answers, ({ source }) => source)}

| type | asks | found | by the lexicon alone |
|---|---|---|---|
${byType.map(({ type, count, found, lexicon }) => `| ${type} | ${count} | ${show(found)} % | ${show(lexicon)} % |`).join('\n')}

| held out, by type | asks | right |
|---|---|---|
${listGroups(held, ({ type }) => type)}

| held out, by language | asks | right |
|---|---|---|
${listGroups(held, ({ language }) => language)}

| an ask inside of a longer text | asks | right |
|---|---|---|
${listGroups(inContext, ({ source }) => source)}

| benchmark, all of its kind left out | asks | right |
|---|---|---|
${listGroups(benchmarks, ({ source }) => source)}
`;
}
