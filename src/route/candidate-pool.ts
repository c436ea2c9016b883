import {
	BUILTIN_MODELS,
	type ModelCatalog,
	omitRevision,
	resolveLatency,
	resolvePriceSheet,
	resolvePricing,
	toSelectedModel,
} from '../catalog/index.ts';
import {
	type ModelName,
	type ModelProfile,
	type ModelReference,
	type RouterConfig,
	SPECIFICATION_MODELS,
	type TaskDescriptor,
} from '../contracts/index.ts';
import { InvalidConfigError } from '../errors/index.ts';
import { DAY_MS } from '../util/index.ts';
import type { Candidate } from './score-model.ts';

/** Length of a chain of successors that is followed. */
const MAX_SUCCESSIONS = 5;
/** Days before its announced end from which a model's successor competes by default in its place. */
const SUCCESSION_DAYS = 30;

/** Whether a model is served, and will be for a while. */
function isLiving({ lifecycle }: ModelProfile, now: number): boolean {
	if (lifecycle?.state === 'retired') return false;
	return lifecycle?.retiresOn === undefined || now < Date.parse(lifecycle.retiresOn) - SUCCESSION_DAYS * DAY_MS;
}

/** The profile at an instant: an announced retirement counts from its day, though the catalog was written before it. */
function profileAt(profile: ModelProfile, now: number): ModelProfile {
	const { lifecycle } = profile;
	if (lifecycle?.retiresOn === undefined || lifecycle.state === 'retired') return profile;
	if (now < Date.parse(lifecycle.retiresOn)) return profile;
	return { ...profile, lifecycle: { ...lifecycle, state: 'retired', since: lifecycle.retiresOn } };
}

function createCandidate(profile: ModelProfile, now: number): Candidate {
	const pricing = resolvePricing(profile);
	return {
		profile,
		selected: toSelectedModel(profile),
		pricing: pricing === null ? null : resolvePriceSheet(pricing, now),
		...resolveLatency(profile),
		...readFamily(profile.modelId),
	};
}

const STAGES: ReadonlySet<string> = new Set(['preview', 'exp', 'experimental']);

/** The family and the generation that a model's id names: `gpt-6.1-sol` is 6.1 of `gpt sol`. A size (`70b`) is a word. */
function readFamily(modelId: string): Pick<Candidate, 'family' | 'generation'> {
	const parts = omitRevision(modelId).split(/[^a-z0-9.]+/);
	const isNumber = (part: string): boolean => /^v?\d+(?:\.\d+)?$/.test(part);
	const [major = 0, minor = 0] = parts.filter(isNumber).flatMap((part) => part.replace('v', '').split('.').map(Number));
	const words = parts.filter((part) => part !== '' && !isNumber(part) && !STAGES.has(part));
	return { family: words.sort().join(' '), generation: major + Math.min(minor, 99) / 100 };
}

/** The models that compete by default: the configured candidates, and every profile of the user's own. */
function defaultCandidates(catalog: ModelCatalog, config: RouterConfig): ModelName[] {
	const builtin = new Set(BUILTIN_MODELS.map((profile) => profile.name));
	const own = config.models.filter(({ kind, name }) => kind !== 'embedding' && !builtin.has(name));
	const listed =
		config.candidates?.map((name) => catalog.get(name).name) ??
		SPECIFICATION_MODELS.filter((name) => catalog.find(name));
	const names = [...new Set([...listed, ...own.map(({ name }) => name)])];
	if (names.length > 0) return names;
	throw new InvalidConfigError([{ path: 'candidates', message: 'no model competes; name at least one' }]);
}

/** The models that compete for a task, with what the catalog knows of them, read once per catalog version. */
export class CandidatePool {
	readonly catalog: ModelCatalog;
	/** Names of the models that compete by default, before others take the place of those that are gone. */
	readonly names: readonly ModelName[];
	readonly #candidates = new Map<ModelName, Candidate>();
	#version = '';
	#day = Number.NEGATIVE_INFINITY;
	#now = 0;
	/** What `version` was last made of. */
	#seen: { catalog: string; day: number; version: string } | null = null;
	/** Whether the configuration says which models compete, and so which ones may serve as fallbacks. */
	readonly #isLimited: boolean;
	/** All models that answer and can be called here; read once per version. */
	#served: { version: string; models: readonly Candidate[] } | null = null;
	/** The candidates of a task that names no model; read once per version. */
	#defaults: { version: string; models: readonly Candidate[] } | null = null;

	constructor(catalog: ModelCatalog, config: RouterConfig) {
		this.catalog = catalog;
		this.names = defaultCandidates(catalog, config);
		this.#isLimited = config.candidates !== undefined;
	}

