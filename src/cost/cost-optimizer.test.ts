import { describe, expect, it } from 'vitest';
import { BUILTIN_MODELS } from '../catalog/index.ts';
import type { BudgetCheck, BudgetConfig, CostEntry, ModelProfile, RouterEvent } from '../contracts/index.ts';
import { InvalidConfigError, InvalidInputError } from '../errors/index.ts';
import { CostOptimizer, type CostOptimizerOptions, DEFAULT_BUDGET_CONFIG } from './index.ts';

const NOON = Date.UTC(2026, 10, 24, 12);
const DAY = 24 * 3_600_000;

function profile(changes: Partial<ModelProfile> = {}): ModelProfile {
	return {
		id: 'sonnet',
		name: 'sonnet',
		modelId: 'sonnet-1',
		provider: 'anthropic',
		strengths: [],
		costPer1kInputTokens: 0.003,
		costPer1kOutputTokens: 0.015,
		latencyMs: 2000,
		contextWindow: 200_000,
		maxOutputTokens: 64_000,
		qualityScore: 90,
		supportsExtendedThinking: true,
		supportsVision: true,
		supportsToolUse: true,
		...changes,
	};
}

interface Bench {
	optimizer: CostOptimizer;
	events: RouterEvent[];
	charges: Array<{ entry: CostEntry; checks: BudgetCheck[] }>;
	at(time: number): void;
}

function bench(budget: Partial<BudgetConfig> = {}, options: CostOptimizerOptions = {}): Bench {
	let now = NOON;
	let ids = 0;
	const events: RouterEvent[] = [];
	const charges: Bench['charges'] = [];
	const optimizer = new CostOptimizer({ ...DEFAULT_BUDGET_CONFIG, ...budget }, [profile()], {
		clock: { now: () => now },
		ids: {
			next: () => {
				ids += 1;
				return `id-${ids}`;
			},
		},
		onEvent: (event) => events.push(event),
		onCharge: (entry, checks) => charges.push({ entry, checks }),
		...options,
	});
	return {
		optimizer,
		events,
		charges,
		at(time) {
			now = time;
		},
	};
}

function spend({ optimizer }: Bench, costUsd: number): void {
	optimizer.trackUsage('sonnet', 'code-generation', { input: 1250, output: 2100 }, costUsd);
}

function entryAt(at: number, changes: Partial<CostEntry> = {}): CostEntry {
	return {
		id: `entry-${at}`,
		decisionId: 'd',
		attempt: 1,
		model: 'sonnet',
		taskType: 'debugging',
		costNanoUsd: 1_000_000_000,
		inputCostNanoUsd: 400_000_000,
		outputCostNanoUsd: 600_000_000,
		usage: {
			inputTokens: 10,
			cacheReadTokens: 100,
			cacheWrite5mTokens: 0,
			cacheWrite1hTokens: 0,
			outputTokens: 5,
			reasoningTokens: 7,
		},
		at,
		...changes,
	};
}

