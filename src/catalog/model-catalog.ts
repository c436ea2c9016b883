import type { ModelName, ModelProfile, ModelReference } from '../contracts/index.ts';
import { InvalidConfigError, UnknownModelError } from '../errors/index.ts';
import { describeValue, formatIssues, nearestName, stableHash, type ValueIssue } from '../util/index.ts';
import { findProfileIssues } from './validate-model-profile.ts';

/** Every text that means the model. */
export function getModelNames({ name, id, modelId, aliases = [] }: ModelProfile): string[] {
	return [name, id, modelId, ...aliases];
}

/** What is wrong with a name that means no model; `null` when one of `names` is it, whatever its case. */
export function describeUnknownModel(name: string, names: readonly string[]): string | null {
	if (names.some((known) => known.toLowerCase() === name.toLowerCase())) return null;
	const nearest = nearestName(name, names);
	const hint =
		nearest === null
			? 'Add it under "models" of the configuration, or name a known one.'
			: `Did you mean "${nearest}"?`;
	return `names a model nobody knows, ${describeValue(name)}. ${hint}`;
}

/** Models by each of their names in lower case, and everything wrong with them: broken fields, and names with two meanings. */
function indexProfiles(profiles: readonly ModelProfile[]): { index: Map<string, ModelProfile>; issues: ValueIssue[] } {
	const index = new Map<string, ModelProfile>();
	const issues = profiles.flatMap((profile, place) => findProfileIssues(profile, ['models', profile?.name || place]));
	for (const profile of issues.length > 0 ? [] : profiles) {
		for (const name of getModelNames(profile)) {
			const holder = index.get(name.toLowerCase()) ?? profile;
			if (holder !== profile) {
				const message = `"${name}" already means ${holder.name}; a name or alias may mean one model only`;
				issues.push({ path: ['models', profile.name], message });
			}
			index.set(name.toLowerCase(), profile);
		}
	}
	return { index, issues };
}

/** Everything wrong with the models of a configuration. */
export function findCatalogIssues(profiles: readonly ModelProfile[]): ValueIssue[] {
	return indexProfiles(profiles).issues;
}

function getReferenceName(reference: ModelReference): string {
	return typeof reference === 'string' ? reference : String(reference.name);
}

/** The known models, found by name, alias or provider id; never by prefix. */
export class ModelCatalog {
	#profiles = new Map<ModelName, ModelProfile>();
	#index = new Map<string, ModelProfile>();
	#version = '';

	/** @throws InvalidConfigError when two models claim one name, or a profile is broken. */
	constructor(profiles: readonly ModelProfile[]) {
		this.#replaceAll(profiles);
	}

	/** Changes whenever a profile does. */
	get version(): string {
		return this.#version;
	}

	#replaceAll(profiles: readonly ModelProfile[]): void {
		const { index, issues } = indexProfiles(profiles);
		if (issues.length > 0) throw new InvalidConfigError(formatIssues(issues));
		this.#profiles = new Map(profiles.map((profile) => [profile.name, profile]));
		this.#index = index;
		this.#version = stableHash([...this.#profiles.values()]);
	}

	/** The profile of a name, alias or provider id, whatever its case; `undefined` when there is none. */
	find(reference: ModelReference): ModelProfile | undefined {
		return this.#index.get(getReferenceName(reference).toLowerCase());
	}

	/** @throws UnknownModelError (`ROUTER_UNKNOWN_MODEL`) with the nearest name. */
	get(reference: ModelReference): ModelProfile {
		const profile = this.find(reference);
		if (profile !== undefined) return profile;
		const name = getReferenceName(reference);
		throw new UnknownModelError(name, { nearest: nearestName(name, [...this.#index.keys()]), names: this.names() });
	}

	names(): ModelName[] {
		return [...this.#profiles.keys()];
	}

	profiles(): ModelProfile[] {
		return [...this.#profiles.values()];
	}

	/** Changes fields of one model; all or nothing. @throws UnknownModelError @throws InvalidConfigError */
	update(name: ModelReference, partial: Partial<ModelProfile>): ModelProfile {
		const current = this.get(name);
		const { pricing: _pricing, ...unpriced } = current;
		const isRepriced = partial.costPer1kInputTokens !== undefined || partial.costPer1kOutputTokens !== undefined;
		// Exact rates would override the new costs per 1,000 tokens.
		const next: ModelProfile = { ...(isRepriced ? unpriced : current), ...partial, name: current.name };
		this.#replaceAll(this.profiles().map((profile) => (profile === current ? next : profile)));
		return next;
	}
}

/** A catalog of these profiles. @throws InvalidConfigError */
export function createModelCatalog(profiles: readonly ModelProfile[]): ModelCatalog {
	return new ModelCatalog(profiles);
}
