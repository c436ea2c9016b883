import { existsSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { hashText } from '../../src/util/index.ts';

/** One ask with what each model of its pool made of it. */
export interface JudgedAsk {
	id: string;
	/** The benchmark or subject that it is from: what a user's workload would be. */
	workload: string;
	prompt: string;
	/** 0-1, in the order of the pool's models. */
	scores: number[];
}

/** Models, each with its price in USD per million tokens, and the asks that all of them answered. */
export interface Pool {
	name: string;
	models: Array<{ name: string; in: number; out: number }>;
	asks: JudgedAsk[];
}

/** Beside the checkout; never part of the project. */
const DATA: URL = new URL('../../../shared/data/', import.meta.url);

/** Parts of the asks that are judged by what the others taught. */
export const FOLDS = 20;
/** Tokens of every answer: the sets count none. Input: a quarter of the characters, rounded up. */
export const OUTPUT_TOKENS = 300;

export const countInput = (prompt: string): number => Math.ceil(prompt.length / 4);

/** What an ask costs on each model, USD. */
export function priceAsk({ models }: Pool, { prompt }: JudgedAsk): number[] {
	return models.map((price) => (countInput(prompt) * price.in + OUTPUT_TOKENS * price.out) / 1e6);
}

const fromScore = (sign: string): number => (sign === 'x' ? 1 : sign === '.' ? Number.NaN : Number(sign) / 10);

/** A file as the data's cards describe it: a line with the models, then `[id, task, scores, prompt]` a line. */
function readPool(file: URL | string, pick: (model: string) => boolean = () => true): Pool {
	const bytes = readFileSync(file);
	const text = (bytes[0] === 0x1f ? gunzipSync(bytes) : bytes).toString('utf8');
	const [head = '{}', ...lines] = text.trim().split('\n');
	const prices: Record<string, { in: number; out: number } | null> = JSON.parse(head).models;
	const names = Object.keys(prices);
	const models = names.flatMap((name, position) => {
		const price = prices[name];
		return price && pick(name) ? [{ name, ...price, position }] : [];
	});
	const asks = lines.map((line): JudgedAsk => {
		const [id, workload, scores, prompt] = JSON.parse(line) as [string, string, string, string];
		return { id, workload, prompt, scores: models.map(({ position }) => fromScore(scores[position] ?? '.')) };
	});
	const complete = asks.filter(({ scores }) => scores.every((score) => !Number.isNaN(score)));
	return { name: basename(fileURLToPath(new URL(file, 'file:'))), models, asks: complete };
}

function takeKinds(pool: Pool, name: string, workloads: readonly string[]): Pool {
	return { ...pool, name, asks: pool.asks.filter(({ workload }) => workloads.includes(workload)) };
}

const FOUR_TIERS = [
	'Meta-Llama-3_1-8B-Instruct',
	'Meta-Llama-3_1-70B-Instruct',
	'gemini-1.5-flash-002',
	'gemini-1.5-pro-002',
];

/** The mixed pool and those of one kind, of at least two workloads each; `null` where the data are absent. */
export function readSharedPools(): Pool[] | null {
	if (!existsSync(DATA)) return null;
	const mixed = readPool(new URL('outcomes-llmrouter.jsonl.gz', DATA));
	const exams = new URL('outcomes-mmlu-pro.jsonl.gz', DATA);
	return [
		{ ...mixed, name: 'mixed' },
		takeKinds(mixed, 'questions', [
			'natural_qa',
			'trivia_qa',
			'commonsense_qa',
			'openbook_qa',
			'arc_challenge',
			'mmlu',
		]),
		takeKinds(mixed, 'mathematics', ['gsm8k', 'math', 'agentverse-mgsm', 'agentverse-logicgrid']),
		takeKinds(mixed, 'code', ['mbpp', 'human_eval']),
		{ ...readPool(exams), name: 'exams' },
		{ ...readPool(exams, (model) => FOUR_TIERS.includes(model)), name: 'exams, four tiers' },
	];
}

/** Pools of other files in the same form. */
export const readGivenPools = (files: readonly string[]): Pool[] => files.map((file) => readPool(file));

/** The fold of each ask: those of a workload are spread evenly, in an order that the ids decide. */
export function assignFolds({ asks }: Pool): Uint8Array {
	const folds = new Uint8Array(asks.length);
	const positions = new Map(asks.map((ask, position) => [ask, position]));
	for (const group of Map.groupBy(asks, ({ workload }) => workload).values()) {
		const order = group.map((ask) => ({ ask, key: hashText(ask.id) })).sort((a, b) => (a.key < b.key ? -1 : 1));
		for (const [index, { ask }] of order.entries()) folds[positions.get(ask) ?? 0] = index % FOLDS;
	}
	return folds;
}