describe('tracking and the budget', () => {
	it('refuses what no model could have taken, and books nothing of it', () => {
		const optimizer = new CostOptimizer(DEFAULT_BUDGET_CONFIG, BUILTIN_MODELS);
		const track = (tokens: { input: number; output: number }) => () =>
			optimizer.trackUsage('opus', 'debugging', tokens, 1);
		expect(track({ input: 150_000, output: 60_000 })).toThrow(
			/tokens is 210000\. Give at most the 200000 of the context window of opus/,
		);
		expect(track({ input: -1, output: 1 })).toThrow(/tokens\.input is -1/);
		expect(track({ input: 1, output: Number.NaN })).toThrow(/tokens\.output is NaN/);
		expect(optimizer.checkBudget().dailySpent).toBe(0);
	});

	it('the default budget is the documented one and cannot be changed by accident', () => {
		expect(DEFAULT_BUDGET_CONFIG).toEqual({
			dailyLimit: 10,
			monthlyLimit: 250,
			perRequestLimit: 1,
			alerts: { dailyWarning: 75, monthlyWarning: 80 },
			timezone: 'UTC',
		});
		expect(Object.isFrozen(DEFAULT_BUDGET_CONFIG.alerts)).toBe(true);
	});

	it('a tracked cost is in the status and the summary to the cent and beyond', () => {
		const table = bench();
		spend(table, 0.0189);
		expect(table.optimizer.checkBudget()).toEqual({
			dailySpent: 0.0189,
			dailyLimit: 10,
			dailyRemaining: 9.9811,
			dailyUsagePercent: 0.18,
			monthlySpent: 0.0189,
			monthlyLimit: 250,
			monthlyRemaining: 249.9811,
			monthlyUsagePercent: 0,
			exceeded: false,
			warning: false,
			resets: { daily: new Date('2026-11-25T00:00:00Z'), monthly: new Date('2026-12-01T00:00:00Z') },
		});
		expect(table.optimizer.getSummary()).toEqual({
			totalSpent: 0.0189,
			totalRequests: 1,
			avgCostPerRequest: 0.0189,
			totalTokens: 3350,
			unpricedRequests: 0,
		});
	});

	it('a million small charges add up exactly', () => {
		const table = bench();
		for (let count = 0; count < 10_000; count += 1) spend(table, 0.0000001);
		expect(table.optimizer.checkBudget().dailySpent).toBe(0.001);
	});

	it('a tracked charge reaches storage with both limits and its cost parted by the model’s rates', () => {
		const table = bench();
		spend(table, 0.03525);
		const [charge] = table.charges;
		expect(charge?.entry).toMatchObject({ decisionId: null, attempt: null, costNanoUsd: 35_250_000, at: NOON });
		expect(charge?.entry.inputCostNanoUsd).toBe(3_750_000);
		expect(charge?.entry.outputCostNanoUsd).toBe(31_500_000);
		expect(charge?.checks).toEqual([
			{
				scope: 'all',
				period: 'day',
				periodKey: '2026-11-24',
				limitNanoUsd: 10_000_000_000,
				resetsAt: Date.parse('2026-11-25T00:00:00Z'),
			},
			{
				scope: 'all',
				period: 'month',
				periodKey: '2026-11',
				limitNanoUsd: 250_000_000_000,
				resetsAt: Date.parse('2026-12-01T00:00:00Z'),
			},
		]);
	});

	it('a settled charge is counted, not charged a second time', () => {
		const table = bench();
		table.optimizer.record(entryAt(NOON));
		expect(table.charges).toEqual([]);
		expect(table.events.map(({ type }) => type)).toEqual(['cost-recorded']);
		expect(table.optimizer.checkBudget().dailySpent).toBe(1);
	});

	it('an unpriced request is counted as one, never as free of charge', () => {
		const table = bench();
		table.optimizer.record(entryAt(NOON));
		table.optimizer.record(entryAt(NOON + 1, { costNanoUsd: null }));
		expect(table.optimizer.getSummary()).toMatchObject({ avgCostPerRequest: 1, totalRequests: 2, unpricedRequests: 1 });
	});

	it('a new day frees the daily budget, a new month the monthly one', () => {
		const table = bench({ dailyLimit: 10, monthlyLimit: 12 });
		spend(table, 10);
		expect(table.optimizer.checkBudget().exceeded).toBe(true);
		table.at(NOON + DAY);
		expect(table.optimizer.checkBudget()).toMatchObject({ dailySpent: 0, monthlySpent: 10, exceeded: false });
		table.at(NOON + 7 * DAY);
		expect(table.optimizer.checkBudget()).toMatchObject({ dailySpent: 0, monthlySpent: 0 });
	});

	it('the day begins in the budget’s time zone', () => {
		const table = bench({ timezone: 'Asia/Tokyo' });
		table.at(Date.parse('2026-11-24T15:30:00Z'));
		spend(table, 1);
		expect(table.optimizer.getBudgetKeys()).toEqual({
			monthStartsAt: Date.parse('2026-10-31T15:00:00Z'),
			dayKey: '2026-11-25',
			monthKey: '2026-11',
			startsAt: Date.parse('2026-11-24T15:00:00Z'),
			endsAt: Date.parse('2026-11-25T15:00:00Z'),
		});
	});

	it('a restart does not give the budget anew, nor repeat old warnings', () => {
		const table = bench();
		table.optimizer.restoreSpend({ dayKey: '2026-11-24', dayNano: 8e9, monthKey: '2026-11', monthNano: 20e9 });
		spend(table, 0.5);
		expect(table.optimizer.checkBudget()).toMatchObject({ dailySpent: 8.5, monthlySpent: 20.5, warning: true });
		expect(table.events.map(({ type }) => type)).toEqual(['cost-recorded']);
	});

	it('100 percent is said only when the limit is reached', () => {
		const table = bench();
		spend(table, 9.999999999);
		expect(table.optimizer.checkBudget()).toMatchObject({ dailyUsagePercent: 99.99, exceeded: false });
		spend(table, 0.000000001);
		expect(table.optimizer.checkBudget()).toMatchObject({ dailyUsagePercent: 100, exceeded: true, dailyRemaining: 0 });
	});

	it('a limit of 0 allows nothing', () => {
		const { optimizer } = bench({ dailyLimit: 0, monthlyLimit: 0, perRequestLimit: 0 });
		expect(optimizer.checkBudget()).toMatchObject({ exceeded: true, dailyUsagePercent: 100, dailyRemaining: 0 });
		expect(optimizer.getRequestLimit()?.limitNanoUsd).toBe(0);
	});
});

