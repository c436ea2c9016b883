import { describeUnknownModel } from '../catalog/index.ts';
import type { RouterConfig } from '../contracts/index.ts';
import {
	checkFlag,
	checkText,
	DAY_MS,
	listOf,
	mustBe,
	numberFrom,
	objectWith,
	oneOfWords,
	optionally,
	recordOf,
	type ValueCheck,
	type ValueIssue,
	type ValuePath,
} from '../util/index.ts';
import { POLICY_NAMES } from './policies.ts';
import { findWeightIssues } from './weights.ts';

/** A year: longest life of a cached decision. */
export const MAX_ROUTE_CACHE_SECONDS = 31_536_000;
/** Most models one request is tried on. */
export const MAX_FALLBACK_ATTEMPTS = 100;

const checkPolicyName = oneOfWords(POLICY_NAMES);
const POLICY_FIELDS: Readonly<Record<string, Readonly<Record<string, ValueCheck>>>> = {
	'cheapest-good-enough': { targetQuality: numberFrom(0, 100) },
	fixed: { model: checkText },
};
const checkPolicy: ValueCheck = (policy, path) => {
	const { name } = Object(policy);
	const issues = objectWith({ name: checkPolicyName })(policy, path);
	return issues.length > 0 ? issues : objectWith(POLICY_FIELDS[name] ?? {})(policy, path);
};

const checkNames = listOf('model names', checkText);
const checkFields = objectWith({
	enableLearning: checkFlag,
	enableCache: checkFlag,
	cacheTTL: numberFrom(0, MAX_ROUTE_CACHE_SECONDS),
	fallback: objectWith({
		enabled: checkFlag,
		maxAttempts: numberFrom(1, MAX_FALLBACK_ATTEMPTS, true),
		timeout: numberFrom(1, DAY_MS, true),
	}),
	candidates: optionally(
		mustBe('a list of at least one model name', (names) => Array.isArray(names) && names.length > 0),
	),
	policy: optionally(checkPolicy),
	fallbacks: optionally(recordOf(checkNames)),
	allowUnpriced: optionally(checkNames),
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

/** Everything wrong with a router's configuration, but for models and budget. `names`: all names that mean a model. */
export function findRouterIssues(config: RouterConfig, names: readonly string[]): ValueIssue[] {
	const issues = [...checkFields(config, []), ...findWeightIssues(config.weights)];
	if (issues.length > 0) return issues;
	return [...findMentions(config)].flatMap(({ path, name }) => {
		const message = describeUnknownModel(String(name), names);
		return message === null ? [] : [{ path, message }];
	});
}
