import { createModelCatalog, type ModelCatalog } from '../catalog/index.ts';
import {
	type ChoiceChance,
	type Clock,
	type DecisionCounts,
	type EstimateCorrection,
	type IdSource,
	type ModelName,
	type ModelProfile,
	type ModelReference,
	type PerformanceHistory,
	type RandomSource,
	type RouterConfig,
	type RoutingDecision,
	type RoutingScore,
	type TaskConstraints,
	type TaskDescriptor,
	type TokenInterval,
	usdToNano,
} from '../contracts/index.ts';
import { BoundedMap, createUuidSource, SYSTEM_CLOCK, stableHash, sum } from '../util/index.ts';
import { CandidatePool } from './candidate-pool.ts';
import { type DecisionInputs, type DecisionTemplate, decideRoute } from './decide-route.ts';
import { createAdmission } from './exclude-models.ts';
import { Exploration } from './exploration.ts';
import { getLikelyTypes, isTypeGuessed, type LikelyType } from './policies.ts';
import { resolveRouteSettings } from './route-settings.ts';
import { RETRY_SHARE, STAND_DOWN_POLICY, STAND_DOWN_REASON, StandDown, type StandIn } from './stand-down.ts';

/** What a router works with; everything has a default. */
export interface RoutingEngineOptions {
	/** Scores learned from outcomes. @default nothing: the historical factor is a neutral 50 */
	history?: PerformanceHistory | undefined;
	/** Corrects estimates by observed outcomes. @default no correction */
	correction?: EstimateCorrection | undefined;
	/** @default the system clock */
	clock?: Pick<Clock, 'now' | 'monotonic'> | undefined;
	/** @default UUID version 7 */
	ids?: IdSource | undefined;
	/** Decides when another model is tried, where that is configured. @default Math.random */
	random?: RandomSource | undefined;
	/** Providers that can be called. @default all */
	availableProviders?: readonly string[] | undefined;
	/** Names of the models that can be called. @default all */
	availableModels?: readonly ModelName[] | undefined;
	/** Names of the models that can be called as far as is known here: others are chosen only where the task names them. @default all */
	callableModels?: readonly ModelName[] | undefined;
	/** USD; a model expected to cost more is excluded. @default `budget.perRequestLimit` of the configuration */
	perRequestLimitUsd?: number | undefined;
	/** A catalog shared with others. @default one made from `models` of the configuration */
	catalog?: ModelCatalog | undefined;
}

/**
 * Chooses a model for a task: excludes by hard constraints, scores five factors, ranks by the policy, explains, and
 * plans the fallbacks. Synchronous; no I/O; deterministic but for id, time and timing.
 *
 * @example
 * const decision = new RoutingEngine(config).route(classifier.classify('Fix the login bug'));
 */
export class RoutingEngine {
	/** The models this router knows. */
	readonly catalog: ModelCatalog;
	#inputs: DecisionInputs;
	readonly #settingsHash: string;
	readonly #clock: Pick<Clock, 'now' | 'monotonic'>;
	readonly #ids: IdSource;
	readonly #cache: BoundedMap<string, DecisionTemplate> | null;
	readonly #counter = new DecisionCounter();
	readonly #random: RandomSource;
	/** Both made when first needed. */
	#standDown: StandDown | null = null;
	#exploration: Exploration | null = null;

	/** @throws InvalidConfigError for weights, models, policy or limits that cannot be used */
	constructor(config: RouterConfig, options: RoutingEngineOptions = {}) {
		this.catalog = options.catalog ?? createModelCatalog(config.models);
		const settings = resolveRouteSettings(config, this.catalog, options);
		const pool = new CandidatePool(this.catalog, config);
		const { name, version, only } = settings.policy;
		this.#settingsHash = stableHash({ ...settings, policy: { name, version, only }, candidates: pool.names });
		const { history = null, correction = null } = settings.usesHistory ? options : {};
		this.#inputs = { settings, pool, history, correction };
		this.#clock = options.clock ?? SYSTEM_CLOCK;
		this.#random = options.random ?? Math.random;
		this.#ids = options.ids ?? createUuidSource(() => this.#clock.now());
		this.#cache = config.enableCache ? new BoundedMap(DECISION_CACHE_CAPACITY, config.cacheTTL * 1000) : null;
	}

	/** The same for routers that rank the same scored models alike; in each decision as `policy.hash`. */
	get policyHash(): string {
		return this.#inputs.settings.policyHash;
	}

