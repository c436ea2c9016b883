import { describeUnknownModel, getModelNames, type ModelCatalog } from '../catalog/index.ts';
import {
	DEFAULT_LEARNING_CONFIG,
	type ExplorationConfig,
	type LearningConfig,
	MAX_USD,
	type ModelName,
	type NanoUsd,
	OBSERVED_SIGNALS,
	type RouterConfig,
	type RoutingWeights,
	STAND_DOWN_MODES,
	UNKNOWN_MODEL_RULES,
	usdToNano,
} from '../contracts/index.ts';
import { InvalidConfigError } from '../errors/index.ts';
import {
	checkFlag,
	checkText,
	DAY_MS,
	describeValue,
	findUnknownKeys,
	formatIssues,
	isObject,
	listCheck,
	mustBe,
	numberCheck,
	objectCheck,
	optionalCheck,
	recordCheck,
	stableHash,
	type ValueCheck,
	type ValueIssue,
	type ValuePath,
	wordCheck,
} from '../util/index.ts';
import { createPolicy, NAMED_POLICIES, POLICY_NAMES, ROUTED_NAMES, type RoutingPolicy } from './policies.ts';

/** What a router decides by, checked and fixed for its life. */
export interface RouteSettings {
	policy: RoutingPolicy;
	/** Changes whenever the policy could rank the same scored models otherwise. */
	policyHash: string;
	weights: RoutingWeights;
	defaultModel: ModelName;
	/** `null`: all. */
	availableProviders: ReadonlySet<string> | null;
	/** Names of the models that some deployment serves; `null`: all. */
	availableModels: ReadonlySet<string> | null;
	/** Names of the models that may be chosen for a task that does not name them; `null`: all. */
	callableModels: ReadonlySet<string> | null;
	allowUnpriced: ReadonlySet<string>;
	perRequestLimitNanoUsd: NanoUsd | null;
	/** Configured chains by primary model; a model without an entry gets the router's own plan. */
	fallbacks: ReadonlyMap<ModelName, readonly ModelName[]>;
	/** Models of a chain, the chosen one included. */
	maxModels: number;
	usesHistory: boolean;
	standDown: LearningConfig['standDown'];
	exploration: ExplorationConfig;
}

/** What is known beside the configuration. */
interface ModelAvailability {
	availableProviders?: readonly string[] | undefined;
	availableModels?: readonly ModelName[] | undefined;
	callableModels?: readonly ModelName[] | undefined;
	perRequestLimitUsd?: number | undefined;
}

/** The configuration as the router uses it. @throws InvalidConfigError listing everything wrong with it */
export function resolveRouteSettings(
	config: RouterConfig,
	catalog: ModelCatalog,
	availability: ModelAvailability,
): RouteSettings {
	const issues = findRouterIssues(config, catalog.profiles().flatMap(getModelNames));
	const limit = availability.perRequestLimitUsd ?? config.budget?.perRequestLimit;
	issues.push(...optionalCheck(numberCheck(0, MAX_USD))(limit, ['budget', 'perRequestLimit']));
	if (issues.length > 0) throw new InvalidConfigError(formatIssues(issues));
	const { policy, fallback, fallbacks = {}, allowUnpriced = [] } = config;
	const toSet = (names: readonly string[] | undefined) => (names === undefined ? null : new Set(names));
	const resolve = (name: ModelName): ModelName => catalog.get(name).name;
	const chosen = createPolicy(policy?.name === 'fixed' ? { name: 'fixed', model: resolve(policy.model) } : policy);
	const ranking = {
		weights: normalizeWeights(policy?.name === 'learned' ? policy.weights : config.weights),
		defaultModel: resolve(config.defaultModel),
	};
	const { name, version, only, defaultsWhenUnsure = false } = chosen;
	return {
		policy: chosen,
		policyHash: stableHash({ name, version, only, defaultsWhenUnsure, ...ranking }),
		...ranking,
		availableProviders: toSet(availability.availableProviders),
		availableModels: toSet(availability.availableModels),
		callableModels: policy?.name === 'fixed' ? null : toSet(availability.callableModels),
		allowUnpriced: new Set(allowUnpriced.map(resolve)),
		perRequestLimitNanoUsd: limit === undefined ? null : usdToNano(limit),
		fallbacks: new Map(Object.entries(fallbacks).map(([primary, chain]) => [resolve(primary), chain.map(resolve)])),
		maxModels: fallback.enabled ? fallback.maxAttempts : 1,
		usesHistory: config.enableLearning,
		standDown: config.learning?.standDown ?? DEFAULT_LEARNING_CONFIG.standDown,
		exploration: { ...DEFAULT_LEARNING_CONFIG.exploration, ...config.learning?.exploration },
	};
}

