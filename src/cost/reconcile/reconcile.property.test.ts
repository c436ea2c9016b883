import fc from 'fast-check';
import { expect, it } from 'vitest';
import { BUILTIN_MODELS, createModelCatalog } from '../../catalog/index.ts';
import type { CostEntry, Reservation } from '../../contracts/index.ts';
import { createMemoryStorage } from '../../storage/memory/index.ts';
import { DAY_MS } from '../../util/index.ts';
import { applyReconciliation, planReconciliation } from './plan-reconciliation.ts';
import { reconcile } from './reconcile.ts';
import type { UsageExportRow } from './usage-export.ts';

const START = Date.UTC(2026, 10, 2);
const catalog = createModelCatalog(BUILTIN_MODELS);
const models = [
	['opus', 'claude-opus-4-5-20251101'],
	['haiku', 'claude-haiku-4-5'],
] as const;

const tokens = fc.nat(5000);
const money = fc.nat(20_000_000);
const at = fc.integer({ min: START, max: START + 3 * DAY_MS - 1 });
const model = fc.constantFrom(...models);

const charge = fc.record({ model, at, tokens, output: tokens, cost: fc.option(money), isEstimated: fc.boolean() });
const billed = fc.record({ model, day: fc.nat(2), tokens: fc.option(tokens), output: tokens, cost: fc.option(money) });
const held = fc.record({ model, at, amount: money });

function entryOf(given: typeof charge extends fc.Arbitrary<infer Value> ? Value : never, index: number): CostEntry {
	const { cost, isEstimated } = given;
	return {
		id: `c${index}`,
		decisionId: null,
		attempt: 1,
		model: given.model[0],
		taskType: 'analysis',
		costNanoUsd: cost,
		inputCostNanoUsd: cost,
		outputCostNanoUsd: cost === null ? null : 0,
		usage: {
			inputTokens: given.tokens,
			cacheReadTokens: 0,
			cacheWrite5mTokens: 0,
			cacheWrite1hTokens: 0,
			outputTokens: given.output,
			reasoningTokens: 0,
			isEstimated,
		},
		at: given.at,
	};
}

function rowOf(given: typeof billed extends fc.Arbitrary<infer Value> ? Value : never): UsageExportRow {
	const classes = { cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0, output: given.output };
	return {
		day: new Date(START + given.day * DAY_MS).toISOString().slice(0, 10),
		model: given.model[1],
		requests: null,
		tokens: given.tokens === null ? null : { ...classes, input: given.tokens },
		costNanoUsd: given.cost,
		precisionNanoUsd: 0,
		serviceTier: null,
	};
}

it('parts always add up, and once applied the ledger says what the provider says; applying again changes nothing', async () => {
	await fc.assert(
		fc.asyncProperty(
			fc.array(charge, { maxLength: 12 }),
			fc.array(billed, { maxLength: 12 }),
			fc.array(held, { maxLength: 4 }),
			async (charges, bills, holds) => {
				const storage = createMemoryStorage();
				for (const [index, each] of charges.entries()) await storage.ledger.append(entryOf(each, index));
				for (const [index, each] of holds.entries()) {
					const times = { createdAt: each.at, expiresAt: each.at + 1 };
					const reservation: Reservation = { id: `h${index}`, amountNanoUsd: each.amount, checks: [], ...times };
					await storage.budgets.reserve({ ...reservation, model: each.model[0] });
				}
				await storage.budgets.expire(START + 4 * DAY_MS);
				const range = { from: START, to: START + 3 * DAY_MS };
				const file = { format: 'csv', provider: 'anthropic', ...range, rows: bills.map(rowOf), isIncomplete: false };
				const run = async () => {
					const ledger = await storage.ledger.entries(range, 10_000);
					const input = { ledger, exports: [file], holds: await storage.budgets.unsettled(100) };
					const report = reconcile(input, { catalog, now: START + 30 * DAY_MS });
					return { report, plan: planReconciliation({ report, ledger, sourceId: 'f', includesOutside: true }) };
				};
				const first = await run();
				for (const { causes, deltaNanoUsd } of first.report.differences)
					expect(causes.reduce((sum, { amountNanoUsd }) => sum + amountNanoUsd, 0)).toBe(deltaNanoUsd);
				await applyReconciliation(first.plan, storage.budgets, () => []);
				await applyReconciliation(first.plan, storage.budgets, () => []);
				const second = await run();
				const left = second.report.differences
					.flatMap(({ causes }) => causes)
					.filter(({ reason }) => reason !== 'rounding');
				expect(left.filter(({ amountNanoUsd }) => amountNanoUsd !== 0)).toEqual([]);
				expect(second.plan.movedNanoUsd).toBe(0);
				expect(await storage.budgets.unsettled(100)).toEqual([]);
			},
		),
		{ numRuns: 200 },
	);
});
