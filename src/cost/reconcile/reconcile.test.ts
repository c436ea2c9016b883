import { describe, expect, it } from 'vitest';
import { BUILTIN_MODELS, createModelCatalog } from '../../catalog/index.ts';
import type { CostEntry, Reservation } from '../../contracts/index.ts';
import { createMemoryStorage } from '../../storage/memory/index.ts';
import { DAY_MS } from '../../util/index.ts';
import { applyReconciliation, planReconciliation, type ReconcilePlan } from './plan-reconciliation.ts';
import { reconcile } from './reconcile.ts';
import type { ReconcileReport } from './reconcile-report.ts';
import { sumTokens, type UsageExport, type UsageExportRow } from './usage-export.ts';

const DAY = '2026-11-02';
const NO_TOKENS = sumTokens([]);
const NOON = Date.parse(`${DAY}T12:00:00Z`);
const MIDNIGHT = Date.parse(`${DAY}T00:00:00Z`);
const catalog = createModelCatalog(BUILTIN_MODELS);
const options: Parameters<typeof reconcile>[1] = { catalog, now: NOON + 10 * DAY_MS };

// opus (claude-opus-4-5): $5 and $25 a million tokens. 1,000 in and 100 out cost $0.0075 = 7,500,000 nano-dollars.
const COST = 7_500_000;

function entry(change: Partial<CostEntry> = {}): CostEntry {
	return {
		id: 'c1',
		decisionId: null,
		attempt: 1,
		model: 'opus',
		taskType: 'analysis',
		costNanoUsd: COST,
		inputCostNanoUsd: 5_000_000,
		outputCostNanoUsd: 2_500_000,
		usage: {
			inputTokens: 1000,
			cacheReadTokens: 0,
			cacheWrite5mTokens: 0,
			cacheWrite1hTokens: 0,
			outputTokens: 60,
			reasoningTokens: 40,
		},
		at: NOON,
		...change,
	};
}

function estimate(change: Partial<CostEntry> = {}): CostEntry {
	const row = entry(change);
	return { ...row, usage: { ...row.usage, isEstimated: true } };
}

function row(change: Partial<UsageExportRow> = {}): UsageExportRow {
	return {
		day: DAY,
		model: 'claude-opus-4-5-20251101',
		requests: null,
		tokens: { ...NO_TOKENS, input: 1000, output: 100 },
		costNanoUsd: COST,
		precisionNanoUsd: 1,
		serviceTier: null,
		...change,
	};
}

function exported(...rows: UsageExportRow[]): UsageExport {
	return { format: 'csv', provider: 'anthropic', from: MIDNIGHT, to: MIDNIGHT + DAY_MS, rows, isIncomplete: false };
}

function hold(change: Partial<Reservation> = {}): Reservation {
	const times = { createdAt: NOON - 1000, expiresAt: NOON };
	return { id: 'h1', amountNanoUsd: 4_000_000, checks: [], model: 'opus', ...times, ...change };
}

function reasons(report: ReconcileReport): Array<[string, number]> {
	return report.differences.flatMap(({ causes }) =>
		causes.map(({ reason, amountNanoUsd }): [string, number] => [reason, amountNanoUsd]),
	);
}

function compare(ledger: CostEntry[], rows: UsageExportRow[], holds: Reservation[] = []): Array<[string, number]> {
	return reasons(reconcile({ ledger, exports: [exported(...rows)], holds }, options));
}

describe('what agrees', () => {
	it('is no difference: reasoning is inside the provider’s output, a dated model id is the model', () => {
		const report = reconcile({ ledger: [entry()], exports: [exported(row())], holds: [] }, options);
		expect(report).toMatchObject({ compared: 1, agreed: 1, differences: [], deltaNanoUsd: 0, isWithinTolerance: true });
	});

	it('a report without money is priced by what its tokens differ by, so equal tokens differ by nothing', () => {
		expect(compare([entry({ costNanoUsd: 9_999_999 })], [row({ costNanoUsd: null })])).toEqual([]);
	});

	it('other providers’ rows and days outside the file are left alone', () => {
		const others = [entry({ id: 'c2', model: 'gpt-4' }), entry({ id: 'c3', at: NOON + DAY_MS })];
		expect(compare([entry(), ...others], [row()])).toEqual([]);
	});
});

