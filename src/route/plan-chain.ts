import type { Exclusion, ModelName } from '../contracts/index.ts';
import { assessModels, createPolicyContext, type DecisionInputs } from './assess-models.ts';
import type { Requirements } from './exclude-models.ts';
import type { ModelFacts, ScoredModel } from './model-estimate.ts';
import { planFallbacks } from './plan-fallbacks.ts';

/** A chosen model among its rivals. */
export interface Choice {
	chosen: ScoredModel;
	/** Every eligible model, best first. */
	ranked: readonly ScoredModel[];
	/** The models that competed, eligible or not. */
	candidates: readonly ModelFacts[];
}

/** Models to try in order, and why configured ones are not among them. */
export interface Chain {
	models: ModelName[];
	exclusions: Exclusion[];
}

function followConfigured(
	{ chosen, candidates }: Choice,
	configured: readonly ModelName[],
	given: { requirements: Requirements; inputs: DecisionInputs },
): Chain {
	const { pool, settings } = given.inputs;
	const assessed = assessModels(
		configured.map((name) => pool.factsOf(name)),
		given.requirements,
		given.inputs,
	);
	const names = [chosen, ...assessed.eligible].map((model) => model.facts.profile.name);
	const told = new Set(candidates.map((facts) => facts.profile.name));
	return {
		models: [...new Set(names)].slice(0, settings.maxModels),
		exclusions: assessed.exclusions.filter((exclusion) => !told.has(exclusion.model)),
	};
}

/** The rivals; where they leave only one provider, with the successors of retired candidates. */
function findRivals(choice: Choice, requirements: Requirements, inputs: DecisionInputs): readonly ScoredModel[] {
	const { chosen, ranked } = choice;
	const provider = chosen.facts.profile.provider;
	if (ranked.some((model) => model.facts.profile.provider !== provider)) return ranked;
	const standIns = assessModels(inputs.pool.standInsFor(choice.candidates), requirements, inputs).eligible;
	const known = new Set(ranked.map((model) => model.facts.profile.name));
	const others = standIns.filter((model) => !known.has(model.facts.profile.name));
	return inputs.settings.policy.rank([...ranked, ...others], createPolicyContext(requirements.task, inputs));
}

/** The chain: as configured for the chosen model, else the router's own plan; only eligible models. */
export function planChain(choice: Choice, requirements: Requirements, inputs: DecisionInputs): Chain {
	const { fallbacks, maxModels, policy } = inputs.settings;
	const name = choice.chosen.facts.profile.name;
	if (maxModels === 1) return { models: [name], exclusions: [] };
	const configured = fallbacks.get(name);
	if (configured !== undefined) return followConfigured(choice, configured, { requirements, inputs });
	if (policy.only !== undefined) return { models: [name], exclusions: [] };
	return { models: planFallbacks(choice.chosen, findRivals(choice, requirements, inputs), maxModels), exclusions: [] };
}
