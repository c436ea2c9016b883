import type * as z from 'zod';
import { describeUnknownModel, findCatalogIssues, getModelNames, toUsdPer1k } from '../catalog/index.ts';
import type { BudgetConfig, ModelProfile, RouterConfig } from '../contracts/index.ts';
import { findBudgetIssues, findUnknownRuleModels } from '../cost/index.ts';
import { type ConfigIssue, InvalidConfigError } from '../errors/index.ts';
import { findRouterIssues } from '../route/index.ts';
import { formatIssues, formatPath, isObject, type ValueIssue, type ValuePath } from '../util/index.ts';
import { checkAddresses } from './check-deployments.ts';
import { explainIssues } from './explain-issues.ts';
import { getConfigSchema } from './schema/index.ts';
import {
	type ConfigLayer,
	type CustomModelProfile,
	DEFAULT_GATEWAY_CONFIG,
	DEFAULT_SETTINGS,
	type GatewayConfig,
	type GatewayLayer,
	type SwitchyardConfig,
} from './switchyard-config.ts';

/** The valid sections of a layer, and what is wrong with the others. */
export interface ValidatedLayer {
	layer: ConfigLayer;
	issues: ConfigIssue[];
}

/** The top sections an issue concerns: its own, or the unknown keys it names. */
function getSections(issue: z.core.$ZodIssue): PropertyKey[] {
	const [section] = issue.path;
	if (section !== undefined) return [section];
	return issue.code === 'unrecognized_keys' ? issue.keys : [];
}

function findRepeatedModels({ models = [] }: ConfigLayer): ValueIssue[] {
	const names = models.map(({ name }) => name);
	return names.flatMap((name, index) =>
		names.indexOf(name) === index
			? []
			: [{ path: ['models', index, 'name'], message: `"${name}" is there twice: keep one entry per model` }],
	);
}

/** Checks one source. `source` is its name in messages, or names the place of each path. */
export function validateLayer(value: unknown, source: string | ((path: ValuePath) => string)): ValidatedLayer {
	const place = (path: ValuePath): string => {
		if (typeof source !== 'string') return source(path);
		return path.length === 0 ? source : `${source}: ${formatPath(path)}`;
	};
	// Loading the schema takes longer than all else here: what says nothing needs none.
	if (isObject(value) && Object.keys(value).length === 0) return { layer: {}, issues: [] };
	const schema = getConfigSchema();
	const { error } = schema.safeParse(value);
	const broken = new Set(error?.issues.flatMap(getSections));
	const valid = isObject(value) ? Object.entries(value).filter(([key]) => !broken.has(key)) : [];
	// The schema changes no value, so that what it lets through can be taken as it was written, in its author's order.
	const layer: ConfigLayer = Object.fromEntries(valid);
	const issues = error ? explainIssues(error, { schema, value }) : findRepeatedModels(layer);
	return { layer, issues: issues.map(({ path, message }) => ({ path: place(path), message })) };
}

/** Defaults that other modules own. */
export interface ConfigDefaults {
	router: RouterConfig;
	budget: BudgetConfig;
}

/** The weakest source: every value that has a default. */
export function createDefaultLayer(defaults: ConfigDefaults): ConfigLayer {
	return { ...defaults.router, budget: defaults.budget, ...DEFAULT_SETTINGS };
}

function freeze<Value>(value: Value): Value {
	if (typeof value === 'object' && value !== null) {
		for (const member of Object.values(value)) freeze(member);
		Object.freeze(value);
	}
	return value;
}

function findGatewayIssues({ streams, limits }: GatewayConfig): ValueIssue[] {
	const message = 'is above gateway.limits.requestTimeoutMs. Lower it, or give requests more time';
	const issues: ValueIssue[] = [];
	if (streams.firstOutputTimeoutMs > limits.requestTimeoutMs)
		issues.push({ path: ['gateway', 'streams', 'firstOutputTimeoutMs'], message });
	if (limits.queueTimeoutMs > limits.requestTimeoutMs)
		issues.push({ path: ['gateway', 'limits', 'queueTimeoutMs'], message });
	return issues;
}

/** What shadow evaluation cannot do without, and names that are no models. */
function findShadowIssues({ gateway: { shadow }, storage }: SwitchyardConfig, names: readonly string[]): ValueIssue[] {
	const { judge, models, share } = shadow;
	if (share === 0) return [];
	const path = ['gateway', 'shadow'];
	const issues: ValueIssue[] = [];
	if (!storage.captureTaskText)
		issues.push({
			path: [...path, 'share'],
			message: 'sends what callers ask to another model and a judge. Set storage.captureTaskText to true, or this to 0',
		});
	if (models.length === 0) issues.push({ path: [...path, 'models'], message: 'is empty. Name the models to ask' });
	if (judge === '')
		issues.push({ path: [...path, 'judge'], message: 'is missing. Name a model that is none of "models"' });
	for (const [field, name] of [...models.map((model, index) => [`models.${index}`, model]), ['judge', judge]]) {
		const message = name === '' ? null : describeUnknownModel(name ?? '', names);
		if (message !== null) issues.push({ path: [...path, ...(field ?? '').split('.')], message });
	}
	return issues;
}

/** Models of deployments that no profile describes. */
function findUnknownDeploymentModels({ deployments }: SwitchyardConfig, names: readonly string[]): ValueIssue[] {
	return deployments.flatMap(({ models = {} }, index) =>
		Object.keys(models).flatMap((name) => {
			const message = describeUnknownModel(name, names);
			return message === null ? [] : [{ path: ['deployments', index, 'models', name], message }];
		}),
	);
}

