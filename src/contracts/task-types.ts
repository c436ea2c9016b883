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
	/** Tokens of a medium task: what callers usually send beside its own text (system prompt, files), and the answer. */
	tokens: readonly [input: number, output: number];
	/** 1-5, when nothing says how urgent the task is. */
	priority: number;
	/** Share of a long pasted text that comes back in the answer. @default 0 */
	echoShare?: number;
	/** Works on code. @default false */
	isCode?: boolean;
	/** Benefits from extended thinking at medium complexity already. @default false */
	isThinking?: boolean;
	/** Consists of looking, changing and checking at medium complexity already. @default false */
	isMultiStep?: boolean;
	/** Done in one go whatever its complexity. @default false */
	isSingleShot?: boolean;
	/** Never critical: talking about production is not touching it. @default false */
	isHarmless?: boolean;
}

/** Work that asks for thought and several steps at medium complexity already. */
const DEMANDING = { isThinking: true, isMultiStep: true };

/** What the router knows of each kind of work. */
export const TASK_TYPE_TRAITS: Readonly<Record<TaskType, TaskTypeTraits>> = {
	architecture: { prior: 0.15, complexity: 1.9, tokens: [1200, 3000], priority: 4, ...DEMANDING },
	planning: { prior: 0.14, complexity: 1.1, tokens: [700, 1800], priority: 3, ...DEMANDING },
	'code-generation': { prior: 0.45, complexity: 1, tokens: [800, 1800], priority: 3, isCode: true },
	'code-review': { prior: 0.17, complexity: 1.1, tokens: [2000, 1400], priority: 3, isCode: true, ...DEMANDING },
	debugging: { prior: 0.35, complexity: 1.1, tokens: [840, 1500], priority: 4, isCode: true, ...DEMANDING },
	refactoring: {
		prior: 0.18,
		complexity: 1.1,
		tokens: [1500, 2000],
		priority: 2,
		echoShare: 0.7,
		isCode: true,
		isMultiStep: true,
	},
	testing: { prior: 0.19, complexity: 0.9, tokens: [1200, 1900], priority: 3, isCode: true },
	documentation: { prior: 0.2, complexity: 0.1, tokens: [900, 1200], priority: 2, isHarmless: true },
	analysis: { prior: 0.3, complexity: 1.1, tokens: [1200, 1600], priority: 3, isThinking: true },
	creative: { prior: 0.13, complexity: 0.6, tokens: [200, 1000], priority: 2, isHarmless: true, isSingleShot: true },
	factual: { prior: 0.4, complexity: 0.1, tokens: [150, 400], priority: 2, isHarmless: true, isSingleShot: true },
	coordination: { prior: 0.1, complexity: 1.3, tokens: [800, 1200], priority: 3, ...DEMANDING },
	'simple-task': { prior: 0.25, complexity: -0.4, tokens: [150, 300], priority: 2, echoShare: 0.6, isHarmless: true },
};
