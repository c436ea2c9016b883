import type { LoadedConfig } from './load-config.ts';
import { type ConfigEntry, type ConfigOrigin, listEntries } from './trace-origins.ts';

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
