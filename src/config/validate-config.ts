import type * as z from 'zod';
import { validateModelProfile } from '../catalog/index.ts';
import type { BudgetConfig, RouterConfig } from '../contracts/index.ts';
import type { ConfigIssue } from '../errors/index.ts';
import { isObject, nearestName } from '../util/index.ts';
import { checkAddresses } from './check-deployments.ts';
import { type ConfigPath, formatPath } from './config-path.ts';
import { describeValue, type ExplainedIssue, explainIssues } from './explain-issues.ts';
import { copyPlain } from './merge-config.ts';
import { configLayerSchema, switchyardConfigSchema } from './schema/index.ts';
import {
	type ConfigLayer,
	type CustomModelProfile,
	DEFAULT_GATEWAY_CONFIG,
	DEFAULT_LOG_CONFIG,
	DEFAULT_STORAGE_CONFIG,
	type SwitchyardConfig,
} from './switchyard-config.ts';

/** A layer of which only the sound sections are kept, and what is wrong with the others. */
export interface ValidatedLayer {
	layer: ConfigLayer;
	issues: ConfigIssue[];
}

/** The top sections an issue concerns: its own, or the unknown keys it names. */
function sectionsOf(issue: z.core.$ZodIssue): PropertyKey[] {
	const [section] = issue.path;
	if (section !== undefined) return [section];
	return issue.code === 'unrecognized_keys' ? issue.keys : [];
}

function repeatedModels(layer: ConfigLayer): ExplainedIssue[] {
	const names = (layer.models ?? []).map((profile) => profile.name);
	return names.flatMap((name, index) =>
		names.indexOf(name) === index
			? []
			: [{ path: ['models', index, 'name'], message: `"${name}" is there twice: keep one entry per model` }],
	);
}

/** Where a value of a source lies: the source and the path in it. */
function placeIn(source: string): (path: ConfigPath) => string {
	return (path) => (path.length === 0 ? source : `${source}: ${formatPath(path)}`);
}

/** The checked value with the keys in their author's order (schemas answer in their own): an edit must not shuffle a file. */
function inOrderOf(original: unknown, checked: unknown): unknown {
	if (Array.isArray(checked) && Array.isArray(original))
		return checked.map((member, index) => inOrderOf(original[index], member));
	if (!isObject(checked) || !isObject(original)) return checked;
	const keys = Object.keys(original).filter((key) => Object.hasOwn(checked, key));
	return Object.fromEntries(keys.map((key) => [key, inOrderOf(original[key], checked[key])]));
}

/** Judges what one source says. `source` names it in messages; or say for each path where its value lies. */
export function validateLayer(value: unknown, source: string | ((path: ConfigPath) => string)): ValidatedLayer {
	const place = typeof source === 'string' ? placeIn(source) : source;
	const result = configLayerSchema.safeParse(value);
	const placed = (issues: ExplainedIssue[]) => issues.map(({ path, message }) => ({ path: place(path), message }));
	if (result.success) {
		// The same members in another order are the same type.
		const layer = inOrderOf(value, result.data) as ConfigLayer;
		return { layer, issues: placed(repeatedModels(layer)) };
	}
	const issues = placed(explainIssues(result.error, { schema: configLayerSchema, value }));
	const broken = new Set(result.error.issues.flatMap(sectionsOf));
	const sound = isObject(value) ? Object.entries(value).filter(([key]) => !broken.has(key)) : [];
	const rest = configLayerSchema.safeParse(Object.fromEntries(sound));
	return { layer: rest.success ? rest.data : {}, issues };
}

/** The defaults of the rooms that own them. */
export interface ConfigDefaults {
	router: RouterConfig;
	budget: BudgetConfig;
}

/** The lowest source: every value that has a default. */
export function createDefaultLayer(defaults: ConfigDefaults): ConfigLayer {
	return {
		...defaults.router,
		budget: defaults.budget,
		storage: DEFAULT_STORAGE_CONFIG,
		log: DEFAULT_LOG_CONFIG,
		providers: {},
		deployments: [],
		gateway: DEFAULT_GATEWAY_CONFIG,
		promptCaching: true,
		debug: false,
	};
}

function freeze<Value>(value: Value): Value {
	if (Array.isArray(value) || isObject(value)) {
		for (const member of Object.values(value)) freeze(member);
		Object.freeze(value);
	}
	return value;
}

/** The catalog's judgement of a profile; every issue names the model and the field. */
function checkProfile(profile: CustomModelProfile): ExplainedIssue[] {
	return validateModelProfile(profile, '').map(({ path, message }) => ({
		path: ['models', profile.name, ...path.split('.').filter((part) => part !== '')],
		message,
	}));
}

