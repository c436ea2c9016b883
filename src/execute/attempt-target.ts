import type { ModelName } from '../contracts/index.ts';

/** What one attempt calls: a model, at one of its deployments where the caller names them. */
export interface AttemptTarget {
	model: ModelName;
	/** `null`: the caller knows but one. */
	deployment: string | null;
	/** Rests and circuits go by it: the model's name, or `model@deployment`. */
	key: string;
}

/** A model at a deployment. */
export function targetOf(model: ModelName, deployment: string | null): AttemptTarget {
	return { model, deployment, key: deployment === null ? model : `${model}@${deployment}` };
}

/** The targets of a chain in order: every deployment of a model before the next model. */
export function targetsOf(
	models: readonly ModelName[],
	deploymentsOf?: (model: ModelName) => readonly string[],
): AttemptTarget[] {
	return models.flatMap((model) => {
		const deployments = deploymentsOf?.(model) ?? [];
		return deployments.length === 0 ? [targetOf(model, null)] : deployments.map((id) => targetOf(model, id));
	});
}
