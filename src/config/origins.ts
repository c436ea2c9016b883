import { formatLimitId, type StoredLimit } from '../contracts/index.ts';
import { isObject } from '../util/index.ts';
import type { ConfigLayer } from './switchyard-config.ts';

/** Where a value of the configuration comes from. */
export type ConfigOrigin =
	| { source: 'default' }
	/** `name` is the file's path. */
	| { source: 'file'; name: string }
	/** `name` is the variable's name. */
	| { source: 'environment'; name: string }
	| { source: 'argument' }
	/** A limit that was set in the database while it was in use; it wins over all others. `by`: who did, as the audit log has it. */
	| { source: 'store'; by: string };

/** One value of a layer. */
export interface ConfigEntry {
	/** e.g. `weights.cost`, `fallbacks.opus`, `models.opus.qualityScore`. */
	path: string;
	value: unknown;
}

function flattenValue(prefix: string, value: unknown): ConfigEntry[] {
	if (prefix === 'policy' || !isObject(value)) return [{ path: prefix, value }];
	return Object.entries(value).flatMap(([key, member]) =>
		member === undefined ? [] : flattenValue(prefix === '' ? key : `${prefix}.${key}`, member),
	);
}

/** Every value of a layer with its path; models by name, lists and the policy whole. */
function listEntries(layer: ConfigLayer): ConfigEntry[] {
	const { models = [], $schema: _address, ...rest } = layer;
	const profiles = models.flatMap(({ name, ...fields }) =>
		Object.entries(fields).map(([field, value]) => ({ path: `models.${name}.${field}`, value })),
	);
	return [...flattenValue('', rest), ...profiles];
}

/** A layer and the origin of each of its values. */
export interface TracedLayer {
	layer: ConfigLayer;
	getOrigin(path: string): ConfigOrigin;
}

/** The origin of every value of the merged layers, the weakest first; of models only what a layer above the lowest sets. */
export function traceOrigins(layers: readonly TracedLayer[]): Record<string, ConfigOrigin> {
	const origins: Record<string, ConfigOrigin> = {};
	for (const [height, { layer, getOrigin }] of layers.entries()) {
		for (const { path } of listEntries(height === 0 ? { ...layer, models: [] } : layer))
			origins[path] = getOrigin(path);
	}
	return origins;
}

/** One value in force and its origin. */
export interface ConfigValue extends ConfigEntry {
	origin: ConfigOrigin;
}

const FIELDS_OF_LIMITS: Readonly<Record<string, string>> = {
	'all per day': 'budget.dailyLimit',
	'all per month': 'budget.monthlyLimit',
	'all per request': 'budget.perRequestLimit',
};

/** The values with the limits of the store in the place of those that they win over. */
export function withStoredLimits(values: readonly ConfigValue[], limits: readonly StoredLimit[]): ConfigValue[] {
	const stored = limits.map(({ by, rule }): ConfigValue => {
		const path = FIELDS_OF_LIMITS[formatLimitId(rule)];
		const origin = { source: 'store', by } as const;
		return path === undefined
			? { path: `budget.rules.${formatLimitId(rule)}`, value: rule, origin }
			: { path, value: rule.limit, origin };
	});
	const paths = new Set(stored.map(({ path }) => path));
	const others = values.filter(({ path }) => !paths.has(path));
	const last = others.findLastIndex(({ path }) => path.startsWith('budget.'));
	return [...others.slice(0, last + 1), ...stored, ...others.slice(last + 1)];
}

/** Every value in force with its origin; of the models only what a source changed. */
export function listConfigValues(loaded: {
	config: ConfigLayer;
	origins: Readonly<Record<string, ConfigOrigin>>;
}): ConfigValue[] {
	return listEntries(loaded.config).flatMap(({ path, value }) => {
		const origin = loaded.origins[path];
		return origin === undefined ? [] : [{ path, value, origin }];
	});
}
