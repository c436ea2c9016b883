import { describe, expect, it } from 'vitest';
import type { TaskType } from '../contracts/index.ts';
import { freezeJson } from '../util/index.ts';
import { countTaskTokens } from './descriptor.ts';
import { estimateTokens, readLengths } from './estimate-tokens.ts';
import { TextReader } from './text-reader.ts';

interface Sent {
	tokens?: number;
	isConversation?: boolean;
	hasTools?: boolean;
}

function estimate(type: TaskType, ask: string, { tokens = 20, isConversation = false, hasTools = false }: Sent = {}) {
	const reader = new TextReader();
	reader.read(ask);
	const lengths = readLengths(reader, ask);
	const read = { ask, isConversation, hasTools };
	return estimateTokens({ types: [{ type, share: 1 }], complexity: 'medium' }, read, lengths, {
		tokens,
		fileTokens: 0,
	});
}
const output = (type: TaskType, ask: string, sent?: Sent): number => estimate(type, ask, sent).output;

describe('the length of an answer', () => {
	it('of a task that may be of two types is their mean by their shares, and its interval holds both', () => {
		const ask = 'the blue thing over there, please';
		const reader = new TextReader();
		reader.read(ask);
		const types = [{ type: 'factual', share: 0.3 } as const, { type: 'code-generation', share: 0.1 } as const];
		const read = { ask, isConversation: true, hasTools: false };
		const counted = { tokens: 20, fileTokens: 0 };
		const mixed = estimateTokens({ types, complexity: 'medium' }, read, readLengths(reader, ask), counted);
		const [brief, long] = types.map(({ type }) => estimate(type, ask, { isConversation: true }));
		expect(mixed.output).toBe(Math.round(0.75 * (brief?.output ?? 0) + 0.25 * (long?.output ?? 0)));
		expect(mixed.outputInterval).toEqual({ low: brief?.outputInterval.low, high: long?.outputInterval.high });
	});

	it.each<[TaskType, string, number]>([
		['creative', 'Write a 500-word essay about trees', 675],
		['factual', 'Why is the sky blue? In two sentences, please', 50],
		['creative', 'Give me ten ideas for a team offsite', 300],
		['creative', '12 very short names for a boat', 72],
		['analysis', 'Summarise the report in five bullets', 150],
		['creative', 'Schreib mir drei Sätze über Hunde', 75],
		['factual', 'Explica la fotosíntesis en dos frases', 50],
		['analysis', 'Résume ce texte en 50 mots', 68],
		['creative', 'Conte em três parágrafos', 300],
		['creative', 'Napisz opowiadanie na 300 słów', 405],
		['factual', 'Расскажи в трёх предложениях о Москве', 75],
		['creative', 'Yağmur hakkında 300 kelimelik öykü yaz', 405],
		['creative', 'बारिश पर 300 शब्दों की कहानी लिखो', 405],
		['factual', 'اكتب ثلاث جمل عن القمر', 75],
		['factual', '用三句话介绍北京', 75],
		['creative', '写一篇八百字的作文,800字以内', 810],
		['planning', '给我十个旅行建议', 300],
		['factual', '京都を100字で説明して', 102],
		['factual', '부산을 세 문장으로 소개해줘', 75],
		['creative', 'Write a story of two hundred and fifty words', 338],
		['creative', 'Write a two thousand three hundred word story', 3105],
		['creative', 'Write a hundred word story', 135],
	])('%s "%s" is expected to be as long as it asks for', (type, ask, tokens) => {
		expect(output(type, ask)).toBeGreaterThan(0.8 * tokens);
		expect(output(type, ask)).toBeLessThan(1.25 * tokens);
	});

	it.each<[TaskType, string]>([
		['factual', 'Is Berlin the capital of Germany? Answer with yes or no'],
		['factual', 'Who won in 2022? Answer in one word.'],
		['factual', 'Who won in 2022? Answer with one word.'],
		['factual', 'Who won in 2022? One-word answer'],
		['factual', 'Wer hat 2022 gewonnen? Antworte mit einem Wort'],
		['analysis', 'How many of them are late? Just the number.'],
		['simple-task', 'Reply with exactly: OK'],
		['simple-task', 'Spam or not? label only'],
	])('%s "%s" is not priced as an essay, and may still think at length', (type, ask) => {
		const { output: expected, outputInterval } = estimate(type, ask);
		expect(expected).toBeLessThanOrEqual(15);
		expect(outputInterval.high).toBe(estimate(type, 'and the other one').outputInterval.high);
	});

	it('a module takes more than a regular expression, and a novel more than a haiku', () => {
		const code = ['a regex for dates', 'a function that sorts', 'the whole payments module', 'a game of chess'];
		const texts = ['a haiku', 'a poem', 'a story', 'the first chapter'];
		for (const [type, asks] of [['code-generation', code] as const, ['creative', texts] as const]) {
			const tokens = asks.map((ask) => output(type, `Write ${ask}`));
			expect(tokens).toEqual(tokens.toSorted((one, other) => one - other));
			expect(new Set(tokens).size).toBe(4);
		}
	});

	it('a summary does not grow with what is summed up, a translation does', () => {
		expect(output('analysis', 'Summarize this', { tokens: 50_000 })).toBeLessThanOrEqual(1_200);
		expect(output('simple-task', 'Translate this text into French', { tokens: 5_000 })).toBeGreaterThan(2_500);
	});

	it('"briefly" and "in detail" count', () => {
		const usual = output('factual', 'Explain how TLS works');
		expect(output('factual', 'Explain briefly how TLS works')).toBeLessThan(usual);
		expect(output('factual', 'Explain in detail how TLS works')).toBeGreaterThan(usual);
	});

	it('one turn of an agent is mostly a call, not the whole work', () => {
		const whole = output('debugging', 'fix the login bug', { isConversation: true });
		const turn = estimate('debugging', 'fix the login bug', { isConversation: true, hasTools: true });
		expect(turn.output).toBeLessThan(whole / 3);
		expect(turn.outputInterval.high).toBeGreaterThan(whole * 2);
	});

	it.each<[TaskType, string]>([
		['debugging', 'I get a 500 error when uploading 2 files larger than 2 MB'],
		['documentation', 'Write a changelog entry for version 2.3'],
		['planning', 'Create a 30-60-90 day plan for a new manager'],
		['planning', '制定三个月的学习计划'],
		['code-generation', '写一个快速排序程序'],
		['debugging', 'Two questions. Why does it crash?'],
		['architecture', 'Design it for 40,000 requests per second'],
		['analysis', '这两个方案哪个更好,为什么?'],
		['analysis', 'この2つの案のどちらが良いか比べて'],
		['code-generation', 'Generate a Dockerfile for this Node app'],
		['creative', 'Create a character for a fantasy novel'],
		['code-generation', 'Add a counter to my game'],
	])('%s "%s" names no length of its answer', (type, ask) => {
		expect(output(type, ask)).toBe(output(type, 'and the other one'));
		expect(estimate(type, ask).signs).toEqual([]);
	});
});

