import { TASK_TYPES, type TaskType } from '../contracts/index.ts';
import type { Sign } from './found-entries.ts';
import type { SignTarget } from './lexicon/index.ts';

// fromEntries forgets the keys; they are exactly TASK_TYPES
const TYPE_TARGETS = Object.fromEntries(TASK_TYPES.map((type) => [type, `type:${type}`])) as Record<
	TaskType,
	`type:${TaskType}`
>;

/** Signs and what they sum to, per thing they speak for; added up once, in the order they were found. */
export class SignTally {
	readonly #signs: Sign[] = [];
	readonly #sums = new Map<SignTarget, number>();

	constructor(signs: readonly Sign[]) {
		for (const sign of signs) this.add(sign);
	}

	get signs(): readonly Sign[] {
		return this.#signs;
	}

	add(sign: Sign): void {
		this.#signs.push(sign);
		this.#sums.set(sign.target, (this.#sums.get(sign.target) ?? 0) + sign.weight);
	}

	/** Sum of what the signs say about one thing. */
	sum(target: SignTarget): number {
		return this.#sums.get(target) ?? 0;
	}

	/** The strongest evidence any type has from the words. */
	strongestEvidence(): number {
		let strongest = 0;
		for (const type of TASK_TYPES) strongest = Math.max(strongest, this.evidenceFor(type));
		return strongest;
	}

	/** What the signs say for a type. */
	evidenceFor(type: TaskType): number {
		return this.sum(TYPE_TARGETS[type]);
	}
}
