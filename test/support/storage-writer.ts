import { writeSync } from 'node:fs';
import { openSqliteStorage } from '../../src/storage/sqlite/index.ts';
import {
	SAMPLE_TIME,
	sampleCall,
	sampleChecks,
	sampleDecision,
	sampleEntry,
	sampleReservation,
} from '../../src/testing/storage-contract/samples.ts';

/**
 * A process of its own that uses a database and tells its parent what was acknowledged, one line each.
 * Arguments: path, `write`, `budget`, `claim` or `flood=LIMIT`, a name for its ids, rounds (0: until killed), milliseconds (0: no limit).
 */

const [path = '', kind = 'write', name = 'a', rounds = '0', milliseconds = '0'] = process.argv.slice(2);
const endsAt = Number(milliseconds) === 0 ? Number.POSITIVE_INFINITY : Date.now() + Number(milliseconds);
const storage = await openSqliteStorage({ path, busyTimeoutMs: 30_000, retentionDays: Number.POSITIVE_INFINITY });
// written at once, not buffered: a line the parent has read was acknowledged before the process died
const tell = (line: string): void => {
	writeSync(1, `${line}\n`);
};

async function writeRound(round: number): Promise<void> {
	const id = `${name}-${round}`;
	const row = sampleDecision({ id, at: SAMPLE_TIME + round });
	await storage.budgets.charge(
		sampleChecks(1),
		sampleEntry({ id, decisionId: id, costNanoUsd: 3, call: sampleCall() }),
	);
	await storage.records.write([{ kind: 'decision', row }]);
	tell(id);
}

async function budgetRound(round: number): Promise<void> {
	const id = `${name}-${round}`;
	const reservation = sampleReservation({ id, amountNanoUsd: 7, checks: sampleChecks(1000) });
	const result = await storage.budgets.reserve(reservation);
	if (!result.granted) {
		tell('refused');
		return;
	}
	tell(`held ${id}`);
	if (round % 3 === 0) await storage.budgets.release(reservation);
	else await storage.budgets.settle(reservation, sampleEntry({ id, costNanoUsd: 5, call: sampleCall() }));
	tell(`${round % 3 === 0 ? 'released' : 'settled'} ${id}`);
}

/** Reserves as fast as it can against one limit: every tenth hold is given back, every eleventh forgotten. */
async function floodRound(round: number): Promise<void> {
	const id = `${name}-${round}`;
	const checks = sampleChecks(Number(kind.slice('flood='.length)));
	const reservation = sampleReservation({ id, amountNanoUsd: 7, checks });
	if (!(await storage.budgets.reserve(reservation)).granted) return tell(`refused ${id}`);
	tell(`held ${id}`);
	if (round % 11 === 5) return;
	if (round % 10 === 3) {
		await storage.budgets.release(reservation);
		return tell(`released ${id}`);
	}
	await storage.budgets.settle(reservation, sampleEntry({ id, costNanoUsd: 7, call: sampleCall() }));
	tell(`settled ${id}`);
}

/** Every process asks for the same idempotency keys: who claims one answers it with its own name. */
async function claimRound(round: number): Promise<void> {
	const id = { scope: 'key:a', key: `order-${round}`, owner: name };
	const body = Buffer.from(name);
	for (;;) {
		const claim = await storage.idempotency.claim({
			...id,
			requestHash: 'h',
			now: SAMPLE_TIME,
			leaseUntil: SAMPLE_TIME + 60_000,
		});
		if (claim.state === 'claimed') {
			tell(`claimed ${id.key}`);
			await storage.idempotency.save({ ...id, answer: { status: 200, headers: {}, body }, expiresAt: SAMPLE_TIME * 2 });
		} else if (claim.state === 'answered') {
			return tell(`answered ${id.key} ${Buffer.from(claim.answer.body).toString()}`);
		}
	}
}

function runRound(round: number): Promise<void> {
	if (kind === 'write') return writeRound(round);
	if (kind === 'claim') return claimRound(round);
	return kind === 'budget' ? budgetRound(round) : floodRound(round);
}

for (let round = 0; (Number(rounds) === 0 || round < Number(rounds)) && Date.now() < endsAt; round += 1)
	await runRound(round);
await storage.close();
