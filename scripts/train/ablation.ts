// npm run train:ablation: what each part of the lexicon and the signs are worth beside the table, in accuracy and in time.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LEXICONS, type LexiconData } from '../../src/classify/lexicon/index.ts';
import { decodeTable, NgramList, NgramModel, TEXT_SIGNS } from '../../src/classify/ngram-model.ts';
import { readTask } from '../../src/classify/read-task.ts';
import { EvidenceGatherer } from '../../src/classify/task-classifier.ts';
import { TextReader } from '../../src/classify/text-reader.ts';
import {
	hasPublicData,
	type Row,
	readHeldOutRows,
	readLabelledRows,
	readLexiconRows,
	readOwnRows,
	readPublicRows,
} from './data.ts';
import { judge, judgeLeftOut, train } from './model.ts';
import { accuracy, macroRecall, meanOverSources, toAnswers } from './scores.ts';
import { type ReadRow, readRows } from './vocabulary.ts';

/** The classifier without one of its parts. */
interface Variant {
	name: string;
	lexicons: readonly LexiconData[];
	hasSigns?: boolean;
}

/** The lexicons with the phrases that pass, and without lines that have none left. */
function keepPhrases(keep: (phrase: string, target: string) => boolean): LexiconData[] {
	return LEXICONS.map((lexicon) => {
		const lines = lexicon.features.trim().split('\n');
		const kept = lines.flatMap((line) => {
			const [target = '', weight, phrases = ''] = line.split('|');
			const left = phrases.split(',').filter((phrase) => keep(phrase, target));
			return left.length === 0 ? [] : [`${target}|${weight}|${left.join(',')}`];
		});
		return { ...lexicon, features: kept.join('\n') };
	}).filter(({ features }) => features !== '');
}

const VARIANTS: readonly Variant[] = [
	{ name: 'everything', lexicons: LEXICONS },
	...[...new Set(LEXICONS.map(({ language }) => language))].map((name) => {
		return { name: `without ${name}`, lexicons: LEXICONS.filter(({ language }) => language !== name) };
	}),
	{ name: 'without phrases of several words', lexicons: keepPhrases((phrase) => !phrase.includes(' ')) },
	{ name: 'without beginnings and endings', lexicons: keepPhrases((phrase) => !phrase.includes('*')) },
	{ name: 'without words for types', lexicons: keepPhrases((_, target) => !target.startsWith('type:')) },
	{ name: 'without signs', lexicons: LEXICONS, hasSigns: false },
];

function listSignHashes(): Set<number> {
	const reader = new TextReader();
	reader.read('');
	const ngrams = new NgramList();
	ngrams.collect(reader, TEXT_SIGNS);
	return new Set(ngrams.others.subarray(1, ngrams.otherCount)); // the first is the text's length
}

const SIGNS = listSignHashes();

function read(rows: readonly Row[], { lexicons, hasSigns = true }: Variant): ReadRow[] {
	const all = readRows(rows, lexicons);
	return hasSigns ? all : all.map((row) => ({ ...row, others: row.others.filter((hash) => !SIGNS.has(hash)) }));
}

const TIMED_ROUNDS = 60;
const table = readFileSync(join(import.meta.dirname, '..', '..', 'src', 'classify', 'task-types.bin'));

/** Microseconds to read one row's evidence: the mean of the fastest round. */
function time(rows: readonly Row[], lexicons: readonly LexiconData[]): number {
	const gatherer = new EvidenceGatherer(new NgramModel(decodeTable(table)), lexicons);
	const tasks = rows.map(({ text }) => readTask(text));
	let fastest = Number.POSITIVE_INFINITY;
	for (let round = 0; round < TIMED_ROUNDS; round += 1) {
		const startedAt = performance.now();
		for (const task of tasks) gatherer.gather(task);
		fastest = Math.min(fastest, performance.now() - startedAt);
	}
	return (1_000 * fastest) / tasks.length;
}

if (!hasPublicData()) {
	console.log('The public training sets are absent (SWITCHYARD_TRAINING_DATA): nothing to measure.');
	process.exit(0);
}
const sources = { published: readPublicRows(), own: [...readOwnRows(), ...readLexiconRows(), ...readLabelledRows()] };
const heldOutRows = readHeldOutRows();
const isWeak = ({ source }: { source: string }): boolean => !source.startsWith('benchmark ');
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
time(heldOutRows, LEXICONS); // the first variant would pay for the compiler
console.log('| | all asks | mean over sources | macro recall | held out | to read |\n|---|---|---|---|---|---|');
for (const variant of VARIANTS) {
	const published = read(sources.published, variant);
	const own = read(sources.own, variant);
	const answers = toAnswers(judgeLeftOut(published, own), 1).filter(isWeak);
	const held = toAnswers(judge(read(heldOutRows, variant), train([...published, ...own])), 1);
	const scores = [accuracy(answers), meanOverSources(answers), macroRecall(answers), accuracy(held)].map(percent);
	console.log(`| ${variant.name} | ${scores.join(' | ')} | ${time(heldOutRows, variant.lexicons).toFixed(1)} µs |`);
}
