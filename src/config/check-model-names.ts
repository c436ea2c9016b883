import { nearestName } from '../util/index.ts';
import type { ConfigLayer, CustomModelProfile } from './config-layer.ts';
import type { ConfigPath } from './config-path.ts';
import { describeValue } from './describe-value.ts';
import type { ExplainedIssue } from './explain-issues.ts';

function namesOf({ name, id, modelId, aliases = [] }: CustomModelProfile): string[] {
	return [name, id, modelId, ...aliases].filter((known) => known !== undefined);
}

interface Mention {
	path: ConfigPath;
	name: string;
}

function* mentionsOfLists(config: ConfigLayer): Generator<Mention> {
	for (const field of ['candidates', 'allowUnpriced'] as const) {
		for (const [index, name] of (config[field] ?? []).entries()) yield { path: [field, index], name };
	}
	for (const [index, { scope, of }] of (config.budget?.rules ?? []).entries()) {
		if (scope === 'model' && of !== undefined) yield { path: ['budget', 'rules', index, 'of'], name: of };
	}
	for (const [index, { models = {} }] of (config.deployments ?? []).entries()) {
		for (const name of Object.keys(models)) yield { path: ['deployments', index, 'models', name], name };
	}
}

function* mentions(config: ConfigLayer): Generator<Mention> {
	if (config.defaultModel !== undefined) yield { path: ['defaultModel'], name: config.defaultModel };
	if (config.policy?.name === 'fixed') yield { path: ['policy', 'model'], name: config.policy.model };
	yield* mentionsOfLists(config);
	for (const [primary, chain] of Object.entries(config.fallbacks ?? {})) {
		yield { path: ['fallbacks', primary], name: primary };
		for (const [index, name] of chain.entries()) yield { path: ['fallbacks', primary, index], name };
	}
}

/** Every place that names a model nobody knows. Names, ids and aliases count, without regard to case. */
export function checkModelNames(config: ConfigLayer): ExplainedIssue[] {
	const all = (config.models ?? []).flatMap(namesOf);
	const known = new Set(all.map((name) => name.toLowerCase()));
	const issues: ExplainedIssue[] = [];
	for (const { path, name } of mentions(config)) {
		if (known.has(name.toLowerCase())) continue;
		const nearest = nearestName(name, all);
		const hint = nearest === null ? 'Add it under "models", or name a known one.' : `Did you mean "${nearest}"?`;
		issues.push({ path, message: `names a model nobody knows, ${describeValue(name)}. ${hint}` });
	}
	return issues;
}
