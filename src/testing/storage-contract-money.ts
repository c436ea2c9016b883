import assert from 'node:assert/strict';
import type { CostEntry, RouterStorage } from '../contracts/index.ts';
import { isRouterError } from '../errors/index.ts';
import type { StorageContractCase } from './storage-contract-case.ts';
import { SAMPLE_TIME, sampleChecks, sampleEntry, sampleReservation } from './storage-contract-samples.ts';

const ALL_TIME = { from: 0, to: Number.MAX_SAFE_INTEGER };
const HOUR_MS = 3_600_000;

function correction(change: Partial<CostEntry>): CostEntry {
	const made = { id: 'correction-1', kind: 'correction', corrects: 'cost-1', reason: 'billed less' } as const;
	return sampleEntry({ ...made, ...change });
}

async function settledToday(storage: RouterStorage): Promise<number> {
	return (await storage.budgets.spend('all', '2026-03-10')).settledNanoUsd;
}

async function groups(
	storage: RouterStorage,
	by: 'key' | 'team' | 'tag' | 'session' | 'model',
): Promise<Record<string, number[]>> {
	const totals = await storage.ledger.totals(ALL_TIME, by, 'UTC');
	return Object.fromEntries(totals.map((group) => [group.key, [group.requests, group.costNanoUsd]]));
}

