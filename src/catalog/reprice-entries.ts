import type { CostEntry, ModelName, NanoUsd } from '../contracts/index.ts';
import type { PriceBook } from './price-book.ts';
import { priceUsage } from './price-usage.ts';

/** One model's past costs under another book; money in nano-dollars. */
export interface RepricedModel {
	model: ModelName;
	rows: number;
	/** What the ledger says. */
	recordedNanoUsd: NanoUsd;
	/** What the same usage costs by the book; rows it has no price for are left out of both sums. */
	repricedNanoUsd: NanoUsd;
	/** Rows whose cost differs. */
	changedRows: number;
	/** Rows that the ledger, or the book, has no price for. */
	unpricedRows: number;
	/** What the rows without a price in the ledger cost by the book; in neither sum. */
	newlyPricedNanoUsd: NanoUsd;
}

/** Recomputes rows of the ledger at the rates a book had on each row's day; largest difference first. Corrections are left out: they are about money, not usage. */
export function repriceEntries(entries: readonly CostEntry[], book: PriceBook): RepricedModel[] {
	const models = new Map<ModelName, RepricedModel>();
	for (const entry of entries) {
		if (entry.kind === 'correction') continue;
		const { model } = entry;
		const sums: RepricedModel = models.get(model) ?? {
			model,
			rows: 0,
			recordedNanoUsd: 0,
			repricedNanoUsd: 0,
			changedRows: 0,
			unpricedRows: 0,
			newlyPricedNanoUsd: 0,
		};
		models.set(model, sums);
		sums.rows += 1;
		const pricing = book.models[model] ?? null;
		const totalNanoUsd = pricing === null ? null : priceUsage(entry.usage, pricing, entry.at).totalNanoUsd;
		if (totalNanoUsd === null || entry.costNanoUsd === null) {
			sums.unpricedRows += 1;
			sums.newlyPricedNanoUsd += totalNanoUsd ?? 0;
			continue;
		}
		sums.recordedNanoUsd += entry.costNanoUsd;
		sums.repricedNanoUsd += totalNanoUsd;
		if (totalNanoUsd !== entry.costNanoUsd) sums.changedRows += 1;
	}
	const gap = (one: RepricedModel): number => Math.abs(one.repricedNanoUsd - one.recordedNanoUsd);
	return [...models.values()].sort((one, other) => gap(other) - gap(one) || (one.model < other.model ? -1 : 1));
}
