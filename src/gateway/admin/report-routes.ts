import {
	type AttemptRow,
	type CostEntry,
	type CostGroup,
	type CostTotals,
	type DecisionRecord,
	type DecisionTrail,
	nanoToUsd,
	type OutcomeRow,
	type RateLimitRow,
} from '../../contracts/index.ts';
import { RequestRefusedError } from '../../errors/index.ts';
import type { AdminRoute } from './admin-api.ts';
import { parseChoiceParameter, parseCountParameter, parseReportPeriod, parseTimeRange } from './parameters.ts';

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
		handle: async (_request, { gateway }) => {
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
		handle: async ({ query }, { clock, gateway }) => {
			const { system } = gateway.runtime;
			const by = parseChoiceParameter(query, 'by', { words: GROUPS, fallback: 'day' });
			const limit = parseCountParameter(query, 'limit', { fallback: DEFAULT_ROWS, most: MOST_ROWS });
			const range = parseReportPeriod(query, system.costOptimizer.calendar, clock.now());
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

const DEFAULT_ROWS_DECISION_ROUTES = 50;

/** A row with its moment as people read it. */
function dated<Row extends { at: number }>(row: Row): Omit<Row, 'at'> & { at: string } {
	return { ...row, at: new Date(row.at).toISOString() };
}

function usdOf(nano: number | null): number | null {
	return nano === null ? null : nanoToUsd(nano);
}

/** A decision without the task's words, which are kept for the database's owner only. */
function shownDecision(row: DecisionRecord): unknown {
	const { taskText: _text, ...shown } = dated(row);
	return { ...shown, estimatedCostUsd: usdOf(row.estimatedCostNanoUsd) };
}

function shownOutcome(row: OutcomeRow | null): unknown {
	return row === null ? null : { ...dated(row), actualCostUsd: usdOf(row.actualCostNanoUsd) };
}

function shownEntry(row: CostEntry): unknown {
	return { ...dated(row), costUsd: usdOf(row.costNanoUsd) };
}

function shownLimit(row: RateLimitRow): unknown {
	return { ...dated(row), resetAt: row.resetAt === null ? null : new Date(row.resetAt).toISOString() };
}

function shownAttempt(row: AttemptRow): unknown {
	return { ...dated(row), costUsd: usdOf(row.costNanoUsd) };
}

function shownTrail(trail: DecisionTrail, attempts: readonly AttemptRow[]): unknown {
	return {
		decision: shownDecision(trail.decision),
		outcome: shownOutcome(trail.outcome),
		attempts: attempts.map(shownAttempt),
		ledger: trail.entries.map(shownEntry),
		fallbacks: trail.fallbacks.map(dated),
		rateLimits: trail.rateLimits.map(shownLimit),
	};
}

/** Decisions, and how they turned out. */
export const DECISION_ROUTES: readonly AdminRoute[] = [
	{
		method: 'GET',
		path: '/admin/v1/decisions',
		scope: 'read',
		query: ['limit', 'from', 'to'],
		handle: async ({ query }, { gateway }) => {
			const { system } = gateway.runtime;
			const limit = parseCountParameter(query, 'limit', { fallback: DEFAULT_ROWS_DECISION_ROUTES, most: MOST_ROWS });
			const range = parseTimeRange(query, system.costOptimizer.calendar, { from: 0, to: Number.MAX_SAFE_INTEGER });
			const { records } = await system.flush();
			return { body: { decisions: (await records.decisions(range, limit)).map(shownDecision) } };
		},
	},
	{
		method: 'GET',
		path: '/admin/v1/decisions/:id',
		scope: 'read',
		handle: async ({ path }, { gateway }) => {
			const { id = '' } = path;
			const { records } = await gateway.runtime.system.flush();
			const trail = await records.trail(id);
			if (trail === null) {
				throw new RequestRefusedError('ROUTER_NOT_FOUND', `There is no decision ${id.slice(0, 100)} here.`);
			}
			return { body: shownTrail(trail, await records.attemptsOf(id)) };
		},
	},
];
