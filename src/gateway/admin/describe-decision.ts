import {
	type AttemptRow,
	type CostEntry,
	type DecisionRecord,
	nanoToUsd,
	type OutcomeRow,
	type VirtualKey,
} from '../../contracts/index.ts';
import { RequestRefusedError } from '../../errors/index.ts';
import type { RoutingSystem } from '../../system/index.ts';
import { formatTime } from './admin-route.ts';

/** A row with its time in ISO 8601. */
function withIsoTime<Row extends { at: number }>(row: Row) {
	return { ...row, at: formatTime(row.at) };
}

function toUsd(nano: number | null): number | null {
	return nano === null ? null : nanoToUsd(nano);
}

function withCostUsd(row: CostEntry | AttemptRow): unknown {
	return { ...withIsoTime(row), costUsd: toUsd(row.costNanoUsd) };
}

/** A decision without the task's text, which only the database's owner may read. */
export function presentDecision(row: DecisionRecord): Record<string, unknown> {
	const { taskText: _text, ...visible } = withIsoTime(row);
	return { ...visible, estimatedCostUsd: toUsd(row.estimatedCostNanoUsd) };
}

/** An outcome with its cost in USD. */
export function presentOutcome(outcome: OutcomeRow | null): unknown {
	return outcome && { ...withIsoTime(outcome), actualCostUsd: toUsd(outcome.actualCostNanoUsd) };
}

/**
 * What became of a decision: attempts, charges, outcome. With a `key`, only one that was charged to it.
 * @throws RequestRefusedError (`ROUTER_NOT_FOUND`)
 */
export async function describeDecision(
	id: string,
	system: RoutingSystem,
	key: VirtualKey | null = null,
): Promise<Record<string, unknown>> {
	const { experiments, records } = await system.flush();
	const trail = await records.trail(id);
	const isVisible = key === null || trail?.entries.some(({ attribution }) => attribution?.key === key.id) === true;
	if (trail === null || !isVisible)
		throw new RequestRefusedError('ROUTER_NOT_FOUND', `There is no decision ${id.slice(0, 100)} here.`);
	const { decision, entries, fallbacks, outcome, rateLimits } = trail;
	const attempts = await records.attemptsOf(id);
	return {
		decision: presentDecision(decision),
		outcome: presentOutcome(outcome),
		experiment: await experiments.request(id),
		attempts: attempts.map(withCostUsd),
		ledger: entries.map(withCostUsd),
		fallbacks: fallbacks.map(withIsoTime),
		rateLimits: rateLimits.map((row) => ({ ...withIsoTime(row), resetAt: formatTime(row.resetAt) })),
	};
}
