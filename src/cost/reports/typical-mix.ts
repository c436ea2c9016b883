import type { TaskComplexity, TaskType } from '../../contracts/index.ts';

/** Requests of one kind in a mix. */
export interface MixPart {
	type: TaskType;
	complexity: TaskComplexity;
	inputTokens: number;
	outputTokens: number;
	/** How many; a share of all may be a fraction. */
	requests: number;
}

/** Where the shares and tokens of `TYPICAL_MIX` are from. */
export const TYPICAL_MIX_SOURCE: string =
	'types: Anthropic Economic Index, September 2025; complexity: difficulty of SWE-bench Verified; tokens: 15 of input to 1 of output (OpenRouter, State of AI, December 2025), scaled so that opus costs $450 per 1,000';

const REQUESTS = 500;

/** Software tasks that the index counts beside debugging and new code, over the five other types that work on software. */
const OTHER_SOFTWARE = (36 - 13.3 - 8.6) / 5;
/** What the index puts under none of the headings below: offices, sales, health, law and others. */
const OTHER_WORK = 100 - 36 - 12.4 - 8.2 - 7.2 - 3 - 3;

/**
 * Percent of conversations (https://www.anthropic.com/research/anthropic-economic-index-september-2025-report, August 2025):
 * software 36, of which error correction 13.3 and new code 8.6; education 12.4; arts and media 8.2; science 7.2; business 3;
 * management 3. Which type stands for which heading is this project's choice, made once and before anything was tuned on it.
 * Beside it the tokens of a bare answer of medium complexity.
 */
const TYPES: ReadonlyArray<readonly [type: TaskType, percent: number, answerTokens: number]> = [
	['debugging', 13.3, 1500],
	['code-generation', 8.6, 1800],
	['code-review', OTHER_SOFTWARE, 1400],
	['refactoring', OTHER_SOFTWARE, 2000],
	['testing', OTHER_SOFTWARE, 1900],
	['architecture', OTHER_SOFTWARE, 3000],
	['documentation', OTHER_SOFTWARE + OTHER_WORK / 4, 1200],
	['factual', 12.4, 400],
	['analysis', 7.2 + 3, 1600],
	['creative', 8.2, 1000],
	['planning', 3, 1800],
	['coordination', OTHER_WORK / 4, 1200],
	['simple-task', OTHER_WORK / 2, 300],
];

/**
 * Tasks of 500 by the time that engineers gave them: up to 15 minutes, up to an hour, up to four, more
 * (https://openai.com/index/introducing-swe-bench-verified, August 2024); and the length of an answer beside a medium one's.
 */
const COMPLEXITIES: ReadonlyArray<readonly [complexity: TaskComplexity, tasks: number, length: number]> = [
	['simple', 194, 0.5],
	['medium', 261, 1],
	['complex', 42, 1.8],
	['critical', 3, 2.4],
];

/** The prompt of an agent's request is mostly its context, so that it is of one length whatever is asked. */
const INPUT_TOKENS = 67_500;
/** Times a bare answer's tokens: an agent's answers together, on average a fifteenth of the input. */
const OUTPUT_SCALE = 4.2625;

/** 500 requests of 13 types and 4 complexities, in public shares. On `opus` 1,000 of them cost $450, as the specification has it. */
export const TYPICAL_MIX: readonly MixPart[] = TYPES.flatMap(([type, percent, answerTokens]) =>
	COMPLEXITIES.map(([complexity, tasks, length]) => ({
		type,
		complexity,
		inputTokens: INPUT_TOKENS,
		outputTokens: Math.round(answerTokens * length * OUTPUT_SCALE),
		requests: REQUESTS * (percent / 100) * (tasks / 500),
	})),
);
