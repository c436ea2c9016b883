import type { GatewayConfig, SwitchyardConfig } from '../config/index.ts';
import type { ModelName } from '../contracts/index.ts';
import type { Deployment } from '../providers/index.ts';
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

/** Where each model is served, in the order in which its deployments are tried. */
export class DeploymentTable {
	readonly #byId: ReadonlyMap<string, Deployment>;
	readonly #idsOf = new Map<ModelName, readonly string[]>();

	constructor({ deployments, system }: Pick<GatewayState, 'deployments' | 'system'>) {
		this.#byId = new Map(deployments.map((deployment) => [deployment.id, deployment]));
		for (const profile of system.router.catalog.profiles()) {
			const serving = deployments.filter((deployment) => deployment.getModelId(profile) !== null);
			this.#idsOf.set(
				profile.name,
				serving.map(({ id }) => id),
			);
		}
	}

	find(id: string): Deployment | undefined {
		return this.#byId.get(id);
	}

	idsServing(model: ModelName): readonly string[] {
		return this.#idsOf.get(model) ?? [];
	}

	/** Names of the models that some deployment serves. */
	get servedModels(): ModelName[] {
		return [...this.#idsOf].filter(([, ids]) => ids.length > 0).map(([name]) => name);
	}
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
