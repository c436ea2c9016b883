import type { RouterConfig } from '../contracts/index.ts';

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
export function withPolicy(config: RouterConfig, name: string): RouterConfig | null {
	if (config.policy?.name === name) return config;
	const change = Object.hasOwn(NAMED_POLICIES, name) ? NAMED_POLICIES[name] : undefined;
	return change === undefined ? null : { ...config, ...change };
}
