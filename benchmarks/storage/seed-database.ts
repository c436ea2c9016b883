import type { RouterStorage, StorageRecord } from '../../src/contracts/index.ts';
import { attribute, charge, decision, fallback, hold } from './samples.ts';

const PERIOD_MS = 90 * 86_400_000;
const BATCH = 2000;

/** Fills a database with as many decisions, outcomes, charges and fallbacks, over 90 days up to now, through the storage's own entry points. */
export async function seedDatabase(storage: RouterStorage, options: { rows: number; now: number }): Promise<void> {
	const { rows, now } = options;
	const timeOf = (index: number) => now - PERIOD_MS + Math.floor((index / rows) * PERIOD_MS);
	for (let first = 0; first < rows; first += BATCH) {
		const batch: StorageRecord[] = [];
		for (let index = first; index < Math.min(first + BATCH, rows); index += 1) {
			const id = `seed-${index}`;
			batch.push(...decision(id, timeOf(index)), { kind: 'fallback', row: fallback(id, timeOf(index)) });
		}
		await storage.records.write(batch);
	}
	// what comes at once shares a transaction
	for (let first = 0; first < rows; first += BATCH) {
		const charges: Promise<void>[] = [];
		for (let index = first; index < Math.min(first + BATCH, rows); index += 1) {
			const id = `seed-${index}`;
			const entry = { ...charge(id, timeOf(index)), attribution: attribute(index) };
			charges.push(storage.budgets.charge(hold(id, timeOf(index)).checks, entry));
		}
		await Promise.all(charges);
	}
}
