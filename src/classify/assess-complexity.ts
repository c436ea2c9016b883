import type { TaskComplexity, TaskType } from '../contracts/index.ts';
import { clamp } from '../util/index.ts';
import type { SignTally } from './sign-tally.ts';

/** Where each kind of work starts on the complexity scale. */
const BASE: Readonly<Record<TaskType, number>> = {
	architecture: 1.9,
	planning: 1.1,
	'code-generation': 1,
	'code-review': 1.1,
	debugging: 1.1,
	refactoring: 1.1,
	testing: 0.9,
	documentation: 0.1,
	analysis: 1.1,
	creative: 0.6,
	factual: 0.1,
	coordination: 1.3,
	'simple-task': -0.4,
};
/** Scores from which a task is medium, and complex. */
const MEDIUM_FROM = 0.75;
const COMPLEX_FROM = 2.7;
/** Weight of signs from which a task is critical. */
const CRITICAL_FROM = 1.6;
/** A sign in a subordinate clause still says that production is at stake, with something else that is hard. */
const CRITICAL_WITH_COMPLEX_FROM = 1.1;
/** Talking about production is not touching it. */
const NEVER_CRITICAL: ReadonlySet<TaskType> = new Set(['factual', 'simple-task', 'documentation', 'creative']);

/** How demanding a task is. */
export interface AssessedComplexity {
	complexity: TaskComplexity;
	/** 0-1, higher is harder. */
	difficulty: number;
}

/** The shape of the ask beside its words. */
export interface AskShape {
	words: number;
	/** List items and numbered lines. */
	items: number;
}

function squash(score: number): number {
	return 1 / (1 + Math.exp(-(score - 1.7)));
}

function shapeScore(shape: AskShape): number {
	const length = clamp(Math.log2(Math.max(1, shape.words / 20)), 0, 3) * 0.45;
	return length + Math.min(shape.items, 8) * 0.15;
}

/** Type, signs and shape → complexity. An ask of few words is simple only when its words say so. */
export function assessComplexity(type: TaskType, tally: SignTally, shape: AskShape): AssessedComplexity {
	const words = tally.sum('complexity');
	// The tenth hard word says less than the first.
	const hard = words > 0 ? 2.2 * Math.log1p(words / 1.8) : words;
	const critical = NEVER_CRITICAL.has(type) ? 0 : tally.sum('critical');
	const score = BASE[type] + hard + shapeScore(shape);
	const isComplex = score >= COMPLEX_FROM;
	if (critical >= CRITICAL_FROM || (isComplex && critical >= CRITICAL_WITH_COMPLEX_FROM))
		return { complexity: 'critical', difficulty: squash(Math.max(score, COMPLEX_FROM) + 1) };
	return {
		complexity: isComplex ? 'complex' : score >= MEDIUM_FROM ? 'medium' : 'simple',
		difficulty: squash(score),
	};
}
