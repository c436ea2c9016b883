import type { ServiceTier } from '../../contracts/index.ts';

/** Providers' words for the service they billed; the standard one, and words that name no rate of their own, are `null`. */
const TIERS: Readonly<Record<string, ServiceTier | null>> = {
	standard: null,
	default: null,
	auto: null,
	on_demand: null,
	traffic_type_unspecified: null,
	unspecified: null,
	service_tier_unspecified: null,
	batch: 'batch',
	flex: 'flex',
	on_demand_flex: 'flex',
	priority: 'priority',
	on_demand_priority: 'priority',
};

/** What a provider's word says of the service: part of a usage, or the word itself as an unknown field, since it may be billed otherwise. */
export function serviceTierOf(
	name: string,
	word: unknown,
): { tier: { serviceTier?: ServiceTier }; unknown: Record<string, unknown> } {
	if (word === undefined || word === null) return { tier: {}, unknown: {} };
	const known = typeof word === 'string' ? TIERS[word.toLowerCase()] : undefined;
	if (known === undefined) return { tier: {}, unknown: { [name]: word } };
	return { tier: known === null ? {} : { serviceTier: known }, unknown: {} };
}
