import type { ModelName } from '../../contracts/index.ts';
import type { RoutingPolicy } from './routing-policy.ts';

/** Always this model; when it is not eligible there is no decision. Only fallbacks that are configured for it stand in. */
export function fixedPolicy(model: ModelName): RoutingPolicy {
	return {
		name: 'fixed',
		version: '1',
		only: model,
		rank: (models) => [...models],
		confidence: () => 1,
		explain: () => [`The policy is fixed to ${model}`],
	};
}