/** The layers, the weakest first and complete, as a frozen configuration, or everything that is wrong with it. */
export function completeConfig(
	layers: readonly ConfigLayer[],
): { config: SwitchyardConfig } | { issues: ValueIssue[] } {
	const merged = layers.map(deriveCostsFromRates).reduce(mergeConfig);
	const { $schema: _address, budget: { perRequestLimit, ...limits } = {}, models: profiles = [], ...rest } = merged;
	// Profiles of the user may lack fields; findCatalogIssues reports which.
	const models = profiles.map(withModelId) as ModelProfile[];
	const budget = { ...limits, ...(typeof perRequestLimit === 'number' && { perRequestLimit }) };
	// The weakest layer is complete, and every other layer has the schema's shape.
	const config = { ...rest, models, budget } as SwitchyardConfig;
	const names = models.flatMap(getModelNames).filter((name) => name !== undefined);
	const issues = [
		...findRouterIssues(config, names),
		...findBudgetIssues(config.budget),
		...findUnknownRuleModels(config.budget.rules ?? [], models),
		...findGatewayIssues(config.gateway),
		...findCatalogIssues(models),
		...findUnknownDeploymentModels(config, names),
		...findShadowIssues(config, names),
		...checkAddresses(merged),
	];
	return issues.length > 0 ? { issues } : { config: freeze(copyPlain(config)) };
}

/** A gateway's configuration with its defaults. @throws InvalidConfigError */
export function completeGatewayConfig(layer: GatewayLayer = {}): GatewayConfig {
	const { issues } = validateLayer({ gateway: layer }, formatPath);
	if (issues.length > 0) throw new InvalidConfigError(issues);
	// The defaults are complete, and the layer above them has the schema's shape.
	const { gateway } = mergeConfig({ gateway: DEFAULT_GATEWAY_CONFIG }, { gateway: layer }) as {
		gateway: GatewayConfig;
	};
	const conflicts = findGatewayIssues(gateway);
	if (conflicts.length > 0) throw new InvalidConfigError(formatIssues(conflicts));
	return gateway;
}

function withCosts(profile: CustomModelProfile): CustomModelProfile {
	const { pricing, costPer1kInputTokens, costPer1kOutputTokens } = profile;
	if (pricing === undefined || costPer1kInputTokens !== undefined || costPer1kOutputTokens !== undefined)
		return profile;
	// NaN is how a profile says that it has no price; JSON cannot write it.
	const { input, output } = pricing === 'unpriced' ? { input: Number.NaN, output: Number.NaN } : pricing;
	return { ...profile, costPer1kInputTokens: toUsdPer1k(input), costPer1kOutputTokens: toUsdPer1k(output) };
}

/** Adds `costPer1k…` where a source sets only exact rates (or "unpriced"), so that they override those of weaker sources. */
export function deriveCostsFromRates(layer: ConfigLayer): ConfigLayer {
	return layer.models === undefined ? layer : { ...layer, models: layer.models.map(withCosts) };
}

/** The default `id` is the provider's id, else the name. */
function withModelId(profile: CustomModelProfile): CustomModelProfile {
	return { ...profile, id: profile.id ?? profile.modelId ?? profile.name };
}

/** Settings that a stronger source replaces as a whole. */
const REPLACED_SETTINGS = new Set(['policy']);

/** A copy that shares nothing with the original, and without `undefined` members. */
export function copyPlain<Value>(value: Value): Value {
	// The copy has the original's members, so its type is the original's.
	if (Array.isArray(value)) return value.map(copyPlain) as Value;
	if (!isObject(value)) return value;
	const members = Object.entries(value).filter(([, member]) => member !== undefined);
	return Object.fromEntries(members.map(([key, member]) => [key, copyPlain(member)])) as Value;
}

function mergeValues(base: unknown, over: unknown): unknown {
	if (!isObject(base) || !isObject(over)) return over;
	const merged = new Map(Object.entries(base));
	for (const [key, member] of Object.entries(over)) {
		if (member === undefined) continue;
		merged.set(key, merged.has(key) && !REPLACED_SETTINGS.has(key) ? mergeValues(merged.get(key), member) : member);
	}
	// fromEntries defines members, so that a key named __proto__ stays a key.
	return Object.fromEntries(merged);
}

/** One profile over another. A later `costPer1k…` silences earlier exact rates, which would hide it. */
function mergeProfile(base: CustomModelProfile, over: CustomModelProfile): CustomModelProfile {
	const { pricing, ...rest } = base;
	const hasLaterPrice = over.costPer1kInputTokens !== undefined || over.costPer1kOutputTokens !== undefined;
	return {
		...rest,
		...(!hasLaterPrice && pricing !== undefined && { pricing }),
		...over,
		...(base.qualityByTaskType && { qualityByTaskType: { ...base.qualityByTaskType, ...over.qualityByTaskType } }),
	};
}

/** Profiles by name: known ones are changed in place, new ones follow in order. */
function mergeModels(base: readonly CustomModelProfile[], over: readonly CustomModelProfile[]): CustomModelProfile[] {
	const byName = new Map<string, CustomModelProfile>(base.map((profile) => [profile.name, profile]));
	for (const profile of over) {
		const known = byName.get(profile.name);
		byName.set(profile.name, known === undefined ? profile : mergeProfile(known, profile));
	}
	return [...byName.values()];
}

/**
 * The later source over the earlier: objects are merged, lists and the policy replaced, models merged by name.
 * Associative for layers that satisfy the schema; changes neither argument, and shares with both what it leaves as it is.
 */
export function mergeConfig(base: ConfigLayer, over: ConfigLayer): ConfigLayer {
	// Both are layers, and merging keeps every member's type.
	const merged = mergeValues(base, over) as ConfigLayer;
	return base.models && over.models ? { ...merged, models: mergeModels(base.models, over.models) } : merged;
}
