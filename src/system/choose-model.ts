import type { RoutingDecision } from '../contracts/index.ts';
import { NoEligibleModelError } from '../errors/index.ts';
import type { ModelRouter } from './model-router.ts';
import { NAMED_POLICIES } from './named-policies.ts';

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
export function readModelChoice(name: string, router: Pick<ModelRouter, 'getModel' | 'catalog'>): ModelChoice {
	if (name === 'auto') return {};
	if (name.startsWith('auto:')) return { policy: name.slice('auto:'.length) };
	const known = router.getModel(name) ?? router.getModel(name.slice(name.indexOf('/') + 1));
	if (known !== undefined) return { model: known.name };
	return Object.hasOwn(NAMED_POLICIES, name) ? { policy: name } : { model: router.catalog.get(name).name };
}

/** A model asked for by name is answered by that model or its fallbacks, never by one the router likes better. @throws NoEligibleModelError */
export function requireChosen(decision: RoutingDecision, { model }: ModelChoice): void {
	if (model === undefined || decision.model.name === model) return;
	throw new NoEligibleModelError(decision.exclusions.filter((exclusion) => exclusion.model === model));
}