	/** Sets the instant (epoch ms) the models are seen at: prices and retirements change with the UTC day. */
	refresh(now: number): void {
		const day = Math.floor(now / DAY_MS);
		if (day !== this.#day) this.#candidates.clear();
		this.#day = day;
		this.#now = now;
	}

	/** Changes whenever a candidate could: with the catalog, and with the day. */
	get version(): string {
		const { version } = this.catalog;
		const seen = this.#seen;
		if (seen?.catalog === version && seen.day === this.#day) return seen.version;
		this.#seen = { catalog: version, day: this.#day, version: `${version}@${this.#day}` };
		return this.#seen.version;
	}

	/** What is known of a model. @throws UnknownModelError */
	get(reference: ModelReference): Candidate {
		if (this.#version !== this.catalog.version) {
			this.#candidates.clear();
			this.#version = this.catalog.version;
		}
		const profile = this.catalog.get(reference);
		const cached = this.#candidates.get(profile.name);
		if (cached !== undefined) return cached;
		const candidate = createCandidate(profileAt(profile, this.#now), this.#now);
		this.#candidates.set(profile.name, candidate);
		return candidate;
	}

	/**
	 * The models that compete for the task: those of `#defaultModels`, and those that the task itself names (preferred,
	 * allowed, or holder of its cached prefix). @throws UnknownModelError for a name nobody knows
	 */
	candidatesFor(task: TaskDescriptor): readonly Candidate[] {
		const { constraints, cachedPrefix } = task;
		const defaults = this.#defaultModels();
		const named = new Set(constraints?.allowedModels?.map((name) => this.catalog.get(name).name));
		if (constraints?.preferredModel !== undefined) named.add(this.catalog.get(constraints.preferredModel).name);
		const holder = cachedPrefix === undefined ? undefined : this.catalog.find(cachedPrefix.model);
		if (holder) named.add(holder.name);
		for (const { profile } of defaults) named.delete(profile.name);
		return named.size === 0 ? defaults : [...defaults, ...[...named].map((name) => this.get(name))];
	}

	/** The models that compete at this instant where the task names none. */
	get competing(): ModelProfile[] {
		return this.#defaultModels().map(({ profile }) => profile);
	}

	/** The name under which a model competes by default: that of its stand-in where it has one. */
	competingName(name: ModelName): ModelName {
		return this.#defaultModels().find(({ profile }) => profile.standsFor?.includes(name))?.profile.name ?? name;
	}

	/** The configured candidates with the successors of those that have retired since; where none are configured, the race. */
	#defaultModels(): readonly Candidate[] {
		const { version } = this;
		if (this.#defaults?.version === version) return this.#defaults.models;
		const models = this.#isLimited
			? [...this.names.map((name) => this.get(name)), ...this.successorsOf(this.#retiredSince())]
			: this.#startRace();
		const unique = new Map(models.map((candidate) => [candidate.profile.name, candidate]));
		this.#defaults = { version, models: [...unique.values()] };
		return this.#defaults.models;
	}

	/**
	 * The default names, each with its own model or, where that is gone or about to go, with the newest living successor. That
	 * one competes for the kinds of work of the name: the race keeps its roles while the models change.
	 */
	#startRace(): Candidate[] {
		const namesByModel = new Map<ModelName, ModelName[]>();
		for (const name of this.names) {
			const { profile } = this.get(name);
			const model = isLiving(profile, this.#now) ? profile : (this.#findSuccessor(profile) ?? profile);
			namesByModel.set(model.name, [...(namesByModel.get(model.name) ?? []), name]);
		}
		return [...namesByModel].map(([model, standsFor]) => {
			const candidate = this.get(model);
			if (standsFor.includes(model)) return candidate;
			const strengths = [...new Set(standsFor.flatMap((name) => this.get(name).profile.strengths))];
			const profile = { ...candidate.profile, standsFor, strengths };
			return { ...candidate, profile, selected: toSelectedModel(profile) };
		});
	}

	/** The newest of a model's successors that is living, else the newest that is served. */
	#findSuccessor(profile: ModelProfile): ModelProfile | undefined {
		const chain: ModelProfile[] = [];
		let replacedBy = profile.lifecycle?.replacedBy;
		while (replacedBy !== undefined && chain.length < MAX_SUCCESSIONS) {
			const known = this.catalog.find(replacedBy);
			if (known === undefined) break;
			const next = this.get(known).profile;
			chain.push(next);
			replacedBy = next.lifecycle?.replacedBy;
		}
		return (
			chain.findLast((next) => isLiving(next, this.#now)) ??
			chain.findLast(({ lifecycle }) => lifecycle?.state !== 'retired')
		);
	}

	/** Default candidates that the catalog lists as served and whose announced retirement has come. */
	#retiredSince(): Candidate[] {
		return this.names
			.map((name) => this.get(name))
			.filter(({ profile }) => profile.lifecycle?.state === 'retired')
			.filter(({ profile }) => this.catalog.find(profile.name)?.lifecycle?.state !== 'retired');
	}

	/**
	 * The models that may serve as fallbacks where these compete: every model that is served, unless the configuration
	 * names the candidates; then those, and the successors of the retired among them. `isAvailable` is the same each time.
	 */
	fallbacksFor(
		candidates: readonly Candidate[],
		isAvailable: (profile: ModelProfile) => boolean,
	): readonly Candidate[] {
		if (this.#isLimited) return [...candidates, ...this.successorsOf(candidates)];
		const { version } = this;
		if (this.#served?.version !== version) {
			const answering = this.catalog
				.profiles()
				.filter((profile) => profile.kind !== 'embedding' && isAvailable(profile));
			const models = answering.map((profile) => this.get(profile));
			this.#served = { version, models: models.filter(({ profile }) => profile.lifecycle?.state !== 'retired') };
		}
		return this.#served.models;
	}

	/**
	 * The models that replace retired candidates, as their profiles name them. They compete only where nothing else can be
	 * used; a fallback plan may use them where the candidates are of one provider only.
	 */
	successorsOf(candidates: readonly Candidate[]): Candidate[] {
		const retired = candidates.filter(({ profile }) => profile.lifecycle?.state === 'retired');
		const names = new Set(retired.flatMap(({ profile }) => this.#findSuccessor(profile)?.name ?? []));
		for (const { profile } of candidates) names.delete(profile.name);
		return [...names].map((name) => this.get(name));
	}
}
