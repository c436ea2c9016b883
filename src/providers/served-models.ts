import type { ModelName, ModelProfile } from '../contracts/index.ts';
import type { Deployment } from './shared/deployment.ts';

/** Names of the models that some deployment serves. */
export function servedModels(deployments: readonly Deployment[], models: readonly ModelProfile[]): ModelName[] {
	const isServed = (profile: ModelProfile) => deployments.some((deployment) => deployment.modelIdOf(profile) !== null);
	return models.filter(isServed).map(({ name }) => name);
}
