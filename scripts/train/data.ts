// Where training rows come from. The public sets lie beside the project; without them there is no training.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { LEXICONS } from '../../src/classify/lexicon/index.ts';
import { TASK_TYPES, type TaskType } from '../../src/contracts/index.ts';

/** One labelled text. */
export interface Row {
	type: TaskType;
	source: string;
	text: string;
	language: string;
	/** Weight in training before sources and types are balanced. */
	weight: number;
}

const HERE = import.meta.dirname;
const SHARED = process.env['SWITCHYARD_TRAINING_DATA'] ?? join(HERE, '..', '..', '..', 'shared', 'data');
/** Rows of one type that one source gives at most: commits would drown the rest. */
const MAX_PER_TYPE_AND_SOURCE = 300;
/** Rows of one benchmark. */
const MAX_PER_BENCHMARK = 100;
const LEXICON_ROW_WEIGHT = 0.5;

/** Benchmarks whose questions have one kind: what is known, or what has to be worked out. */
const BENCHMARKS: Readonly<Record<string, TaskType>> = {
	mmlu: 'factual',
	openbook_qa: 'factual',
	arc_challenge: 'factual',
	commonsense_qa: 'factual',
	gsm8k: 'analysis',
	math: 'analysis',
	'agentverse-mgsm': 'analysis',
	'agentverse-logicgrid': 'analysis',
};

export function hasPublicData(): boolean {
	return existsSync(join(SHARED, 'types-weak.tsv.gz'));
}

function readLines(path: string): string[] {
	const bytes = readFileSync(path);
	return (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8').trim().split('\n');
}

function toType(name: string | undefined, place: string): TaskType {
	const type = TASK_TYPES.find((known) => known === name);
	if (type === undefined) throw new Error(`${place}: "${name}" is no task type`);
	return type;
}

/** At most `limit` rows of each key, the first ones. */
function cap(rows: readonly Row[], limit: number, keyOf: (row: Row) => string): Row[] {
	const seen = new Map<string, number>();
	return rows.filter((row) => {
		const count = (seen.get(keyOf(row)) ?? 0) + 1;
		seen.set(keyOf(row), count);
		return count <= limit;
	});
}

/** The public set with weak labels. */
function readWeakRows(): Row[] {
	const rows = readLines(join(SHARED, 'types-weak.tsv.gz')).map((line): Row => {
		const [type, source = '', , text = ''] = line.split('\t');
		// two repositories of one author with texts of one kind
		const name = source.startsWith('wshobson/') ? 'wshobson/agents' : source;
		return { type: toType(type, source), source: name, text, language: 'en', weight: 1 };
	});
	return cap(rows, MAX_PER_TYPE_AND_SOURCE, ({ type, source }) => `${type} ${source}`);
}

/** Questions of public benchmarks. */
function readBenchmarkRows(): Row[] {
	const rows = readLines(join(SHARED, 'outcomes-llmrouter.jsonl.gz'))
		.slice(1)
		.flatMap((line): Row[] => {
			const [, task, , text] = JSON.parse(line) as [string, string, string, string];
			const type = BENCHMARKS[task];
			if (type === undefined) return [];
			return [{ type, source: `benchmark ${task}`, text, language: 'en', weight: 1 }];
		});
	return cap(rows, MAX_PER_BENCHMARK, ({ source }) => source);
}

/** What was written for this project: asks, and phrases of a few words for the vocabulary. */
export function readOwnRows(): Row[] {
	const folder = join(HERE, 'asks');
	const asks = readdirSync(folder)
		.filter((name) => name.endsWith('.tsv') && name !== 'held-out.tsv')
		.sort()
		.flatMap((name) =>
			readLines(join(folder, name)).map((line): Row => {
				const [type, , text = ''] = line.split('\t');
				return {
					type: toType(type, name),
					source: 'own asks',
					text: readBreaks(text),
					language: name.slice(0, 2),
					weight: 1,
				};
			}),
		);
	const phrases = readLines(join(HERE, 'phrases.tsv')).map((line): Row => {
		const [language = '', type, text = ''] = line.split('\t');
		return { type: toType(type, 'phrases.tsv'), source: 'own phrases', text: readBreaks(text), language, weight: 1 };
	});
	return [...asks, ...phrases];
}

/** Asks that judge and never train. */
export function readHeldOutRows(): Row[] {
	return readLines(join(HERE, 'asks', 'held-out.tsv')).map((line): Row => {
		const [language = '', type, , text = ''] = line.split('\t');
		return { type: toType(type, 'held-out.tsv'), source: 'held out', text: readBreaks(text), language, weight: 1 };
	});
}

/** The asks that the lexicon is tested with. */
export function readLabelledRows(): Row[] {
	return readLines(join(HERE, '..', '..', 'src', 'classify', 'labelled-asks.tsv')).map((line): Row => {
		const [language = '', type, , text = ''] = line.split('\t');
		return { type: toType(type, 'labelled-asks.tsv'), source: 'labelled asks', text, language, weight: 1 };
	});
}

/** The lexicon's phrases as texts, so that the table knows its words in combination with others. */
export function readLexiconRows(): Row[] {
	return LEXICONS.flatMap(({ features, language }) =>
		features
			.trim()
			.split('\n')
			.flatMap((line): Row[] => {
				const [target = '', weight, phrases = ''] = line.split('|');
				if (!target.startsWith('type:') || Number(weight) <= 0) return [];
				const type = toType(target.slice('type:'.length), language);
				return phrases.split(',').map((phrase): Row => {
					const text = phrase.replaceAll('*', '').replaceAll(' ~ ', ' ');
					return { type, source: 'lexicon', text, language, weight: (LEXICON_ROW_WEIGHT * Number(weight)) / 3 };
				});
			}),
	);
}

const readBreaks = (text: string): string => text.replaceAll('\\n', '\n');

export function readPublicRows(): Row[] {
	return [...readWeakRows(), ...readBenchmarkRows()];
}
