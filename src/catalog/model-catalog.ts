import type { ModelName, ModelProfile, ModelReference } from '../contracts/index.ts';
import { InvalidConfigError, UnknownModelError } from '../errors/index.ts';
import { nearestName, stableHash } from '../util/index.ts';
import { validateModelProfile } from './validate-model-profile.ts';

/** Every text that means the model. */
function getModelNames(profile: ModelProfile): string[] {
	return [profile.name, profile.id, profile.modelId, ...(profile.aliases ?? [])];
}

/** The models that are known, found by name, alias or provider id; never by prefix. */
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
		const issues = profiles.flatMap((profile, index) => validateModelProfile(profile, `models[${index}]`));
		const byName = new Map<ModelName, ModelProfile>();
		const index = new Map<string, ModelProfile>();
		for (const profile of issues.length > 0 ? [] : profiles) {
			byName.set(profile.name, profile);
			for (const name of getModelNames(profile)) {
				const key = name.toLowerCase();
				const holder = index.get(key);
				if (holder !== undefined && holder !== profile) {
					issues.push({
						path: `models.${profile.name}`,
						message: `"${name}" already means ${holder.name}; a name or alias may mean one model only`,
					});
				}
				index.set(key, profile);
			}
		}
		if (issues.length > 0) throw new InvalidConfigError(issues);
		this.#profiles = byName;
		this.#index = index;
		this.#version = stableHash([...byName.values()]);
	}

	/** The profile a name, alias or provider id means, whatever its case; `undefined` when nobody knows it. */
	find(reference: ModelReference): ModelProfile | undefined {
		return this.#index.get((typeof reference === 'string' ? reference : String(reference.name)).toLowerCase());
	}

	/** @throws UnknownModelError (`ROUTER_UNKNOWN_MODEL`) with the nearest name. */
	get(reference: ModelReference): ModelProfile {
		const profile = this.find(reference);
		if (profile !== undefined) return profile;
		const given = typeof reference === 'string' ? reference : String(reference.name);
		throw new UnknownModelError(given, { nearest: nearestName(given, [...this.#index.keys()]), names: this.names() });
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
		const { pricing, ...rest } = current;
		const isRepriced = partial.costPer1kInputTokens !== undefined || partial.costPer1kOutputTokens !== undefined;
		// New costs per 1,000 tokens would have no effect beside the exact rates they replace.
		const base: ModelProfile = isRepriced || pricing === undefined ? rest : current;
		const next: ModelProfile = { ...base, ...partial, name: current.name };
		this.#replaceAll(this.profiles().map((profile) => (profile === current ? next : profile)));
		return next;
	}
}

/** A catalog of these profiles. @throws InvalidConfigError */
export function createModelCatalog(profiles: readonly ModelProfile[]): ModelCatalog {
	return new ModelCatalog(profiles);
}
