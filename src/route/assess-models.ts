import { qualityFor } from '../catalog/index.ts';
import type {
	EstimateCorrection,
	Exclusion,
	HistoricalScore,
	ModelName,
	PerformanceHistory,
	TaskDescriptor,
	TaskType,
} from '../contracts/index.ts';
import type { CandidatePool } from './candidate-pool.ts';
import { estimateModel } from './estimate-model.ts';
import { findExclusions, type Requirements } from './exclude-models.ts';
import { likelyTypes } from './likely-types.ts';
import type { ModelFacts, ScoredModel } from './model-estimate.ts';
import type { PolicyContext } from './policies/routing-policy.ts';
import type { RouteSettings } from './route-settings.ts';
import { scoreModel } from './score-model.ts';
import { NEUTRAL_HISTORY } from './scorers/historical.ts';

/** What a decision is made from beside the task. */
export interface DecisionInputs {
	settings: RouteSettings;
	pool: CandidatePool;
	history: PerformanceHistory | null;
	/** Corrects estimates by what was seen. */
	correction: EstimateCorrection | null;
}

/** The models that may answer, and why the others may not. */
export interface Eligibility {
	eligible: ScoredModel[];
	exclusions: Exclusion[];
}

function recall(
	inputs: DecisionInputs,
	model: ModelName,
	given: { task: TaskDescriptor; type: TaskType },
): HistoricalScore {
	return inputs.history?.historicalScore(model, given.type, given.task.complexity) ?? NEUTRAL_HISTORY;
}

/** Excludes by hard constraints and scores the rest. */
export function assessModels(
	models: readonly ModelFacts[],
	requirements: Requirements,
	inputs: DecisionInputs,
): Eligibility {
	const { task, heldPrefix } = requirements;
	const eligible: ScoredModel[] = [];
	const exclusions: Exclusion[] = [];
	for (const facts of models) {
		const estimate = estimateModel(facts, task, { held: heldPrefix, correction: inputs.correction });
		const found = findExclusions(estimate, requirements);
		exclusions.push(...found);
		if (found.length > 0) continue;
		const history = recall(inputs, facts.profile.name, { task, type: task.type });
		eligible.push(scoreModel(estimate, task, { weights: inputs.settings.weights, history }));
	}
	return { eligible, exclusions };
}

/** What a policy may look at beside the models. */
export function createPolicyContext(task: TaskDescriptor, inputs: DecisionInputs): PolicyContext {
	return {
		task,
		defaultModel: inputs.settings.defaultModel,
		likelyTypes: likelyTypes(task),
		scoreAs(model, type) {
			if (type === task.type) return model;
			const { profile } = model.facts;
			const history = recall(inputs, profile.name, { task, type });
			const estimate = { ...model, quality: qualityFor(profile, type) };
			return scoreModel(estimate, task, { weights: inputs.settings.weights, history, type });
		},
	};
}
