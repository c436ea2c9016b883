import type { Agent, Dispatcher } from 'undici';
import type { DeploymentAccess, DeploymentKind } from '../contracts/index.ts';
import { type AddressPolicy, createGuardedAgent } from './address-guard.ts';
import type { Deployment } from './deployment.ts';
import { createAnthropicDeployment } from './kinds/anthropic.ts';
import { createAzureDeployment } from './kinds/azure.ts';
import { createBedrockDeployment } from './kinds/bedrock.ts';
import type { DeploymentContext } from './kinds/deployment-base.ts';
import { createGoogleDeployment } from './kinds/google.ts';
import { createOpenAiDeployment } from './kinds/openai.ts';
import { createOpenAiCompatibleDeployment } from './kinds/openai-compatible.ts';
import { createVertexDeployment } from './kinds/vertex.ts';

const CREATE: Readonly<Record<DeploymentKind, (access: DeploymentAccess, parts: DeploymentContext) => Deployment>> = {
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
	const parts: DeploymentContext = {
		policy,
		dispatcher: () => {
			if (dispatcher !== undefined) return dispatcher;
			agent ??= createGuardedAgent(policy);
			return agent;
		},
	};
	return accesses.map((access) => CREATE[access.kind](access, parts));
}