	/** The models that compete today where a task names none; `standsFor` has the names in whose place one does. */
	get competing(): readonly ModelProfile[] {
		this.#inputs.pool.refresh(this.#clock.now());
		return this.#inputs.pool.competing;
	}

	/**
	 * Decides which model answers the task. Models of `unservable` cannot serve it, for the reason given there.
	 * @throws NoEligibleModelError when the constraints leave no model, with a reason for each
	 * @throws InvalidInputError for a descriptor that cannot be routed
	 * @throws UnknownModelError for a model the task names and nobody knows
	 */
	route(descriptor: TaskDescriptor, unservable?: ReadonlyMap<ModelName, string>): RoutingDecision {
		const startedAt = this.#clock.monotonic();
		const now = this.#clock.now();
		this.#inputs.pool.refresh(now);
		const own = this.#decide(descriptor, { unservable, now });
		const change = this.#findChange(descriptor, own.template, now);
		const instead = change?.instead;
		const { cached, template } = instead === undefined ? own : this.#decide(descriptor, { unservable, now, instead });
		const decisionTimeMs = this.#clock.monotonic() - startedAt;
		// The template's lists are copied: a caller who edits a decision must not edit the cache.
		const decision: RoutingDecision = {
			id: this.#ids.next(),
			...template,
			reasoning: change?.note === undefined ? template.reasoning.slice() : [...template.reasoning, change.note],
			alternatives: template.alternatives.map((alternative) => ({ ...alternative })),
			estimatedCostRange: { ...template.estimatedCostRange },
			fallbackChain: template.fallbackChain.slice(),
			predictedQuality: { ...template.predictedQuality },
			scores: template.scores.map(copyScore),
			exclusions: template.exclusions.map((exclusion) => ({ ...exclusion })),
			policy: { ...template.policy, ...change?.policy },
			...(change?.chance !== undefined && tellChance(change.chance, template.model.name)),
			timestamp: new Date(now),
			cached,
			descriptor,
			decisionTimeMs,
		};
		this.#counter.add(decision);
		return decision;
	}

