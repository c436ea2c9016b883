import type { ModelName } from '../contracts/index.ts';
import type { ScoredModel } from './model-estimate.ts';

/** Values nearer than this are equal: sums of doubles must not decide. */
const RESOLUTION = 1e-9;

function charge(model: ScoredModel): number {
	return model.cost?.nanoUsd ?? Number.POSITIVE_INFINITY;
}

function compareText(left: string, right: string): number {
	if (left === right) return 0;
	return left < right ? -1 : 1;
}

function compareNumber(left: number, right: number): number {
	if (left === right) return 0;
	return left < right ? -1 : 1;
}

function breakTie(left: ScoredModel, right: ScoredModel, defaultModel: ModelName): number {
	const [leftName, rightName] = [left.facts.profile.name, right.facts.profile.name];
	if (leftName === defaultModel) return -1;
	if (rightName === defaultModel) return 1;
	return compareNumber(charge(left), charge(right)) || compareText(leftName, rightName);
}

/**
 * The models by falling value. Ties go to the default model, then to the cheaper, then by name: the order the models
 * came in never matters.
 */
export function rankModels(
	models: readonly ScoredModel[],
	valueFor: (model: ScoredModel) => number,
	defaultModel: ModelName,
): ScoredModel[] {
	return models
		.map((model) => ({ model, value: Math.round(valueFor(model) / RESOLUTION) }))
		.sort((left, right) => compareNumber(right.value, left.value) || breakTie(left.model, right.model, defaultModel))
		.map((entry) => entry.model);
}
