import { createModelCatalog, type ModelCatalog, resolveQuality } from '../catalog/index.ts';
import {
	type Clock,
	type ModelName,
	type ModelProfile,
	type ModelReference,
	type OutcomeObservation,
	type OutcomeRecord,
	type RequiredCapability,
	type RouterConfig,
	type RoutingDecision,
	type RoutingStats,
	type TaskDescriptor,
	type TaskType,
	type TokenCounts,
	usdToNano,
} from '../contracts/index.ts';
import { InvalidInputError, NoEligibleModelError } from '../errors/index.ts';
import { PerformanceTracker } from '../learn/index.ts';
import { listMissingCapabilities, NAMED_POLICIES, RoutingEngine, type RoutingEngineOptions } from '../route/index.ts';
import { BoundedMap, nearestName, SYSTEM_CLOCK } from '../util/index.ts';
import { buildStats, sumRows } from './routing-stats.ts';

/** Decisions whose kind of task is remembered until their outcome is reported. */
const MAX_REMEMBERED_DECISIONS = 10_000;

/** What a router works with; everything has a default. */
export interface ModelRouterOptions extends Omit<RoutingEngineOptions, 'history'> {
	/** What outcomes have taught; shared by routers that learn together. @default a tracker of its own */
	tracker?: PerformanceTracker | undefined;
}

/** How a decision turned out; `taskId` is the decision's id. Quality 0-100, cost in USD, latency in milliseconds. */
export type ReportedOutcome = Pick<
	OutcomeRecord,
	'taskId' | 'success' | 'quality' | 'actualCost' | 'actualLatency' | 'tokensUsed'
> & { model: ModelReference };

/** The values of a `ReportedOutcome` in the order of the earlier program's parameters. */
type OutcomeValues = Parameters<ModelRouter['recordOutcome']>;

function toReportedOutcome(values: OutcomeValues): ReportedOutcome {
	const [taskId, model, success, quality, actualCost, actualLatency, tokensUsed] = values;
	return { taskId, model, success, quality, actualCost, actualLatency, tokensUsed };
}

/** The catalog's figure for the quality of a model's answers, 0-100; that of a model nobody knows is as good as any. */
export function createQualityLookup(catalog: ModelCatalog): (model: ModelName, type: TaskType) => number {
	return (model, type) => {
		const profile = catalog.find(model);
		return profile === undefined ? 80 : resolveQuality(profile, type);
	};
}

type TaskKind = Pick<OutcomeObservation, 'taskType' | 'complexity' | 'workload'>;

/** What an outcome counts for when its decision is unknown or forgotten. */
const UNKNOWN_TASK: TaskKind = { taskType: 'simple-task', complexity: 'simple' };

/**
 * Chooses a model for a task, and learns: outcomes reported to it change the historical factor of later decisions.
 *
 * @example
 * const decision = new ModelRouter(config).route(classifier.classify('Fix the login bug'));
 */
export class ModelRouter {
	readonly #engine: RoutingEngine;
	readonly #config: RouterConfig;
	readonly #tracker: PerformanceTracker;
	readonly #options: ModelRouterOptions;
	readonly #clock: Pick<Clock, 'now'>;
	/** By decision id, until the outcome is reported. */
	readonly #decided = new BoundedMap<string, TaskKind>(MAX_REMEMBERED_DECISIONS);

	/**
	 * `options` may be a string, as the earlier program took a path there; it is ignored.
	 * @throws InvalidConfigError for weights, models, policy or limits that cannot be used
	 */
	constructor(config: RouterConfig, options: ModelRouterOptions | string = {}) {
		const { tracker, ...engineOptions } = typeof options === 'string' ? {} : options;
		this.#clock = engineOptions.clock ?? SYSTEM_CLOCK;
		const catalog = engineOptions.catalog ?? createModelCatalog(config.models);
		this.#tracker = tracker ?? new PerformanceTracker({ clock: this.#clock, quality: createQualityLookup(catalog) });
		this.#options = { ...engineOptions, catalog, tracker: this.#tracker };
		this.#config = config;
		this.#engine = new RoutingEngine(config, { ...engineOptions, catalog, history: this.#tracker });
	}

	/** The models this router knows. */
	get catalog(): ModelCatalog {
		return this.#engine.catalog;
	}

	/** The models that compete today where a task names none; `standsFor` has the names in whose place one does. */
	get competing(): readonly ModelProfile[] {
		return this.#engine.competing;
	}

	/** Of the policy with its weights and default model; in each decision as `policy.hash`. */
	get policyHash(): string {
		return this.#engine.policyHash;
	}

	/** Names that callers may use for `auto` or `auto:POLICY`, with what they mean. */
	get aliases(): Readonly<Record<string, string>> {
		return this.#config.aliases ?? {};
	}

	/** Names of the models that compete today where a task names none. */
	get candidates(): readonly ModelName[] {
		return this.competing.map(({ name }) => name);
	}

