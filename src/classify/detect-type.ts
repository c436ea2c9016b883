import { TASK_TYPES, type TaskType } from '../contracts/index.ts';
import type { Sign } from './match-signs.ts';
import type { PastedMaterial } from './set-aside-boilerplate.ts';

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
	/** Evidence of the strongest type beside its prior. */
	evidence: number;
}

/** The type a sign speaks for; `null` for signs of something else. */
export function typeOfSign(sign: Sign): TaskType | null {
	// Every target with this prefix is made from a TaskType (lexicon-data.ts).
	return sign.target.startsWith('type:') ? (sign.target.slice(5) as TaskType) : null;
}

function sumEvidence(signs: readonly Sign[]): Map<TaskType, number> {
	const evidence = new Map<TaskType, number>();
	for (const sign of signs) {
		const type = typeOfSign(sign);
		if (type !== null) evidence.set(type, (evidence.get(type) ?? 0) + sign.weight);
	}
	return evidence;
}

/** The strongest evidence any type has from the words. */
export function strongestEvidence(signs: readonly Sign[]): number {
	return Math.max(0, ...sumEvidence(signs).values());
}

/** Signs from what was pasted; they speak only where the person's words do not. */
export function pastedSigns(pasted: PastedMaterial): Sign[] {
	const signs: Sign[] = [];
	if (pasted.trace) signs.push({ name: 'pasted error output', target: 'type:debugging', weight: 2.5 });
	if (pasted.diff) signs.push({ name: 'pasted diff', target: 'type:code-review', weight: 1.8 });
	else if (pasted.code) signs.push({ name: 'pasted code', target: 'type:analysis', weight: 0.8 });
	return signs;
}

function softmax(scores: readonly number[]): number[] {
	const highest = Math.max(...scores);
	const powers = scores.map((score) => Math.exp((score - highest) * SHARPNESS));
	const total = powers.reduce((sum, power) => sum + power, 0);
	return powers.map((power) => power / total);
}

/** Signs → one of the 13 types with the probability of each. */
export function detectType(signs: readonly Sign[], words: number): DetectedType {
	const evidence = sumEvidence(signs);
	const strongest = Math.max(0, ...evidence.values());
	if (words <= FEW_WORDS && strongest < CLEAR_EVIDENCE)
		evidence.set('simple-task', (evidence.get('simple-task') ?? 0) + 0.9);
	const scores = TASK_TYPES.map((type) => PRIOR[type] + (evidence.get(type) ?? 0));
	const shares = softmax(scores);
	let type: TaskType = 'simple-task';
	let best = Number.NEGATIVE_INFINITY;
	for (const [at, candidate] of TASK_TYPES.entries()) {
		const score = scores[at] ?? 0;
		if (score > best || (score === best && PRIOR[candidate] > PRIOR[type])) [type, best] = [candidate, score];
	}
	const probabilities = Object.fromEntries(TASK_TYPES.map((candidate, at) => [candidate, shares[at] ?? 0])) as Record<
		TaskType,
		number
	>; // fromEntries forgets the keys; they are exactly TASK_TYPES
	return { type, probabilities, evidence: evidence.get(type) ?? 0 };
}
