import type { Agent, Dispatcher } from 'undici';
import { InvalidConfigError } from '../errors/index.ts';
import type { AddressPolicy } from './address-guard.ts';
import type { Deployment, DeploymentAccess } from './deployment.ts';
import { type DeploymentContext, KIND_DEFINITIONS } from './kinds/index.ts';

/** What deployments share. */
export interface DeploymentOptions extends AddressPolicy {
	/** Connections for the client libraries of formats that are translated. @default one guarded agent for all, made on first use */
	dispatcher?: Dispatcher | undefined;
}

function createDeployment(access: DeploymentAccess, context: DeploymentContext): Deployment {
	const kind = KIND_DEFINITIONS[access.kind];
	const issues = kind.check(access);
	if (issues.length === 0) return kind.create(access, context);
	throw new InvalidConfigError(
		issues.map(({ path, message }) => ({ path: `deployments "${access.id}".${path.join('.')}`, message })),
	);
}

/** A deployment for each access, in their order. Nothing is connected or loaded before it is used. @throws InvalidConfigError */
export function createDeployments(
	accesses: readonly DeploymentAccess[],
	{ dispatcher, ...policy }: DeploymentOptions = {},
): Deployment[] {
	let agent: Promise<Agent> | null = null;
	const context: DeploymentContext = {
		policy,
		dispatcher: () => {
			if (dispatcher !== undefined) return dispatcher;
			agent ??= import('./guarded-fetch.ts').then(({ createGuardedAgent }) => createGuardedAgent(policy));
			return agent;
		},
	};
	return accesses.map((access) => createDeployment(access, context));
}
