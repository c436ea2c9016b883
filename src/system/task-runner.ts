import type { ModelCatalog } from '../catalog/index.ts';
import type {
	Attempt,
	Clock,
	IdSource,
	ModelName,
	OutcomeRow,
	RouterConfig,
	RouterEventListener,
	RouterStorage,
	RoutingDecision,
	Usage,
} from '../contracts/index.ts';
import type { CostOptimizer } from '../cost/index.ts';
import { isRouterError } from '../errors/index.ts';
import type { AttemptContext, FallbackChain } from '../execute/index.ts';
import type { PerformanceTracker } from '../learn/index.ts';
import { stableStringify } from '../util/index.ts';
import { AttemptMoney } from './attempt-money.ts';
import type { EventRecorder } from './event-recorder.ts';
import { fallbackRows } from './fallback-rows.ts';
import { estimateUsage, readResult } from './read-result.ts';
import { DEFAULT_FALLBACKS } from './router-config.ts';
import type { ExecuteOptions } from './routing-options.ts';

/** What running a task needs. */
export interface TaskRunnerPorts {
	config: RouterConfig;
	catalog: ModelCatalog;
	clock: Clock;
	ids: IdSource;
	emit: RouterEventListener;
	fallback: FallbackChain;
	optimizer: CostOptimizer;
	tracker: PerformanceTracker;
	recorder: EventRecorder;
	storage: () => Promise<RouterStorage>;
}

/** Runs one model's call; the context tells the limits of the attempt. */
export type TaskExecutor<Value> = (model: ModelName, context: AttemptContext) => Promise<Value>;

interface Ending {
	success: boolean;
	model: ModelName;
	attempts: number;
	latencyMs: number | null;
	usage: Usage | null;
	quality: number | null;
	error: unknown;
}

function errorText(error: unknown): string {
	return error instanceof Error ? error.message.slice(0, 500) : String(error).slice(0, 500);
}

/** Executes a decision over its fallback chain, books every attempt, and remembers the outcome. */
export class TaskRunner {
	readonly #ports: TaskRunnerPorts;

	constructor(ports: TaskRunnerPorts) {
		this.#ports = ports;
	}