	/**
	 * Decides which model answers the task. Models of `unservable` cannot serve it, for the reason given there.
	 * @throws NoEligibleModelError when the constraints leave no model, with a reason for each
	 * @throws InvalidInputError for a descriptor that cannot be routed
	 * @throws UnknownModelError for a model the task names and nobody knows
	 */
	route(descriptor: TaskDescriptor, unservable?: ReadonlyMap<ModelName, string>): RoutingDecision {
		const decision = this.#engine.route(descriptor, unservable);
		const { type: taskType, complexity, workload } = descriptor;
		this.#decided.set(decision.id, { taskType, complexity, workload }, this.#clock.now());
		return decision;
	}

	/**
	 * A router to try things out with: it decides by what this one has learned, under a named policy where one is given, over
	 * every model of the race, whether it can be called here or not. Nothing of it counts in this one's statistics.
	 * @throws InvalidInputError for a name that is no policy
	 */
	createTrial(policy?: string): ModelRouter {
		const config = policy === undefined ? this.#config : applyPolicy(this.#config, policy);
		return new ModelRouter(config, {
			...this.#options,
			catalog: this.catalog,
			availableProviders: undefined,
			availableModels: undefined,
			callableModels: undefined,
		});
	}

	/** Says why an attempt may not call a model; see `RoutingEngine.createAdmission`. */
	createAdmission(
		decision: Pick<RoutingDecision, 'descriptor' | 'scores'> | null,
		unservable?: ReadonlyMap<ModelName, string>,
	): (model: ModelName) => string | null {
		return this.#engine.createAdmission(decision, unservable);
	}

	/** The profile of a model by name or alias; `undefined` when nobody knows it. */
	getModel(reference: ModelReference): ModelProfile | undefined {
		return this.#engine.getModel(reference);
	}

	/** The catalog name of a model. @throws UnknownModelError with the nearest name, where `getModel` answers undefined */
	resolveModelName(reference: ModelReference): ModelName {
		return this.catalog.get(reference).name;
	}

	/** Changes fields of a model's profile and drops cached decisions. @throws UnknownModelError, InvalidConfigError */
	updateModel(name: ModelName, partial: Partial<ModelProfile>): void {
		this.#engine.updateModel(name, partial);
	}

	/** Excludes models from now on by another limit of one request, in USD; `undefined`: by none. */
	setRequestLimit(limitUsd: number | undefined): void {
		this.#options.perRequestLimitUsd = limitUsd;
		this.#engine.setRequestLimit(limitUsd);
	}

	/** Drops cached decisions. */
	clearCache(): void {
		this.#engine.clearCache();
	}

	/** Learns how a decision of this router turned out. One that it does not know counts for the model on simple tasks. */
	recordOutcome(outcome: ReportedOutcome): void;
	/** The same by position, as the earlier program was called. */
	recordOutcome(
		taskId: string,
		model: ModelReference,
		success: boolean,
		quality: number,
		actualCost: number,
		actualLatency: number,
		tokensUsed: TokenCounts,
	): void;
	recordOutcome(...args: [ReportedOutcome] | OutcomeValues): void {
		const outcome = args.length === 1 ? args[0] : toReportedOutcome(args);
		if (!this.#config.enableLearning) return;
		const at = this.#clock.now();
		this.#tracker.observe({
			...(this.#decided.get(outcome.taskId, at) ?? UNKNOWN_TASK),
			model: this.resolveModelName(outcome.model),
			success: outcome.success,
			quality: outcome.quality,
			costUsd: outcome.actualCost,
			latencyMs: outcome.actualLatency,
			inputTokens: outcome.tokensUsed.input,
			outputTokens: outcome.tokensUsed.output,
			at,
		});
	}

