import { expect, it } from 'vitest';
import { type CostEntry, DEFAULT_FORECAST_DAYS } from '../contracts/index.ts';
import { CostOptimizer, DEFAULT_BUDGET_CONFIG } from '../cost/index.ts';
import { createMemoryStorage } from '../storage/memory/index.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { DAY_MS } from '../util/index.ts';
import { readCostReport } from './reports.ts';
import { RoutingSystem } from './routing-system.ts';

const NOW = Date.parse('2026-11-24T20:00:00Z');

function createEntry(at: string): CostEntry {
	return {
		id: at,
		decisionId: null,
		attempt: null,
		model: 'opus',
		taskType: 'debugging',
		costNanoUsd: 5_000_000_000,
		inputCostNanoUsd: null,
		outputCostNanoUsd: null,
		usage: {
			inputTokens: 1,
			cacheReadTokens: 0,
			cacheWrite5mTokens: 0,
			cacheWrite1hTokens: 0,
			outputTokens: 1,
			reasoningTokens: 0,
		},
		at: Date.parse(at),
	};
}

it.each([
	// from midnight of the first day in the zone to now
	['America/Los_Angeles', 2.5],
	['UTC', 2 + 20 / 24],
	['Pacific/Auckland', 3 + 9 / 24],
	['Pacific/Kiritimati', 3 + 10 / 24],
])(
	'a young ledger’s daily average in %s counts from the day of the first charge, as the zone has it',
	async (timezone, days) => {
		const storage = createMemoryStorage();
		await storage.ledger.append(createEntry('2026-11-22T08:30:00Z'));
		await storage.ledger.append(createEntry('2026-11-24T08:30:00Z'));
		const optimizer = new CostOptimizer({ ...DEFAULT_BUDGET_CONFIG, timezone }, []);
		const period = { start: new Date('2026-11-01T00:00:00Z'), end: new Date('2026-11-30T00:00:00Z') };
		const { trends, totalCost } = await readCostReport({ storage, optimizer, now: NOW }, period);
		expect(totalCost).toBe(10);
		expect(trends.dailyAverage).toBeCloseTo(10 / days, 9);
	},
);

it('the library forecasts as many days as the command line does', async () => {
	const storage = createMemoryStorage();
	const clock = new ManualClock(NOW);
	for (let day = 1; day <= 20; day += 1) {
		await storage.ledger.append(createEntry(new Date(NOW - day * DAY_MS).toISOString()));
	}
	await using system = new RoutingSystem(undefined, undefined, { clock, openStorage: () => storage });
	const { days } = await system.forecast();
	expect(DEFAULT_FORECAST_DAYS).toBe(14);
	expect(days).toHaveLength(DEFAULT_FORECAST_DAYS);
});

it('"always the strongest" is a model that none which competes or was used surpasses', async () => {
	const storage = createMemoryStorage();
	const clock = new ManualClock(NOW);
	await storage.ledger.append({ ...createEntry('2026-11-24T08:30:00Z'), model: 'claude-sonnet-5-5' });
	await using system = new RoutingSystem(undefined, undefined, { clock, openStorage: () => storage });
	const [strongest, , mix] = await system.savings({ from: 0, to: NOW });
	expect(strongest).toMatchObject({ baseline: 'strongest', qualityDelta: 0 });
	expect(strongest?.method).toContain('every request on claude-sonnet-5-5');
	expect(mix?.method).toContain('at random, on claude-sonnet-5-5');
});
