import type {
	AttemptRow,
	CostEntry,
	DecisionRecord,
	DecisionTrail,
	OutcomeRow,
	RateLimitRow,
} from '../../contracts/index.ts';
import { RequestRefusedError } from '../../errors/index.ts';
import { nanoToUsd } from '../../util/index.ts';
import type { AdminRoute } from './admin-route.ts';
import { readCount } from './read-query.ts';
import { readRange } from './read-range.ts';

const DEFAULT_ROWS = 50;
const MOST_ROWS = 1000;

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
		answer: async ({ query }, { gateway }) => {
			const { system } = gateway.runtime;
			const limit = readCount(query, 'limit', { fallback: DEFAULT_ROWS, most: MOST_ROWS });
			const range = readRange(query, system.costOptimizer.calendar, { from: 0, to: Number.MAX_SAFE_INTEGER });
			const { records } = await system.flush();
			return { body: { decisions: (await records.decisions(range, limit)).map(shownDecision) } };
		},
	},
	{
		method: 'GET',
		path: '/admin/v1/decisions/:id',
		scope: 'read',
		answer: async ({ path }, { gateway }) => {
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
