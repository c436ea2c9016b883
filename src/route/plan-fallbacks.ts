import type { ModelName } from '../contracts/index.ts';
import type { ScoredModel } from './model-estimate.ts';

/**
 * The models to try in order, the chosen first, at most `maxModels` in all. `rivals` are eligible and best first;
 * each next model is the best of another provider than the one before, so that an outage of a provider is survived.
 */
export function planFallbacks(chosen: ScoredModel, rivals: readonly ScoredModel[], maxModels: number): ModelName[] {
	const chain = [chosen];
	const rest = rivals.filter((rival) => rival !== chosen);
	while (chain.length < maxModels && rest.length > 0) {
		const last = chain.at(-1)?.facts.profile.provider;
		const other = rest.findIndex((rival) => rival.facts.profile.provider !== last);
		chain.push(...rest.splice(Math.max(other, 0), 1));
	}
	return chain.map((model) => model.facts.profile.name);
}
