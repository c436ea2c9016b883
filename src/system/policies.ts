import type { RouterConfig, RoutingDecision } from '../contracts/index.ts';
import { InvalidInputError, NoEligibleModelError } from '../errors/index.ts';
import { nearestName } from '../util/index.ts';
import type { ModelRouter } from './model-router.ts';

/** Quality (0-100) that is good enough where none is configured. */
const GOOD_ENOUGH_QUALITY = 65;

/** What a named policy changes in the router's configuration. */
type PolicyChange = Pick<RouterConfig, 'policy'> & Partial<Pick<RouterConfig, 'weights'>>;

/**
 * Policies that a request may name in place of a model; `auto` is the configured one.
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

/** The configuration with a named policy in place of its own. @throws InvalidInputError for a name that is no policy */
export function applyPolicy(config: RouterConfig, name: string): RouterConfig {
	if (config.policy?.name === name) return config;
	const change = Object.hasOwn(NAMED_POLICIES, name) ? NAMED_POLICIES[name] : undefined;
	if (change !== undefined) return { ...config, ...change };
	const names = Object.keys(NAMED_POLICIES);
	const nearest = nearestName(name, names);
	const hint = nearest === null ? `policies are ${names.join(', ')}` : `did you mean "${nearest}"?`;
	throw new InvalidInputError(`"${name.slice(0, 80)}" is no policy; ${hint}`);
}

/** What the caller's model name asks for: a choice by the router, maybe under a policy, or one model. */
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

/** Makes sure that a model asked for by name was chosen, and not one that scores better. @throws NoEligibleModelError */
export function assertModelHonored(decision: RoutingDecision, { model }: ModelChoice): void {
	if (model === undefined || decision.model.name === model) return;
	throw new NoEligibleModelError(decision.exclusions.filter((exclusion) => exclusion.model === model));
}
