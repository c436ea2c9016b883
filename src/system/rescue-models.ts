import type { ModelCatalog } from '../catalog/index.ts';
import type { BudgetAction, ModelName, RoutingDecision } from '../contracts/index.ts';

/**
 * The models still worth asking when the budget has refused every model of the chain: with `downgrade` the eligible
 * ones that were not asked, the cheapest first; with `local-only` those that run on the user's own hardware; with
 * `refuse` none. Each is held to the same limits as any other.
 */
export function rescueModels(
	action: BudgetAction,
	decision: RoutingDecision,
	given: { catalog: ModelCatalog; asked: readonly ModelName[] },
): ModelName[] {
	if (action === 'refuse') return [];
	const asked = new Set(given.asked);
	const excluded = new Set(decision.exclusions.map(({ model }) => model));
	const eligible = decision.scores.map(({ model }) => model).filter(({ name }) => !asked.has(name));
	if (action === 'local-only') {
		const local = given.catalog
			.profiles()
			.filter(({ isLocal, kind, name }) => isLocal === true && kind !== 'embedding' && !asked.has(name));
		return local.filter(({ name }) => !excluded.has(name)).map(({ name }) => name);
	}
	const price = (name: ModelName): number => {
		const { costPer1kInputTokens, costPer1kOutputTokens } = given.catalog.get(name);
		const { estimatedInputTokens, estimatedOutputTokens } = decision.descriptor;
		return costPer1kInputTokens * estimatedInputTokens + costPer1kOutputTokens * estimatedOutputTokens;
	};
	const priced = eligible.map(({ name }) => ({ name, price: price(name) })).filter((one) => !Number.isNaN(one.price));
	return priced.sort((one, other) => one.price - other.price).map(({ name }) => name);
}
