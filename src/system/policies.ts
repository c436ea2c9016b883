import type { RouterConfig, RoutingDecision } from '../contracts/index.ts';
import { InvalidInputError, NoEligibleModelError } from '../errors/index.ts';
import { nearestName } from '../util/index.ts';
import { ModelRouter, type ModelRouterOptions } from './model-router.ts';

/** Quality (0-100) that is good enough where nobody says how much is. */
const GOOD_ENOUGH_QUALITY = 65;

/** What a named policy changes in the router's configuration. */
type PolicyChange = Pick<RouterConfig, 'policy'> & Partial<Pick<RouterConfig, 'weights'>>;

/**
 * Policies a request may name instead of a model: `auto` is the configured one; the others serve one wish each.
 * `cheap` is `cheapest-good-enough` under a shorter name.
 */
export const NAMED_POLICIES: Readonly<Record<string, PolicyChange>> = {
	cheap: { policy: { name: 'cheapest-good-enough', targetQuality: GOOD_ENOUGH_QUALITY } },
	'cheapest-good-enough': { policy: { name: 'cheapest-good-enough', targetQuality: GOOD_ENOUGH_QUALITY } },
	best: {
		policy: { name: 'weighted' },
		weights: { capability: 0.25, cost: 0, latency: 0, quality: 0.65, historical: 0.1 },
	},
	fast: {
		policy: { name: 'weighted' },
		weights: { capability: 0.15, cost: 0, latency: 0.65, quality: 0.15, historical: 0.05 },
	},
	weighted: { policy: { name: 'weighted' } },
};

/** The configuration with a named policy in place of its own; one that is configured under that name is taken as it is. */
function withPolicy(config: RouterConfig, name: string): RouterConfig | null {
	if (config.policy?.name === name) return config;
	const change = Object.hasOwn(NAMED_POLICIES, name) ? NAMED_POLICIES[name] : undefined;
	return change === undefined ? null : { ...config, ...change };
}

/** A router for each policy that requests name, made on first use; they learn together. */
export class PolicyRouters {
	readonly #config: RouterConfig;
	readonly #collaborators: ModelRouterOptions;
	/** By policy name; there are only the names of `NAMED_POLICIES` and the configured one. */
	readonly #routers = new Map<string, ModelRouter>();

	constructor(config: RouterConfig, collaborators: ModelRouterOptions) {
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

/** What the caller's model name asks for: that the router chooses, under a policy, or one model. */
export interface ModelChoice {
	policy?: string;
	/** A model by its catalog name. */
	model?: string;
}

/**
 * Reads a model name: `auto`, `auto:POLICY`, a policy's name, or a model by name, alias or provider's id, with or without
 * its provider in front (`anthropic/claude-…`). @throws UnknownModelError with the nearest name
 */
export function parseModelChoice(name: string, router: Pick<ModelRouter, 'getModel' | 'catalog'>): ModelChoice {
	if (name === 'auto') return {};
	if (name.startsWith('auto:')) return { policy: name.slice('auto:'.length) };
	const known = router.getModel(name) ?? router.getModel(name.slice(name.indexOf('/') + 1));
	if (known !== undefined) return { model: known.name };
	return Object.hasOwn(NAMED_POLICIES, name) ? { policy: name } : { model: router.catalog.get(name).name };
}

/** A model asked for by name is answered by that model or its fallbacks, never by one the router likes better. @throws NoEligibleModelError */
export function assertModelHonored(decision: RoutingDecision, { model }: ModelChoice): void {
	if (model === undefined || decision.model.name === model) return;
	throw new NoEligibleModelError(decision.exclusions.filter((exclusion) => exclusion.model === model));
}
