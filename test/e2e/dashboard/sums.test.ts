import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CostEntry, type CostTotals, type Overview, usdToNano } from '../../../src/contracts/index.ts';
import { openSqliteStorage } from '../../../src/storage/sqlite/index.ts';
import { sampleEntry } from '../../../src/testing/storage-contract/samples.ts';
import { openTestGateway, writeProjectConfig } from '../../support/open-test-gateway.ts';
import { callSwitchyard } from '../../support/switchyard-command.ts';
import { createTemporaryProject, type TemporaryProject } from '../../support/temporary-project.ts';

const ZONES = ['UTC', 'Asia/Kolkata', 'America/Los_Angeles'];
/** First and last day: clocks go back in Los Angeles and a month ends; clocks go forward; a day of 25 hours; more days than are drawn. */
const RANGES = [
	['2026-10-30', '2026-11-02'],
	['2026-03-07', '2026-03-09'],
	['2026-11-01', '2026-11-01'],
	['2026-03-07', '2026-11-02'],
] as const;
const GROUPS = ['day', 'model', 'task-type', 'key', 'team', 'tag', 'session'];
const QUARTER_MS = 900_000;

const entries: CostEntry[] = [];
/** Adds a charge whose amount no other one has. */
function addCharge(at: number, change: Partial<CostEntry> = {}): void {
	const index = entries.length;
	const id = `entry-${index}`;
	const attribution = {
		key: `key-${index % 3}`,
		team: index % 4 === 0 ? undefined : `team-${index % 2}`,
		tags: index % 5 === 0 ? ['both', 'of them'] : [`tag-${index % 2}`],
		session: `session-${index % 7}`,
	};
	const model = ['opus', 'haiku', 'sonnet'][index % 3] ?? 'opus';
	const taskType = index % 2 === 0 ? 'debugging' : 'testing';
	const costNanoUsd = 1 + index * index * 7919;
	entries.push(
		sampleEntry({ id, decisionId: null, call: undefined, model, taskType, costNanoUsd, attribution, at, ...change }),
	);
}
for (const around of ['2026-11-01T08:00Z', '2026-03-08T08:00Z']) {
	const middle = Date.parse(around);
	// a millisecond before, at and after each quarter of an hour: whatever the zone, days and hours begin there
	for (let step = -4 * 75; step < 4 * 75; step += 6)
		for (const aside of [-1, 0, 1]) addCharge(middle + step * QUARTER_MS + aside);
	for (const hour of [-7, 0, 1, 2, 7.5]) addCharge(middle + hour * 4 * QUARTER_MS);
	addCharge(middle, { costNanoUsd: null, inputCostNanoUsd: null, outputCostNanoUsd: null });
}
addCharge(Date.parse('2026-11-01T07:00Z'), { kind: 'correction', corrects: 'entry-9', costNanoUsd: -313 });

let project: TemporaryProject;
beforeAll(async () => {
	project = createTemporaryProject();
	const storage = await openSqliteStorage({ path: join(project.path, '.claude/orchestration/db/routing.db') });
	for (const entry of entries) await storage.ledger.append(entry);
	await storage.close();
});
afterAll(() => project.remove());

const sum = (rows: readonly { costNanoUsd: number | null }[]) =>
	rows.reduce((total, { costNanoUsd }) => total + (costNanoUsd ?? 0), 0);

describe.each(ZONES)('in the zone %s', (timezone) => {
	it.each(RANGES)('what %s to %s have cost is one number, to the nano, in every view and command', async (from, to) => {
		writeProjectConfig(project, { budget: { timezone } });
		const day = new Intl.DateTimeFormat('en-CA', { timeZone: timezone, dateStyle: 'short' });
		const charged = entries.filter(({ at }) => day.format(at) >= from && day.format(at) <= to);
		const cost = sum(charged);
		expect(cost).toBeGreaterThan(0);
		const twice = sum(charged.filter(({ attribution }) => attribution?.tags?.length === 2));
		const byGroup = Object.fromEntries(GROUPS.map((by) => [by, by === 'tag' ? cost + twice : cost]));

		const gateway = await openTestGateway({ project });
		try {
			const read = async <Answer>(path: string) =>
				(await (await gateway.ask(`/admin/v1/${path}from=${from}&to=${to}`)).json()) as Answer;
			const { buckets, byModel, total } = await read<Overview>('overview?');
			const drawnFrom = buckets[0]?.from ?? 0;
			expect({
				headline: total.costNanoUsd,
				models: sum(byModel),
				buckets: sum(buckets.flatMap((bucket) => bucket.byModel)),
			}).toEqual({ headline: cost, models: cost, buckets: sum(charged.filter(({ at }) => at >= drawnFrom)) });
			if (buckets.length < 92) expect(sum(buckets.flatMap((bucket) => bucket.byModel))).toBe(cost);
			expect(total.requests).toBe(charged.filter(({ kind }) => kind !== 'correction').length);
			const shown: Record<string, number> = {};
			for (const by of GROUPS)
				shown[by] = sum((await read<{ totals: CostTotals[] }>(`costs?by=${by}&limit=1000&`)).totals);
			expect(shown).toEqual(byGroup);
			const { totals } = await read<{ totals: CostTotals[] }>('costs?by=day&');
			const days = Map.groupBy(charged, ({ at }) => day.format(at));
			expect(Object.fromEntries(totals.map(({ costNanoUsd, key }) => [key, costNanoUsd]))).toEqual(
				Object.fromEntries([...days].map(([key, rows]) => [key, sum(rows)])),
			);
		} finally {
			await gateway.running.close();
			await gateway.simulator.close();
		}

		const run = async <Answer>(...args: string[]) => {
			const { stdout } = await callSwitchyard(project, ['cost', '--start', from, '--end', to, '--json', ...args]);
			return JSON.parse(stdout) as Answer;
		};
		const { totalCost } = await run<{ totalCost: number }>();
		expect(usdToNano(totalCost)).toBe(cost);
		const printed: Record<string, number> = {};
		for (const by of GROUPS) printed[by] = sum((await run<{ totals: CostTotals[] }>('--by', by)).totals);
		expect(printed).toEqual(byGroup);
	});
});
