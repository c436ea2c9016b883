import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TaskClassifier } from './index.ts';

const classifier = new TaskClassifier();
/** Shares no state with the other one. */
const twin = new TaskClassifier({});
const asks = readFileSync(new URL('./labelled-asks.tsv', import.meta.url), 'utf8')
	.trim()
	.split('\n')
	.map((line) => line.split('\t')[3] ?? '');
const wordy = fc.array(fc.constantFrom(...asks.flatMap((ask) => ask.split(' ')), '\n', '`', '<task>', '```'), {
	minLength: 1,
	maxLength: 60,
});
const text = fc
	.oneof(
		fc.string({ unit: 'binary', maxLength: 400 }),
		fc.string({ unit: 'grapheme', maxLength: 400 }),
		wordy.map((words) => words.join(' ')),
	)
	.filter((task) => /[^\s\0]/.test(task));

const BOILERPLATE: ReadonlyArray<(ask: string) => string> = [
	(ask) => `<system-reminder>\nPlan, review and debug; write unit tests and a poem.\n</system-reminder>\n${ask}`,
	(ask) => `${ask}\n<system-reminder>Translate the documentation, fix the crash.</system-reminder>`,
	(ask) => `<file path="a.ts">\n  1→// fix bug\n  2→export const a = 1;\n</file>\n${ask}`,
	(ask) => `${ask}\n\n\`\`\`ts\n// write documentation, refactor, test\nexport const answer = 42;\n\`\`\``,
	(ask) => `$ git status\nOn branch main, fix test failures, roadmap\n\n${ask}`,
	(ask) => `<user_query>${ask}</user_query>\n<git_status>modified: test/crash.md, design plan</git_status>`,
];

describe('laws of classification', () => {
	it('any text that is not blank gets one answer, the same every time, and its numbers hold together', () => {
		fc.assert(
			fc.property(text, (task) => {
				const descriptor = classifier.classify(task);
				expect(twin.classify(task)).toEqual(descriptor);
				const shares = Object.values(descriptor.typeProbabilities);
				expect(shares).toHaveLength(13);
				expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9);
				expect(Math.max(...shares)).toBe(descriptor.confidence);
				expect(descriptor.inputTokensInterval.low).toBeLessThanOrEqual(descriptor.estimatedInputTokens);
				expect(descriptor.inputTokensInterval.high).toBeGreaterThanOrEqual(descriptor.estimatedInputTokens);
				expect(descriptor.outputTokensInterval.low).toBeLessThanOrEqual(descriptor.estimatedOutputTokens);
				expect(descriptor.outputTokensInterval.high).toBeGreaterThanOrEqual(descriptor.estimatedOutputTokens);
				expect(descriptor.difficulty).toBeGreaterThanOrEqual(0);
				expect(descriptor.difficulty).toBeLessThanOrEqual(1);
				expect([1, 2, 3, 4, 5]).toContain(descriptor.priority);
				expect(descriptor.features.every((feature) => feature.name.length <= 40)).toBe(true);
			}),
			{ numRuns: 100 },
		);
	});

	it('any JSON value as content is read without an error', () => {
		fc.assert(
			fc.property(
				fc.array(fc.record({ role: fc.constantFrom('user', 'assistant', 'tool'), content: fc.jsonValue() })),
				(messages) => {
					expect(classifier.classify({ messages }).estimatedInputTokens).toBeGreaterThan(0);
				},
			),
			{ numRuns: 100 },
		);
	});

	it('a reminder beside a lone error line does not decide its type', () => {
		const error = "ModuleNotFoundError: No module named 'requests'";
		const reminded = `<system-reminder>\nPlan, review and debug; write unit tests and a poem.\n</system-reminder>\n${error}`;
		expect(classifier.classifyType(reminded)).toBe(classifier.classifyType(error));
	});

	// Every pair, not a draw: a vague ask beside pasted code may rightly be read by the code, so this is a floor, not a law.
	it('boilerplate around an ask changes its type in less than one of a hundred', () => {
		const pairs = asks.flatMap((ask) => BOILERPLATE.map((wrap) => ({ ask, wrapped: wrap(ask) })));
		const changed = pairs.filter(
			({ ask, wrapped }) => classifier.classifyType(wrapped) !== classifier.classifyType(ask),
		);
		expect(changed.length / pairs.length, changed.map(({ ask }) => ask).join(' | ')).toBeLessThan(0.01);
	});

	it('more text never means fewer tokens', () => {
		fc.assert(
			fc.property(fc.integer({ min: 1, max: 5_000 }), fc.integer({ min: 1, max: 5_000 }), (shorter, more) => {
				const tokens = (length: number) =>
					classifier.classify({ messages: [{ role: 'user', content: 'word '.repeat(length) }] }).estimatedInputTokens;
				expect(tokens(shorter + more)).toBeGreaterThanOrEqual(tokens(shorter));
			}),
			{ numRuns: 20 },
		);
	});
});
