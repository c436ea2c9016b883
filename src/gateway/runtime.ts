import type { GatewayConfig, SwitchyardConfig } from '../config/index.ts';
import type { ModelName } from '../contracts/index.ts';
import type { Deployment } from '../providers/index.ts';
import type { RoutingSystem } from '../system/index.ts';

/** What requests are served with: made anew, whole, when the configuration changes. */
export interface Runtime {
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

	constructor({ deployments, system }: Pick<Runtime, 'deployments' | 'system'>) {
		this.#byId = new Map(deployments.map((deployment) => [deployment.id, deployment]));
		for (const profile of system.router.catalog.profiles()) {
			const serving = deployments.filter((deployment) => deployment.modelIdOf(profile) !== null);
			this.#idsOf.set(
				profile.name,
				serving.map(({ id }) => id),
			);
		}
	}

	find(id: string): Deployment | undefined {
		return this.#byId.get(id);
	}

	idsOf(model: ModelName): readonly string[] {
		return this.#idsOf.get(model) ?? [];
	}

	/** Names of the models that some deployment serves. */
	get servedModels(): ModelName[] {
		return [...this.#idsOf].filter(([, ids]) => ids.length > 0).map(([name]) => name);
	}
}
