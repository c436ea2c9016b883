import type { OutcomeRow, PerformanceRow } from '../../contracts/index.ts';

/** More kinds of work than any catalog times 13 types times 4 complexities. */
const MAX_GROUPS = 20_000;

interface Sums extends Omit<PerformanceRow, 'meanQuality' | 'meanLatencyMs'> {
	qualitySum: number;
	qualityCount: number;
	latencySum: number;
	latencyCount: number;
}

/** Results per model and kind of task, summed as outcomes come; they outlive the rows they are made of. */
export class MemoryPerformance {
	/** Bounded: the group first seen goes first. */
	readonly #sums = new Map<string, Sums>();

	add(outcome: OutcomeRow): void {
		const sums = this.#group(outcome);
		sums.totalRequests += 1;
		sums.successfulRequests += outcome.success ? 1 : 0;
		sums.totalCostNanoUsd += outcome.actualCostNanoUsd ?? 0;
		sums.inputTokens += outcome.inputTokens;
		sums.outputTokens += outcome.outputTokens;
		sums.lastUpdatedAt = Math.max(sums.lastUpdatedAt, outcome.at);
		if (outcome.actualLatencyMs !== null) {
			sums.latencySum += outcome.actualLatencyMs;
			sums.latencyCount += 1;
		}
		if (outcome.quality !== null) {
			sums.qualitySum += outcome.quality;
			sums.qualityCount += 1;
		}
	}

	/** An outcome that is counted already was judged anew. */
	judge(outcome: OutcomeRow, quality: number): void {
		const sums = this.#group(outcome);
		sums.qualitySum += quality - (outcome.quality ?? 0);
		sums.qualityCount += outcome.quality === null ? 1 : 0;
	}

	rows(): PerformanceRow[] {
		const groups = [...this.#sums].sort(([a], [b]) => (a < b ? -1 : 1));
		return groups.map(([, { qualitySum, qualityCount, latencySum, latencyCount, ...row }]) => ({
			...row,
			meanQuality: qualityCount === 0 ? null : qualitySum / qualityCount,
			meanLatencyMs: latencyCount === 0 ? null : latencySum / latencyCount,
		}));
	}

	clear(): void {
		this.#sums.clear();
	}

	#group({ answeredBy: model, taskType, complexity }: OutcomeRow): Sums {
		const key = JSON.stringify([model, taskType, complexity]);
		const known = this.#sums.get(key);
		if (known !== undefined) return known;
		const counts = { totalRequests: 0, successfulRequests: 0, totalCostNanoUsd: 0, inputTokens: 0, outputTokens: 0 };
		const means = { qualitySum: 0, qualityCount: 0, latencySum: 0, latencyCount: 0 };
		const sums: Sums = { model, taskType, complexity, ...counts, ...means, lastUpdatedAt: 0 };
		this.#sums.set(key, sums);
		if (this.#sums.size > MAX_GROUPS) {
			const first = this.#sums.keys().next();
			if (!first.done) this.#sums.delete(first.value);
		}
		return sums;
	}
}
