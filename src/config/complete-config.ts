import { validateModelProfile } from '../catalog/index.ts';
import type { BudgetConfig, RouterConfig } from '../contracts/index.ts';
import { checkAddresses } from './check-addresses.ts';
import { checkModelNames } from './check-model-names.ts';
import { withIdentity } from './complete-models.ts';
import type { ConfigLayer, CustomModelProfile } from './config-layer.ts';
import { type ExplainedIssue, explainIssues } from './explain-issues.ts';
import { DEFAULT_GATEWAY_CONFIG } from './gateway-config.ts';
import { copyPlain, isPlainObject } from './merge-config.ts';
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
		deployments: [],
		gateway: DEFAULT_GATEWAY_CONFIG,
		promptCaching: true,
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
	const models = (merged.models ?? []).map(withIdentity);
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
