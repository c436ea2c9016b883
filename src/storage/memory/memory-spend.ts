import type { BudgetCheck, NanoUsd } from '../../contracts/index.ts';

/** Counters kept at once; the one longest unused goes first. A day and a month for each of 5,000 scopes. */
const MAX_PERIODS = 10_000;

/** What one period holds, in nano-dollars. */
export interface SpendCounter {
	settled: NanoUsd;
	reserved: NanoUsd;
	/** Holds that expired. */
	unknown: NanoUsd;
}

/** Names a counter. */
export function periodName(check: Pick<BudgetCheck, 'scope' | 'periodKey'>): string {
	return JSON.stringify([check.scope, check.periodKey]);
}

/** The counters of every scope and period in use. */
export class MemorySpend {
	readonly #counters = new Map<string, SpendCounter>();

	read(name: string): SpendCounter {
		return this.#counters.get(name) ?? { settled: 0, reserved: 0, unknown: 0 };
	}

	/** Adds to each named counter. */
	change(names: Iterable<string>, by: Partial<SpendCounter>): void {
		for (const name of names) {
			const { settled, reserved, unknown } = this.read(name);
			this.#counters.delete(name);
			this.#counters.set(name, {
				settled: settled + (by.settled ?? 0),
				reserved: reserved + (by.reserved ?? 0),
				unknown: unknown + (by.unknown ?? 0),
			});
		}
		this.#dropUnused();
	}

	#dropUnused(): void {
		if (this.#counters.size <= MAX_PERIODS) return;
		for (const [name, counter] of this.#counters) {
			// money under way keeps its counter
			if (counter.reserved > 0) continue;
			this.#counters.delete(name);
			return;
		}
	}
}
