import { isObject } from '../util/index.ts';
import type { LoadedConfig } from './load-config.ts';
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

/** A layer and who said each of its values. */
export interface TracedLayer {
	layer: ConfigLayer;
	getOrigin(path: string): ConfigOrigin;
}

/** For every value of the merged layers: who said it last. Models count only where a layer above the defaults speaks of them. */
export function traceOrigins(defaults: TracedLayer, said: readonly TracedLayer[]): Record<string, ConfigOrigin> {
	const origins = new Map<string, ConfigOrigin>();
	for (const { layer, getOrigin: originOf } of [{ ...defaults, layer: { ...defaults.layer, models: [] } }, ...said]) {
		for (const { path } of listEntries(layer)) origins.set(path, originOf(path));
	}
	return Object.fromEntries(origins);
}

/** One value in force and who said it. */
export interface ConfigValue extends ConfigEntry {
	origin: ConfigOrigin;
}

/** Every value in force with its origin; of the models only what a source changed. */
export function listConfigValues(loaded: LoadedConfig): ConfigValue[] {
	return listEntries(loaded.config).flatMap(({ path, value }) => {
		const origin = loaded.origins[path];
		return origin === undefined ? [] : [{ path, value, origin }];
	});
}
