import type { TaskComplexity, TaskPattern, TaskType } from '../contracts/index.ts';
import type { SignTally } from './sign-tally.ts';

const ITERATIVE_FROM = 1;
const STEPS_FROM = 0.9;
/** A few listed points are steps. */
const STEPS_FROM_ITEMS = 3;
/** Work that is looking, changing and checking even at medium complexity. */
const WORK_IN_STEPS: ReadonlySet<TaskType> = new Set([
	'architecture',
	'planning',
	'debugging',
	'refactoring',
	'coordination',
	'code-review',
]);

/** How a task unfolds, from what is known of it. */
export function detectPattern(
	kind: { type: TaskType; complexity: TaskComplexity; items: number },
	tally: SignTally,
): TaskPattern {
	if (tally.sum('iterative') >= ITERATIVE_FROM) return 'iterative';
	if (tally.sum('multi-step') >= STEPS_FROM || kind.items >= STEPS_FROM_ITEMS) return 'multi-step';
	if (kind.complexity === 'simple' || kind.type === 'factual' || kind.type === 'creative') return 'single-shot';
	if (kind.complexity === 'complex' || kind.complexity === 'critical') return 'multi-step';
	return WORK_IN_STEPS.has(kind.type) ? 'multi-step' : 'single-shot';
}
