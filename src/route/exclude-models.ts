import {
	type EstimateCorrection,
	type Exclusion,
	type ExclusionReason,
	formatAmount,
	MAX_USD,
	type ModelName,
	type ModelProfile,
	nanoToUsd,
	PROVIDER_KEY_VARIABLES,
	REQUIRED_CAPABILITIES,
	type RequiredCapability,
	type RoutingDecision,
	TASK_COMPLEXITIES,
	TASK_TYPES,
	type TaskConstraints,
	type TaskDescriptor,
	usdToNano,
} from '../contracts/index.ts';
import { InvalidInputError } from '../errors/index.ts';
import { describeValue, nearestName } from '../util/index.ts';
import type { CandidatePool } from './candidate-pool.ts';
import type { RouteSettings } from './route-settings.ts';
import {
	type Candidate,
	estimateModel,
	getTotalInputTokens,
	type ModelEstimate,
	type ValuedPrefix,
	valueCachedPrefix,
} from './score-model.ts';

/** Everything a model must pass for one task; names are catalog names, aliases already resolved. */
export interface Requirements
	extends Pick<
		RouteSettings,
		'availableProviders' | 'availableModels' | 'callableModels' | 'allowUnpriced' | 'perRequestLimitNanoUsd'
	> {
	task: TaskDescriptor;
	constraints: TaskConstraints;
	/** `null`: every model. */
	allowedModels: ReadonlySet<string> | null;
	excludedModels: ReadonlySet<string>;
	/** The model asked for by name: the budget decides about it when it is called, with the figures. */
	preferredModel: string | null;
	/** The conversation's cached prefix. */
	prefix: ValuedPrefix | null;
	/** Models that cannot serve this very request, though nothing in its descriptor says so; each with the reason why. */
	unservable: ReadonlyMap<ModelName, string>;
}

type Check<Subject> = (subject: Subject, requirements: Requirements) => string | null;

/** The checks in their order. */
function listChecks<Subject>(
	checks: Partial<Record<ExclusionReason, Check<Subject>>>,
): Array<[ExclusionReason, Check<Subject>]> {
	return Object.entries(checks) as Array<[ExclusionReason, Check<Subject>]>; // the keys are those of the argument
}

function describeRetirement({ lifecycle }: ModelProfile): string | null {
	if (lifecycle?.state !== 'retired') return null;
	const { since, replacedBy } = lifecycle;
	const instead = replacedBy === undefined ? '' : `; use "${replacedBy}" instead`;
	return `retired${since === undefined ? '' : ` since ${since}`}, its provider no longer serves it${instead}`;
}

/** Why a model cannot be called here, whatever the task; `null` where it can be. */
export function describeUnavailability(
	{ assumedFrom, name, provider }: ModelProfile,
	{
		availableModels,
		availableProviders,
		callableModels,
	}: Pick<RouteSettings, 'availableModels' | 'availableProviders' | 'callableModels'>,
): string | null {
	if (availableModels?.has(assumedFrom ?? name) === false || callableModels?.has(assumedFrom ?? name) === false) {
		const key = PROVIDER_KEY_VARIABLES[provider] ?? `the key of ${provider}`;
		return `no deployment here serves it; set ${key}, list it under a deployment, or choose another model`;
	}
	return availableProviders !== null && !availableProviders.has(provider)
		? `provider ${provider} cannot be called here (available: ${[...availableProviders].join(', ') || 'none'}); set its key or choose another model`
		: null;
}

