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
	/** Of another row, inside of a longer text. */
	isCopy?: boolean;
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
	const chosen = asks.filter((_, index) => index % EMBEDDED_STEP === 0);
	const embedded = embed(chosen, { half: 'train', sourceOf: () => 'own asks in context' });
	return [...asks, ...phrases, ...embedded.map((row) => ({ ...row, weight: EMBEDDED_WEIGHT }))];
}

/** Every so many-th ask trains again inside of a longer text, */
const EMBEDDED_STEP = 2;
/** with less weight, as the text around it says nothing. */
const EMBEDDED_WEIGHT = 0.25;

/** What people write around an ask, by language: background, greetings, mails, logs. */
function readContexts(half: 'train' | 'judge'): Map<string, string[]> {
	const contexts = new Map<string, string[]>();
	for (const line of readLines(join(HERE, 'contexts.tsv'))) {
		const [language = '', ofHalf, text = ''] = line.split('\t');
		if (ofHalf === half) contexts.set(language, [...(contexts.get(language) ?? []), readBreaks(text)]);
	}
	return contexts;
}

/** Places of an ask in a longer text: how many pieces of context stand before and behind it, and what stands between. */
const SHAPES = [
	{ name: 'in the middle', before: 3, after: 3, gap: '\n\n' },
	{ name: 'inside a paragraph', before: 3, after: 2, gap: ' ' },
	{ name: 'at the end', before: 3, after: 0, gap: '\n' },
	{ name: 'at the beginning', before: 0, after: 3, gap: '\n' },
] as const;

/** Asks inside of longer texts; those in languages without context are left out. */
function embed(
	asks: readonly Row[],
	{ half, sourceOf }: { half: 'train' | 'judge'; sourceOf: (shape: string) => string },
): Row[] {
	const contexts = readContexts(half);
	return asks.flatMap((ask, index): Row[] => {
		const around = contexts.get(ask.language);
		const shape = SHAPES[index % SHAPES.length];
		if (around === undefined || shape === undefined) return [];
		const take = (from: number, count: number): string[] =>
			Array.from({ length: count }, (_, at) => around[(index * 7 + from + at) % around.length] ?? '');
		const text = [...take(0, shape.before), ask.text, ...take(shape.before, shape.after)].join(shape.gap);
		return [{ ...ask, text, source: sourceOf(shape.name), isCopy: true }];
	});
}

/** Labelled asks inside of texts that do not train. */
export function readEmbeddedRows(): Row[] {
	return embed(readLabelledRows(), { half: 'judge', sourceOf: (shape) => `an ask ${shape}` });
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