describe('what differs has its reason, and the parts add up', () => {
	it('used outside: the provider has it, the ledger does not', () => {
		expect(compare([], [row()])).toEqual([['outside-ledger', COST]]);
		const more = row({ requests: 3, costNanoUsd: 3 * COST, tokens: { ...NO_TOKENS, input: 3000, output: 300 } });
		expect(compare([estimate()], [more])).toEqual([['outside-ledger', 2 * COST]]);
	});

	it('missing at the provider: not exported yet while the day is young, else never billed', () => {
		const input = { ledger: [entry()], exports: [exported()], holds: [] };
		const at = (now: number) => reasons(reconcile(input, { ...options, provider: 'anthropic', now }));
		expect(at(NOON + DAY_MS)).toEqual([['not-exported-yet', -COST]]);
		expect(at(MIDNIGHT + 2 * DAY_MS)).toEqual([['never-billed', -COST]]);
	});

	it('an estimate against the exact figure, upwards and downwards', () => {
		const exact = row({ requests: 1, costNanoUsd: 5_500_000, tokens: { ...NO_TOKENS, input: 1000, output: 20 } });
		expect(compare([estimate()], [exact])).toEqual([['estimated', -2_000_000]]);
		const dearer = row({ requests: 1, costNanoUsd: 10_000_000, tokens: { ...NO_TOKENS, input: 1000, output: 200 } });
		expect(compare([estimate()], [dearer])).toEqual([['estimated', 2_500_000]]);
	});

	it('a hold of a dead process explains what the ledger lacks, up to its amount', () => {
		const two = row({ costNanoUsd: 3 * COST, tokens: { ...NO_TOKENS, input: 3000, output: 300 } });
		expect(compare([entry()], [two], [hold()])).toEqual([
			['unknown-spend', 4_000_000],
			['outside-ledger', 2 * COST - 4_000_000],
		]);
	});

	it('the same tokens at another price: which rate was billed is said', () => {
		const half = reconcile(
			{ ledger: [entry()], exports: [exported(row({ costNanoUsd: COST / 2 }))], holds: [] },
			options,
		);
		expect(reasons(half)).toEqual([['service-tier', -COST / 2]]);
		const odd = reconcile(
			{ ledger: [entry()], exports: [exported(row({ costNanoUsd: COST * 3 }))], holds: [] },
			options,
		);
		expect(reasons(odd)).toEqual([['price-differs', 2 * COST]]);
		expect(odd.differences[0]?.causes[0]?.explanation).toContain('3.000 × the ledger');
		const said = row({ costNanoUsd: COST * 2, serviceTier: 'priority' });
		expect(compare([entry()], [said])).toEqual([['service-tier', COST]]);
	});

	it('long-context rates are known by their amount', () => {
		// sonnet-4-5 over 200,000 tokens: $6 and $22.50; 1,000 in and 100 out are $0.00825 instead of $0.0045
		const ledger = [entry({ model: 'sonnet', costNanoUsd: 4_500_000 })];
		const rows = [row({ model: 'claude-sonnet-4-5-20250929', costNanoUsd: 8_250_000 })];
		const report = reconcile({ ledger, exports: [exported(...rows)], holds: [] }, options);
		expect(report.differences[0]?.causes[0]?.explanation).toContain('long-context rates (over 200000 input tokens)');
	});

	it('cents in the report are rounding, no error', () => {
		const cents = row({ costNanoUsd: 10_000_000, precisionNanoUsd: 5_000_000 });
		expect(compare([entry()], [cents])).toEqual([['rounding', 2_500_000]]);
	});

	it('a row without a price, as many requests with more tokens, money without tokens', () => {
		expect(compare([entry({ costNanoUsd: null })], [row()])).toEqual([['unpriced', COST]]);
		const more = row({ requests: 1, costNanoUsd: 10_000_000, tokens: { ...NO_TOKENS, input: 1000, output: 200 } });
		expect(compare([entry()], [more])).toEqual([['tokens-differ', 2_500_000]]);
		expect(compare([entry()], [row({ tokens: null, costNanoUsd: COST + 1000 })])).toEqual([['amount-differs', 1000]]);
	});

	it('models nobody knows are listed, not compared; display names are understood', () => {
		const rows = [row({ model: 'claude-opus-99' }), row({ model: 'Claude Opus 4.5' })];
		const report = reconcile({ ledger: [entry()], exports: [exported(...rows)], holds: [] }, options);
		expect(report.unknownModels).toEqual([{ model: 'claude-opus-99', costNanoUsd: COST, tokens: 1100 }]);
		expect(report.differences).toEqual([]);
	});

	it('web searches are in the ledger’s row and in a nameless row of the report: no error, nothing to correct', () => {
		const searched = entry();
		// opus: $10 per 1,000 searches
		const ledger = [entry({ costNanoUsd: COST + 20_000_000, usage: { ...searched.usage, perUse: { webSearch: 2 } } })];
		const rows = [row(), row({ model: null, tokens: null, costNanoUsd: 20_000_000 })];
		const report = reconcile({ ledger, exports: [exported(...rows)], holds: [] }, options);
		expect(reasons(report)).toEqual([['per-use', -20_000_000]]);
		expect(report.unknownModels).toEqual([{ model: '(no model)', costNanoUsd: 20_000_000, tokens: 0 }]);
		expect(planReconciliation({ report, ledger, sourceId: 's' }).movedNanoUsd).toBe(0);
	});

	it('rows of a model that left the catalog are listed, not lost', () => {
		const report = reconcile({ ledger: [entry({ model: 'old' })], exports: [exported()], holds: [] }, options);
		expect(report.unknownModels).toEqual([{ model: 'old (in the ledger)', costNanoUsd: COST, tokens: 1100 }]);
	});

	it('a report without models is compared by whole days and corrects nothing', () => {
		const report = reconcile(
			{ ledger: [entry()], exports: [exported(row({ model: null, costNanoUsd: 2 * COST }))], holds: [] },
			options,
		);
		expect(report.differences[0]).toMatchObject({ model: null, deltaNanoUsd: COST });
		expect(planReconciliation({ report, ledger: [entry()], sourceId: 's' }).movedNanoUsd).toBe(0);
	});
});

