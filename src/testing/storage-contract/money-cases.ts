import assert from 'node:assert/strict';
import type { CostEntry, CostGroup, RouterStorage } from '../../contracts/index.ts';
import { isRouterError } from '../../errors/index.ts';
import { HOUR_MS } from '../../util/index.ts';
import {
	ALL_TIME,
	readSpend,
	SAMPLE_TIME,
	type StorageContractCases,
	sampleCall,
	sampleChecks,
	sampleDecision,
	sampleEntry,
	sampleOutcome,
	sampleReservation,
} from './samples.ts';

function correction(change: Partial<CostEntry>): CostEntry {
	const made = { id: 'correction-1', kind: 'correction', corrects: 'cost-1', reason: 'billed less' } as const;
	return sampleEntry({ ...made, ...change });
}

async function groups({ ledger }: RouterStorage, by: CostGroup): Promise<Record<string, number[]>> {
	const totals = await ledger.totals(ALL_TIME, by, 'UTC');
	return Object.fromEntries(totals.map((group) => [group.key, [group.requests, group.costNanoUsd]]));
}

/** Promises about whose money it was, corrections, unknown spend, alerts and prices. */
export const moneyCases: StorageContractCases = {
	'a soft limit is counted and never refuses': async (storage) => {
		const [daily] = sampleChecks(100);
		const soft = { ...daily, scope: 'tag:nightly', limitNanoUsd: 10, isSoft: true };
		const result = await storage.budgets.reserve(sampleReservation({ amountNanoUsd: 60, checks: [daily, soft] }));
		assert.equal(result.granted, true);
		assert.equal((await storage.budgets.spend('tag:nightly', daily.periodKey)).reservedNanoUsd, 60);
	},
	'a row keeps whom it was for, what it was priced with and what the provider billed it as': async (storage) => {
		const entry = sampleEntry({
			attribution: { key: 'k1', team: 'core', tags: ['nightly', 'ci'], session: 's1' },
			priceVersion: '2026-11-24.1',
		});
		entry.usage = { ...entry.usage, serviceTier: 'batch', region: 'us' };
		await storage.ledger.append(entry);
		assert.deepEqual(await storage.ledger.entries(ALL_TIME, 1), [entry]);
	},
	'a charge and the call it is for are kept in one step and once, whole, and are in every sum at once': async (
		storage,
	) => {
		const { budgets, ledger, records } = storage;
		const attribution = { key: 'k1', team: 'core', tags: ['nightly', 'ci'], session: 's1', namedBy: 'k1' };
		const entry = sampleEntry({ attribution, priceVersion: '2026-11-24.1', reason: 'list price only' });
		entry.usage = { ...entry.usage, serviceTier: 'batch', region: 'us', providerCostNanoUsd: 5 };
		const [charged, call] = [{ ...entry, call: sampleCall() }, sampleCall()];
		const reservation = sampleReservation({ amountNanoUsd: 20_000_000, checks: sampleChecks(30_000_000) });
		await budgets.reserve(reservation);
		await budgets.settle(reservation, charged);
		await budgets.settle(reservation, charged);
		await budgets.charge(sampleChecks(1), charged);
		assert.deepEqual(await groups(storage, 'model'), { opus: [1, 15_000_001] });
		assert.deepEqual(await ledger.entries(ALL_TIME, 9), [entry]);
		const { attempt, costNanoUsd, decisionId, id, model } = entry;
		const row = { ...call, id, decisionId, number: attempt, model, costNanoUsd, isEstimated: true };
		assert.deepEqual(await records.attempts(ALL_TIME, 9), [row]);
		assert.deepEqual(await records.attemptsOf('decision-1'), [row]);
		await ledger.append(entry);
		await ledger.append(sampleEntry({ id: 'first' }));
		await budgets.charge(sampleChecks(1), sampleEntry({ id: 'first', call }));
		assert.deepEqual(await groups(storage, 'model'), { opus: [2, 30_000_002] });
		assert.equal((await budgets.spend('all', '2026-03-10')).settledNanoUsd, 15_000_001);
		await storage.reset('stats');
		assert.deepEqual(await records.attempts(ALL_TIME, 9), []);
		assert.equal((await ledger.entries(ALL_TIME, 9)).length, 2);
	},
	'usage that nobody knows is told by its field, uses without a price by their names': async ({ ledger }) => {
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
	'totals by key, team, tag and session: each tag of a row counts, what has none stands under the empty name': async (
		storage,
	) => {
		const whole = { key: 'k1', team: 'core', tags: ['ci', 'nightly', 'ci'], session: 's1', namedBy: 'k1' };
		await storage.ledger.append(sampleEntry({ id: 'a', costNanoUsd: 5, attribution: whole }));
		await storage.ledger.append(sampleEntry({ id: 'b', costNanoUsd: 2, attribution: { key: 'k1', tags: ['ci'] } }));
		await storage.ledger.append(sampleEntry({ id: 'c', costNanoUsd: 1 }));
		assert.deepEqual(await groups(storage, 'key'), { k1: [2, 7], '': [1, 1] });
		assert.deepEqual(await groups(storage, 'team'), { core: [1, 5], '': [2, 3] });
		assert.deepEqual(await groups(storage, 'tag'), { ci: [2, 7], nightly: [1, 5], '': [1, 1] });
		assert.deepEqual(await groups(storage, 'session'), { s1: [1, 5], '': [2, 3] });
		const byKeyAndTag = {
			'["k1","ci"]': [1, 5],
			'["k1","nightly"]': [1, 5],
			'[null,"ci"]': [1, 2],
			'[null,""]': [1, 1],
		};
		assert.deepEqual(await groups(storage, 'key-tag'), byKeyAndTag);
		const byKeyAndSession = { '["k1","s1"]': [1, 5], '[null,""]': [2, 3] };
		assert.deepEqual(await groups(storage, 'key-session'), byKeyAndSession);
	},
	'a correction is a row of its own: it changes money, never the number of requests, and counts once': async (
		storage,
	) => {
		const checks = sampleChecks(100);
		await storage.budgets.charge(checks, sampleEntry({ costNanoUsd: 30 }));
		await storage.budgets.correct(checks, correction({ costNanoUsd: -12 }));
		await storage.budgets.correct(checks, correction({ costNanoUsd: -12 }));
		assert.deepEqual(await readSpend(storage), [18, 0, 0]);
		assert.deepEqual(await groups(storage, 'model'), { opus: [1, 18] });
		const [first] = (await storage.ledger.entries(ALL_TIME, 10)).filter(({ kind }) => kind === 'correction');
		assert.deepEqual([first?.corrects, first?.reason, first?.costNanoUsd], ['cost-1', 'billed less', -12]);
	},
	'no correction brings a period below nothing, and what is no correction is refused': async (storage) => {
		const checks = sampleChecks(100);
		await storage.budgets.charge(checks, sampleEntry({ costNanoUsd: 30 }));
		await storage.budgets.correct(checks, correction({ costNanoUsd: -50 }));
		assert.deepEqual(await readSpend(storage), [0, 0, 0]);
		await assert.rejects(storage.budgets.correct(checks, sampleEntry({ id: 'no' })), isRouterError);
		await assert.rejects(storage.budgets.correct(checks, correction({ id: 'x', costNanoUsd: 0.5 })), isRouterError);
		await assert.rejects(storage.budgets.charge(checks, sampleEntry({ id: 'y', costNanoUsd: -1 })), isRouterError);
	},
	'holds of a dead process can be listed, oldest first, and still be settled: unknown spend becomes known': async (
		storage,
	) => {
		const old = sampleReservation({ id: 'old', createdAt: SAMPLE_TIME - HOUR_MS, amountNanoUsd: 30 });
		await storage.budgets.reserve(sampleReservation({ amountNanoUsd: 20 }));
		await storage.budgets.reserve(old);
		assert.deepEqual(await storage.budgets.unsettled(10), []);
		await storage.budgets.expire(SAMPLE_TIME + 24 * HOUR_MS);
		const [first, second, ...others] = await storage.budgets.unsettled(10);
		assert.ok(first !== undefined);
		assert.deepEqual([first.id, first.amountNanoUsd, first.checks], ['old', 30, []]);
		assert.deepEqual([second?.id, second?.amountNanoUsd, second?.checks], ['reservation-1', 20, []]);
		assert.deepEqual(others, []);
		await storage.budgets.settle(first, sampleEntry({ costNanoUsd: 4 }));
		assert.deepEqual(await readSpend(storage), [24, 0, 20]);
		assert.equal((await storage.budgets.unsettled(10)).length, 1);
	},
	'an alert is claimed once': async (storage) => {
		const claims = [1, 2, 3].map(() => storage.budgets.claimAlert('2026-03-10 75 100', SAMPLE_TIME));
		assert.deepEqual((await Promise.all(claims)).filter(Boolean).length, 1);
		assert.equal(await storage.budgets.claimAlert('2026-03-10 100 100', SAMPLE_TIME), true);
	},
	'a price book is kept as it was first saved': async (storage) => {
		await storage.prices.save({ version: '1', document: '{"a":1}', at: SAMPLE_TIME });
		await storage.prices.save({ version: '1', document: '{"a":2}', at: SAMPLE_TIME + 1 });
		await storage.prices.save({ version: '2', document: '{}', at: SAMPLE_TIME + 2 });
		assert.deepEqual(await storage.prices.list(), [
			{ version: '2', document: '{}', at: SAMPLE_TIME + 2 },
			{ version: '1', document: '{"a":1}', at: SAMPLE_TIME },
		]);
	},
};

/** Promises about the ledger and its reports. */
export const ledgerCases: StorageContractCases = {
	'a charge comes back to the nano-dollar, with every class of tokens; an unpriced one is never $0': async ({
		ledger,
	}) => {
		const nothing = { costNanoUsd: 0, inputCostNanoUsd: 0, outputCostNanoUsd: 0 };
		const unknown = { costNanoUsd: null, inputCostNanoUsd: null, outputCostNanoUsd: null };
		const free = sampleEntry({ id: 'free', ...nothing, at: SAMPLE_TIME - 1 });
		const unlinked = { decisionId: null, attempt: null };
		const unpriced = sampleEntry({ id: 'unpriced', ...unlinked, ...unknown, at: SAMPLE_TIME - 2 });
		for (const entry of [sampleEntry(), free, unpriced]) await ledger.append(entry);
		assert.deepEqual(await ledger.entries(ALL_TIME, 10), [sampleEntry(), free, unpriced]);
		assert.deepEqual(await ledger.entries({ from: SAMPLE_TIME - 1, to: SAMPLE_TIME }, 10), [free]);
		assert.deepEqual(await ledger.entries(ALL_TIME, 1), [sampleEntry()]);
	},
	'a charge appended twice is charged once': async ({ ledger }) => {
		await ledger.append(sampleEntry());
		await ledger.append(sampleEntry());
		assert.equal((await ledger.totals(ALL_TIME, 'model', 'UTC'))[0]?.requests, 1);
	},
	'totals by model and by task type are exact, largest first, and count what has no price beside them': async ({
		ledger,
	}) => {
		const big = 9_000_000_000_000_001;
		await ledger.append(sampleEntry({ id: 'a', model: 'haiku', costNanoUsd: 1 }));
		await ledger.append(sampleEntry({ id: 'b', costNanoUsd: big, taskType: 'planning' }));
		await ledger.append(sampleEntry({ id: 'c', model: 'haiku', costNanoUsd: null }));
		const tokens = { inputTokens: 2134, outputTokens: 560 };
		const first = { requests: 1, costNanoUsd: big, ...tokens, unpricedRequests: 0 };
		const second = { requests: 2, costNanoUsd: 1, inputTokens: 4268, outputTokens: 1120, unpricedRequests: 1 };
		const models = await ledger.totals(ALL_TIME, 'model', 'UTC');
		const types = await ledger.totals(ALL_TIME, 'task-type', 'UTC');
		assert.deepEqual(models, [
			{ key: 'opus', ...first },
			{ key: 'haiku', ...second },
		]);
		assert.deepEqual(types, [
			{ key: 'planning', ...first },
			{ key: 'debugging', ...second },
		]);
	},
	'a report holds exactly the charges of its range, also when it begins and ends within an hour': async ({
		ledger,
	}) => {
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
	'days begin at midnight of the given zone, also on the days the clocks change and in zones half an hour off': async ({
		ledger,
	}) => {
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
		const isOfZone = (error: unknown) => isRouterError(error) && /Mars/.test(error.message);
		await assert.rejects(ledger.totals(ALL_TIME, 'day', 'Mars/Olympus'), isOfZone);
	},
	'a reset empties decisions, outcomes and statistics and never the ledger or the budget': async (storage) => {
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
};