	/** The models to try: what somebody defined for the chosen one, else the decision's plan; never an excluded one. */
	#chain(decision: RoutingDecision): ModelName[] {
		const { config, fallback } = this.#ports;
		const chosen = decision.model.name;
		if (!config.fallback.enabled) return [chosen];
		const excluded = new Set(decision.exclusions.map((exclusion) => exclusion.model));
		const defined = fallback.chainFor(chosen, decision.fallbackChain).filter((model) => !excluded.has(model));
		const isSeed =
			stableStringify(fallback.getFallbackConfigs().get(chosen)?.fallbacks) ===
			stableStringify(DEFAULT_FALLBACKS[chosen]);
		// The seeds are the specification's; where nobody changed them the plan knows better who is alive and elsewhere.
		return isSeed || defined.length < 2 ? decision.fallbackChain : defined;
	}

	async run<Value>(
		decision: RoutingDecision,
		executor: TaskExecutor<Value>,
		options: ExecuteOptions,
	): Promise<{ value: Value; model: ModelName }> {
		const { config, catalog, clock, ids, optimizer } = this.#ports;
		const storage = await this.#ports.storage();
		const money = new AttemptMoney(decision, {
			catalog,
			optimizer,
			storage,
			ids,
			now: () => clock.now(),
			allowUnpriced: config.allowUnpriced ?? [],
		});
		const startedAt = clock.monotonic();
		const attempts: Attempt[] = [];
		let usage: Usage | null = null;
		const end = (ending: Pick<Ending, 'success' | 'error' | 'quality'>) => {
			this.#rememberFallbacks(decision, attempts, ending.success);
			const last = attempts.findLast((attempt) => attempt.outcome !== 'skipped');
			this.#remember(decision, money, {
				...ending,
				model: last?.model ?? decision.model.name,
				attempts: attempts.filter((attempt) => attempt.outcome !== 'skipped').length,
				latencyMs: clock.monotonic() - startedAt,
				usage,
			});
		};
		try {
			const result = await this.#ports.fallback.executeWithFallback<Value>(executor, this.#chain(decision), {
				decisionId: decision.id,
				contextWindowOf: (model) => catalog.find(model)?.contextWindow,
				providerOf: (model) => catalog.find(model)?.provider,
				beforeAttempt: (model) => money.holdOrSkip(model),
				afterAttempt: async (attempt, ended) => {
					attempts.push(attempt);
					if (!('value' in ended)) return await money.release();
					usage = this.#usageOf(ended.value, decision);
					const entry = await money.settle(attempt, usage);
					attempt.usage = usage;
					attempt.costNanoUsd = entry.costNanoUsd;
				},
				...(options.signal === undefined ? {} : { signal: options.signal }),
				...(options.deadlineMs === undefined ? {} : { deadlineMs: options.deadlineMs }),
			});
			const quality = options.judge === undefined ? null : await options.judge(result.value);
			end({ success: true, error: null, quality });
			return { value: result.value, model: result.model };
		} catch (error) {
			await money.release();
			end({ success: false, error, quality: null });
			// Nothing was called because nothing was affordable: the budget is what the caller must hear of.
			throw attempts.length === 0 && money.refusal !== null && !options.signal?.aborted ? money.refusal : error;
		}
	}

	#rememberFallbacks(decision: RoutingDecision, attempts: readonly Attempt[], success: boolean): void {
		const { clock, ids, recorder } = this.#ports;
		const rows = fallbackRows(attempts, { decisionId: decision.id, success, ids, at: clock.now() });
		for (const row of rows) recorder.add({ kind: 'fallback', row });
	}

	#usageOf(value: unknown, { descriptor }: RoutingDecision): Usage {
		const read = readResult(value);
		return (
			read.usage ??
			estimateUsage(read, { input: descriptor.estimatedInputTokens, output: descriptor.estimatedOutputTokens })
		);
	}

	#remember(decision: RoutingDecision, money: AttemptMoney, ending: Ending): void {
		const { clock, config, emit, ids, optimizer, recorder, tracker } = this.#ports;
		const { descriptor } = decision;
		// A refused budget says nothing about the model: nothing was called.
		if (ending.attempts === 0) return;
		const costNanoUsd = money.spentNanoUsd;
		const { usage } = ending;
		const row: OutcomeRow = {
			id: ids.next(),
			decisionId: decision.id,
			success: ending.success,
			quality: ending.quality,
			answeredBy: ending.model,
			taskType: descriptor.type,
			complexity: descriptor.complexity,
			actualCostNanoUsd: costNanoUsd,
			actualLatencyMs: ending.latencyMs === null ? null : Math.round(ending.latencyMs),
			inputTokens:
				usage === null
					? 0
					: usage.inputTokens + usage.cacheReadTokens + usage.cacheWrite5mTokens + usage.cacheWrite1hTokens,
			outputTokens: usage === null ? 0 : usage.outputTokens + usage.reasoningTokens,
			usedFallback: ending.model !== decision.model.name,
			attempts: ending.attempts,
			errorMessage: ending.success ? null : errorText(ending.error),
			errorCode: isRouterError(ending.error) ? ending.error.code : null,
			userRating: null,
			userComment: null,
			at: clock.now(),
		};
		recorder.add({ kind: 'outcome', row });
		emit({ type: 'outcome-recorded', outcome: row });
		const observation = {
			model: row.answeredBy,
			taskType: row.taskType,
			complexity: row.complexity,
			success: row.success,
			quality: row.quality,
			costUsd: costNanoUsd === null ? null : costNanoUsd / 1e9,
			latencyMs: row.actualLatencyMs,
			inputTokens: row.inputTokens,
			outputTokens: row.outputTokens,
			at: row.at,
		};
		optimizer.observe(observation);
		if (config.enableLearning) tracker.observe(observation);
	}
}
