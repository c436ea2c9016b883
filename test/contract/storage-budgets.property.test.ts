import { array, assert, asyncProperty, constantFrom, integer, oneof, record } from 'fast-check';
import { expect, it } from 'vitest';
import type { RouterStorage } from '../../src/contracts/index.ts';
import { createMemoryStorage } from '../../src/storage/memory/index.ts';
import { openSqliteStorage } from '../../src/storage/sqlite/index.ts';
import {
	SAMPLE_TIME,
	sampleChecks,
	sampleEntry,
	sampleReservation,
} from '../../src/testing/storage-contract/samples.ts';

const LIMIT = 100;
const ids = constantFrom('a', 'b', 'c', 'd');
const amounts = integer({ min: 0, max: 60 });
const steps = array(
	oneof(
		record({
			do: constantFrom('reserve', 'settle', 'release'),
			id: ids,
			amount: amounts,
			lasts: integer({ min: 1, max: 5 }),
		}),
		record({ do: constantFrom('expire'), at: integer({ min: 0, max: 6 }) }),
		record({ do: constantFrom('charge'), id: ids, amount: amounts }),
	),
	{ maxLength: 40 },
);
type Step = Parameters<Parameters<typeof steps.map>[0]>[0][number];

async function apply({ budgets }: RouterStorage, step: Step): Promise<unknown> {
	if (!('id' in step)) return budgets.expire(SAMPLE_TIME + step.at);
	const entry = sampleEntry({ id: `${step.do}-${step.id}`, costNanoUsd: step.amount });
	if (!('lasts' in step)) return budgets.charge(sampleChecks(LIMIT), entry);
	const reservation = sampleReservation({
		id: step.id,
		amountNanoUsd: step.amount,
		expiresAt: SAMPLE_TIME + step.lasts,
	});
	if (step.do === 'settle') return budgets.settle(reservation, entry);
	if (step.do === 'release') return budgets.release(reservation);
	return (await budgets.reserve(reservation)).granted;
}

async function compare(sequence: readonly Step[]): Promise<void> {
	const memory = createMemoryStorage();
	const sqlite = await openSqliteStorage({ path: ':memory:', retentionDays: Number.POSITIVE_INFINITY });
	try {
		for (const step of sequence) {
			const before = await memory.budgets.spend('all', '2026-03-10');
			const answer = await apply(memory, step);
			expect(await apply(sqlite, step)).toEqual(answer);
			const after = await memory.budgets.spend('all', '2026-03-10');
			expect(await sqlite.budgets.spend('all', '2026-03-10')).toEqual(after);
			const held = after.settledNanoUsd + after.reservedNanoUsd;
			if (after.reservedNanoUsd > before.reservedNanoUsd) expect(held).toBeLessThanOrEqual(LIMIT);
			expect(Math.min(after.settledNanoUsd, after.reservedNanoUsd, after.unknownNanoUsd ?? 0)).toBeGreaterThanOrEqual(
				0,
			);
		}
		const everything = { from: 0, to: Number.POSITIVE_INFINITY };
		const settled = (await sqlite.ledger.entries(everything, 100)).reduce(
			(sum, entry) => sum + (entry.costNanoUsd ?? 0),
			0,
		);
		const spend = await sqlite.budgets.spend('all', '2026-03-10');
		expect(settled + (spend.unknownNanoUsd ?? 0)).toBe(spend.settledNanoUsd);
	} finally {
		await sqlite.close();
	}
}

type Scenario = { name: string; sequence: Step[] };
/** Found by the property below, and kept since few draws meet them. */
const scenarios: Scenario[] = [
	{
		name: 'a charge for a hold that nobody knows takes what a lease had to spare',
		sequence: [
			{ do: 'reserve', id: 'c', amount: 45, lasts: 1 },
			{ do: 'settle', id: 'a', amount: 44, lasts: 1 },
			{ do: 'reserve', id: 'd', amount: 12, lasts: 1 },
		],
	},
];

it.each(scenarios)('$name', ({ sequence }) => compare(sequence));

it('whatever happens in whatever order, no hold passes the limit, nothing is given back twice, and memory and SQLite agree', async () => {
	await assert(asyncProperty(steps, compare), { numRuns: 150 });
});
