// Scores of judged rows, by source, type and language.
import { TASK_TYPES, type TaskType } from '../../src/contracts/index.ts';
import { toProbabilities } from './fit.ts';
import type { Judged } from './model.ts';

/** An answer with its confidence. */
export interface Answer {
	type: TaskType;
	answer: TaskType;
	confidence: number;
	source: string;
	language: string;
	text: string;
}

export function toAnswers(judged: readonly Judged[], temperature: number): Answer[] {
	return judged.map(({ read: { row }, sums }) => {
		const chances = toProbabilities(sums.slice(), temperature);
		const best = chances.indexOf(Math.max(...chances));
		const { type, source, language, text } = row;
		return { type, source, language, text, answer: TASK_TYPES[best] ?? 'simple-task', confidence: chances[best] ?? 0 };
	});
}

export const accuracy = (answers: readonly Answer[]): number =>
	answers.filter(({ type, answer }) => type === answer).length / Math.max(1, answers.length);

export function groupAnswers(answers: readonly Answer[], keyOf: (answer: Answer) => string): [string, Answer[]][] {
	return [...Map.groupBy(answers, keyOf)].sort(([a], [b]) => (a < b ? -1 : 1));
}

const mean = (values: readonly number[]): number =>
	values.reduce((all, one) => all + one, 0) / Math.max(1, values.length);

/** Share of the rows of each type that are found, averaged over the types. */
export const macroRecall = (answers: readonly Answer[]): number =>
	mean(groupAnswers(answers, ({ type }) => type).map(([, group]) => accuracy(group)));

export const meanOverSources = (answers: readonly Answer[]): number =>
	mean(groupAnswers(answers, ({ source }) => source).map(([, group]) => accuracy(group)));

const BINS = 10;

/** Answers by confidence: how sure they were and how many were right. */
export function binByConfidence(answers: readonly Answer[]): { count: number; confidence: number; right: number }[] {
	return Array.from({ length: BINS }, (_, bin) => {
		const inBin = answers.filter(({ confidence }) => Math.min(BINS - 1, Math.floor(confidence * BINS)) === bin);
		return { count: inBin.length, confidence: mean(inBin.map(({ confidence }) => confidence)), right: accuracy(inBin) };
	});
}

/** Expected calibration error, 0-1: how far confidence and share of right answers are apart. */
export function calibrationError(answers: readonly Answer[]): number {
	const bins = binByConfidence(answers);
	return (
		bins.reduce((all, { count, confidence, right }) => all + count * Math.abs(confidence - right), 0) / answers.length
	);
}
