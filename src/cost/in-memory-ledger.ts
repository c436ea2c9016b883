import {
	type CostEntry,
	countInputTokens,
	countOutputTokens,
	type NanoUsd,
	type TokenCounts,
	type Usage,
} from '../contracts/index.ts';
import type { BudgetCalendar } from './budgets/budget-calendar.ts';

/** Tokens of a usage as a reader counts them: all input (cached or not), all output (reasoning too). */
export function countTokens(usage: Usage): TokenCounts {
	return { input: countInputTokens(usage), output: countOutputTokens(usage) };
}

/** Entries kept for reports, exports and advice; sums go on being exact when older ones give way. */
export const MAX_KEPT_ENTRIES = 100_000;
/** Days whose sums are kept. */
const MAX_KEPT_DAYS = 1_000;
/** Periods whose spending is kept; the ones in force are always the latest used. */
const MAX_KEPT_PERIODS = 100;

/** Sums of one day. */
export interface DayTotals {
	costNanoUsd: NanoUsd;
	requests: number;
	unpricedRequests: number;
	tokens: number;
}

function dropOldest(map: Map<string, unknown>, capacity: number): void {
	const oldest = map.keys().next();
	if (map.size > capacity && !oldest.done) map.delete(oldest.value);
}

/** What was spent, in memory: the latest entries, sums per day, and the spending budgets are held against. */
export class InMemoryLedger {
	readonly #calendar: BudgetCalendar;
	readonly #days = new Map<string, DayTotals>();
	readonly #periods = new Map<string, NanoUsd>();
	#entries: CostEntry[] = [];

	constructor(calendar: BudgetCalendar) {
		this.#calendar = calendar;
	}

	/** The entries kept, in the order they came. */
	get entries(): readonly CostEntry[] {
		return this.#entries;
	}

	get days(): ReadonlyMap<string, DayTotals> {
		return this.#days;
	}

	/** Spending of a day or month, by its key. */
	spentIn(periodKey: string): NanoUsd {
		return this.#periods.get(periodKey) ?? 0;
	}

	/** Takes a charge: it counts against budgets. */
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

	/** Takes entries of earlier runs (oldest first) that budgets have counted elsewhere. */
	rememberOlder(entries: readonly CostEntry[]): void {
		for (const entry of entries) this.#addToDay(entry);
		this.#entries = [...entries, ...this.#entries].slice(-MAX_KEPT_ENTRIES);
	}

	/** Sets a period's spending. */
	setSpent(periodKey: string, spent: NanoUsd): void {
		this.#periods.delete(periodKey);
		this.#periods.set(periodKey, spent);
		dropOldest(this.#periods, MAX_KEPT_PERIODS);
	}

	/** Forgets entries and day sums before an instant that begins a day; budgets keep counting. Answers how many entries. */
	forgetBefore(startOfDay: number): number {
		const { key } = this.#calendar.periodAt('day', startOfDay);
		for (const day of [...this.#days.keys()]) if (day < key) this.#days.delete(day);
		const before = this.#entries.length;
		this.#entries = this.#entries.filter((entry) => entry.at >= startOfDay);
		return before - this.#entries.length;
	}

	#addToDay(entry: CostEntry): void {
		const { key } = this.#calendar.periodAt('day', entry.at);
		const day = this.#days.get(key) ?? { costNanoUsd: 0, requests: 0, unpricedRequests: 0, tokens: 0 };
		const tokens = countTokens(entry.usage);
		day.costNanoUsd += entry.costNanoUsd ?? 0;
		day.requests += 1;
		day.unpricedRequests += entry.costNanoUsd === null ? 1 : 0;
		day.tokens += tokens.input + tokens.output;
		this.#days.set(key, day);
		dropOldest(this.#days, MAX_KEPT_DAYS);
	}
}
