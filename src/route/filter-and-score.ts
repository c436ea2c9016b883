import { resolveQuality } from '../catalog/index.ts';
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
import { type Candidate, estimateModel, type ScoredModel } from './estimate-model.ts';
import { findExclusions, type Requirements } from './exclude-models.ts';
import { getLikelyTypes, type PolicyContext } from './policies.ts';
import type { RouteSettings } from './route-settings.ts';
import { NEUTRAL_HISTORY, scoreModel } from './score-model.ts';

/** What a decision is made from beside the task. */
export interface DecisionInputs {
	settings: RouteSettings;
	pool: CandidatePool;
	history: PerformanceHistory | null;
	/** Corrects estimates by what was seen. */
	correction: EstimateCorrection | null;
}

/** The models that may answer, and why the others may not. */
export interface ScoredCandidates {
	eligible: ScoredModel[];
	exclusions: Exclusion[];
}

function getHistoricalScore(
	inputs: DecisionInputs,
	model: ModelName,
	given: { task: TaskDescriptor; type: TaskType },
): HistoricalScore {
	return inputs.history?.historicalScore(model, given.type, given.task.complexity) ?? NEUTRAL_HISTORY;
}

/** Excludes by hard constraints and scores the rest. */
export function filterAndScore(
	models: readonly Candidate[],
	requirements: Requirements,
	inputs: DecisionInputs,
): ScoredCandidates {
	const { task, prefix: heldPrefix } = requirements;
	const eligible: ScoredModel[] = [];
	const exclusions: Exclusion[] = [];
	for (const facts of models) {
		const estimate = estimateModel(facts, task, { held: heldPrefix, correction: inputs.correction });
		const found = findExclusions(estimate, requirements);
		exclusions.push(...found);
		if (found.length > 0) continue;
		const history = getHistoricalScore(inputs, facts.profile.name, { task, type: task.type });
		eligible.push(scoreModel(estimate, task, { weights: inputs.settings.weights, history }));
	}
	return { eligible, exclusions };
}

/** What a policy may look at beside the models. */
export function createPolicyContext(task: TaskDescriptor, inputs: DecisionInputs): PolicyContext {
	return {
		task,
		defaultModel: inputs.settings.defaultModel,
		likelyTypes: getLikelyTypes(task),
		scoreAs(model, type) {
			if (type === task.type) return model;
			const { profile } = model.candidate;
			const history = getHistoricalScore(inputs, profile.name, { task, type });
			const estimate = { ...model, quality: resolveQuality(profile, type) };
			return scoreModel(estimate, task, { weights: inputs.settings.weights, history, type });
		},
	};
}
