import assert from 'node:assert/strict';
import { isRouterError } from '../errors/index.ts';
import type { StorageContractCase } from './storage-contract-case.ts';
import { SAMPLE_TIME, sampleChecks, sampleDecision, sampleEntry, sampleOutcome } from './storage-contract-samples.ts';

const ALL_TIME = { from: 0, to: Number.MAX_SAFE_INTEGER };
const HOUR_MS = 3_600_000;

/** Promises about the ledger and its reports. */
export const ledgerCases: readonly StorageContractCase[] = [
	{
		title: 'a charge comes back to the nano-dollar, with every class of tokens; an unpriced one is never $0',
		async run({ ledger }) {
			const free = sampleEntry({
				id: 'free',
				costNanoUsd: 0,
				inputCostNanoUsd: 0,
				outputCostNanoUsd: 0,
				at: SAMPLE_TIME - 1,
			});
			const unpriced = sampleEntry({
				id: 'unpriced',
				decisionId: null,
				attempt: null,
				costNanoUsd: null,
				inputCostNanoUsd: null,
				outputCostNanoUsd: null,
				at: SAMPLE_TIME - 2,
			});
			for (const entry of [sampleEntry(), free, unpriced]) await ledger.append(entry);
			assert.deepEqual(await ledger.entries(ALL_TIME, 10), [sampleEntry(), free, unpriced]);
			assert.deepEqual(await ledger.entries({ from: SAMPLE_TIME - 1, to: SAMPLE_TIME }, 10), [free]);
			assert.deepEqual(await ledger.entries(ALL_TIME, 1), [sampleEntry()]);
		},
	},
	{
		title: 'a charge appended twice is charged once',
		async run({ ledger }) {
			await ledger.append(sampleEntry());
			await ledger.append(sampleEntry());
			assert.equal((await ledger.totals(ALL_TIME, 'model', 'UTC'))[0]?.requests, 1);
		},
	},
	{
		title: 'totals by model and by task type are exact, largest first, and count what has no price beside them',
		async run({ ledger }) {
			const big = 9_000_000_000_000_001;
			await ledger.append(sampleEntry({ id: 'a', model: 'haiku', costNanoUsd: 1 }));
			await ledger.append(sampleEntry({ id: 'b', costNanoUsd: big, taskType: 'planning' }));
			await ledger.append(sampleEntry({ id: 'c', model: 'haiku', costNanoUsd: null }));
			const tokens = { inputTokens: 2134, outputTokens: 560 };
			const haiku = {
				key: 'haiku',
				requests: 2,
				costNanoUsd: 1,
				inputTokens: 4268,
				outputTokens: 1120,
				unpricedRequests: 1,
			};
			assert.deepEqual(await ledger.totals(ALL_TIME, 'model', 'UTC'), [
				{ key: 'opus', requests: 1, costNanoUsd: big, ...tokens, unpricedRequests: 0 },
				haiku,
			]);
			const types = await ledger.totals(ALL_TIME, 'task-type', 'UTC');
			assert.deepEqual(types, [
				{ key: 'planning', requests: 1, costNanoUsd: big, ...tokens, unpricedRequests: 0 },
				{ ...haiku, key: 'debugging' },
			]);
		},
	},
	{
		title: 'a report holds exactly the charges of its range, also when it begins and ends within an hour',
		async run({ ledger }) {
			const start = SAMPLE_TIME + 10;
			const moments = [start - 1, start, start + 2 * HOUR_MS, start + 3 * HOUR_MS - 1, start + 3 * HOUR_MS];
			for (const [index, at] of moments.entries())
				await ledger.append(sampleEntry({ id: `e${index}`, costNanoUsd: 10 ** index, at }));
			const sum = async (from: number, to: number) =>
				(await ledger.totals({ from, to }, 'model', 'UTC'))[0]?.costNanoUsd ?? 0;
			assert.equal(await sum(start, start + 3 * HOUR_MS), 1110);
			assert.equal(await sum(start - 1, start + 1), 11);
			assert.equal(await sum(start, start), 0);
			assert.equal(await sum(0, Number.MAX_SAFE_INTEGER), 11111);
		},
	},
	{
		title: 'days begin at midnight of the given zone, also on the days the clocks change and in zones half an hour off',
		async run({ ledger }) {
			const append = (id: string, time: string, costNanoUsd: number) =>
				ledger.append(sampleEntry({ id, costNanoUsd, at: Date.parse(time) }));
			// Berlin: 2026-03-29 has 23 hours (22:00Z of the 28th is 23:00 there, 22:00Z of the 29th is the next midnight)
			await append('a', '2026-03-28T22:59:59.999Z', 1);
			await append('b', '2026-03-28T23:00:00.000Z', 10);
			await append('c', '2026-03-29T21:59:59.999Z', 100);
			await append('d', '2026-03-29T22:00:00.000Z', 1000);
			const days = async (timezone: string) =>
				(await ledger.totals(ALL_TIME, 'day', timezone)).map((total) => [total.key, total.costNanoUsd]);
			assert.deepEqual(await days('Europe/Berlin'), [
				['2026-03-30', 1000],
				['2026-03-29', 110],
				['2026-03-28', 1],
			]);
			// Kolkata is 5:30 ahead: its midnight is 18:30Z
			await append('e', '2026-03-27T18:29:59.999Z', 10_000);
			await append('f', '2026-03-27T18:30:00.000Z', 100_000);
			assert.deepEqual((await days('Asia/Kolkata')).slice(-2), [
				['2026-03-28', 100_000],
				['2026-03-27', 10_000],
			]);
			await assert.rejects(
				ledger.totals(ALL_TIME, 'day', 'Mars/Olympus'),
				(error) => isRouterError(error) && /Mars/.test(error.message),
			);
		},
	},
	{
		title: 'a reset empties decisions, outcomes and statistics and never the ledger or the budget',
		async run(storage) {
			const [day] = sampleChecks(100);
			await storage.records.write([
				{ kind: 'decision', row: sampleDecision() },
				{ kind: 'outcome', row: sampleOutcome() },
			]);
			await storage.budgets.charge([day], sampleEntry({ costNanoUsd: 30 }));
			for (const scope of ['stats', 'all'] as const) {
				await storage.reset(scope);
				assert.deepEqual(await storage.records.decisions(ALL_TIME, 10), []);
				assert.deepEqual(await storage.records.outcomes(ALL_TIME, 10), []);
				assert.deepEqual(await storage.performance.performance(), []);
				assert.equal((await storage.ledger.entries(ALL_TIME, 10)).length, 1);
				assert.equal((await storage.budgets.spend('all', day.periodKey)).settledNanoUsd, 30);
			}
		},
	},
];
