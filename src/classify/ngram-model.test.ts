import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { TASK_TYPES } from '../contracts/index.ts';
import { TaskClassifier } from './index.ts';
import { decodeTable, encodeTable, NgramList, NgramModel } from './ngram-model.ts';
import { TextReader } from './text-reader.ts';

const bytes = readFileSync(new URL('./task-types.bin', import.meta.url));
const trained = new TaskClassifier({ readTable: () => bytes });
const lexicon = new TaskClassifier();

describe('the trained table', () => {
	it('names what the lexicon alone misreads', () => {
		const asks = [
			['Find the sum of all positive integers n such that n divides 720', 'analysis'],
			['population of the United States', 'factual'],
			['write a letter to my landlord about the heating', 'creative'],
			["customers can't pay!!", 'debugging'],
		] as const;
		for (const [ask, type] of asks) expect(trained.classifyType(ask), ask).toBe(type);
		expect(asks.filter(([ask, type]) => lexicon.classifyType(ask) === type).length).toBeLessThan(asks.length);
	});

	it('keeps 98 % of the labelled asks', () => {
		const asks = readFileSync(new URL('./labelled-asks.tsv', import.meta.url), 'utf8')
			.trim()
			.split('\n');
		const right = asks.filter((line) => {
			const [, type, , ask = ''] = line.split('\t');
			return trained.classifyType(ask) === type;
		});
		expect(right.length / asks.length).toBeGreaterThanOrEqual(0.98);
	});

	it('says which classifier read the task, and that a type is a guess', () => {
		expect(trained.version).toMatch(/^types@\d+\.\d+\.\d+\+lexicon@\d+\.\d+\.\d+$/);
		expect(lexicon.version).toMatch(/^lexicon@/);
		expect(trained.classify('Fix the crash in the importer')).toMatchObject({ isGuess: false });
		expect(trained.classify('qwertz uiop')).toMatchObject({ isGuess: true });
	});

	it('expects of a guess an answer that may be as long as that of any type it may be of, not of the first alone', () => {
		const vague = [
			'the blue thing over there',
			'hm, maybe the other',
			'zeta quux',
			'our thing with the list',
			'one more like it',
		];
		const mixed = vague
			.map((ask) => trained.classify(ask))
			.filter(({ isGuess, type, typeProbabilities }) => {
				return isGuess && TASK_TYPES.some((each) => each !== type && typeProbabilities[each] >= 0.11);
			});
		expect(mixed.length).toBeGreaterThan(0);
		for (const { outputTokensInterval, estimatedOutputTokens } of mixed)
			expect(outputTokensInterval.high - outputTokensInterval.low).toBeGreaterThan(1.9 * estimatedOutputTokens);
	});

	it('reads a text alike whatever was read before it', () => {
		const first = trained.classify('Plan a trip to Rome');
		trained.classify('写一个关于侠客的短篇小说');
		expect(trained.classify('Plan a trip to Rome')).toEqual(first);
	});

	it('is the one that its page describes', () => {
		const page = readFileSync(new URL('../../docs/reference/classifier.md', import.meta.url), 'utf8');
		const { hashes, temperature, version } = decodeTable(bytes);
		expect(page).toContain(`\`${version}\``);
		expect(page).toContain(`${hashes.length} n-grams of 8-bit weights, ${bytes.length} bytes`);
		expect(page).toContain(`temperature ${Math.round(temperature * 100) / 100},`);
	});

	it('comes back from its bytes, and damaged bytes are refused with what to do', () => {
		const table = decodeTable(bytes);
		expect(Buffer.compare(encodeTable(table), bytes)).toBe(0);
		expect(() => decodeTable(bytes.subarray(0, bytes.length - 1))).toThrow(/damaged.*Install the package again/);
		expect(() => decodeTable(new Uint8Array(8))).toThrow(/damaged/);
	});

	it('says of a long text exactly what the rows of its words sum up to', () => {
		const letters = 'bcdfghjklm';
		const words = Array.from({ length: 700 }, (_, index) =>
			Array.from(String(index).padStart(3, '0'), (digit) => letters[Number(digit)]).join(''),
		);
		const reader = new TextReader();
		reader.read(words.join(' '));
		const ngrams = new NgramList();
		ngrams.collect(reader, []);
		const hashes = ngrams.words.slice(0, ngrams.wordCount);
		expect(new Set(hashes).size).toBe(700);
		const weights = Int8Array.from({ length: 700 * TASK_TYPES.length }, (_, at) => {
			const type = at % TASK_TYPES.length;
			return type === 0 ? 127 : type === 1 ? -127 : ((at * 37) % 255) - 127;
		});
		const bias = new Float32Array(TASK_TYPES.length);
		const table = { version: 'test', lexiconWeight: 0, temperature: 1, bias, step: Math.sqrt(700), hashes, weights };
		const sums = new Float64Array(TASK_TYPES.length);
		new NgramModel(table).addScores(ngrams, sums);
		const expected = TASK_TYPES.map((_, type) =>
			weights.reduce((all, weight, at) => (at % TASK_TYPES.length === type ? all + weight : all), 0),
		);
		for (const [type, sum] of expected.entries()) expect(sums[type]).toBeCloseTo(sum, 6);
	});
});
