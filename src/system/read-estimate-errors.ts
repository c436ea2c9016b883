import type { DecisionRecord, EstimateErrors, OutcomeRow } from '../contracts/index.ts';

/** Requests that errors are taken over, newest. */
export const ESTIMATE_SAMPLE = 200;

function median(values: readonly number[]): number {
	if (values.length === 0) return Number.NaN;
	const sorted = [...values].sort((one, other) => one - other);
	const middle = Math.floor(sorted.length / 2);
	return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}

/** How far an estimate was off, in percent of what came; `null` where there is nothing to compare. */
function errorOf(estimated: number | null, actual: number | null): number | null {
	return estimated === null || actual === null || actual <= 0 ? null : (100 * Math.abs(estimated - actual)) / actual;
}

/** Errors of the estimates of the newest requests that the chosen model answered at its first call. */
export function estimateErrors(decisions: readonly DecisionRecord[], outcomes: readonly OutcomeRow[]): EstimateErrors {
	const decided = new Map(decisions.map((decision) => [decision.id, decision]));
	const [cost, latency]: [number[], number[]] = [[], []];
	for (const outcome of outcomes) {
		const decision = decided.get(outcome.decisionId);
		if (decision === undefined || !outcome.success || outcome.attempts !== 1) continue;
		if (outcome.answeredBy !== decision.model) continue;
		const costError = errorOf(decision.estimatedCostNanoUsd, outcome.actualCostNanoUsd);
		const latencyError = errorOf(decision.estimatedLatencyMs, outcome.actualLatencyMs);
		if (costError !== null) cost.push(costError);
		if (latencyError !== null) latency.push(latencyError);
	}
	return { requests: Math.max(cost.length, latency.length), cost: median(cost), latency: median(latency) };
}
