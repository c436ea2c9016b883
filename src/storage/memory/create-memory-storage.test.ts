import { expect, it } from 'vitest';
import {
	SAMPLE_TIME,
	sampleChecks,
	sampleDecision,
	sampleEntry,
	sampleOutcome,
	sampleReservation,
} from '../../testing/storage-contract/samples.ts';
import { createMemoryStorage } from './index.ts';

const ALL_TIME = { from: 0, to: Number.POSITIVE_INFINITY };

it('a process that runs for months keeps the newest rows only, and its budget stays exact', async () => {
	const storage = createMemoryStorage({ maxRows: 3 });
	for (let index = 0; index < 10; index += 1) {
		const id = `d${index}`;
		await storage.records.write([
			{ kind: 'decision', row: sampleDecision({ id, at: SAMPLE_TIME + index }) },
			{ kind: 'outcome', row: sampleOutcome({ id: `o${index}`, decisionId: id, at: SAMPLE_TIME + index }) },
		]);
		await storage.budgets.charge(sampleChecks(1), sampleEntry({ id, costNanoUsd: 7 }));
	}
	expect((await storage.records.decisions(ALL_TIME, 99)).map((row) => row.id)).toEqual(['d9', 'd8', 'd7']);
	expect(await storage.records.outcomes(ALL_TIME, 99)).toHaveLength(3);
	expect(await storage.ledger.entries(ALL_TIME, 99)).toHaveLength(3);
	expect((await storage.performance.performance())[0]?.totalRequests).toBe(10);
	expect((await storage.budgets.spend('all', '2026-03-10')).settledNanoUsd).toBe(70);
});

it('an open hold that is pushed out by newer ones stays counted', async () => {
	const { budgets } = createMemoryStorage({ maxRows: 2 });
	for (const id of ['a', 'b', 'c']) await budgets.reserve(sampleReservation({ id, amountNanoUsd: 10 }));
	expect(await budgets.spend('all', '2026-03-10')).toEqual({
		settledNanoUsd: 10,
		reservedNanoUsd: 20,
		unknownNanoUsd: 10,
	});
});

it('changing a row that was handed in or out changes nothing that is remembered', async () => {
	const { records } = createMemoryStorage();
	const row = sampleDecision();
	await records.write([{ kind: 'decision', row }]);
	row.model = 'haiku';
	const [read] = await records.decisions(ALL_TIME, 1);
	if (read !== undefined) read.model = 'haiku';
	expect((await records.decision('decision-1'))?.model).toBe('opus');
});

it('text is kept when capture is on', async () => {
	const { records } = createMemoryStorage({ captureText: true });
	await records.write([{ kind: 'decision', row: sampleDecision({ taskText: 'Fix it' }) }]);
	expect((await records.decision('decision-1'))?.taskText).toBe('Fix it');
});
