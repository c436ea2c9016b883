import { isObject } from '../util/index.ts';
import type { ConfigLayer } from './switchyard-config.ts';

/** Where a value of the configuration comes from. */
export type ConfigOrigin =
	| { source: 'default' }
	/** `name` is the file's path. */
	| { source: 'file'; name: string }
	/** `name` is the variable's name. */
	| { source: 'environment'; name: string }
	| { source: 'argument' };

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
