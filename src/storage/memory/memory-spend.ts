import type { BudgetCheck, NanoUsd } from '../../contracts/index.ts';

/** Counters kept at once; the one longest unused goes first. A day and a month for each of 5,000 scopes. */
const MAX_PERIODS = 10_000;
/** From here on it is watched which counters are used: below, nothing has to go. */
const WATCHED_FROM = MAX_PERIODS / 2;

/** What one period holds, in nano-dollars. */
export interface SpendCounter {
	settled: NanoUsd;
	reserved: NanoUsd;
	/** Holds that expired. */
	unknown: NanoUsd;
}

const NOTHING: Readonly<SpendCounter> = { settled: 0, reserved: 0, unknown: 0 };

/** Names a counter; no scope and no period key holds the separator. */
export function periodName({ scope, periodKey }: Pick<BudgetCheck, 'scope' | 'periodKey'>): string {
	return `${scope}\u0000${periodKey}`;
}

/** Names the counters of a list of checks, each once. */
export function periodNames(checks: ReadonlyArray<Pick<BudgetCheck, 'scope' | 'periodKey'>>): string[] {
	const names = checks.map(periodName);
	return new Set(names).size === names.length ? names : [...new Set(names)];
}

/** The counters of every scope and period in use. */
export class MemorySpend {
	readonly #counters = new Map<string, SpendCounter>();

	read(name: string): Readonly<SpendCounter> {
		return this.#counters.get(name) ?? NOTHING;
	}

	/** Adds to each named counter. */
	change(names: readonly string[], by: Partial<SpendCounter>): void {
		for (const name of names) {
			const counter = this.#use(name);
			counter.settled += by.settled ?? 0;
			counter.reserved += by.reserved ?? 0;
			counter.unknown += by.unknown ?? 0;
		}
		if (this.#counters.size > MAX_PERIODS) this.#dropUnused();
	}

	#use(name: string): SpendCounter {
		const known = this.#counters.get(name);
		if (known !== undefined && this.#counters.size < WATCHED_FROM) return known;
		const counter = known ?? { ...NOTHING };
		this.#counters.delete(name);
		this.#counters.set(name, counter);
		return counter;
	}

	#dropUnused(): void {
		for (const [name, counter] of this.#counters) {
			// money under way keeps its counter
			if (counter.reserved > 0) continue;
			this.#counters.delete(name);
			return;
		}
	}
}
