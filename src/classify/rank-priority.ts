import type { TaskComplexity, TaskType } from '../contracts/index.ts';
import { clamp } from '../util/index.ts';

/** Priority of a kind of work when nothing says how urgent it is. */
const USUAL_PRIORITY: Readonly<Record<TaskType, number>> = {
	architecture: 4,
	planning: 3,
	'code-generation': 3,
	'code-review': 3,
	debugging: 4,
	refactoring: 2,
	testing: 3,
	documentation: 2,
	analysis: 3,
	creative: 2,
	factual: 2,
	coordination: 3,
	'simple-task': 2,
};

/** 1-5, 5 highest; `urgency` is the sum of what the words say about haste. */
export function rankPriority(type: TaskType, complexity: TaskComplexity, urgency: number): number {
	if (complexity === 'critical') return 5;
	const haste = urgency >= 0.5 ? 1 : urgency <= -0.5 ? -1 : 0;
	return clamp(USUAL_PRIORITY[type] + haste, 1, 5);
}