/** The specification's weights. @default capability 0.35, cost 0.20, quality 0.20, latency 0.15, historical 0.10 */
export const DEFAULT_WEIGHTS: Readonly<RoutingWeights> = {
	capability: 0.35,
	cost: 0.2,
	latency: 0.15,
	quality: 0.2,
	historical: 0.1,
};

/** The names of the five factors, in the order of the specification's configuration. */
export const WEIGHT_NAMES = ['capability', 'cost', 'latency', 'quality', 'historical'] as const;

/** Larger weights say nothing more: only their ratios count. */
export const MAX_WEIGHT = 1_000_000;

const checkWeight = numberCheck(0, MAX_WEIGHT);

/** Everything wrong with complete weights. They need not sum to 1. */
function findWeightIssues(weights: Readonly<RoutingWeights>, path: ValuePath): ValueIssue[] {
	const issues = [
		...WEIGHT_NAMES.flatMap((name) => checkWeight(weights?.[name], [...path, name])),
		...findUnknownKeys(Object.keys({ ...weights }), WEIGHT_NAMES, path),
	];
	if (issues.length === 0 && WEIGHT_NAMES.every((name) => weights[name] === 0)) {
		const message = 'are all 0, so no model could be told from another: give at least one factor a weight above 0';
		issues.push({ path, message });
	}
	return issues;
}

/** The same weights with a sum of 1. @throws InvalidConfigError for weights that cannot be used */
export function normalizeWeights(weights: RoutingWeights): RoutingWeights {
	const issues = findWeightIssues(weights, ['weights']);
	if (issues.length > 0) throw new InvalidConfigError(formatIssues(issues));
	// Dividing by the largest first keeps the shares of tiny weights exact.
	const largest = Math.max(...WEIGHT_NAMES.map((name) => weights[name]));
	const sum = WEIGHT_NAMES.reduce((total, name) => total + weights[name] / largest, 0);
	const share = (name: (typeof WEIGHT_NAMES)[number]): number => weights[name] / largest / sum;
	return {
		capability: share('capability'),
		cost: share('cost'),
		latency: share('latency'),
		quality: share('quality'),
		historical: share('historical'),
	};
}

/** A year: longest life of a cached decision. */
export const MAX_ROUTE_CACHE_SECONDS = 31_536_000;
/** Most models one request is tried on. */
export const MAX_FALLBACK_ATTEMPTS = 100;

const checkPolicyName = wordCheck(POLICY_NAMES);
const POLICY_FIELDS: Readonly<Record<string, Readonly<Record<string, ValueCheck>>>> = {
	weighted: { whenUnsure: optionalCheck(wordCheck(['default-model', 'best-score'])) },
	'cheapest-good-enough': { targetQuality: numberCheck(0, 100) },
	utility: { pointWorthUsd: optionalCheck(numberCheck(0, MAX_USD)) },
	learned: { version: numberCheck(1, Number.MAX_SAFE_INTEGER, true), weights: mustBe('an object', isObject) },
	fixed: { model: checkText },
};
const checkPolicy: ValueCheck = (policy, path) => {
	const { name } = Object(policy);
	const issues = objectCheck({ name: checkPolicyName })(policy, path);
	return issues.length > 0 ? issues : objectCheck(POLICY_FIELDS[name] ?? {})(policy, path);
};

