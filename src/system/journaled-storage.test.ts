import { describe, expect, it } from 'vitest';
import type { Logger, RouterStorage } from '../contracts/index.ts';
import { InvalidInputError, StorageError } from '../errors/index.ts';
import { createMemoryStorage } from '../storage/memory/index.ts';
import { sampleChecks, sampleDecision, sampleEntry, sampleReservation } from '../testing/storage-contract/samples.ts';
import { createJournaledStorage, StorageJournal } from './journaled-storage.ts';

const errors: unknown[] = [];
const logger: Logger = { error: (message) => errors.push(message), warn() {}, info() {}, debug() {} };
const ALL = { from: 0, to: Number.MAX_SAFE_INTEGER };
const CHECKS = sampleChecks(1_000_000);
const [CHECK] = CHECKS;

async function spentIn({ budgets }: RouterStorage): Promise<number> {
	return (await budgets.spend(CHECK?.scope ?? '', CHECK?.periodKey ?? '')).settledNanoUsd;
}

/** Fails at the charge that is named, once. */
function failAt(storage: RouterStorage, id: string, error: Error): RouterStorage {
	let isDue = true;
	return {
		...storage,
		budgets: {
			...storage.budgets,
			async charge(checks, entry) {
				if (entry.id === id && isDue) {
					isDue = false;
					throw error;
				}
				await storage.budgets.charge(checks, entry);
			},
		},
	};
}

describe('StorageJournal', () => {
	it('a storage that fails again halfway gets the rest later, and nothing twice', async () => {
		const journal = new StorageJournal(logger);
		for (let index = 0; index < 200; index += 1)
			journal.charge(CHECKS, sampleEntry({ id: `e${index}`, costNanoUsd: 1 }));
		journal.write([{ kind: 'decision', row: sampleDecision() }]);
		const memory = createMemoryStorage();
		const storage = failAt(memory, 'e100', new StorageError('full', 'no space'));
		await expect(journal.replay(storage)).rejects.toMatchObject({ problem: 'full' });
		expect(journal.size).toBeGreaterThan(0);
		expect(await memory.records.decision(sampleDecision().id)).toBeNull();
		await journal.replay(storage);
		expect([journal.size, await spentIn(memory)]).toEqual([0, 200]);
		expect(await memory.records.decision(sampleDecision().id)).not.toBeNull();
	});

	it('a write that is refused for what it says does not keep the others from being written', async () => {
		const journal = new StorageJournal(logger);
		for (const id of ['a', 'b', 'c']) journal.charge(CHECKS, sampleEntry({ id, costNanoUsd: 1 }));
		const memory = createMemoryStorage();
		await journal.replay(failAt(memory, 'b', new InvalidInputError('never')));
		expect([journal.size, await spentIn(memory), errors.length]).toEqual([0, 2, 1]);
	});

	it('is bounded: the oldest are dropped and counted, rows never in favour of money', async () => {
		const journal = new StorageJournal(logger);
		journal.charge(CHECKS, sampleEntry({ id: 'money', costNanoUsd: 7 }));
		const record = { kind: 'decision', row: sampleDecision() } as const;
		for (let index = 0; index < 50_010; index += 1) journal.write([record]);
		expect([journal.size, journal.moneySize, journal.dropped]).toEqual([50_001, 1, 10]);
	});

	it('what a file has taken is remembered until it is seen to be there, which is looked for before it becomes much', async () => {
		const journal = new StorageJournal(logger);
		let remembered = 0;
		const storage = createJournaledStorage({
			current: () => ({ ...createMemoryStorage(), check: async () => null }),
			state: () => 'working',
			journal,
			onFailure: () => {},
			verify: () => {
				remembered = Math.max(remembered, journal.recent);
				journal.forget(journal.recent);
			},
			heal: async () => {},
		});
		for (let index = 0; index < 1005; index += 1)
			await storage.budgets.charge(CHECKS, sampleEntry({ id: `e${index}`, costNanoUsd: 1 }));
		expect([remembered, journal.recent]).toEqual([200, 5]);
		journal.recall();
		const next = createMemoryStorage();
		await journal.replay(next);
		expect(await spentIn(next)).toBe(5);
		// decisions are large: a batch counts as as many writes as it has rows
		const record = { kind: 'decision', row: sampleDecision() } as const;
		for (let batch = 0; batch < 4; batch += 1) await storage.records.write(Array.from({ length: 128 }, () => record));
		expect(journal.recent).toBeLessThan(2);
	});

	it('a hold that was given back or settled before it was written leaves no trace but its charge', async () => {
		const journal = new StorageJournal(logger);
		const [kept, back] = [sampleReservation({ id: 'kept' }), sampleReservation({ id: 'back' })];
		journal.hold(kept);
		journal.hold(back);
		journal.release(back);
		journal.settle(kept, sampleEntry({ costNanoUsd: 5 }));
		expect(journal.size).toBe(1);
		const memory = createMemoryStorage();
		await journal.replay(memory);
		const [check] = kept.checks;
		expect(await memory.budgets.spend(check?.scope ?? '', check?.periodKey ?? '')).toMatchObject({
			settledNanoUsd: 5,
			reservedNanoUsd: 0,
		});
	});
});

it('while nothing can be written, holds are refused and charges are kept', async () => {
	const memory = createMemoryStorage();
	const journal = new StorageJournal(logger);
	const storage = createJournaledStorage({
		current: () => memory,
		state: () => 'failing',
		journal,
		onFailure: () => {},
		verify: () => {},
		heal: async () => {
			throw new StorageError('full', 'no space');
		},
	});
	await expect(storage.budgets.reserve(sampleReservation())).rejects.toMatchObject({ problem: 'full' });
	await storage.budgets.charge(CHECKS, sampleEntry({ costNanoUsd: 3 }));
	expect([await memory.ledger.entries(ALL, 9), journal.moneySize]).toEqual([[], 1]);
});
