import assert from 'node:assert/strict';
import type { RouterStorage } from '../../contracts/index.ts';
import { isRouterError } from '../../errors/index.ts';
import {
	ALL_TIME,
	readSpend,
	SAMPLE_TIME,
	type StorageContractCases,
	sampleChecks,
	sampleEntry,
	sampleReservation,
} from './samples.ts';

async function charges(storage: RouterStorage): Promise<number> {
	return (await storage.ledger.entries(ALL_TIME, 100)).length;
}

/** Promises about money held and counted. */
export const budgetCases: StorageContractCases = {
	'a hold is granted up to the limit to the nano-dollar, and refused beyond with what is spent and held': async (
		storage,
	) => {
		const [daily] = sampleChecks(100);
		await storage.budgets.charge([daily], sampleEntry({ costNanoUsd: 30 }));
		const fits = sampleReservation({ amountNanoUsd: 70 });
		assert.deepEqual(await storage.budgets.reserve(fits), { granted: true, reservation: fits });
		const refused = await storage.budgets.reserve(sampleReservation({ id: 'r2', amountNanoUsd: 1 }));
		assert.deepEqual(refused, { granted: false, check: daily, settledNanoUsd: 30, reservedNanoUsd: 70 });
		assert.deepEqual(await readSpend(storage), [30, 70, 0]);
	},
	'a hold that one of its limits refuses takes nothing from the others': async (storage) => {
		const [daily, monthly] = sampleChecks(100);
		const tight = { ...monthly, limitNanoUsd: 39 };
		const result = await storage.budgets.reserve(sampleReservation({ checks: [daily, tight] }));
		assert.equal(result.granted, false);
		assert.deepEqual(await readSpend(storage), [0, 0, 0]);
		assert.deepEqual(await readSpend(storage, '2026-03'), [0, 0, 0]);
	},
	'periods that are in use already keep what they hold when one of them refuses': async (storage) => {
		const [daily, monthly] = sampleChecks(100);
		await storage.budgets.reserve(sampleReservation());
		const tight = { ...monthly, limitNanoUsd: 79 };
		const result = await storage.budgets.reserve(sampleReservation({ id: 'r2', checks: [daily, tight] }));
		assert.deepEqual(result, { granted: false, check: tight, settledNanoUsd: 0, reservedNanoUsd: 40 });
		assert.deepEqual(await readSpend(storage), [0, 40, 0]);
		assert.deepEqual(await readSpend(storage, '2026-03'), [0, 40, 0]);
	},
	'of several limits of one period the tightest hard one decides, and the money is counted once': async (storage) => {
		const [daily] = sampleChecks(100);
		const checks = [daily, { ...daily, limitNanoUsd: 79 }, { ...daily, limitNanoUsd: 1, isSoft: true }];
		await storage.budgets.reserve(sampleReservation({ checks }));
		assert.deepEqual(await readSpend(storage), [0, 40, 0]);
		const refused = await storage.budgets.reserve(sampleReservation({ id: 'r2', checks }));
		assert.equal(refused.granted === false && refused.check.limitNanoUsd, 79);
		const fits = await storage.budgets.reserve(sampleReservation({ id: 'r3', amountNanoUsd: 39, checks }));
		assert.equal(fits.granted, true);
		assert.deepEqual(await readSpend(storage), [0, 79, 0]);
	},
	'holds asked for at the same moment never pass the limit together': async (storage) => {
		const asked = Array.from({ length: 20 }, (_, index) =>
			storage.budgets.reserve(sampleReservation({ id: `r${index}`, amountNanoUsd: 7 })),
		);
		const granted = (await Promise.all(asked)).filter((result) => result.granted);
		assert.equal(granted.length, 14);
		assert.deepEqual(await readSpend(storage), [0, 98, 0]);
	},
	'a hold asked for twice is held once, and anew after it was given back': async (storage) => {
		await storage.budgets.reserve(sampleReservation());
		assert.equal((await storage.budgets.reserve(sampleReservation())).granted, true);
		assert.deepEqual(await readSpend(storage), [0, 40, 0]);
		await storage.budgets.release(sampleReservation());
		const again = sampleReservation({ amountNanoUsd: 99, expiresAt: SAMPLE_TIME + 1 });
		assert.equal((await storage.budgets.reserve(again)).granted, true);
		assert.deepEqual(await readSpend(storage), [0, 99, 0]);
		assert.equal(await storage.budgets.expire(SAMPLE_TIME + 1), 1);
		assert.deepEqual(await readSpend(storage), [99, 0, 99]);
	},
	'settling replaces the hold by the charge in day and month and writes the ledger, once': async (storage) => {
		const reservation = sampleReservation();
		await storage.budgets.reserve(reservation);
		await storage.budgets.settle(reservation, sampleEntry({ costNanoUsd: 25 }));
		await storage.budgets.settle(reservation, sampleEntry({ id: 'again', costNanoUsd: 25 }));
		await storage.budgets.release(reservation);
		assert.deepEqual(await readSpend(storage), [25, 0, 0]);
		assert.deepEqual(await readSpend(storage, '2026-03'), [25, 0, 0]);
		assert.equal(await charges(storage), 1);
	},
	'releasing gives the hold back, once; a bill that comes all the same is counted': async (storage) => {
		const reservation = sampleReservation();
		await storage.budgets.reserve(reservation);
		await storage.budgets.release(reservation);
		await storage.budgets.release(reservation);
		assert.deepEqual(await readSpend(storage), [0, 0, 0]);
		await storage.budgets.settle(reservation, sampleEntry({ costNanoUsd: 25 }));
		assert.deepEqual(await readSpend(storage), [25, 0, 0]);
		assert.equal(await charges(storage), 1);
	},
	'a hold whose process died stays counted as unknown spend, and is corrected when its end becomes known': async (
		storage,
	) => {
		const { budgets } = storage;
		const young = sampleReservation({ id: 'young', amountNanoUsd: 5, expiresAt: SAMPLE_TIME + 120_000 });
		const dead = ['dead', 'billed', 'free'].map((id) => sampleReservation({ id, amountNanoUsd: 10 }));
		for (const reservation of [young, ...dead]) await budgets.reserve(reservation);
		assert.equal(await budgets.expire(SAMPLE_TIME + 59_999), 0);
		assert.equal(await budgets.expire(SAMPLE_TIME + 60_000), 3);
		assert.equal(await budgets.expire(SAMPLE_TIME + 60_000), 0);
		assert.deepEqual(await readSpend(storage), [30, 5, 30]);
		const refused = await budgets.reserve(sampleReservation({ id: 'more', amountNanoUsd: 66 }));
		assert.equal(refused.granted, false);
		await budgets.settle(sampleReservation({ id: 'billed' }), sampleEntry({ costNanoUsd: 4 }));
		await budgets.release(sampleReservation({ id: 'free' }));
		assert.deepEqual(await readSpend(storage), [14, 5, 10]);
	},
	'a charge without a hold is counted in every period it belongs to, once': async (storage) => {
		const checks = sampleChecks(1);
		await storage.budgets.charge(checks, sampleEntry({ costNanoUsd: 25 }));
		await storage.budgets.charge(checks, sampleEntry({ costNanoUsd: 25 }));
		await storage.budgets.charge(checks, sampleEntry({ id: 'unpriced', costNanoUsd: null }));
		assert.deepEqual(await readSpend(storage), [25, 0, 0]);
		assert.deepEqual(await readSpend(storage, '2026-03'), [25, 0, 0]);
		assert.equal(await charges(storage), 2);
	},
	'scopes do not share money, and a new day begins at 0': async (storage) => {
		const [daily] = sampleChecks(100);
		await storage.budgets.charge([{ ...daily, scope: 'team:a' }], sampleEntry({ costNanoUsd: 25 }));
		assert.deepEqual(await readSpend(storage), [0, 0, 0]);
		assert.equal((await storage.budgets.spend('team:a', '2026-03-10')).settledNanoUsd, 25);
		assert.equal((await storage.budgets.spend('team:a', '2026-03-11')).settledNanoUsd, 0);
	},
	'what is not an amount of money is refused and counted nowhere': async (storage) => {
		for (const amountNanoUsd of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) {
			await assert.rejects(storage.budgets.reserve(sampleReservation({ amountNanoUsd })), isRouterError);
			const entry = sampleEntry({ costNanoUsd: amountNanoUsd });
			await assert.rejects(storage.budgets.charge(sampleChecks(1), entry), isRouterError);
		}
		assert.deepEqual(await readSpend(storage), [0, 0, 0]);
		assert.equal(await charges(storage), 0);
	},
	'limits can be changed during the day without touching what is spent': async (storage) => {
		const alerts = { dailyWarning: 75, monthlyWarning: 80 };
		const config = { dailyLimit: 10, monthlyLimit: 250, alerts, timezone: 'UTC' };
		const [startsAt, endsAt] = [Date.UTC(2026, 2, 10), Date.UTC(2026, 2, 11)];
		const periods = { dayKey: '2026-03-10', monthKey: '2026-03', startsAt, endsAt };
		await storage.budgets.saveLimits(config, periods);
		await storage.budgets.charge(sampleChecks(100), sampleEntry({ costNanoUsd: 25 }));
		await storage.budgets.saveLimits({ ...config, dailyLimit: 20 }, periods);
		assert.deepEqual(await readSpend(storage), [25, 0, 0]);
	},
};