/** Checks of the model itself: the first that fails is the only one reported. */
const IDENTITY_CHECKS = listChecks<Pick<ModelEstimate, 'candidate'>>({
	retired: ({ candidate: { profile } }) => describeRetirement(profile),
	'bound-reasoning': ({ candidate: { profile } }, { prefix }) =>
		prefix?.isBound && prefix.model !== profile.name
			? `the conversation carries reasoning that only ${prefix.model} can read; stay on it or start a new conversation`
			: null,
	'not-allowed': ({ candidate: { profile } }, { allowedModels, constraints: { allowedProviders } }) => {
		if (allowedModels !== null && !allowedModels.has(profile.name))
			return `not among allowedModels (${[...allowedModels].join(', ')})`;
		return allowedProviders !== undefined && !allowedProviders.includes(profile.provider)
			? `provider ${profile.provider} is not among allowedProviders (${allowedProviders.join(', ')})`
			: null;
	},
	excluded: ({ candidate: { profile } }, { excludedModels, constraints }) => {
		if (excludedModels.has(profile.name)) return 'named in excludedModels';
		return constraints.excludedProviders?.includes(profile.provider)
			? `provider ${profile.provider} is named in excludedProviders`
			: null;
	},
	unavailable: ({ candidate: { profile } }, requirements) => {
		const { allowedModels, availableModels, availableProviders, preferredModel, prefix } = requirements;
		const { name } = profile;
		const isNamed = preferredModel === name || prefix?.model === name || allowedModels?.has(name) === true;
		const callableModels = isNamed ? null : requirements.callableModels;
		return describeUnavailability(profile, { availableModels, availableProviders, callableModels });
	},
});

const CAPABILITY_TESTS: Readonly<Record<RequiredCapability, (profile: ModelProfile) => boolean>> = {
	vision: ({ supportsVision }) => supportsVision,
	thinking: ({ supportsExtendedThinking }) => supportsExtendedThinking,
	tools: ({ supportsToolUse }) => supportsToolUse,
	'structured-output': ({ supportsStructuredOutput }) => supportsStructuredOutput === true,
	embeddings: ({ kind }) => kind === 'embedding',
};

/** The capabilities that a model lacks of those that are required. */
export function listMissingCapabilities(
	profile: ModelProfile,
	required: readonly RequiredCapability[],
): RequiredCapability[] {
	return required.filter((capability) => !CAPABILITY_TESTS[capability](profile));
}

function checkLatency({ latencyMs, completionMs }: ModelEstimate, { constraints }: Requirements): string | null {
	const { maxLatency, maxCompletionMs } = constraints;
	if (maxLatency !== undefined && latencyMs > maxLatency)
		return `typical latency ${Math.round(latencyMs)} ms is over maxLatency ${maxLatency} ms`;
	return maxCompletionMs !== undefined && completionMs > maxCompletionMs
		? `expected ${Math.round(completionMs)} ms to the last token is over maxCompletionMs ${maxCompletionMs} ms`
		: null;
}

function checkContext({ candidate: { profile } }: ModelEstimate, { task, constraints }: Requirements): string | null {
	// its window is that of one text, and a request has many
	if (profile.kind === 'embedding') return null;
	const { minContextWindow } = constraints;
	if (minContextWindow !== undefined && profile.contextWindow < minContextWindow)
		return `context window ${profile.contextWindow} is under minContextWindow ${minContextWindow}`;
	const input = getTotalInputTokens(task.estimatedInputTokens, task.cachedPrefix);
	const tokens = input + task.estimatedOutputTokens;
	return tokens > profile.contextWindow
		? `expected ${tokens} tokens (${input} in, ${task.estimatedOutputTokens} out) do not fit its context window of ${profile.contextWindow}`
		: null;
}

