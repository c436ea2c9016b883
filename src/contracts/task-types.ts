/** The closed list of the kinds of work a task can be. */
export const TASK_TYPES = [
	'architecture',
	'planning',
	'code-generation',
	'code-review',
	'debugging',
	'refactoring',
	'testing',
	'documentation',
	'analysis',
	'creative',
	'factual',
	'coordination',
	'simple-task',
] as const;
/** One of the kinds of work. */
export type TaskType = (typeof TASK_TYPES)[number];

/** What holds for a kind of work, whatever the words of the task. Words that speak for a type are in `classify/lexicon`. */
export interface TaskTypeTraits {
	/** Evidence the type has before a word is read; all different, so that no tie is decided by the order of the list. */
	prior: number;
	/** Where its complexity score starts; `medium` begins at 0.75, `complex` at 2.7. */
	complexity: number;
	/** Tokens that callers usually send beside a medium task's own text: system prompt, files. */
	input: number;
	/** Tokens of the answer to a medium task. */
	output: number;
	/** 1-5, when nothing says how urgent the task is. */
	priority: number;
	/** Share of a long pasted text that comes back in the answer. @default 0 */
	echoShare?: number;
	/** Works on code. @default false */
	isCode?: boolean;
	/** Benefits from extended thinking at medium complexity already. @default false */
	isThinking?: boolean;
	/** `single-shot`: whatever its complexity; `multi-step`: at medium complexity already. @default by its complexity */
	pattern?: 'single-shot' | 'multi-step';
	/** Never critical: talking about production is not touching it. @default false */
	isHarmless?: boolean;
}

/** What the router knows of each kind of work. */
export const TASK_TYPE_TRAITS: Readonly<Record<TaskType, TaskTypeTraits>> = {
	architecture: {
		prior: 0.15,
		complexity: 1.9,
		input: 1_200,
		output: 3_000,
		priority: 4,
		isThinking: true,
		pattern: 'multi-step',
	},
	planning: {
		prior: 0.14,
		complexity: 1.1,
		input: 700,
		output: 1_800,
		priority: 3,
		isThinking: true,
		pattern: 'multi-step',
	},
	'code-generation': { prior: 0.45, complexity: 1, input: 800, output: 1_800, priority: 3, isCode: true },
	'code-review': {
		prior: 0.17,
		complexity: 1.1,
		input: 2_000,
		output: 1_400,
		priority: 3,
		isCode: true,
		isThinking: true,
		pattern: 'multi-step',
	},
	debugging: {
		prior: 0.35,
		complexity: 1.1,
		input: 840,
		output: 1_500,
		priority: 4,
		isCode: true,
		isThinking: true,
		pattern: 'multi-step',
	},
	refactoring: {
		prior: 0.18,
		complexity: 1.1,
		input: 1_500,
		output: 2_000,
		priority: 2,
		echoShare: 0.7,
		isCode: true,
		pattern: 'multi-step',
	},
	testing: { prior: 0.19, complexity: 0.9, input: 1_200, output: 1_900, priority: 3, isCode: true },
	documentation: { prior: 0.2, complexity: 0.1, input: 900, output: 1_200, priority: 2, isHarmless: true },
	analysis: { prior: 0.3, complexity: 1.1, input: 1_200, output: 1_600, priority: 3, isThinking: true },
	creative: {
		prior: 0.13,
		complexity: 0.6,
		input: 200,
		output: 1_000,
		priority: 2,
		isHarmless: true,
		pattern: 'single-shot',
	},
	factual: {
		prior: 0.4,
		complexity: 0.1,
		input: 150,
		output: 400,
		priority: 2,
		isHarmless: true,
		pattern: 'single-shot',
	},
	coordination: {
		prior: 0.1,
		complexity: 1.3,
		input: 800,
		output: 1_200,
		priority: 3,
		isThinking: true,
		pattern: 'multi-step',
	},
	'simple-task': {
		prior: 0.25,
		complexity: -0.4,
		input: 150,
		output: 300,
		priority: 2,
		echoShare: 0.6,
		isHarmless: true,
	},
};
