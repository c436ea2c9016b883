import { statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Clock, DecisionRecord } from '../../contracts/index.ts';
import {
	readSpend,
	SAMPLE_TIME,
	sampleDecision,
	sampleEntry,
	sampleReservation,
} from '../../testing/storage-contract/samples.ts';
import { DAY_MS } from '../../util/index.ts';
import { openSqliteStorage } from './index.ts';

const ALL_TIME = { from: 0, to: Number.POSITIVE_INFINITY };

let folder = '';
let path = '';
beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), 'switchyard-retention-'));
	path = join(folder, 'routing.db');
});
afterEach(() => rm(folder, { recursive: true }));

function clockAt(now: number): Clock {
	return { now: () => now, monotonic: () => 0, sleep: async () => {} };
}

function decisions(count: number, change: Partial<DecisionRecord>): Array<{ kind: 'decision'; row: DecisionRecord }> {
	return Array.from({ length: count }, (_, index) => ({
		kind: 'decision',
		row: sampleDecision({ id: `${change.at}-${index}`, ...change }),
	}));
}

it('an archived decision is still found by its id, whole', async () => {
	const storage = await openSqliteStorage({ path, retentionDays: Number.POSITIVE_INFINITY });
	const decision = sampleDecision({ features: [{ name: 'fix', target: 'type:debugging', weight: 1 }] });
	await storage.records.write([{ kind: 'decision', row: decision }]);
	expect(await storage.archiveBefore(SAMPLE_TIME + 1)).toBe(1);
	expect(await storage.records.decisions(ALL_TIME, 9)).toEqual([]);
	expect(await storage.records.decision('decision-1')).toEqual(decision);
	await storage.reset('stats');
	expect(await storage.records.decision('decision-1')).toEqual(decision);
	await storage.reset('all');
	expect(await storage.records.decision('decision-1')).toBeNull();
	await storage.close();
});

it('old rows leave by themselves and the file gets smaller, the ledger stays', async () => {
	const old = await openSqliteStorage({ path, clock: clockAt(SAMPLE_TIME) });
	await old.ledger.append(sampleEntry());
	await old.records.write(decisions(3000, { at: SAMPLE_TIME, reasoning: ['x'.repeat(500)] }));
	await old.close();
	const before = statSync(path).size;
	const archived = await openSqliteStorage({ path, clock: clockAt(SAMPLE_TIME + 92 * DAY_MS) });
	await archived.records.write(decisions(1, { at: SAMPLE_TIME + 92 * DAY_MS }));
	await archived.close();
	const count = (table: string) => {
		const database = new DatabaseSync(path);
		const row = database.prepare(`SELECT COUNT(*) AS count FROM ${table}`).get();
		database.close();
		return row?.['count'];
	};
	expect([count('routing_decisions'), count('archives'), count('cost_tracking')]).toEqual([1, 3000, 1]);
	const dropped = await openSqliteStorage({ path, clock: clockAt(SAMPLE_TIME + 367 * DAY_MS) });
	await dropped.records.write(decisions(1, { at: SAMPLE_TIME + 367 * DAY_MS }));
	await dropped.close();
	expect([count('routing_decisions'), count('archives'), count('cost_tracking')]).toEqual([1, 1, 1]);
	expect(statSync(path).size).toBeLessThan(before / 4);
});

it('answers kept for idempotency keys leave by themselves, those in their time stay, and no key is lost', async () => {
	const until = SAMPLE_TIME + DAY_MS;
	const storage = await openSqliteStorage({ path, clock: clockAt(until + 3_600_001), retentionDays: 90 });
	for (const [key, expiresAt] of [
		['over', until],
		['in-time', until + 2 * DAY_MS],
	] as const) {
		const id = { scope: 'key:a', key, owner: 'o' };
		await storage.idempotency.claim({ ...id, requestHash: 'h', now: SAMPLE_TIME, leaseUntil: SAMPLE_TIME + 1000 });
		await storage.idempotency.save({ ...id, answer: { status: 200, headers: {}, body: new Uint8Array(9) }, expiresAt });
	}
	await storage.records.write(decisions(1, { at: until }));
	await storage.close();
	const database = new DatabaseSync(path);
	const kept = database.prepare('SELECT key FROM idempotency_answers').all();
	database.close();
	expect(kept.map((row) => row['key'])).toEqual(['in-time']);
});

it('what a dead process may have spent is listed until it is cleared up, however long ago; ended reservations leave', async () => {
	const storage = await openSqliteStorage({ path, retentionDays: Number.POSITIVE_INFINITY });
	const { budgets } = storage;
	for (const id of ['unknown', 'settled', 'released', 'running']) {
		const expiresAt = SAMPLE_TIME + (id === 'running' ? 900 * DAY_MS : 60_000);
		const reservation = sampleReservation({ id, amountNanoUsd: 10, expiresAt });
		expect(await budgets.reserve(reservation)).toMatchObject({ granted: true });
		if (id === 'settled') await budgets.settle(reservation, sampleEntry({ costNanoUsd: 10 }));
		if (id === 'released') await budgets.release(reservation);
	}
	expect(await budgets.expire(SAMPLE_TIME + DAY_MS)).toBe(1);
	await storage.archiveBefore(SAMPLE_TIME + 800 * DAY_MS);
	expect((await budgets.unsettled(9)).map(({ id }) => id)).toEqual(['unknown']);
	expect(await readSpend(storage)).toEqual([20, 10, 10]);
	await storage.close();
	const database = new DatabaseSync(path);
	const left = database.prepare('SELECT id FROM reservations ORDER BY id').all();
	database.close();
	expect(left.map((row) => row['id'])).toEqual(['running', 'unknown']);
});