/** Checks of what the task needs: all that fail are reported, so that one look shows what to relax. */
const NEED_CHECKS = listChecks<ModelEstimate>({
	unservable: ({ candidate: { profile } }, { unservable }) => unservable.get(profile.name) ?? null,
	'missing-capability': ({ candidate: { profile } }, { constraints: { requiredCapabilities: required = [] } }) => {
		if (profile.kind === 'embedding' && !required.includes('embeddings')) return 'makes embeddings and answers nothing';
		const missing = listMissingCapabilities(profile, required);
		return missing.length === 0 ? null : `lacks required ${missing.join(', ')}`;
	},
	'context-window': checkContext,
	'output-limit': ({ candidate: { profile } }, { task }) =>
		task.estimatedOutputTokens > profile.maxOutputTokens
			? `expected ${task.estimatedOutputTokens} output tokens are over its limit of ${profile.maxOutputTokens}`
			: null,
	'min-quality': ({ quality }, { task, constraints: { minQuality } }) =>
		minQuality !== undefined && quality < minQuality
			? `quality ${quality} for ${task.type} is under minQuality ${minQuality}`
			: null,
	'max-latency': checkLatency,
	unpriced: ({ candidate: { profile }, cost }, { constraints, perRequestLimitNanoUsd, allowUnpriced }) => {
		const isLimited = constraints.maxCost !== undefined || perRequestLimitNanoUsd !== null;
		return cost === null && isLimited && !allowUnpriced.has(profile.name)
			? 'has no known price and a cost limit applies; give it a price under "models", or name it in "allowUnpriced"'
			: null;
	},
	'max-cost': ({ cost }, { constraints: { maxCost } }) =>
		cost !== null && maxCost !== undefined && cost.nanoUsd > usdToNano(maxCost)
			? `expected ${formatAmount(nanoToUsd(cost.nanoUsd))} is over maxCost ${formatAmount(maxCost)}`
			: null,
	'per-request-limit': ({ candidate: { profile }, cost }, { perRequestLimitNanoUsd: limit, preferredModel }) =>
		cost !== null && limit !== null && cost.nanoUsd > limit && profile.name !== preferredModel
			? `expected ${formatAmount(nanoToUsd(cost.nanoUsd))} is over the per-request limit ${formatAmount(nanoToUsd(limit))}`
			: null,
});

function findIdentityExclusions(subject: Pick<ModelEstimate, 'candidate'>, requirements: Requirements): Exclusion[] {
	for (const [reason, check] of IDENTITY_CHECKS) {
		const message = check(subject, requirements);
		if (message !== null) return [{ model: subject.candidate.profile.name, reason, message }];
	}
	return [];
}

/** Why the model may not answer the task; empty when it may. */
export function findExclusions(estimate: ModelEstimate, requirements: Requirements): Exclusion[] {
	const identity = findIdentityExclusions(estimate, requirements);
	if (identity.length > 0) return identity;
	const model = estimate.candidate.profile.name;
	const exclusions: Exclusion[] = [];
	for (const [reason, check] of NEED_CHECKS) {
		const message = check(estimate, requirements);
		if (message !== null) exclusions.push({ model, reason, message });
	}
	return exclusions;
}

/**
 * Whether attempts may call models, whoever names them: the router's plan, somebody's own fallbacks or the budget. The hard
 * limits are those of the decision (`null`: there is none), and what is served counts at the moment of the call. The answer
 * is a sentence that says why not, `null` for a model that may be called.
 */
export function createAdmission(
	decision: Pick<RoutingDecision, 'descriptor' | 'scores'> | null,
	sources: Parameters<typeof resolveRequirements>[1] & { correction?: EstimateCorrection | null },
): (model: ModelName) => string | null {
	const { pool } = sources;
	// who calls a model by its name may have a key of its own for it
	const settings = { ...sources.settings, callableModels: null };
	const findReason = decision === null ? null : createReasonFinder(decision, { ...sources, settings });
	return (name) => {
		const known = pool.catalog.find(name);
		// an executor of one's own may know what the catalog does not; a limit can only be checked on what is known
		if (!known) return findReason === null ? null : toRefusal(`no model has the name "${name}"`);
		const candidate = pool.get(known);
		const { profile } = candidate;
		const reason = findReason?.(candidate) ?? describeRetirement(profile) ?? describeUnavailability(profile, settings);
		return reason === null ? null : toRefusal(reason);
	};
}

function createReasonFinder(
	{ descriptor, scores }: Pick<RoutingDecision, 'descriptor' | 'scores'>,
	sources: Parameters<typeof createAdmission>[1],
): (candidate: Candidate) => string | undefined {
	const { correction = null } = sources;
	const requirements = resolveRequirements(descriptor, sources);
	const { prefix } = requirements;
	return (candidate) => {
		// what a model of the decision is expected to cost and to take was judged there, by the figures of that moment
		const isDecided = scores.some(({ model }) => model.name === candidate.profile.name);
		const [exclusion] = isDecided
			? findIdentityExclusions({ candidate }, requirements)
			: findExclusions(estimateModel(candidate, descriptor, { prefix, correction }), requirements);
		return exclusion?.message;
	};
}