	#decide(
		descriptor: TaskDescriptor,
		options: { unservable: ReadonlyMap<ModelName, string> | undefined; now: number; instead?: ModelName },
	): { template: DecisionTemplate; cached: boolean } {
		const { unservable, now, instead } = options;
		const own = this.#cache === null ? '' : this.#createKey(descriptor, unservable);
		const key = instead === undefined ? own : `${own}|instead ${instead}`;
		const cached = this.#cache?.get(key, now);
		if (cached !== undefined) return { template: cached, cached: true };
		const template = decideRoute(descriptor, { ...this.#inputs, unservable, instead });
		this.#cache?.set(key, template, now);
		return { template, cached: false };
	}

	/**
	 * What outcomes change about the policy's choice: a single model that is better takes its place, or one that is nearly tied is
	 * tried. `null` for nearly every request; never where the caller named a model.
	 */
	#findChange(descriptor: TaskDescriptor, template: DecisionTemplate, now: number): Change | null {
		const { history, settings } = this.#inputs;
		const { constraints, workload, complexity } = descriptor;
		const isNamed = constraints?.preferredModel !== undefined || settings.policy.only !== undefined;
		if (history === null || isNamed) return null;
		if (settings.standDown !== 'off' && workload !== undefined && history.knows?.(workload) === true) {
			this.#standDown ??= new StandDown(this.#random);
			const single = this.#standDown.judge(workload, template);
			if (single !== null) return describeStandDown(single, settings.standDown, template);
		}
		const { floor, share } = settings.exploration;
		if (share + floor === 0 || complexity === 'critical' || descriptor.cachedPrefix !== undefined) return null;
		this.#exploration ??= new Exploration(settings.exploration, this.#random);
		const explored = this.#exploration.explore(template, now);
		if (explored === null) return null;
		const { model, chance, isNearTie } = explored;
		const why = isNearTie ? 'as they are nearly tied' : 'to see what it is worth';
		return {
			chance,
			...(model !== null && { instead: model, note: `Tried in place of ${template.model.name}, ${why}` }),
		};
	}

	/**
	 * Whether attempts may call models: by the hard limits of a decided task, and by what is served at the moment of the call;
	 * `null`: by the latter only. The answer is a sentence that says why not, `null` for a model that may be called.
	 */
	createAdmission(
		decision: Pick<RoutingDecision, 'descriptor' | 'scores'> | null,
		unservable?: ReadonlyMap<ModelName, string>,
	): (model: ModelName) => string | null {
		const admit = createAdmission(decision, { ...this.#inputs, unservable });
		return (model) => {
			this.#inputs.pool.refresh(this.#clock.now());
			return admit(model);
		};
	}

	/** The profile of a model by name or alias; `undefined` when nobody knows it. */
	getModel(reference: ModelReference): ModelProfile | undefined {
		return this.catalog.find(reference) ?? undefined;
	}

	/** Excludes models from now on by another limit of one request, in USD; `undefined`: by none. */
	setRequestLimit(limitUsd: number | undefined): void {
		const perRequestLimitNanoUsd = limitUsd === undefined ? null : usdToNano(limitUsd);
		if (perRequestLimitNanoUsd === this.#inputs.settings.perRequestLimitNanoUsd) return;
		this.#inputs = { ...this.#inputs, settings: { ...this.#inputs.settings, perRequestLimitNanoUsd } };
		this.clearCache();
	}

	/** Changes fields of a model's profile and drops cached decisions. @throws UnknownModelError, InvalidConfigError */
	updateModel(name: ModelName, partial: Partial<ModelProfile>): void {
		this.catalog.update(name, partial);
		this.clearCache();
	}

	/** Drops cached decisions. */
	clearCache(): void {
		this.#cache?.clear();
	}

	/** What this router has decided since it was made or last reset. */
	statistics(): DecisionStatistics {
		return this.#counter.read();
	}

	/** Sets the counts of `statistics` to 0. */
	resetStatistics(): void {
		this.#counter.reset();
	}

	#createKey(descriptor: TaskDescriptor, unservable: ReadonlyMap<ModelName, string> | undefined): string {
		const { pool, history, correction } = this.#inputs;
		const { workload } = descriptor;
		const ownRevision = workload === undefined ? 0 : (correction?.workloadRevision?.(workload) ?? 0);
		const isKnown = workload !== undefined && (ownRevision > 0 || history?.knows?.(workload) === true);
		return createDecisionKey(descriptor, getLikelyTypes(descriptor), {
			settings: this.#settingsHash,
			catalogVersion: pool.version,
			historyRevision: history?.revision ?? 0,
			correctionRevision: (correction?.revision ?? 0) + ownRevision,
			// decisions of workloads of which nothing is known are alike
			workload: isKnown ? workload : undefined,
			unservable,
		});
	}
}

/** What is changed about a decision of the policy. */
interface Change {
	instead?: ModelName;
	note?: string;
	policy?: Partial<RoutingDecision['policy']>;
	chance?: ChoiceChance;
}

const tellChance = (chance: ChoiceChance, model: ModelName) =>
	({ propensity: chance.propensities[model] ?? 1, propensityKind: 'exact', chance }) as const;

/** What follows where a single model is better than routing. */
function describeStandDown(
	{ model, gain, costShare, outcomes, draw }: StandIn,
	mode: 'auto' | 'report',
	{ model: chosen, policy }: DecisionTemplate,
): Change {
	const share = Math.round(100 * costShare);
	const why = `${STAND_DOWN_REASON}${gain.toFixed(1)} points better than routing at ${share}% of its cost, by ${Math.round(outcomes)} outcomes`;
	if (mode === 'report') return { note: `Always ${model} would be better${why}` };
	const propensities = { [model]: 1 - RETRY_SHARE, [chosen.name]: RETRY_SHARE };
	// where routing chooses the same model no chance is left in what is chosen
	const chance = model === chosen.name ? {} : { chance: { propensities, draw } };
	if (draw < RETRY_SHARE)
		return { ...chance, note: `Routed to see whether that is still worse than always ${model}${why}` };
	return {
		...chance,
		instead: model,
		note: `Routing stands down for ${model}${why}`,
		policy: { name: STAND_DOWN_POLICY, version: '1', hash: stableHash({ policy: policy.hash, model }) },
	};
}

function copyScore(score: RoutingScore): RoutingScore {
	return { ...score, scores: { ...score.scores }, predictedQuality: { ...score.predictedQuality } };
}

/** What a router has decided since it was made (or since the last reset). */
interface DecisionStatistics {
	totalDecisions: number;
	/** Decisions answered from the cache. */
	cacheHits: number;
	/** Milliseconds over all decisions. */
	totalDecisionTimeMs: number;
	/** One entry per model × type × complexity that occurred. */
	counts: DecisionCounts[];
}

/** Counts decisions. Bounded by models × task types × complexities. */
class DecisionCounter {
	/** By model. */
	readonly #counts = new Map<ModelName, DecisionCounts[]>();

	add({ model, descriptor, cached, decisionTimeMs }: RoutingDecision): void {
		const { type: taskType, complexity } = descriptor;
		let counts = this.#counts.get(model.name);
		if (counts === undefined) {
			counts = [];
			this.#counts.set(model.name, counts);
		}
		let entry = counts.find((each) => each.taskType === taskType && each.complexity === complexity);
		if (entry === undefined) {
			entry = { model: model.name, taskType, complexity, count: 0, cachedCount: 0, totalDecisionTimeMs: 0 };
			counts.push(entry);
		}
		entry.count += 1;
		if (cached) entry.cachedCount += 1;
		entry.totalDecisionTimeMs += decisionTimeMs;
	}

	read(): DecisionStatistics {
		const counts = [...this.#counts.values()].flat().map((entry) => ({ ...entry }));
		return {
			totalDecisions: sum(counts.map((entry) => entry.count)),
			cacheHits: sum(counts.map((entry) => entry.cachedCount)),
			totalDecisionTimeMs: sum(counts.map((entry) => entry.totalDecisionTimeMs)),
			counts,
		};
	}

	reset(): void {
		this.#counts.clear();
	}
}

/** Decisions the cache holds at most. @default 10000 */
const DECISION_CACHE_CAPACITY = 10_000;

/** Everything but the descriptor that a decision depends on. */
interface RoutingRevisions {
	/** Hash of weights, policy, candidates, availability and limits: fixed for the life of a router. */
	settings: string;
	catalogVersion: string;
	historyRevision: number;
	correctionRevision: number;
	/** Whose work it is, where something was seen of that. */
	workload?: string | undefined;
	unservable?: ReadonlyMap<ModelName, string> | undefined;
}

const intervalKey = (interval?: TokenInterval): string => (interval ? `${interval.low}~${interval.high}` : '');

/** Lists that nobody can change, as JSON. */
const listTexts = new WeakMap<readonly string[], string>();

/** Constraints as a part of the key; a frozen list of models, as a caller's key has one, is written once. */
function formatConstraints(constraints: TaskConstraints): string {
	const { allowedModels } = constraints;
	if (allowedModels === undefined || !Object.isFrozen(allowedModels)) return JSON.stringify(constraints);
	const { allowedModels: _, ...others } = constraints;
	let list = listTexts.get(allowedModels);
	if (list === undefined) {
		list = JSON.stringify(allowedModels);
		listTexts.set(allowedModels, list);
	}
	return `${list}${JSON.stringify(others)}`;
}

/**
 * The cache key: equal exactly when everything a decision depends on is equal. The task's text is no part of it: tasks with
 * equal descriptors are decided alike. `likely` stands for the classifier's probabilities.
 */
export function createDecisionKey(
	task: TaskDescriptor,
	likely: readonly LikelyType[],
	revisions: RoutingRevisions,
): string {
	let key = `${revisions.settings}|${revisions.catalogVersion}|${revisions.historyRevision}.${revisions.correctionRevision}|${task.type}|${task.complexity}|${task.pattern}|${task.priority}|${task.estimatedInputTokens}|${intervalKey(task.inputTokensInterval)}|${task.estimatedOutputTokens}|${intervalKey(task.outputTokensInterval)}|${task.requiresExtendedThinking}|${task.involvesCode}|${task.requiresCreativity === true}`;
	if (likely.length > 1 || likely[0]?.probability !== 1)
		for (const { type, probability } of likely) key += `|${type}=${probability}`;
	if (isTypeGuessed(task)) key += '|guess';
	if (revisions.workload !== undefined) key += `|w${JSON.stringify(revisions.workload)}`;
	if (task.constraints !== undefined) key += `|c${formatConstraints(task.constraints)}`;
	if (revisions.unservable?.size) key += `|u${JSON.stringify([...revisions.unservable].sort())}`;
	if (task.cachedPrefix !== undefined) key += `|p${JSON.stringify(task.cachedPrefix)}`;
	return key;
}
