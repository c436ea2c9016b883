import type { Agent, Dispatcher } from 'undici';
import type { DeploymentAccess, DeploymentKind } from '../contracts/index.ts';
import { createAnthropicDeployment } from './anthropic/index.ts';
import { createAzureDeployment } from './azure/index.ts';
import { createBedrockDeployment } from './bedrock/index.ts';
import { createGoogleDeployment } from './google/index.ts';
import { createOpenAiDeployment } from './openai/index.ts';
import { createOpenAiCompatibleDeployment } from './openai-compatible/index.ts';
import type { Deployment } from './shared/deployment.ts';
import type { DeploymentParts } from './shared/deployment-parts.ts';
import type { AddressPolicy } from './shared/guard-address.ts';
import { createGuardedAgent } from './shared/guarded-fetch.ts';
import { createVertexDeployment } from './vertex/index.ts';

const CREATE: Readonly<Record<DeploymentKind, (access: DeploymentAccess, parts: DeploymentParts) => Deployment>> = {
	anthropic: createAnthropicDeployment,
	openai: createOpenAiDeployment,
	google: createGoogleDeployment,
	'openai-compatible': createOpenAiCompatibleDeployment,
	bedrock: createBedrockDeployment,
	azure: createAzureDeployment,
	vertex: createVertexDeployment,
};

/** What deployments share. */
export interface DeploymentOptions extends AddressPolicy {
	/** Connections for the client libraries of formats that are translated. @default one guarded agent for all, made on first use */
	dispatcher?: Dispatcher;
}

/** A deployment for each access, in their order. Nothing is connected or loaded before it is used. @throws InvalidConfigError */
export function createDeployments(
	accesses: readonly DeploymentAccess[],
	{ dispatcher, ...policy }: DeploymentOptions = {},
): Deployment[] {
	let agent: Agent | null = null;
	const parts: DeploymentParts = {
		policy,
		dispatcher: () => {
			if (dispatcher !== undefined) return dispatcher;
			agent ??= createGuardedAgent(policy);
			return agent;
		},
	};
	return accesses.map((access) => CREATE[access.kind](access, parts));
}
