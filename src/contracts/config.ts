import type { BudgetConfig } from './budget.ts';
import type { RoutingWeights } from './decision.ts';
import type { ModelName, ModelProfile } from './model.ts';

/** How a model is chosen among the eligible. */
export type PolicyConfig =
	/** The five weighted factors. */
	| { name: 'weighted' }
	/** The cheapest model whose lower bound of predicted quality meets the target (0-100). */
	| { name: 'cheapest-good-enough'; targetQuality: number }
	/** Always this model. */
	| { name: 'fixed'; model: ModelName };

/** Complete configuration of the router. */
export interface RouterConfig {
	/** The models of the catalog. */
	models: ModelProfile[];
	/** The model for tasks with nothing to go by; ties go to it. */
	defaultModel: ModelName;
	weights: RoutingWeights;
	enableLearning: boolean;
	enableCache: boolean;
	/** Seconds. */
	cacheTTL: number;
	budget?: BudgetConfig;
	fallback: { enabled: boolean; maxAttempts: number; timeout: number };
	/** Names of the models that compete by default; every other model of the catalog is reached by name. @default the specification's seven */
	candidates?: ModelName[];
	/** @default { name: 'weighted' } */
	policy?: PolicyConfig;
	/** Fallback chains by primary model, before the router's own plan. */
	fallbacks?: Record<string, ModelName[]>;
	/** Models that may be used though they have no price. @default [] */
	allowUnpriced?: ModelName[];
}
