import type { RouterConfig } from '../contracts/index.ts';
import { InvalidInputError } from '../errors/index.ts';
import { nearestName } from '../util/index.ts';
import { type LearningRouterCollaborators, ModelRouter } from './model-router.ts';
import { NAMED_POLICIES, withPolicy } from './named-policies.ts';

/** A router for each policy that requests name, made on first use; they learn together. */
export class PolicyRouters {
	readonly #config: RouterConfig;
	readonly #collaborators: LearningRouterCollaborators;
	/** By policy name; there are only the names of `NAMED_POLICIES` and the configured one. */
	readonly #routers = new Map<string, ModelRouter>();

	constructor(config: RouterConfig, collaborators: LearningRouterCollaborators) {
		this.#config = config;
		this.#collaborators = collaborators;
	}

	/** @throws InvalidInputError for a name that is no policy */
	get(name: string): ModelRouter {
		const made = this.#routers.get(name);
		if (made !== undefined) return made;
		const config = withPolicy(this.#config, name);
		if (config === null) {
			const nearest = nearestName(name, Object.keys(NAMED_POLICIES));
			const hint =
				nearest === null ? `policies are ${Object.keys(NAMED_POLICIES).join(', ')}` : `did you mean "${nearest}"?`;
			throw new InvalidInputError(`"${name.slice(0, 80)}" is no policy; ${hint}`);
		}
		const router = new ModelRouter(config, this.#collaborators);
		this.#routers.set(name, router);
		return router;
	}

	/** Forgets the routers and their cached decisions. */
	clear(): void {
		this.#routers.clear();
	}
}
