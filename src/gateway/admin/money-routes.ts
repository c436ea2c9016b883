import type { CostGroup, CostTotals } from '../../contracts/index.ts';
import { nanoToUsd } from '../../util/index.ts';
import type { AdminRoute } from './admin-route.ts';
import { readChoice, readCount } from './read-query.ts';
import { readPeriod } from './read-range.ts';

const GROUPS = ['day', 'model', 'task-type', 'key', 'team', 'tag', 'session'] as const satisfies readonly CostGroup[];
const DEFAULT_ROWS = 100;
const MOST_ROWS = 1000;

/** A group's totals with its cost in USD; `null` when no request of it has a price: unknown, not 0. */
function shownTotals({ costNanoUsd, ...totals }: CostTotals): unknown {
	const isUnpriced = totals.requests > 0 && totals.unpricedRequests === totals.requests;
	return {
		...totals,
		costUsd: isUnpriced ? null : nanoToUsd(costNanoUsd),
		costNanoUsd: isUnpriced ? null : costNanoUsd,
	};
}

/** Budgets and costs. */
export const MONEY_ROUTES: readonly AdminRoute[] = [
	{
		method: 'GET',
		path: '/admin/v1/budgets',
		scope: 'read',
		answer: async (_request, { gateway }) => {
			const { system } = gateway.runtime;
			const limits = await system.budgetLimits();
			return { body: { timezone: system.costOptimizer.budget.timezone, status: await system.budgetStatus(), limits } };
		},
	},
	{
		method: 'GET',
		path: '/admin/v1/costs',
		scope: 'read',
		query: ['by', 'period', 'from', 'to', 'limit'],
		answer: async ({ query }, { clock, gateway }) => {
			const { system } = gateway.runtime;
			const by = readChoice(query, 'by', { words: GROUPS, fallback: 'day' });
			const limit = readCount(query, 'limit', { fallback: DEFAULT_ROWS, most: MOST_ROWS });
			const range = readPeriod(query, system.costOptimizer.calendar, clock.now());
			const totals = await system.costBy(by, range);
			const body = {
				by,
				from: new Date(range.from).toISOString(),
				to: new Date(range.to).toISOString(),
				timezone: system.costOptimizer.budget.timezone,
				totals: totals.slice(0, limit).map(shownTotals),
				leftOut: Math.max(0, totals.length - limit),
			};
			return { body };
		},
	},
];
