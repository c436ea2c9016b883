import { addToTotals, type CostEntry, type CostTotals, type NanoUsd, toCostSums } from '../contracts/index.ts';
import { BoundedMap } from '../util/index.ts';
import type { BudgetCalendar } from './budgets/budget-calendar.ts';

/** Entries kept for reports, exports and advice; sums stay exact when older entries are evicted. */
const MAX_KEPT_ENTRIES = 100_000;
/** Days whose sums are kept. */
const MAX_KEPT_DAYS = 1_000;
/** Periods whose spending is kept; the current ones are always the latest used. */
const MAX_KEPT_PERIODS = 100;

/** What this process has spent: the latest entries, sums per day, and the spending of the budget's days and months. */
export class InMemoryLedger {
	readonly #calendar: BudgetCalendar;
	readonly #days = new BoundedMap<string, CostTotals>(MAX_KEPT_DAYS);
	readonly #periods = new BoundedMap<string, NanoUsd>(MAX_KEPT_PERIODS);
	#entries: CostEntry[] = [];

	constructor(calendar: BudgetCalendar) {
		this.#calendar = calendar;
	}

	/** The entries kept, in the order they came. */
	get entries(): readonly CostEntry[] {
		return this.#entries;
	}

	/** Sums of each day kept. */
	get days(): readonly CostTotals[] {
		return [...this.#days.values()];
	}

	/** Spending of a day or month, by its key. */
	spentIn(periodKey: string): NanoUsd {
		return this.#periods.get(periodKey) ?? 0;
	}

	/** Sets the spending of a day or month. */
	setSpent(periodKey: string, spent: NanoUsd): void {
		this.#periods.set(periodKey, spent);
	}

	/** Adds a charge that counts against budgets. */
	charge(entry: CostEntry): void {
		this.#entries.push(entry);
		// A tenth over, so that copying is rare.
		if (this.#entries.length > MAX_KEPT_ENTRIES * 1.1) this.#entries = this.#entries.slice(-MAX_KEPT_ENTRIES);
		this.#addToDay(entry);
		if (entry.costNanoUsd === null) return;
		for (const kind of ['day', 'month'] as const) {
			const { key } = this.#calendar.periodAt(kind, entry.at);
			this.setSpent(key, this.spentIn(key) + entry.costNanoUsd);
		}
	}

	/** Adds entries of earlier runs, whose spending `setSpent` brings in; ids that are there already are skipped. */
	restore(entries: readonly CostEntry[]): void {
		const known = new Set(this.#entries.map(({ id }) => id));
		const older = entries.filter(({ id }) => !known.has(id)).sort((a, b) => a.at - b.at);
		for (const entry of older) this.#addToDay(entry);
		this.#entries = [...older, ...this.#entries].slice(-MAX_KEPT_ENTRIES);
	}

	/** Removes entries and day sums before an instant that begins a day; budgets keep counting. Answers how many entries. */
	removeBefore(startOfDay: number): number {
		const { key } = this.#calendar.periodAt('day', startOfDay);
		for (const day of [...this.#days.keys()]) if (day < key) this.#days.delete(day);
		const before = this.#entries.length;
		this.#entries = this.#entries.filter((entry) => entry.at >= startOfDay);
		return before - this.#entries.length;
	}

	#addToDay(entry: CostEntry): void {
		addToTotals(this.#days, this.#calendar.periodAt('day', entry.at).key, toCostSums(entry));
	}
}