describe('warnings', () => {
	it('each threshold speaks once a period, and the limit too', () => {
		const table = bench();
		const alerts = (): unknown[] => table.events.filter(({ type }) => type === 'budget-alert');
		for (const cost of [7, 0.5, 0.5, 2, 1]) spend(table, cost);
		expect(alerts()).toEqual([
			{
				type: 'budget-alert',
				period: 'day',
				thresholdPercent: 75,
				spentUsd: 7.5,
				limitUsd: 10,
				scope: 'all',
				periodKey: '2026-11-24',
			},
			{
				type: 'budget-alert',
				period: 'day',
				thresholdPercent: 100,
				spentUsd: 10,
				limitUsd: 10,
				scope: 'all',
				periodKey: '2026-11-24',
			},
		]);
		table.at(NOON + DAY);
		spend(table, 8);
		expect(alerts()).toHaveLength(3);
	});

	it('a raised limit warns anew, a lowered one at once', () => {
		const table = bench();
		spend(table, 8);
		table.optimizer.setBudget(20, 250);
		spend(table, 8);
		table.optimizer.setBudget(16, 250);
		const alerts = table.events.filter((event) => event.type === 'budget-alert');
		expect(alerts.map(({ thresholdPercent, limitUsd }) => [thresholdPercent, limitUsd])).toEqual([
			[75, 10],
			[75, 20],
			[75, 16],
			[100, 16],
		]);
	});

	it('a listener that throws does not lose the charge', () => {
		const broken = bench(
			{},
			{
				onEvent: () => {
					throw new Error('listener');
				},
			},
		);
		spend(broken, 8);
		expect(broken.charges).toHaveLength(1);
		expect(broken.optimizer.checkBudget().dailySpent).toBe(8);
	});
});

describe('bad input', () => {
	it.each([
		['tokens.input', { input: -1, output: 1 }, 0.1],
		['tokens.output', { input: 1, output: Number.NaN }, 0.1],
		['cost', { input: 1, output: 1 }, -0.1],
		['cost', { input: 1, output: 1 }, Number.NaN],
		['cost', { input: 1, output: 1 }, Number.POSITIVE_INFINITY],
	])('a broken %s is named and nothing is booked', (field, tokens, cost) => {
		const { optimizer } = bench();
		const track = (): void => optimizer.trackUsage('sonnet', 'debugging', tokens, cost);
		expect(track).toThrow(InvalidInputError);
		expect(track).toThrow(field);
		expect(optimizer.getSummary().totalRequests).toBe(0);
	});

	it('a mistyped task type is refused with the one that was meant', () => {
		const { optimizer } = bench();
		// A caller without types can write anything.
		const type = 'debuging' as 'debugging';
		expect(() => optimizer.trackUsage('sonnet', type, { input: 1, output: 1 }, 0)).toThrow(/"debugging"/);
	});

	it.each([
		['budget.dailyLimit', { dailyLimit: -1 }],
		['budget.monthlyLimit', { monthlyLimit: Number.NaN }],
		['budget.perRequestLimit', { perRequestLimit: Number.POSITIVE_INFINITY }],
		['budget.alerts.dailyWarning', { alerts: { dailyWarning: 101, monthlyWarning: 80 } }],
		['budget.dailyLimit', { dailyLimit: 300, monthlyLimit: 250 }],
		['budget.timezone', { timezone: 'Mars/Olympus' }],
	])('an impossible %s is refused by its path', (path, budget) => {
		expect(() => bench(budget)).toThrow(InvalidConfigError);
		expect(() => bench(budget)).toThrow(path);
	});

	it('a refused change of limits changes nothing', () => {
		const { optimizer } = bench();
		expect(() => optimizer.setBudget(500, 100)).toThrow(InvalidConfigError);
		expect(optimizer.budget.dailyLimit).toBe(10);
		optimizer.setBudget(20, 400, 2);
		expect(optimizer.budget).toMatchObject({ dailyLimit: 20, monthlyLimit: 400, perRequestLimit: 2 });
	});

	it('a report over a period that is none is refused', () => {
		const { optimizer } = bench();
		const [early, late] = [new Date(NOON), new Date(NOON + 1)];
		expect(() => optimizer.generateReport({ start: late, end: early })).toThrow(InvalidInputError);
		expect(() => optimizer.generateReport({ start: new Date('x'), end: late })).toThrow(/Invalid Date/);
	});
});