function toRefusal(message: string): string {
	return `Not called: ${message.replace(/\.$/, '')}.`;
}

const NO_NAMES: ReadonlySet<string> = new Set();
const ALL_SERVABLE: Requirements['unservable'] = new Map();

/** What the conversation's cached prefix is worth at the prices of the pool's day; `null` where there is none. */
export function resolvePrefix(task: TaskDescriptor, pool: CandidatePool): ValuedPrefix | null {
	const prefix = task.cachedPrefix;
	if (prefix === undefined) return null;
	const profile = pool.catalog.find(prefix.model);
	const holder = profile ? pool.get(profile) : null;
	return valueCachedPrefix(prefix, holder, getTotalInputTokens(task.estimatedInputTokens, prefix));
}

/**
 * The same constraints with providers as their models name them, whatever the case of letters. One that no model has allows
 * nothing. @throws InvalidInputError where one is excluded: mistyped, it would be excluded in vain and get the text
 */
function resolveProviders(constraints: TaskConstraints, { catalog }: CandidatePool): TaskConstraints {
	const { allowedProviders, excludedProviders } = constraints;
	if (allowedProviders === undefined && excludedProviders === undefined) return constraints;
	const known = [...new Set(catalog.profiles().map(({ provider }) => provider))];
	const find = (name: string) => known.filter((provider) => provider.toLowerCase() === name.toLowerCase());
	const unknown = excludedProviders?.find((name) => find(name).length === 0);
	if (unknown !== undefined) {
		const nearest = nearestName(unknown, known);
		const hint = nearest === null ? `providers are ${known.join(', ')}` : `did you mean "${nearest}"?`;
		throw new InvalidInputError(`excludedProviders names "${unknown.slice(0, 80)}", which no model has; ${hint}`);
	}
	const resolve = (names: readonly string[]) => [...new Set(names.flatMap((name) => [name, ...find(name)]))];
	return {
		...constraints,
		...(allowedProviders && { allowedProviders: resolve(allowedProviders) }),
		...(excludedProviders && { excludedProviders: resolve(excludedProviders) }),
	};
}

/**
 * What a model must pass for the task; names and aliases resolved.
 * @throws UnknownModelError for a model nobody knows, InvalidInputError for such a provider that is excluded
 */
export function resolveRequirements(
	task: TaskDescriptor,
	sources: { settings: RouteSettings; pool: CandidatePool; unservable?: Requirements['unservable'] | undefined },
): Requirements {
	const { settings, pool, unservable = ALL_SERVABLE } = sources;
	const resolve = (names: readonly string[]): ReadonlySet<string> => resolveNames(names, pool);
	const constraints = resolveProviders(task.constraints ?? {}, pool);
	const { allowedModels, excludedModels, preferredModel } = constraints;
	return {
		...settings,
		task,
		constraints,
		allowedModels: allowedModels === undefined ? null : resolve(allowedModels),
		excludedModels: excludedModels === undefined ? NO_NAMES : resolve(excludedModels),
		preferredModel: preferredModel === undefined ? null : pool.catalog.get(preferredModel).name,
		prefix: resolvePrefix(task, pool),
		unservable,
	};
}

/** Lists that nobody can change, with the models they name in a catalog of this version. */
const resolvedLists = new WeakMap<
	readonly string[],
	{ pool: CandidatePool; version: string; names: ReadonlySet<string> }
>();

/** The catalog's names of models. @throws UnknownModelError */
function resolveNames(names: readonly string[], pool: CandidatePool): ReadonlySet<string> {
	const known = resolvedLists.get(names);
	const { version } = pool.catalog;
	if (known?.pool === pool && known.version === version) return known.names;
	const resolved = new Set(names.map((name) => pool.catalog.get(name).name));
	if (Object.isFrozen(names)) resolvedLists.set(names, { pool, version, names: resolved });
	return resolved;
}

const isNumber = (low: number, high: number) => (value: unknown) =>
	typeof value === 'number' && value >= low && value <= high;
const isMoney = isNumber(0, MAX_USD);
const isPositive = isNumber(Number.MIN_VALUE, Number.POSITIVE_INFINITY);
const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';
const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every(isText);

