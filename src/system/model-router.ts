import type {
	ModelName,
	ModelReference,
	RouterConfig,
	RoutingDecision,
	RoutingStats,
	TaskComplexity,
	TaskDescriptor,
	TaskType,
	TokenCounts,
} from '../contracts/index.ts';
import { PerformanceTracker } from '../learn/index.ts';
import { ModelRouter as DecidingRouter, type ModelRouterOptions } from '../route/index.ts';
import { BoundedCache, usdToNano } from '../util/index.ts';
import { buildStats } from './routing-stats.ts';

/** Decisions whose kind of task is remembered until their outcome is told. */
const MAX_REMEMBERED_DECISIONS = 10_000;

/** What a router that learns works with. */
export interface LearningRouterCollaborators extends Omit<ModelRouterOptions, 'history'> {
	/** @default a tracker of its own */
	tracker?: PerformanceTracker;
}

interface TaskKind {
	taskType: TaskType;
	complexity: TaskComplexity;
}

/** The router with memory: outcomes told to it change the historical factor of later decisions. */
export class ModelRouter extends DecidingRouter {
	readonly #tracker: PerformanceTracker;
	readonly #now: () => number;
	readonly #decided = new BoundedCache<string, TaskKind>(MAX_REMEMBERED_DECISIONS);

	/** `collaborators` may be a string, as earlier callers passed a path there; it is ignored. */
	constructor(config: RouterConfig, collaborators: LearningRouterCollaborators | string = {}) {
		const given = typeof collaborators === 'string' ? {} : collaborators;
		const tracker = given.tracker ?? new PerformanceTracker(given.clock === undefined ? {} : { clock: given.clock });
		super(config, { ...given, history: tracker });
		this.#tracker = tracker;
		this.#now = given.clock === undefined ? () => Date.now() : () => given.clock?.now() ?? Date.now();
	}

	override route(descriptor: TaskDescriptor): RoutingDecision {
		const decision = super.route(descriptor);
		const { type: taskType, complexity } = descriptor;
		this.#decided.set(decision.id, { taskType, complexity }, this.#now());
		return decision;
	}

	/** A model's profile. @throws UnknownModelError with the nearest name, where `getModel` answers undefined. */
	resolveModelName(reference: ModelReference): ModelName {
		return this.catalog.get(reference).name;
	}

	/**
	 * Tells how a decision of this router ended: `taskId` is the decision's id. An id it does not know counts for the
	 * model on simple tasks. Quality 0-100, cost in USD, latency in milliseconds.
	 */
	recordOutcome(
		taskId: string,
		model: ModelReference,
		success: boolean,
		quality: number,
		actualCost: number,
		actualLatency: number,
		tokensUsed: TokenCounts,
	): void {
		const at = this.#now();
		const task = this.#decided.get(taskId, at) ?? { taskType: 'simple-task' as const, complexity: 'simple' as const };
		if (!this.config.enableLearning) return;
		this.#tracker.observe({
			...task,
			model: this.resolveModelName(model),
			success,
			quality,
			costUsd: actualCost,
			latencyMs: actualLatency,
			inputTokens: tokensUsed.input,
			outputTokens: tokensUsed.output,
			at,
		});
	}

	/** What this router has decided, and the outcomes it was told of. */
	getStats(): RoutingStats {
		const { counts, totalDecisions, cacheHits, totalDecisionTimeMs } = this.statistics();
		const performance = this.#tracker.snapshot();
		const costs = new Map<string, number>();
		for (const row of performance) costs.set(row.model, (costs.get(row.model) ?? 0) + row.totalCostNanoUsd);
		const stats = buildStats({
			decisions: counts.map((row) => ({ ...row, cachedCount: 0, totalDecisionTimeMs: 0 })),
			performance,
			costByModel: [...costs].map(([key, costNanoUsd]) => ({
				key,
				costNanoUsd,
				requests: 0,
				inputTokens: 0,
				outputTokens: 0,
				unpricedRequests: 0,
			})),
			costByDay: [],
			fallbackShare: 0,
		});
		const perDecision = totalDecisions === 0 ? 0 : 1 / totalDecisions;
		return {
			...stats,
			performance: {
				...stats.performance,
				avgDecisionTime: totalDecisionTimeMs * perDecision,
				cacheHitRate: cacheHits * perDecision * 100,
			},
		};
	}

	/** A decision and the money it is expected to take: what earlier callers asked of their budget predictor. */
	selectModelAndBudget(
		task: TaskDescriptor,
		agent?: string,
	): { decision: RoutingDecision; budget: number; agent: string | null } {
		const decision = this.route(task);
		return { decision, budget: decision.estimatedCostRange.high, agent: agent ?? null };
	}

	/** `recordOutcome` by name, for callers of the earlier budget predictor. */
	recordOutcomeWithBudget(...outcome: Parameters<ModelRouter['recordOutcome']>): void {
		this.recordOutcome(...outcome);
	}

	/** There is no separate predictor: decisions carry their own estimates. */
	getBudgetPredictor(): null {
		return null;
	}

	/** Spending per successful request of each model, USD; `null` without a success. */
	getBudgetEfficiencyReport(): Record<string, { costPerSuccess: number | null; requests: number }> {
		const totals: Record<string, { costPerSuccess: number | null; requests: number }> = {};
		const sums = new Map<string, { cost: number; successes: number; requests: number }>();
		for (const row of this.#tracker.snapshot()) {
			const sum = sums.get(row.model) ?? { cost: 0, successes: 0, requests: 0 };
			sum.cost += row.totalCostNanoUsd;
			sum.successes += row.successfulRequests;
			sum.requests += row.totalRequests;
			sums.set(row.model, sum);
		}
		for (const [model, { cost, successes, requests }] of sums) {
			totals[model] = { costPerSuccess: successes === 0 ? null : cost / usdToNano(1) / successes, requests };
		}
		return totals;
	}
}