describe('files that must not be compared', () => {
	it('two that hold the same day, none that tells its provider, several providers', () => {
		const run =
			(...exports: UsageExport[]) =>
			() =>
				reconcile({ ledger: [], exports, holds: [] }, options);
		expect(run(exported(row()), exported(row()))).toThrow(/count twice/);
		expect(run({ ...exported(), provider: null })).toThrow(/--provider/);
		expect(run(exported(row()), { ...exported(), provider: 'openai' })).toThrow(/one provider at a time/);
		expect(run({ ...exported(), from: 0, to: NOON * 2 })).toThrow(/at most 3700/);
	});

	it('usage and costs of one day go together: tokens from one, money from the other', () => {
		const exports = [exported(row({ costNanoUsd: null })), exported(row({ tokens: null }))];
		expect(reconcile({ ledger: [entry()], exports, holds: [] }, options).agreed).toBe(1);
	});
});

describe('what is planned and applied', () => {
	const checks = [
		{ scope: 'all', period: 'day', periodKey: DAY, limitNanoUsd: 1_000_000_000, resetsAt: null } as const,
	];

	async function setUp(ledger: CostEntry[], holds: Reservation[]) {
		const storage = createMemoryStorage();
		for (const charge of ledger) await storage.budgets.charge(checks, charge);
		for (const each of holds) await storage.budgets.reserve({ ...each, checks });
		await storage.budgets.expire(NOON + DAY_MS);
		const read = async (rows: UsageExportRow[], includesOutside = false) => {
			const entries = await storage.ledger.entries({ from: 0, to: NOON * 2 }, 1000);
			const open = await storage.budgets.unsettled(100);
			const report = reconcile({ ledger: entries, exports: [exported(...rows)], holds: open }, options);
			return { report, plan: planReconciliation({ report, ledger: entries, sourceId: 'file', includesOutside }) };
		};
		const apply = (plan: ReconcilePlan) => applyReconciliation(plan, storage.budgets, () => checks);
		const spent = async () => (await storage.budgets.spend('all', DAY)).settledNanoUsd;
		return { storage, read, apply, spent };
	}

	it('an estimate is corrected by a row of its own, once, whatever is applied again', async () => {
		const { read, apply, spent, storage } = await setUp([estimate()], []);
		const exact = [row({ requests: 1, costNanoUsd: 5_500_000, tokens: { ...NO_TOKENS, input: 1000, output: 20 } })];
		const { plan } = await read(exact);
		expect(plan.corrections).toMatchObject([
			{
				kind: 'correction',
				corrects: 'c1',
				costNanoUsd: -2_000_000,
				taskType: 'analysis',
				usage: { outputTokens: -80 },
			},
		]);
		await apply(plan);
		await apply(plan);
		expect(await spent()).toBe(5_500_000);
		expect((await storage.ledger.entries({ from: 0, to: NOON * 2 }, 10)).length).toBe(2);
		const again = await read(exact);
		expect([again.report.differences, again.plan.movedNanoUsd]).toEqual([[], 0]);
	});

	it('a hold is settled at what the provider billed, and released where it billed nothing more', async () => {
		const { read, apply, spent, storage } = await setUp([entry()], [hold(), hold({ id: 'h2', createdAt: NOON })]);
		const rows = [row({ costNanoUsd: COST + 3_000_000, tokens: { ...NO_TOKENS, input: 1600, output: 100 } })];
		const { report, plan } = await read(rows);
		expect(report.holds.map((each) => [each.hold.id, each.plan, each.settleNanoUsd])).toEqual([
			['h1', 'settle', 3_000_000],
			['h2', 'release', 0],
		]);
		expect(plan.settlements[0]?.entry.usage).toMatchObject({ inputTokens: 600, isEstimated: true });
		await apply(plan);
		expect(await spent()).toBe(COST + 3_000_000);
		expect(await storage.budgets.unsettled(10)).toEqual([]);
		expect((await read(rows)).plan).toMatchObject({ movedNanoUsd: 0, releases: [] });
	});

	it('what was used outside is the ledger’s only when asked for', async () => {
		const { read, apply, spent } = await setUp([], []);
		expect((await read([row()])).plan.movedNanoUsd).toBe(0);
		const { plan } = await read([row()], true);
		expect(plan.corrections[0]).toMatchObject({ corrects: `day:${DAY}:opus`, costNanoUsd: COST });
		await apply(plan);
		expect(await spent()).toBe(COST);
	});

	it('a young day is left alone: its holds and rows may still be counted', async () => {
		const input = { ledger: [entry()], exports: [exported()], holds: [hold()] };
		const report = reconcile(input, { ...options, now: NOON + DAY_MS });
		expect(report.holds[0]?.plan).toBe('leave');
		expect(planReconciliation({ report, ledger: input.ledger, sourceId: 's' })).toMatchObject({
			movedNanoUsd: 0,
			releases: [],
		});
	});
});

it('answers that state another cost than the ledger has are shown by model, those within tolerance are not', () => {
	const stated = (model: string, providerCostNanoUsd: number) =>
		entry({ id: model, model, usage: { ...entry().usage, providerCostNanoUsd } });
	const ledger = [entry(), stated('grok', COST * 2), stated('kimi', COST + COST / 200)];
	const report = reconcile({ ledger, exports: [exported(row())], holds: [] }, options);
	expect(report.statedCosts).toEqual([{ model: 'grok', requests: 1, costNanoUsd: COST, statedNanoUsd: COST * 2 }]);
});
