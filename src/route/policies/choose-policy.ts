import type { PolicyConfig } from '../../contracts/index.ts';
import { InvalidConfigError } from '../../errors/index.ts';
import { nearestName } from '../../util/index.ts';
import { cheapestGoodEnoughPolicy } from './cheapest-good-enough.ts';
import { fixedPolicy } from './fixed.ts';
import type { RoutingPolicy } from './routing-policy.ts';
import { WEIGHTED_POLICY } from './weighted.ts';

/** The names of the policies. */
export const POLICY_NAMES: readonly ['weighted', 'cheapest-good-enough', 'fixed'] = [
	'weighted',
	'cheapest-good-enough',
	'fixed',
] as const satisfies ReadonlyArray<PolicyConfig['name']>;

/**
 * The policy a configuration names. @default weighted
 * @throws InvalidConfigError for an unknown name and a target outside 0-100.
 */
export function choosePolicy(config: PolicyConfig = { name: 'weighted' }): RoutingPolicy {
	switch (config.name) {
		case 'weighted':
			return WEIGHTED_POLICY;
		case 'fixed':
			return fixedPolicy(config.model);
		case 'cheapest-good-enough':
			if (config.targetQuality >= 0 && config.targetQuality <= 100)
				return cheapestGoodEnoughPolicy(config.targetQuality);
			throw new InvalidConfigError([
				{ path: 'policy.targetQuality', message: `must be a number from 0 to 100, got ${config.targetQuality}` },
			]);
		default: {
			// A caller without types: `config` is `never` to the compiler, and anything at run time.
			const name = String((config as { name?: unknown }).name);
			const nearest = nearestName(name, POLICY_NAMES);
			const hint = nearest === null ? `the policies are ${POLICY_NAMES.join(', ')}` : `did you mean "${nearest}"?`;
			throw new InvalidConfigError([{ path: 'policy.name', message: `"${name}" is no policy; ${hint}` }]);
		}
	}
}
