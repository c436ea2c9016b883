import type { TaskComplexity, TaskType, TokenInterval } from '../contracts/index.ts';

/** Tokens of a medium task, beside its own text: what callers usually send along (system prompt, files), and what comes back. */
const TYPICAL_TOKENS: Readonly<Record<TaskType, { input: number; output: number }>> = {
	architecture: { input: 1_200, output: 3_000 },
	planning: { input: 700, output: 1_800 },
	'code-generation': { input: 800, output: 1_800 },
	'code-review': { input: 2_000, output: 1_400 },
	debugging: { input: 840, output: 1_500 },
	refactoring: { input: 1_500, output: 2_000 },
	testing: { input: 1_200, output: 1_900 },
	documentation: { input: 900, output: 1_200 },
	analysis: { input: 1_200, output: 1_600 },
	creative: { input: 200, output: 1_000 },
	factual: { input: 150, output: 400 },
	coordination: { input: 800, output: 1_200 },
	'simple-task': { input: 150, output: 300 },
};
const COMPLEXITY_FACTOR: Readonly<Record<TaskComplexity, number>> = {
	simple: 0.5,
	medium: 1,
	complex: 1.8,
	critical: 2.4,
};
/** Share of a long pasted text that comes back in the answer, for work that rewrites its input. */
const ECHO: Partial<Readonly<Record<TaskType, number>>> = { refactoring: 0.7, 'simple-task': 0.6 };
const ECHO_FROM_TOKENS = 200;
const MOST_ECHO_TOKENS = 8_000;
/** About 80 % of answers lie between these multiples of the estimate. */
const OUTPUT_SPREAD = { low: 0.4, high: 2.2 };
/** How far the typical context and the counted text may be off, as shares. */
const CONTEXT_SPREAD = 0.6;
const TEXT_SPREAD = 0.15;

/** Expected tokens with their intervals. */
export interface EstimatedTokens {
	input: number;
	output: number;
	inputInterval: TokenInterval;
	outputInterval: TokenInterval;
}

/** Expected tokens of a task of this kind. A conversation holds its context already; a bare ask is sent with some. */
export function expectTokens(
	kind: { type: TaskType; complexity: TaskComplexity },
	text: { tokens: number; isConversation: boolean },
): EstimatedTokens {
	const typical = TYPICAL_TOKENS[kind.type];
	const factor = COMPLEXITY_FACTOR[kind.complexity];
	const context = text.isConversation ? 0 : typical.input * factor;
	const input = Math.max(1, Math.round(context + text.tokens));
	const echo = (ECHO[kind.type] ?? 0) * Math.max(0, text.tokens - ECHO_FROM_TOKENS);
	const output = Math.round(typical.output * factor + Math.min(echo, MOST_ECHO_TOKENS));
	const doubt = context * CONTEXT_SPREAD + text.tokens * TEXT_SPREAD;
	return {
		input,
		output,
		inputInterval: { low: Math.max(0, Math.floor(input - doubt)), high: Math.ceil(input + doubt) },
		outputInterval: { low: Math.floor(output * OUTPUT_SPREAD.low), high: Math.ceil(output * OUTPUT_SPREAD.high) },
	};
}

/** 0-1: how sure an estimate is, from the type's probability and the width of the input interval. */
export function tokenConfidence(interval: TokenInterval, typeConfidence: number): number {
	const middle = (interval.low + interval.high) / 2;
	const width = middle === 0 ? 1 : Math.min(1, (interval.high - interval.low) / (2 * middle));
	return Math.min(1, 0.5 * typeConfidence + 0.5 * (1 - width));
}