type Rule = readonly [test: (value: unknown) => boolean, what: string];

/** What each constraint may be. */
const CONSTRAINT_RULES: Readonly<Record<keyof TaskConstraints, Rule>> = {
	maxCost: [isMoney, 'an amount in USD ≥ 0'],
	maxLatency: [isPositive, 'milliseconds > 0'],
	maxCompletionMs: [isPositive, 'milliseconds > 0'],
	minQuality: [isNumber(0, 100), 'a number from 0 to 100'],
	preferredModel: [isText, 'the name of a model'],
	requiredCapabilities: [
		(value) => Array.isArray(value) && value.every((entry) => REQUIRED_CAPABILITIES.includes(entry)),
		`a list of ${REQUIRED_CAPABILITIES.join(', ')}`,
	],
	minContextWindow: [isNumber(0, Number.MAX_SAFE_INTEGER), 'a number of tokens ≥ 0'],
	allowedModels: [isTexts, 'a list of model names'],
	excludedModels: [isTexts, 'a list of model names'],
	allowedProviders: [isTexts, 'a list of provider names'],
	excludedProviders: [isTexts, 'a list of provider names'],
	willingnessToPay: [isMoney, 'USD per quality point ≥ 0'],
};

const CONSTRAINTS: ReadonlyMap<string, Rule> = new Map(Object.entries(CONSTRAINT_RULES));

function hintFor(word: unknown, valid: readonly string[]): string {
	const nearest = nearestName(String(word), valid);
	return nearest === null ? `use one of ${valid.join(', ')}` : `did you mean "${nearest}"?`;
}

function constraintProblems(constraints: object): string[] {
	return Object.entries(constraints).flatMap(([name, value]) => {
		const [test, what] = CONSTRAINTS.get(name) ?? [];
		if (test === undefined) return `constraints.${name} is no constraint; ${hintFor(name, [...CONSTRAINTS.keys()])}`;
		return value === undefined || test(value) ? [] : `constraints.${name} must be ${what}, got ${describeValue(value)}`;
	});
}

const isCount = isNumber(0, Number.MAX_SAFE_INTEGER);

function tokenProblems(task: TaskDescriptor): string[] {
	const problems: string[] = [];
	for (const name of ['estimatedInputTokens', 'estimatedOutputTokens'] as const)
		if (!isCount(task[name])) problems.push(`${name} must be a number of tokens ≥ 0, got ${describeValue(task[name])}`);
	for (const name of ['inputTokensInterval', 'outputTokensInterval'] as const) {
		const { low, high } = task[name] ?? { low: 0, high: 0 };
		if (!(isCount(low) && isCount(high) && low <= high))
			problems.push(
				`${name} must be two numbers of tokens, low ≤ high, got ${describeValue(low)} to ${describeValue(high)}`,
			);
	}
	const prefix = task.cachedPrefix;
	if (prefix && !(isText(prefix.model) && isCount(prefix.tokens) && isCount(prefix.expectedTurns ?? 1)))
		problems.push('cachedPrefix needs the name of a model, a number of tokens ≥ 0 and expectedTurns ≥ 0');
	return problems;
}

/**
 * Refuses a descriptor that no decision could be right for; every problem is named at once.
 * @throws InvalidInputError
 */
export function validateDescriptor(task: TaskDescriptor): void {
	const problems: string[] = [];
	// widening: a caller without types may have written any text
	const [types, complexities]: [readonly string[], readonly string[]] = [TASK_TYPES, TASK_COMPLEXITIES];
	const { type, complexity } = task;
	if (!types.includes(type)) problems.push(`type ${describeValue(type)} is unknown; ${hintFor(type, types)}`);
	if (!complexities.includes(complexity))
		problems.push(`complexity ${describeValue(complexity)} is unknown; ${hintFor(complexity, complexities)}`);
	problems.push(...tokenProblems(task));
	if (task.constraints) problems.push(...constraintProblems(task.constraints));
	if (problems.length > 0)
		throw new InvalidInputError(
			`The task descriptor cannot be routed: ${problems.join('; ')}. Let TaskClassifier.classify() make it, or correct these fields.`,
		);
}
