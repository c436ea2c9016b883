import type {
	ModelName,
	ModelProfile,
	ModelReference,
	PicoUsdPerToken,
	Pricing,
	PricingRates,
	SelectedModel,
	TaskType,
} from '../contracts/index.ts';
import { InvalidConfigError, UnknownModelError } from '../errors/index.ts';
import { BoundedMap, describeValue, formatIssues, nearestName, stableHash, type ValueIssue } from '../util/index.ts';
import { resolvePriceSheet } from './price-usage.ts';
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

/** Ids that callers named and no model has, remembered at once. */
const MAX_ASSUMED_MODELS = 200;
/** Characters of such an id at most. */
const MAX_ASSUMED_ID_CHARACTERS = 200;

/** The known models, found by name, alias or provider id; never by prefix. */
export class ModelCatalog {
	#profiles = new Map<ModelName, ModelProfile>();
	#index = new Map<string, ModelProfile>();
	#version = '';
	readonly #assume: ((id: string, profiles: readonly ModelProfile[]) => ModelProfile | null) | null;
	/** Profiles assumed for ids that callers named; `null` for those without a family. */
	readonly #assumed = new BoundedMap<string, ModelProfile | null>(MAX_ASSUMED_MODELS);

	/**
	 * @param assume makes a profile for an id that no model has, where unknown ids are let through
	 * @throws InvalidConfigError when two models claim one name, or a profile is broken.
	 */
	constructor(
		profiles: readonly ModelProfile[],
		assume: ((id: string, profiles: readonly ModelProfile[]) => ModelProfile | null) | null = null,
	) {
		this.#assume = assume;
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
		this.#assumed.clear();
	}

	/** The profile assumed for an id; the same one each time. */
	#findAssumed(id: string): ModelProfile | undefined {
		if (this.#assume === null || id.length > MAX_ASSUMED_ID_CHARACTERS) return undefined;
		const own = id.slice(id.lastIndexOf('/') + 1);
		const known = this.#index.get(own.toLowerCase());
		if (known !== undefined) return known;
		let profile = this.#assumed.get(own);
		if (profile === undefined) {
			profile = this.#assume(own, this.profiles());
			this.#assumed.set(own, profile);
		}
		return profile ?? undefined;
	}

