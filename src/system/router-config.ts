import { DEFAULT_MODEL_PROFILES } from '../catalog/index.ts';
import type { BudgetConfig, ModelName, RouterConfig } from '../contracts/index.ts';
import { DEFAULT_BUDGET_CONFIG } from '../cost/index.ts';
import { DEFAULT_WEIGHTS } from '../route/index.ts';

/** Who follows when a model fails, before the router's own plan. */
export const DEFAULT_FALLBACKS: Readonly<Record<string, ModelName[]>> = {
	opus: ['sonnet', 'gpt-4'],
	sonnet: ['haiku', 'gpt-3.5'],
	haiku: ['gpt-3.5', 'gemini-flash'],
	'gpt-4': ['sonnet', 'opus'],
	'gemini-pro': ['sonnet', 'gpt-4'],
};

/** The router's configuration when nobody says otherwise. */
export const DEFAULT_ROUTER_CONFIG: RouterConfig = {
	models: DEFAULT_MODEL_PROFILES,
	defaultModel: 'sonnet',
	weights: DEFAULT_WEIGHTS,
	enableLearning: true,
	enableCache: true,
	cacheTTL: 3600,
	fallback: { enabled: true, maxAttempts: 3, timeout: 60_000 },
};

/** What a caller may pass of the router's configuration; what is missing keeps its default, also inside `weights` and `fallback`. */
export type RouterOptions = Partial<Omit<RouterConfig, 'weights' | 'fallback' | 'budget'>> & {
	weights?: Partial<RouterConfig['weights']>;
	fallback?: Partial<RouterConfig['fallback']>;
	budget?: BudgetOptions;
};

/** What a caller may pass of the budget; what is missing keeps its default, also inside `alerts`. */
export type BudgetOptions = Partial<Omit<BudgetConfig, 'alerts'>> & { alerts?: Partial<BudgetConfig['alerts']> };

/** Fills what is missing from `base`. */
export function completeRouterConfig(options: RouterOptions, base: RouterConfig = DEFAULT_ROUTER_CONFIG): RouterConfig {
	const { budget, ...rest } = options;
	const complete: RouterConfig = {
		...base,
		...rest,
		weights: { ...base.weights, ...options.weights },
		fallback: { ...base.fallback, ...options.fallback },
	};
	if (budget !== undefined) complete.budget = completeBudgetConfig(budget, base.budget);
	return complete;
}

/** Fills what is missing from `base`. */
export function completeBudgetConfig(options: BudgetOptions, base: BudgetConfig = DEFAULT_BUDGET_CONFIG): BudgetConfig {
	return { ...base, ...options, alerts: { ...base.alerts, ...options.alerts } };
}