	/** What this router has decided, and the outcomes reported to it. */
	getStats(): RoutingStats {
		const { counts, totalDecisions, cacheHits, totalDecisionTimeMs } = this.#engine.statistics();
		const performance = this.#tracker.snapshot();
		const costs = new Map<string, number>();
		for (const row of performance) costs.set(row.model, (costs.get(row.model) ?? 0) + row.totalCostNanoUsd);
		const stats = buildStats({
			decisions: counts.map((row) => ({ ...row, cachedCount: 0, totalDecisionTimeMs: 0 })),
			performance,
			costByModel: [...costs].map(([key, costNanoUsd]) => ({ key, costNanoUsd })),
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

	/** A decision and the upper end of its expected cost, USD. Kept for callers of the earlier program. */
	selectModelAndBudget(
		task: TaskDescriptor,
		agent?: string,
	): { decision: RoutingDecision; budget: number; agent: string | null } {
		const decision = this.route(task);
		return { decision, budget: decision.estimatedCostRange.high, agent: agent ?? null };
	}

	/** The same as `recordOutcome`. Kept for callers of the earlier program. */
	recordOutcomeWithBudget(...outcome: Parameters<ModelRouter['recordOutcome']>): void {
		this.recordOutcome(...outcome);
	}

	/** Always `null`: decisions carry their own estimates. Kept for callers of the earlier program. */
	getBudgetPredictor(): null {
		return null;
	}

	/** Spending per successful request of each model, USD; `null` without a success. */
	getBudgetEfficiencyReport(): Record<string, { costPerSuccess: number | null; requests: number }> {
		const totals: ReturnType<ModelRouter['getBudgetEfficiencyReport']> = {};
		for (const [model, rows] of Map.groupBy(this.#tracker.snapshot(), (row) => row.model)) {
			const { cost, successes, requests } = sumRows(rows);
			totals[model] = { costPerSuccess: successes === 0 ? null : cost / usdToNano(1) / successes, requests };
		}
		return totals;
	}
}

/** The configuration with a named policy in place of its own. @throws InvalidInputError for a name that is no policy */
export function applyPolicy(config: RouterConfig, name: string): RouterConfig {
	if (config.policy?.name === name) return config;
	const change = Object.hasOwn(NAMED_POLICIES, name) ? NAMED_POLICIES[name] : undefined;
	if (change !== undefined) return { ...config, ...change };
	const names = Object.keys(NAMED_POLICIES);
	const nearest = nearestName(name, names);
	const hint = nearest === null ? `policies are ${names.join(', ')}` : `did you mean "${nearest}"?`;
	throw new InvalidInputError(`"${name.slice(0, 80)}" is no policy; ${hint}`);
}

/** What the caller's model name asks for: a choice by the router, maybe under a policy, or one model. */
export interface ModelChoice {
	policy?: string;
	/** A model by its catalog name. */
	model?: string;
}

/** In front of a name for clients that show only ids of Claude models: `claude-switchyard/auto` is `auto`. */
export const ROUTED_PREFIX = 'claude-switchyard/';

const withoutPrefix = (id: string) => (id.startsWith(ROUTED_PREFIX) ? id.slice(ROUTED_PREFIX.length) : id);

/** A name without `ROUTED_PREFIX`, and without the mark of coding agents for a window of a million tokens (`auto[1m]`). */
function toPlainName(id: string): string {
	return withoutPrefix(id).replace(/\[1m\]$/i, '');
}

function resolveAlias(name: string, aliases: Readonly<Record<string, string>>): string {
	const wanted = [name, name.slice(name.indexOf('/') + 1)].map((each) => each.toLowerCase());
	return Object.entries(aliases).find(([alias]) => wanted.includes(alias.toLowerCase()))?.[1] ?? name;
}

/** Whether a name leaves the model to the router: `auto`, `auto:POLICY`, an alias of these, or a policy's name. */
export function namesPolicy(id: string, { aliases }: Pick<ModelRouter, 'aliases'>): boolean {
	const name = resolveAlias(toPlainName(id), aliases);
	return name === 'auto' || name.startsWith('auto:') || Object.hasOwn(NAMED_POLICIES, name);
}

/**
 * Reads a model name: `auto`, `auto:POLICY`, an alias of these, a policy's name, or a model by name, alias or provider's id,
 * with or without its provider in front (`anthropic/claude-…`). @throws UnknownModelError with the nearest name
 */
export function parseModelChoice(
	id: string,
	router: Pick<ModelRouter, 'aliases' | 'getModel' | 'catalog'>,
): ModelChoice {
	const name = resolveAlias(toPlainName(id), router.aliases);
	if (name === 'auto') return {};
	if (name.startsWith('auto:')) return { policy: name.slice('auto:'.length) };
	const asked = withoutPrefix(id);
	const known = router.getModel(asked) ?? router.getModel(asked.slice(asked.indexOf('/') + 1));
	if (known !== undefined) return { model: known.name };
	return Object.hasOwn(NAMED_POLICIES, name) ? { policy: name } : { model: router.catalog.get(asked).name };
}

/** Makes sure that a model asked for by name was chosen, and not one that scores better. @throws NoEligibleModelError */
export function assertModelHonored(decision: RoutingDecision, { model }: ModelChoice): void {
	if (model === undefined || decision.model.name === model) return;
	throw new NoEligibleModelError(decision.exclusions.filter((exclusion) => exclusion.model === model));
}

/**
 * What a request needs of the models that may answer it. A model asked for by name is called though its profile lacks
 * something, as its user may know better; no other model that lacks it answers in its place.
 */
export function requireCapabilities(
	required: readonly RequiredCapability[],
	{ model }: ModelChoice,
	catalog: ModelCatalog,
): { requiredCapabilities: RequiredCapability[]; unservable?: ReadonlyMap<ModelName, string> } {
	const missing = model === undefined ? [] : listMissingCapabilities(catalog.get(model), required);
	const requiredCapabilities = required.filter((capability) => !missing.includes(capability));
	if (missing.length === 0) return { requiredCapabilities };
	const others = catalog.profiles().filter(({ name }) => name !== model);
	const lacking = others.filter((profile) => listMissingCapabilities(profile, missing).length > 0);
	const reason = `lacks what the request needs (${missing.join(', ')})`;
	return { requiredCapabilities, unservable: new Map(lacking.map(({ name }) => [name, reason])) };
}
