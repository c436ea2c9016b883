import {
	type ClassificationFeature,
	TASK_TYPES,
	type TaskComplexity,
	type TaskPattern,
	type TaskType,
} from '../contracts/index.ts';
import { clamp } from '../util/index.ts';
import type { Feature } from './lexicon/feature-matcher.ts';
import type { FeatureTarget } from './lexicon/index.ts';
import type { PastedMaterial } from './strip-boilerplate.ts';

// fromEntries forgets the keys; they are exactly TASK_TYPES
const TYPE_TARGETS = Object.fromEntries(TASK_TYPES.map((type) => [type, `type:${type}`])) as Record<
	TaskType,
	`type:${TaskType}`
>;

/** Signs and what they sum to, per thing they speak for; added up once, in the order they were found. */
export class FeatureScores {
	readonly #signs: Feature[] = [];
	readonly #sums = new Map<FeatureTarget, number>();

	constructor(signs: readonly Feature[]) {
		for (const sign of signs) this.add(sign);
	}

	get features(): readonly Feature[] {
		return this.#signs;
	}

	add(sign: Feature): void {
		this.#signs.push(sign);
		this.#sums.set(sign.target, (this.#sums.get(sign.target) ?? 0) + sign.weight);
	}

	/** Sum of what the signs say about one thing. */
	sum(target: FeatureTarget): number {
		return this.#sums.get(target) ?? 0;
	}

	/** The strongest evidence any type has from the words. */
	strongestEvidence(): number {
		let strongest = 0;
		for (const type of TASK_TYPES) strongest = Math.max(strongest, this.typeEvidence(type));
		return strongest;
	}

	/** What the signs say for a type. */
	typeEvidence(type: TaskType): number {
		return this.sum(TYPE_TARGETS[type]);
	}
}

