import { TASK_TYPES, type TaskDescriptor, type TaskType } from '../contracts/index.ts';

/** A type the task may be of. */
export interface LikelyType {
	type: TaskType;
	/** 0-1, in steps of 0.01; those returned together sum to 1. */
	probability: number;
}

/** A type less likely than this does not enter the confidence. */
const RELEVANT_PROBABILITY = 0.1;

/**
 * The types a task may be of. Probabilities are rounded to whole percents: finer steps would part tasks that decide
 * alike in the decision cache.
 */
export function likelyTypes(task: TaskDescriptor): readonly LikelyType[] {
	const only: readonly LikelyType[] = [{ type: task.type, probability: 1 }];
	const probabilities = task.typeProbabilities;
	if (probabilities === undefined) return only;
	const likely: LikelyType[] = [];
	let sum = 0;
	for (const type of TASK_TYPES) {
		const probability = Math.round((probabilities[type] ?? 0) * 100) / 100;
		if (probability < RELEVANT_PROBABILITY) continue;
		likely.push({ type, probability });
		sum += probability;
	}
	if (likely.length === 0) return only;
	return likely.map(({ type, probability }) => ({ type, probability: probability / sum }));
}
