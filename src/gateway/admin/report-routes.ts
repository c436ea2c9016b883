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
import type { AdminRoute } from './admin-route.ts';
import { parseChoiceParameter, parseCountParameter, parseReportPeriod, parseTimeRange } from './parameters.ts';

const GROUPS = ['day', 'model', 'task-type', 'key', 'team', 'tag', 'session'] as const satisfies readonly CostGroup[];
const DEFAULT_COST_GROUPS = 100;
const DEFAULT_DECISIONS = 50;
const MAX_ROWS = 1000;

/** A group's totals with its cost in USD; `null` when no request of it has a price: unknown, not 0. */
function presentTotals({ costNanoUsd, ...totals }: CostTotals): unknown {
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
			const limit = parseCountParameter(query, 'limit', { fallback: DEFAULT_COST_GROUPS, max: MAX_ROWS });
			const range = parseReportPeriod(query, system.costOptimizer.calendar, clock.now());
			const totals = await system.costBy(by, range);
			const body = {
				by,
				from: new Date(range.from).toISOString(),
				to: new Date(range.to).toISOString(),
				timezone: system.costOptimizer.budget.timezone,
				totals: totals.slice(0, limit).map(presentTotals),
				leftOut: Math.max(0, totals.length - limit),
			};
			return { body };
		},
	},
];

/** A row with its time in ISO 8601. */
function withIsoTime<Row extends { at: number }>(row: Row): Omit<Row, 'at'> & { at: string } {
	return { ...row, at: new Date(row.at).toISOString() };
}

function toUsd(nano: number | null): number | null {
	return nano === null ? null : nanoToUsd(nano);
}

/** A decision without the task's text, which only the database's owner may read. */
function presentDecision(row: DecisionRecord): unknown {
	const { taskText: _text, ...visible } = withIsoTime(row);
	return { ...visible, estimatedCostUsd: toUsd(row.estimatedCostNanoUsd) };
}

function presentOutcome(row: OutcomeRow | null): unknown {
	return row === null ? null : { ...withIsoTime(row), actualCostUsd: toUsd(row.actualCostNanoUsd) };
}

function presentEntry(row: CostEntry): unknown {
	return { ...withIsoTime(row), costUsd: toUsd(row.costNanoUsd) };
}

function presentRateLimit(row: RateLimitRow): unknown {
	return { ...withIsoTime(row), resetAt: row.resetAt === null ? null : new Date(row.resetAt).toISOString() };
}

function presentAttempt(row: AttemptRow): unknown {
	return { ...withIsoTime(row), costUsd: toUsd(row.costNanoUsd) };
}

function presentTrail(trail: DecisionTrail, attempts: readonly AttemptRow[]): unknown {
	return {
		decision: presentDecision(trail.decision),
		outcome: presentOutcome(trail.outcome),
		attempts: attempts.map(presentAttempt),
		ledger: trail.entries.map(presentEntry),
		fallbacks: trail.fallbacks.map(withIsoTime),
		rateLimits: trail.rateLimits.map(presentRateLimit),
	};
}

/** Decisions and their outcomes. */
export const DECISION_ROUTES: readonly AdminRoute[] = [
	{
		method: 'GET',
		path: '/admin/v1/decisions',
		scope: 'read',
		query: ['limit', 'from', 'to'],
		handle: async ({ query }, { gateway }) => {
			const { system } = gateway.runtime;
			const limit = parseCountParameter(query, 'limit', { fallback: DEFAULT_DECISIONS, max: MAX_ROWS });
			const range = parseTimeRange(query, system.costOptimizer.calendar, { from: 0, to: Number.MAX_SAFE_INTEGER });
			const { records } = await system.flush();
			return { body: { decisions: (await records.decisions(range, limit)).map(presentDecision) } };
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
			return { body: presentTrail(trail, await records.attemptsOf(id)) };
		},
	},
];