/** Promises about whose money it was, corrections, unknown spend, alerts and prices. */
export const moneyCases: readonly StorageContractCase[] = [
	{
		title: 'a soft limit is counted and never refuses',
		async run(storage) {
			const [daily] = sampleChecks(100);
			const soft = { ...daily, scope: 'tag:nightly', limitNanoUsd: 10, isSoft: true };
			const result = await storage.budgets.reserve(sampleReservation({ amountNanoUsd: 60, checks: [daily, soft] }));
			assert.equal(result.granted, true);
			assert.equal((await storage.budgets.spend('tag:nightly', daily.periodKey)).reservedNanoUsd, 60);
		},
	},
	{
		title: 'a row keeps whom it was for, what it was priced with and what the provider billed it as',
		async run(storage) {
			const entry = sampleEntry({
				attribution: { key: 'k1', team: 'core', tags: ['nightly', 'ci'], session: 's1' },
				priceVersion: '2026-11-24.1',
			});
			entry.usage = { ...entry.usage, serviceTier: 'batch', region: 'us' };
			await storage.ledger.append(entry);
			assert.deepEqual(await storage.ledger.entries(ALL_TIME, 1), [entry]);
		},
	},
	{
		title: 'usage that nobody knows is told by its field, uses without a price by their names',
		async run({ ledger }) {
			const { usage } = sampleEntry();
			const put = (id: string, unknownFields: Record<string, unknown>, at = SAMPLE_TIME) =>
				ledger.append(sampleEntry({ id, usage: { ...usage, unknownFields }, at }));
			await put('a', { speed: 'fast', unpricedUses: ['webSearch', 'codeRuns'] });
			await put('b', { speed: 'fast', telepathy: { tokens: 5 } });
			await put('c', { earlier: 1 }, SAMPLE_TIME - 1);
			// the sample's own usage has audio_tokens
			await ledger.append(sampleEntry({ id: 'd' }));
			assert.deepEqual(await ledger.unknownUsage({ from: SAMPLE_TIME, to: SAMPLE_TIME + 1 }), [
				{ field: 'speed', requests: 2 },
				{ field: 'audio_tokens', requests: 1 },
				{ field: 'telepathy', requests: 1 },
				{ field: 'unpriced use: codeRuns', requests: 1 },
				{ field: 'unpriced use: webSearch', requests: 1 },
			]);
		},
	},
	{
		title: 'totals by key, team, tag and session: each tag of a row counts, what has none stands under the empty name',
		async run(storage) {
			const whole = { key: 'k1', team: 'core', tags: ['ci', 'nightly', 'ci'], session: 's1' };
			await storage.ledger.append(sampleEntry({ id: 'a', costNanoUsd: 5, attribution: whole }));
			await storage.ledger.append(sampleEntry({ id: 'b', costNanoUsd: 2, attribution: { key: 'k1', tags: ['ci'] } }));
			await storage.ledger.append(sampleEntry({ id: 'c', costNanoUsd: 1 }));
			assert.deepEqual(await groups(storage, 'key'), { k1: [2, 7], '': [1, 1] });
			assert.deepEqual(await groups(storage, 'team'), { core: [1, 5], '': [2, 3] });
			assert.deepEqual(await groups(storage, 'tag'), { ci: [2, 7], nightly: [1, 5], '': [1, 1] });
			assert.deepEqual(await groups(storage, 'session'), { s1: [1, 5], '': [2, 3] });
		},
	},
	{
		title: 'a correction is a row of its own: it changes money, never the number of requests, and counts once',
		async run(storage) {
			const checks = sampleChecks(100);
			await storage.budgets.charge(checks, sampleEntry({ costNanoUsd: 30 }));
			await storage.budgets.correct(checks, correction({ costNanoUsd: -12 }));
			await storage.budgets.correct(checks, correction({ costNanoUsd: -12 }));
			assert.equal(await settledToday(storage), 18);
			assert.deepEqual(await groups(storage, 'model'), { opus: [1, 18] });
			const [first] = (await storage.ledger.entries(ALL_TIME, 10)).filter(({ kind }) => kind === 'correction');
			assert.deepEqual([first?.corrects, first?.reason, first?.costNanoUsd], ['cost-1', 'billed less', -12]);
		},
	},
	{
		title: 'no correction brings a period below nothing, and what is no correction is refused',
		async run(storage) {
			const checks = sampleChecks(100);
			await storage.budgets.charge(checks, sampleEntry({ costNanoUsd: 30 }));
			await storage.budgets.correct(checks, correction({ costNanoUsd: -50 }));
			assert.equal(await settledToday(storage), 0);
			await assert.rejects(storage.budgets.correct(checks, sampleEntry({ id: 'no' })), isRouterError);
			await assert.rejects(storage.budgets.correct(checks, correction({ id: 'x', costNanoUsd: 0.5 })), isRouterError);
			await assert.rejects(storage.budgets.charge(checks, sampleEntry({ id: 'y', costNanoUsd: -1 })), isRouterError);
		},
	},
	{
		title: 'holds of a dead process can be listed, oldest first, and still be settled: unknown spend becomes known',
		async run(storage) {
			const old = sampleReservation({ id: 'old', createdAt: SAMPLE_TIME - HOUR_MS, amountNanoUsd: 30 });
			await storage.budgets.reserve(sampleReservation({ amountNanoUsd: 20 }));
			await storage.budgets.reserve(old);
			assert.deepEqual(await storage.budgets.unsettled(10), []);
			await storage.budgets.expire(SAMPLE_TIME + 24 * HOUR_MS);
			const listed = await storage.budgets.unsettled(10);
			assert.deepEqual(
				listed.map(({ id, amountNanoUsd, checks }) => [id, amountNanoUsd, checks]),
				[
					['old', 30, []],
					['reservation-1', 20, []],
				],
			);
			const [first] = listed;
			assert.ok(first !== undefined);
			await storage.budgets.settle(first, sampleEntry({ costNanoUsd: 4 }));
			const day = await storage.budgets.spend('all', '2026-03-10');
			assert.deepEqual([day.settledNanoUsd, day.unknownNanoUsd], [24, 20]);
			assert.equal((await storage.budgets.unsettled(10)).length, 1);
		},
	},
	{
		title: 'an alert is claimed once',
		async run(storage) {
			const claims = [1, 2, 3].map(() => storage.budgets.claimAlert('2026-03-10 75 100', SAMPLE_TIME));
			assert.deepEqual((await Promise.all(claims)).filter(Boolean).length, 1);
			assert.equal(await storage.budgets.claimAlert('2026-03-10 100 100', SAMPLE_TIME), true);
		},
	},
	{
		title: 'a price book is kept as it was first saved',
		async run(storage) {
			await storage.prices.save({ version: '1', document: '{"a":1}', at: SAMPLE_TIME });
			await storage.prices.save({ version: '1', document: '{"a":2}', at: SAMPLE_TIME + 1 });
			await storage.prices.save({ version: '2', document: '{}', at: SAMPLE_TIME + 2 });
			assert.deepEqual(await storage.prices.list(), [
				{ version: '2', document: '{}', at: SAMPLE_TIME + 2 },
				{ version: '1', document: '{"a":1}', at: SAMPLE_TIME },
			]);
		},
	},
];
