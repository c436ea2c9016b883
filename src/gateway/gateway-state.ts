import type { GatewayConfig, SwitchyardConfig } from '../config/index.ts';
import type { ModelName } from '../contracts/index.ts';
import { type Deployment, DeploymentTable } from '../providers/index.ts';
import type { RoutingSystem } from '../system/index.ts';

/** What requests are served with: made anew, whole, when the configuration changes. */
export interface GatewayState {
	system: RoutingSystem;
	config: GatewayConfig;
	/** Milliseconds an attempt that is not streamed may take at least. */
	attemptTimeoutMs: number;
	deployments: readonly Deployment[];
	/** The whole configuration, for those who may see it. */
	settings: SwitchyardConfig;
}

/** Where each model of a state is served. */
export function createDeploymentTable({ deployments, system }: GatewayState): DeploymentTable {
	return new DeploymentTable(deployments, system.router.catalog.profiles());
}

/** A model that is left alone at a deployment. */
export interface ActiveCooldown {
	deployment: string;
	model: ModelName;
	/** The failure that made it rest, or `circuit-open`. */
	cause: string;
	/** Epoch milliseconds. */
	until: number;
}

/** Every model that is left alone at a deployment now: as many lookups as models are served, at each place. */
export function listActiveCooldowns({
	deployments,
	runtime,
}: {
	deployments: DeploymentTable;
	runtime: GatewayState;
}): ActiveCooldown[] {
	const { fallback } = runtime.system;
	return deployments.servedModels.flatMap((model) =>
		deployments.idsServing(model).flatMap((deployment) => {
			const rest = fallback.getCooldown(model, deployment);
			return rest === null ? [] : [{ deployment, model, ...rest }];
		}),
	);
}
