import type { Clock, ModelName } from '../contracts/index.ts';
import type { DeploymentTable, LimitTracker } from '../providers/index.ts';

/** How the execution of a decision finds deployments, their credentials and their providers' rate limits. */
export interface DeploymentHooks {
	getDeployments(model: ModelName): readonly string[];
	getCredential(model: ModelName, deployment: string | null): string | undefined;
	/** Epoch milliseconds at which the provider's own limit lets the call through; 0: now. */
	availableAt(model: ModelName, deployment: string | null): number;
}

/** The hooks of a request whose calls take about `tokens` each, input and output. */
export function createDeploymentHooks(
	deployments: DeploymentTable,
	limits: LimitTracker,
	{ clock, tokens }: { clock: Clock; tokens: number },
): DeploymentHooks {
	return {
		getDeployments: (model) => deployments.idsServing(model),
		getCredential: (_model, deployment) => deployments.getCredential(deployment),
		availableAt: (model, deployment) =>
			deployment === null ? 0 : limits.availableAt({ model, deployment }, { tokens }, clock.now()),
	};
}