describe('reports and exports', () => {
	it('a report holds what was spent, by model, type and day', () => {
		const table = bench();
		table.optimizer.restoreEntries([
			entryAt(NOON - DAY, { model: 'opus', costNanoUsd: 3_000_000_000 }),
			entryAt(NOON - 9 * DAY),
		]);
		table.optimizer.record(entryAt(NOON - 1000));
		table.optimizer.record(entryAt(NOON, { costNanoUsd: null, model: 'local' }));
		const report = table.optimizer.generateReport({ start: new Date(NOON - 7 * DAY), end: new Date(NOON) });
		expect(report).toEqual({
			period: { start: new Date(NOON - 7 * DAY), end: new Date(NOON) },
			totalCost: 4,
			byModel: {
				opus: { cost: 3, requests: 1, avgCostPerRequest: 3, tokens: { input: 110, output: 12 } },
				sonnet: { cost: 1, requests: 1, avgCostPerRequest: 1, tokens: { input: 110, output: 12 } },
				local: { cost: 0, requests: 1, avgCostPerRequest: 0, tokens: { input: 110, output: 12 } },
			},
			byTaskType: { debugging: { cost: 4, requests: 3, preferredModel: 'local' } },
			dailyCosts: [
				{ date: '2026-11-23', cost: 3, requests: 1 },
				{ date: '2026-11-24', cost: 1, requests: 2 },
			],
			trends: { dailyAverage: 4, weeklyAverage: 28, projectedMonthly: 120 },
			suggestions: [],
			unpricedRequests: 1,
		});
	});

	it('charges of earlier runs are in reports once, and not in the budget', () => {
		const table = bench();
		table.optimizer.record(entryAt(NOON));
		table.optimizer.restoreEntries([entryAt(NOON), entryAt(NOON - 5)]);
		expect(table.optimizer.getSummary().totalRequests).toBe(2);
		expect(table.optimizer.checkBudget().dailySpent).toBe(1);
	});

	it('a model named like an object’s insides does no harm', () => {
		const table = bench();
		table.optimizer.record(entryAt(NOON, { model: '__proto__' }));
		const { byModel } = table.optimizer.generateReport({ start: new Date(0), end: new Date(NOON) });
		expect(Object.keys(byModel)).toEqual(['__proto__']);
	});

	it('JSON and CSV exports can be read back', () => {
		const table = bench();
		table.optimizer.record(entryAt(NOON, { model: '=cmd("x"),y', costNanoUsd: 1, inputCostNanoUsd: null }));
		const [record] = JSON.parse(table.optimizer.exportRecords('json'));
		expect(record).toMatchObject({ model: '=cmd("x"),y', cost: 1e-9, tokens: { input: 110, output: 12 } });
		const [header, line] = table.optimizer.exportRecords('csv').split('\n');
		expect(header?.split(',')).toHaveLength(12);
		expect(line).toBe(
			`entry-${NOON},2026-11-24T12:00:00.000Z,"'=cmd(""x""),y",debugging,110,12,0.000000001,,0.600000000,d,1,false`,
		);
		// A caller without types can write anything.
		expect(() => table.optimizer.exportRecords('xml' as 'csv')).toThrow(/Use "json" or "csv"/);
	});

	it('clearing old records keeps the budget of the month', () => {
		const table = bench();
		table.optimizer.record(entryAt(NOON - 20 * DAY));
		table.optimizer.record(entryAt(NOON));
		expect(table.optimizer.clearOldRecords(10)).toBe(1);
		expect(table.optimizer.getSummary().totalSpent).toBe(1);
		expect(table.optimizer.checkBudget().monthlySpent).toBe(2);
		expect(() => table.optimizer.clearOldRecords(Number.NaN)).toThrow(InvalidInputError);
	});

	it('memory stays bounded, sums stay exact', () => {
		const table = bench();
		for (let count = 0; count < 120_000; count += 1) {
			table.optimizer.record(entryAt(NOON, { id: String(count), costNanoUsd: 1000 }));
			table.events.length = 0;
		}
		expect(table.optimizer.getSummary()).toMatchObject({ totalRequests: 120_000, totalSpent: 0.12 });
		expect(table.optimizer.exportRecords('csv').split('\n').length).toBeLessThanOrEqual(110_002);
	});
});

it('however many charges with long names there are, what is kept of them is bounded in bytes, and sums stay exact', () => {
	const { charges, optimizer } = bench();
	optimizer.trackUsage('sonnet', 'simple-task', { input: 1, output: 1 }, 0.001);
	const entry = charges[0]?.entry as CostEntry;
	const tags = Array.from({ length: 50 }, (_, at) => `${at}`.padEnd(200, 'x'));
	for (let at = 1; at < 5000; at += 1) optimizer.record({ ...entry, id: `e${at}`, attribution: { tags } });
	const kept: unknown[] = JSON.parse(optimizer.exportRecords('json'));
	// 11 kB each, 16 MiB together, and up to a tenth over
	expect(kept.length).toBeGreaterThan(1400);
	expect(kept.length).toBeLessThan(1700);
	expect(optimizer.checkBudget().dailySpent).toBeCloseTo(5, 6);
});
