import type { ModelName, TaskDescriptor, TaskType } from '../../contracts/index.ts';
import type { LikelyType } from '../likely-types.ts';
import type { ScoredModel } from '../model-estimate.ts';

/** What a policy may look at beside the models. */
export interface PolicyContext {
	task: TaskDescriptor;
	defaultModel: ModelName;
	likelyTypes: readonly LikelyType[];
	/** The model as it would be scored were the task of that type. */
	scoreAs(model: ScoredModel, type: TaskType): ScoredModel;
}

/** How a model is chosen among the eligible: a value with a name and a version, without state. */
export interface RoutingPolicy {
	readonly name: string;
	/** Changes whenever the same models and task could be ranked otherwise. */
	readonly version: string;
	/** Only this model may be chosen. */
	readonly only?: ModelName;
	/** The eligible models, best first; whatever the order they came in. */
	rank(models: readonly ScoredModel[], context: PolicyContext): ScoredModel[];
	/** Probability (0-1) that hindsight would choose `chosen` too. */
	confidence(chosen: ScoredModel, models: readonly ScoredModel[], context: PolicyContext): number;
	/** What the policy has to say of its choice. */
	explain(chosen: ScoredModel, models: readonly ScoredModel[], context: PolicyContext): string[];
}