	/** The profile of a name, alias or provider id, whatever its case; `undefined` when there is none. */
	find(reference: ModelReference): ModelProfile | undefined {
		const name = getReferenceName(reference);
		const known = this.#index.get(name.toLowerCase());
		if (known !== undefined) return known;
		// coding agents mark an id so where they use a window of a million tokens; no provider has an id with the mark
		const unmarked = name.replace(/\[1m\]$/i, '');
		return (unmarked === name ? undefined : this.#index.get(unmarked.toLowerCase())) ?? this.#findAssumed(unmarked);
	}

	/** @throws UnknownModelError (`ROUTER_UNKNOWN_MODEL`) with the nearest name. */
	get(reference: ModelReference): ModelProfile {
		const profile = this.find(reference);
		if (profile !== undefined) return profile;
		const name = getReferenceName(reference);
		const revised = findRevised(name, this.profiles());
		const nearest = revised === undefined ? nearestName(name, [...this.#index.keys()]) : revised.id;
		throw new UnknownModelError(name, { nearest, names: this.names() });
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
export function createModelCatalog(
	profiles: readonly ModelProfile[],
	assume?: ConstructorParameters<typeof ModelCatalog>[1],
): ModelCatalog {
	return new ModelCatalog(profiles, assume);
}

/** Pico-dollars per token that make one USD per 1,000 tokens. */
const PICO_RATE_PER_USD_PER_1K = 1e9;
/** Output tokens of the short answer that `latencyMs` is typical for; the rest of the time is the first token's. */
const SHORT_ANSWER_TOKENS = 100;
/** Share of `latencyMs` that passes before the first token, where nothing better is known. */
const FIRST_TOKEN_SHARE = 0.3;

/** A rate in USD per 1,000 tokens, as `costPer1k…` gives it. */
export function toUsdPer1k(rate: PicoUsdPerToken): number {
	return rate / PICO_RATE_PER_USD_PER_1K;
}

/** A model's rates: its exact pricing, else made from its costs per 1,000 tokens; `null` when it has no price. */
export function resolvePricing(profile: ModelProfile): Pricing | null {
	if (profile.pricing === 'unpriced') return null;
	if (profile.pricing !== undefined) return profile.pricing;
	const { costPer1kInputTokens: input, costPer1kOutputTokens: output } = profile;
	if (!Number.isFinite(input) || !Number.isFinite(output)) return null;
	return {
		input: Math.round(input * PICO_RATE_PER_USD_PER_1K),
		output: Math.round(output * PICO_RATE_PER_USD_PER_1K),
		source: 'profile: costPer1kInputTokens, costPer1kOutputTokens',
		asOf: '',
	};
}

/** Time to first token in milliseconds and output speed; made from `latencyMs` where the profile does not say. */
export function resolveLatency(profile: ModelProfile): { ttftMs: number; outputTokensPerSecond: number } {
	const ttftMs = profile.ttftMs?.value ?? profile.latencyMs * FIRST_TOKEN_SHARE;
	const outputMs = Math.max(1, profile.latencyMs - ttftMs);
	const speed = (SHORT_ANSWER_TOKENS / outputMs) * 1000;
	return { ttftMs, outputTokensPerSecond: profile.outputTokensPerSecond?.value ?? speed };
}

/** Quality 0-100 on a task type; the overall quality where the type's is not known. */
export function resolveQuality(profile: ModelProfile, type: TaskType): number {
	return profile.qualityByTaskType?.[type]?.value ?? profile.qualityScore;
}

/** Methods by which a model reads as its name in a string. */
const NAME_METHODS = {
	toString(this: ModelProfile): string {
		return this.name;
	},
	[Symbol.toPrimitive](this: ModelProfile): string {
		return this.name;
	},
};

const selectedModels = new WeakMap<ModelProfile, SelectedModel>();

/** The profile as a chosen model: the same fields, and in a string it reads as the model's name. */
export function toSelectedModel(profile: ModelProfile): SelectedModel {
	const known = selectedModels.get(profile);
	if (known !== undefined) return known;
	// Object.create answers any; the prototype's two methods and the profile's fields are what SelectedModel asks for.
	const model = Object.assign(Object.create(NAME_METHODS), profile) as SelectedModel;
	selectedModels.set(profile, model);
	return model;
}

/** The standard rates of a model at an instant (epoch ms), by any of its names; `null` when it is not known or has no price. */
export function resolveModelRates(catalog: ModelCatalog, name: string, at: number): PricingRates | null {
	const profile = catalog.find(name);
	const pricing = profile === undefined ? null : resolvePricing(profile);
	return pricing === null ? null : resolvePriceSheet(pricing, at);
}

/** What names a revision and no model: a context size in brackets, a date, a release. */
const REVISION_MARKS = [/\[[^\]]*\]$/, /[-@]\d{4}-\d{2}-\d{2}$/, /[-@]\d{6,8}$/, /-latest$/, /-v\d+(?::\d+)?$/];

/** A model's id in lower case, without its maker and its revision: of `openai/gpt-6.1-sol-2026-11-01` it is `gpt-6.1-sol`. */
export function omitRevision(id: string): string {
	let name = id.toLowerCase().slice(id.lastIndexOf('/') + 1);
	for (const mark of REVISION_MARKS) name = name.replace(mark, '');
	return name;
}

/** The model that an id names in another revision (`claude-sonnet-5-5-20260901`); `undefined` where it names none. */
export function findRevised(id: string, profiles: readonly ModelProfile[]): ModelProfile | undefined {
	const name = omitRevision(id);
	return profiles.find((profile) =>
		[profile.id, profile.modelId, ...(profile.aliases ?? [])].some((known) => omitRevision(known) === name),
	);
}