describe('a text that is named', () => {
	it.each<[TaskType, string]>([
		['analysis', 'Summarize this 200-page contract'],
		['code-review', 'Check the 200 pages of specification'],
		['analysis', 'Fasse den 200-seitigen Vertrag zusammen'],
		['analysis', 'Resume este contrato de 200 páginas'],
		['analysis', 'Перескажи договор на 200 страниц'],
		['analysis', '总结这份200页的合同'],
		['analysis', 'Summarize this contract (200 pp.)'],
		['analysis', 'Summarize this two hundred page contract'],
		['analysis', 'Resume este contrato de doscientas páginas'],
		['analysis', 'इस 200 पृष्ठों के अनुबंध का सारांश दो'],
		['analysis', 'इस 200 पेज के अनुबंध का सारांश दो'],
	])('%s "%s" is budgeted with its pages, and says that they are not there', (type, ask) => {
		const { input, inputInterval, signs } = estimate(type, ask);
		expect(input).toBeGreaterThan(100_000);
		expect(inputInterval.low).toBeLessThan(input / 2);
		expect(signs.map(({ name, target }) => [name.slice(0, 9), target])).toEqual([['not sent:', 'input-tokens']]);
	});

	it('in a conversation only what is there is counted: it is sent as it stands', () => {
		const { input, signs } = estimate('analysis', 'Summarize this 200-page contract', { isConversation: true });
		expect(input).toBe(20);
		expect(signs).toHaveLength(1);
	});

	it('what was sent is not counted twice', () => {
		const { input, signs } = estimate('analysis', 'Summarize this 200-page contract', { tokens: 120_000 });
		expect(input).toBeLessThan(125_000);
		expect(signs).toEqual([]);
	});

	it('code that is named comes back when it is rewritten', () => {
		const { input, output: expected } = estimate('refactoring', 'Break this 800 line file into modules');
		expect(input).toBeGreaterThan(8_000);
		expect(expected).toBeGreaterThan(5_000);
	});

	it('pages that are to be written belong to the answer', () => {
		expect(estimate('documentation', 'Write a 4-page manual').output).toBe(2_600);
		expect(estimate('analysis', 'Give me a 200 word summary of War and Peace').output).toBe(270);
	});
});

it('a conversation that an agent sends again counts as many tokens as at first, with its files, whatever has joined it', () => {
	const write = (turns: number) =>
		Array.from({ length: turns }, (_, turn) => ({
			role: turn % 2 === 0 ? 'user' : 'assistant',
			content:
				turn % 3 === 0
					? [
							{ type: 'text', text: `turn ${turn} 漢字 `.repeat(40) },
							{ type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
							{ type: 'document', source: { type: 'base64', media_type: 'audio/wav', data: 'A'.repeat(9000) } },
						]
					: `turn ${turn} `.repeat(60),
		}));
	const frozen = write(9);
	for (const message of frozen) freezeJson(message);
	for (const turns of [3, 9, 9, 5]) {
		const counted = countTaskTokens({ messages: frozen.slice(0, turns) });
		expect(counted).toEqual(countTaskTokens({ messages: write(turns) }));
		expect(counted.fileTokens).toBeGreaterThan(0);
	}
	const changed = write(1);
	const before = countTaskTokens({ messages: changed });
	Object.assign(changed[0] ?? {}, { content: 'short' });
	expect(countTaskTokens({ messages: changed }).tokens).toBeLessThan(before.tokens);
});