/** Evidence each type has before a word is read; all different, so that equal words never fall to the order of a list. */
const TYPE_PRIOR: Readonly<Record<TaskType, number>> = {
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
const SOFTMAX_SHARPNESS = 0.85;
/** Asks of at most this many words lean towards `simple-task` when nothing else speaks. */
const MAX_FEW_WORDS = 3;

/** The type of a task and how sure the words make it. */
export interface DetectedType {
	type: TaskType;
	probabilities: Record<TaskType, number>;
}

/** Signs from what was pasted; they speak only where the person's words do not. */
export function getPastedFeatures(pasted: PastedMaterial): Feature[] {
	const signs: Feature[] = [];
	if (pasted.trace) signs.push({ name: 'pasted error output', target: 'type:debugging', weight: 2.5 });
	if (pasted.diff) signs.push({ name: 'pasted diff', target: 'type:code-review', weight: 1.8 });
	else if (pasted.code) signs.push({ name: 'pasted code', target: 'type:analysis', weight: 0.8 });
	return signs;
}

/** Turns scores into shares that sum to 1. */
function softmax(scores: readonly number[]): number[] {
	const highest = Math.max(...scores);
	const powers = scores.map((score) => Math.exp((score - highest) * SOFTMAX_SHARPNESS));
	const total = powers.reduce((sum, power) => sum + power, 0);
	return powers.map((power) => power / total);
}

/** Signs → one of the 13 types with the probability of each. */
export function detectType(tally: FeatureScores, words: number): DetectedType {
	// Few words that tell nothing are a small task.
	const lean = words <= MAX_FEW_WORDS && tally.strongestEvidence() < CLEAR_EVIDENCE ? 0.9 : 0;
	const scores = TASK_TYPES.map(
		(type) => TYPE_PRIOR[type] + (tally.typeEvidence(type) + (type === 'simple-task' ? lean : 0)),
	);
	const shares = softmax(scores);
	let type: TaskType = 'simple-task';
	let best = Number.NEGATIVE_INFINITY;
	let at = 0;
	const probabilities: Partial<Record<TaskType, number>> = {};
	for (const candidate of TASK_TYPES) {
		const score = scores[at] ?? 0;
		if (score > best || (score === best && TYPE_PRIOR[candidate] > TYPE_PRIOR[type])) [type, best] = [candidate, score];
		probabilities[candidate] = shares[at] ?? 0;
		at += 1;
	}
	return { type, probabilities: probabilities as Record<TaskType, number> }; // filled for all TASK_TYPES above
}

/** Where each kind of work starts on the complexity scale. */
const BASE_COMPLEXITY: Readonly<Record<TaskType, number>> = {
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
const MIN_MEDIUM_SCORE = 0.75;
const MIN_COMPLEX_SCORE = 2.7;
/** Weight of signs from which a task is critical. */
const MIN_CRITICAL_WEIGHT = 1.6;
/** A sign in a subordinate clause still says that production is at stake, with something else that is hard. */
const MIN_CRITICAL_WEIGHT_IF_COMPLEX = 1.1;
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
export function assessComplexity(type: TaskType, tally: FeatureScores, shape: AskShape): AssessedComplexity {
	const words = tally.sum('complexity');
	// The tenth hard word says less than the first.
	const hard = words > 0 ? 2.2 * Math.log1p(words / 1.8) : words;
	const critical = NEVER_CRITICAL.has(type) ? 0 : tally.sum('critical');
	const score = BASE_COMPLEXITY[type] + hard + shapeScore(shape);
	const isComplex = score >= MIN_COMPLEX_SCORE;
	if (critical >= MIN_CRITICAL_WEIGHT || (isComplex && critical >= MIN_CRITICAL_WEIGHT_IF_COMPLEX))
		return { complexity: 'critical', difficulty: squash(Math.max(score, MIN_COMPLEX_SCORE) + 1) };
	return {
		complexity: isComplex ? 'complex' : score >= MIN_MEDIUM_SCORE ? 'medium' : 'simple',
		difficulty: squash(score),
	};
}

const MIN_ITERATIVE_WEIGHT = 1;
const MIN_STEPS_WEIGHT = 0.9;
/** A few listed points are steps. */
const MIN_STEPS_ITEMS = 3;
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
	tally: FeatureScores,
): TaskPattern {
	if (tally.sum('iterative') >= MIN_ITERATIVE_WEIGHT) return 'iterative';
	if (tally.sum('multi-step') >= MIN_STEPS_WEIGHT || kind.items >= MIN_STEPS_ITEMS) return 'multi-step';
	if (kind.complexity === 'simple' || kind.type === 'factual' || kind.type === 'creative') return 'single-shot';
	if (kind.complexity === 'complex' || kind.complexity === 'critical') return 'multi-step';
	return WORK_IN_STEPS.has(kind.type) ? 'multi-step' : 'single-shot';
}

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

/** Features a descriptor carries. */
const MAX_FEATURES = 12;

function isStronger(one: ClassificationFeature, other: ClassificationFeature): boolean {
	const difference = Math.abs(one.weight) - Math.abs(other.weight);
	if (difference !== 0) return difference > 0;
	return `${one.target} ${one.name}` < `${other.target} ${other.name}`;
}

/** The signs that weigh most, strongest first, as a descriptor tells them. */
export function selectStrongestFeatures(signs: readonly Feature[]): ClassificationFeature[] {
	const strongest: ClassificationFeature[] = [];
	for (const { name, target, weight } of signs) {
		const last = strongest[MAX_FEATURES - 1];
		const rounded = Math.round(weight * 1_000) / 1_000;
		if (last !== undefined && Math.abs(rounded) < Math.abs(last.weight)) continue;
		const feature = { name: name.slice(0, 40), target, weight: rounded };
		if (last !== undefined && !isStronger(feature, last)) continue;
		if (last !== undefined) strongest.pop();
		let at = strongest.length;
		while (at > 0 && isStronger(feature, strongest[at - 1] ?? feature)) at -= 1;
		strongest.splice(at, 0, feature);
	}
	return strongest;
}
