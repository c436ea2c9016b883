import { TASK_TYPES, type TaskType } from '../contracts/index.ts';
import type { Sign } from './found-entries.ts';
import type { PastedMaterial } from './set-aside-boilerplate.ts';
import type { SignTally } from './sign-tally.ts';

/** Evidence each type has before a word is read; all different, so that equal words never fall to the order of a list. */
const PRIOR: Readonly<Record<TaskType, number>> = {
	'code-generation': 0.45,
	factual: 0.4,
	debugging: 0.35,
	analysis: 0.3,
	documentation: 0.2,
	testing: 0.19,
	refactoring: 0.18,
	'code-review': 0.17,
	'simple-task': 0.25,
	architecture: 0.15,
	planning: 0.14,
	creative: 0.13,
	coordination: 0.1,
};
/** Below this much evidence the words alone do not tell the type. */
export const CLEAR_EVIDENCE = 1.3;
/** Evidence → probability: softmax(evidence × sharpness). */
const SHARPNESS = 0.85;
/** Asks of at most this many words lean towards `simple-task` when nothing else speaks. */
const FEW_WORDS = 3;

/** The type of a task and how sure the words make it. */
export interface DetectedType {
	type: TaskType;
	probabilities: Record<TaskType, number>;
}

/** Signs from what was pasted; they speak only where the person's words do not. */
export function pastedSigns(pasted: PastedMaterial): Sign[] {
	const signs: Sign[] = [];
	if (pasted.trace) signs.push({ name: 'pasted error output', target: 'type:debugging', weight: 2.5 });
	if (pasted.diff) signs.push({ name: 'pasted diff', target: 'type:code-review', weight: 1.8 });
	else if (pasted.code) signs.push({ name: 'pasted code', target: 'type:analysis', weight: 0.8 });
	return signs;
}

/** Turns scores into shares that sum to 1. */
function softmax(scores: readonly number[]): number[] {
	const highest = Math.max(...scores);
	const powers = scores.map((score) => Math.exp((score - highest) * SHARPNESS));
	const total = powers.reduce((sum, power) => sum + power, 0);
	return powers.map((power) => power / total);
}

/** Signs → one of the 13 types with the probability of each. */
export function detectType(tally: SignTally, words: number): DetectedType {
	// Few words that tell nothing are a small task.
	const lean = words <= FEW_WORDS && tally.strongestEvidence() < CLEAR_EVIDENCE ? 0.9 : 0;
	const scores = TASK_TYPES.map(
		(type) => PRIOR[type] + (tally.evidenceFor(type) + (type === 'simple-task' ? lean : 0)),
	);
	const shares = softmax(scores);
	let type: TaskType = 'simple-task';
	let best = Number.NEGATIVE_INFINITY;
	let at = 0;
	const probabilities: Partial<Record<TaskType, number>> = {};
	for (const candidate of TASK_TYPES) {
		const score = scores[at] ?? 0;
		if (score > best || (score === best && PRIOR[candidate] > PRIOR[type])) [type, best] = [candidate, score];
		probabilities[candidate] = shares[at] ?? 0;
		at += 1;
	}
	return { type, probabilities: probabilities as Record<TaskType, number> }; // filled for all TASK_TYPES above
}
