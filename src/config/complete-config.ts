import type { BudgetConfig, RouterConfig } from '../contracts/index.ts';
import { checkModelNames } from './check-model-names.ts';
import type { ConfigLayer } from './config-layer.ts';
import { type ExplainedIssue, explainIssues } from './explain-issues.ts';
import { isPlainObject } from './merge-config.ts';
import { switchyardConfigSchema } from './schema/index.ts';
import { DEFAULT_LOG_CONFIG, DEFAULT_STORAGE_CONFIG, type SwitchyardConfig } from './switchyard-config.ts';

/** The defaults of the rooms that own them. */
export interface ConfigDefaults {
	router: RouterConfig;
	budget: BudgetConfig;
}

/** The lowest source: every value that has a default. */
export function defaultLayer(defaults: ConfigDefaults): ConfigLayer {
	return {
		...defaults.router,
		budget: defaults.budget,
		storage: DEFAULT_STORAGE_CONFIG,
		log: DEFAULT_LOG_CONFIG,
		providers: {},
		debug: false,
	};
}

function freeze<Value>(value: Value): Value {
	if (Array.isArray(value) || isPlainObject(value)) {
		for (const member of Object.values(value)) freeze(member);
		Object.freeze(value);
	}
	return value;
}

/** Merged sources made into the whole (frozen), or everything that is wrong with it. */
export function completeConfig(merged: ConfigLayer): { config: SwitchyardConfig } | { issues: ExplainedIssue[] } {
	const { $schema: _address, budget, ...rest } = merged;
	const { perRequestLimit, ...limits } = budget ?? {};
	const value = { ...rest, budget: { ...limits, ...(typeof perRequestLimit === 'number' && { perRequestLimit }) } };
	const result = switchyardConfigSchema.safeParse(value);
	const unknownModels = checkModelNames(merged);
	if (result.success) return unknownModels.length > 0 ? { issues: unknownModels } : { config: freeze(result.data) };
	return { issues: [...explainIssues(result.error, { schema: switchyardConfigSchema, value }), ...unknownModels] };
}