const checkLearning = objectCheck({
	workloads: optionalCheck(recordCheck(checkText)),
	standDown: optionalCheck(wordCheck(STAND_DOWN_MODES)),
	observe: optionalCheck(listCheck('signs', wordCheck(OBSERVED_SIGNALS))),
	exploration: optionalCheck(
		objectCheck({
			share: optionalCheck(numberCheck(0, 0.5)),
			floor: optionalCheck(numberCheck(0, 0.1)),
			dailyCost: optionalCheck(numberCheck(0, MAX_USD)),
			dailyPoints: optionalCheck(numberCheck(0, MAX_USD)),
		}),
	),
});

const checkNames = listCheck('model names', checkText);
const checkFields = objectCheck({
	enableLearning: checkFlag,
	enableCache: checkFlag,
	cacheTTL: numberCheck(0, MAX_ROUTE_CACHE_SECONDS),
	fallback: objectCheck({
		enabled: checkFlag,
		maxAttempts: numberCheck(1, MAX_FALLBACK_ATTEMPTS, true),
		timeout: numberCheck(1, DAY_MS, true),
	}),
	candidates: optionalCheck(
		mustBe('a list of at least one model name', (names) => Array.isArray(names) && names.length > 0),
	),
	policy: optionalCheck(checkPolicy),
	learning: optionalCheck(checkLearning),
	aliases: optionalCheck(recordCheck(checkText)),
	fallbacks: optionalCheck(recordCheck(checkNames)),
	allowUnpriced: optionalCheck(checkNames),
	unknownModels: optionalCheck(wordCheck(UNKNOWN_MODEL_RULES)),
	promptAdaptation: optionalCheck(checkFlag),
});

/** Every place that names a model. */
function* findMentions(config: RouterConfig): Generator<{ path: ValuePath; name: string }> {
	yield { path: ['defaultModel'], name: config.defaultModel };
	if (config.policy?.name === 'fixed') yield { path: ['policy', 'model'], name: config.policy.model };
	for (const field of ['candidates', 'allowUnpriced'] as const)
		for (const [index, name] of (config[field] ?? []).entries()) yield { path: [field, index], name };
	for (const [primary, chain] of Object.entries(config.fallbacks ?? {})) {
		yield { path: ['fallbacks', primary], name: primary };
		for (const [index, name] of chain.entries()) yield { path: ['fallbacks', primary, index], name };
	}
}

/**
 * Aliases that hide the router's own names or each other, in whatever case, those that no request can name, and those that mean
 * something else than a choice by the router.
 */
function findAliasIssues({ aliases = {} }: RouterConfig): ValueIssue[] {
	const firstOf = new Map<string, string>();
	return Object.entries(aliases).flatMap(([alias, choice]) => {
		const path = ['aliases', alias];
		const name = alias.toLowerCase();
		const isOwn = name === 'auto' || name.startsWith('auto:') || Object.hasOwn(NAMED_POLICIES, name);
		if (isOwn) return [{ path, message: 'is a name of the router itself. Choose another' }];
		if (alias.trim() !== alias) return [{ path, message: 'begins or ends with a space, as no model does. Remove it' }];
		const first = firstOf.get(name);
		if (first !== undefined)
			return [{ path, message: `is the same name as "${first}": capitals make no difference. Keep one of them` }];
		firstOf.set(name, alias);
		if (ROUTED_NAMES.includes(choice)) return [];
		const hint = `An alias means one of ${ROUTED_NAMES.join(', ')}; another name of a model goes to "aliases" of that model under "models"`;
		return [{ path, message: `means ${describeValue(choice)}, which is no choice by the router. ${hint}` }];
	});
}

/** Everything wrong with a router's configuration, but for models and budget. `names`: all names that mean a model. */
export function findRouterIssues(config: RouterConfig, names: readonly string[]): ValueIssue[] {
	const issues = [...checkFields(config, []), ...findWeightIssues(config.weights, ['weights'])];
	if (config.policy?.name === 'learned' && isObject(config.policy.weights))
		issues.push(...findWeightIssues(config.policy.weights, ['policy', 'weights']));
	if (issues.length > 0) return issues;
	const unknown = [...findMentions(config)].flatMap(({ path, name }) => {
		const message = describeUnknownModel(String(name), names);
		return message === null ? [] : [{ path, message }];
	});
	return [...findAliasIssues(config), ...unknown];
}
