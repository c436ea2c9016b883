import type { ModelName } from '../contracts/index.ts';
import type { DeploymentTable, Runtime } from './runtime.ts';

/** A model that is left alone at a deployment. */
export interface RestingTarget {
	deployment: string;
	model: ModelName;
	/** The failure that made it rest, or `circuit-open`. */
	cause: string;
	/** Epoch milliseconds. */
	until: number;
}

/** Every model that is left alone at a deployment now: as many lookups as models are served, at each place. */
export function restingTargets({
	deployments,
	runtime,
}: {
	deployments: DeploymentTable;
	runtime: Runtime;
}): RestingTarget[] {
	const { fallback } = runtime.system;
	return deployments.servedModels.flatMap((model) =>
		deployments.idsOf(model).flatMap((deployment) => {
			const rest = fallback.restOf(model, deployment);
			return rest === null ? [] : [{ deployment, model, ...rest }];
		}),
	);
}