/** Merged sources made into the whole (frozen), or everything that is wrong with it. */
export function completeConfig(merged: ConfigLayer): { config: SwitchyardConfig } | { issues: ExplainedIssue[] } {
	const { $schema: _address, budget, ...rest } = merged;
	const { perRequestLimit, ...limits } = budget ?? {};
	const models = (merged.models ?? []).map(withModelId);
	const issues = [
		...models.flatMap(checkProfile),
		...checkModelNames({ ...merged, models }),
		...checkAddresses(merged),
	];
	const value = {
		...rest,
		models,
		budget: { ...limits, ...(typeof perRequestLimit === 'number' && { perRequestLimit }) },
	};
	const result = switchyardConfigSchema.safeParse(value);
	if (!result.success)
		return { issues: [...explainIssues(result.error, { schema: switchyardConfigSchema, value }), ...issues] };
	return issues.length > 0 ? { issues } : { config: freeze(copyPlain(result.data)) };
}

/** Pico-dollars per token → USD per 1,000 tokens. */
const USD_PER_1K_OF_PICO_PER_TOKEN = 1e-9;

function withCosts(profile: CustomModelProfile): CustomModelProfile {
	const { pricing, costPer1kInputTokens, costPer1kOutputTokens } = profile;
	if (pricing === undefined || costPer1kInputTokens !== undefined || costPer1kOutputTokens !== undefined)
		return profile;
	// NaN is how a profile says that it has no price; JSON cannot write it.
	if (pricing === 'unpriced')
		return { ...profile, costPer1kInputTokens: Number.NaN, costPer1kOutputTokens: Number.NaN };
	return {
		...profile,
		costPer1kInputTokens: pricing.input * USD_PER_1K_OF_PICO_PER_TOKEN,
		costPer1kOutputTokens: pricing.output * USD_PER_1K_OF_PICO_PER_TOKEN,
	};
}

/** A source that gives only exact rates (or "unpriced") means them for `costPer1k…` too, over earlier sources. */
export function deriveCostsFromRates(layer: ConfigLayer): ConfigLayer {
	return layer.models === undefined ? layer : { ...layer, models: layer.models.map(withCosts) };
}

/** A model without an `id` of its own is known by its provider's id, else by its name. */
function withModelId(profile: CustomModelProfile): CustomModelProfile {
	return { ...profile, id: profile.id ?? profile.modelId ?? profile.name };
}

function namesOf({ name, id, modelId, aliases = [] }: CustomModelProfile): string[] {
	return [name, id, modelId, ...aliases].filter((known) => known !== undefined);
}

interface Mention {
	path: ConfigPath;
	name: string;
}

function* mentionsOfLists(config: ConfigLayer): Generator<Mention> {
	for (const field of ['candidates', 'allowUnpriced'] as const) {
		for (const [index, name] of (config[field] ?? []).entries()) yield { path: [field, index], name };
	}
	for (const [index, { scope, of }] of (config.budget?.rules ?? []).entries()) {
		if (scope === 'model' && of !== undefined) yield { path: ['budget', 'rules', index, 'of'], name: of };
	}
	for (const [index, { models = {} }] of (config.deployments ?? []).entries()) {
		for (const name of Object.keys(models)) yield { path: ['deployments', index, 'models', name], name };
	}
}

function* mentions(config: ConfigLayer): Generator<Mention> {
	if (config.defaultModel !== undefined) yield { path: ['defaultModel'], name: config.defaultModel };
	if (config.policy?.name === 'fixed') yield { path: ['policy', 'model'], name: config.policy.model };
	yield* mentionsOfLists(config);
	for (const [primary, chain] of Object.entries(config.fallbacks ?? {})) {
		yield { path: ['fallbacks', primary], name: primary };
		for (const [index, name] of chain.entries()) yield { path: ['fallbacks', primary, index], name };
	}
}

/** Every place that names a model nobody knows. Names, ids and aliases count, without regard to case. */
function checkModelNames(config: ConfigLayer): ExplainedIssue[] {
	const all = (config.models ?? []).flatMap(namesOf);
	const known = new Set(all.map((name) => name.toLowerCase()));
	const issues: ExplainedIssue[] = [];
	for (const { path, name } of mentions(config)) {
		if (known.has(name.toLowerCase())) continue;
		const nearest = nearestName(name, all);
		const hint = nearest === null ? 'Add it under "models", or name a known one.' : `Did you mean "${nearest}"?`;
		issues.push({ path, message: `names a model nobody knows, ${describeValue(name)}. ${hint}` });
	}
	return issues;
}
