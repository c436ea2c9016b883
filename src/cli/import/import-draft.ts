import { isDeepStrictEqual } from 'node:util';
import { createModelCatalog, type ModelCatalog } from '../../catalog/index.ts';
import { type ConfigLayer, type CustomModelProfile, PROVIDER_NAMES } from '../../config/index.ts';
import type { ModelProfile } from '../../contracts/index.ts';
import {
	DEFAULT_DEPLOYMENT_PRIORITY,
	DEPLOYMENT_PRESETS,
	type DeploymentSettings,
	describeForbiddenHost,
	KIND_DEFINITIONS,
} from '../../providers/index.ts';
import { describeModel, type ModelFacts } from './describe-model.ts';
import type { SourceValue } from './import-source.ts';
import type { ImportedEndpoint } from './provider-addresses.ts';

/** What is made of a file. */
export interface ImportResult {
	config: ConfigLayer;
	/** What the file says and nothing here does, each with its place and the reason. */
	notCarried: ImportNote[];
	/** What works in another way here, or was assumed. */
	notes: ImportNote[];
	/** Variables to set, and where the key of each stands. */
	keys: Array<{ variable: string; place: string }>;
}

/** A sentence about a place in the file. */
export interface ImportNote {
	place: string;
	reason: string;
}

/** A model at one endpoint. */
export interface ImportedModel {
	source: SourceValue;
	/** By which it is asked for. */
	name: string;
	/** Its id at the endpoint. */
	modelId: string;
	/** Its name here where the catalog has none. @default `name` */
	ownName?: string;
	/** Names under which the catalog may know it, the surest first. */
	knownAs: readonly string[];
	endpoint: ImportedEndpoint;
	/** Where its key stands. */
	key: SourceValue | undefined;
	facts?: ModelFacts;
	priority?: number | undefined;
	weight?: number | undefined;
	/** Further credentials, as `env:` references. */
	credentials?: Partial<DeploymentSettings> | undefined;
}

interface SourceNote {
	source: SourceValue;
	reason: string;
}

/** Notes in the order of the file. */
function inOrder(notes: readonly SourceNote[]): ImportNote[] {
	const sorted = [...notes].sort((a, b) => (a.source.line ?? 0) - (b.source.line ?? 0));
	return sorted.map(({ source, reason }) => ({ place: source.place, reason }));
}

const LOOPBACK = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/;

function isOnThisMachine({ baseUrl, preset }: ImportedEndpoint): boolean {
	const address = baseUrl ?? (preset && DEPLOYMENT_PRESETS[preset].baseUrl);
	return address !== undefined && URL.canParse(address) && LOOPBACK.test(new URL(address).hostname);
}

/** A configuration that is put together from another program's. It never holds a key. */
export class ImportDraft {
	readonly config: ConfigLayer = {};
	readonly #notCarried: SourceNote[] = [];
	readonly #notes: SourceNote[] = [];
	readonly #refused = new Set<SourceValue>();
	readonly #catalog: ModelCatalog;
	readonly #profiles: readonly ModelProfile[];
	readonly #deployments: DeploymentSettings[] = [];
	readonly #models = new Map<string, CustomModelProfile>();
	/** Names here, by the name in the file. */
	readonly #names = new Map<string, string>();
	/** Keys by the variable in which they are to be kept: the key itself, to tell keys apart, and its place. */
	readonly #keys = new Map<string, { secret: string; place: string }>();

	readonly #environment: Readonly<Record<string, string | undefined>>;

	/** @param profiles the models that are known here */
	constructor(profiles: readonly ModelProfile[], environment: Readonly<Record<string, string | undefined>>) {
		this.#environment = environment;
		this.#profiles = profiles;
		this.#catalog = createModelCatalog(profiles);
	}

	/** Says that a part of the file has no place here. */
	refuse(source: SourceValue, reason: string): void {
		this.#refused.add(source);
		this.#notCarried.push({ source, reason });
	}

	/** Says what works in another way here. */
	note(source: SourceValue, reason: string): void {
		this.#notes.push({ source, reason });
	}

	/** Takes settings for carried: they hold here without one. */
	acceptAll(source: SourceValue | undefined, names: readonly string[]): void {
		for (const name of names) source?.getIfThere(name);
	}

	/** The value of a variable that is no secret; `undefined` where it is not set. */
	readVariable(name: string): string | undefined {
		return this.#environment[name] || undefined;
	}

	/** Whether a name means no model yet. */
	isFree(name: string): boolean {
		return this.#catalog.find(name) === undefined && this.#findByAlias(name) === undefined;
	}

	/** The name here of a model of the file. */
	findName(name: string): string | undefined {
		return this.#names.get(name);
	}

	/** Names of the file's models, in its order. */
	get importedNames(): string[] {
		return [...this.#names.keys()];
	}

	/** Adds a model and the deployment that serves it; its name here. */
	addModel(model: ImportedModel): string {
		const { endpoint, facts = {}, modelId, name, source } = model;
		const profile = this.#findProfile(model);
		const here = profile?.name ?? this.#addProfile(model);
		if (!this.#isServedByProvider(model, profile)) {
			const deployment = this.#addDeployment(model, here);
			deployment.models = { ...deployment.models, [here]: modelId };
		}
		if (profile !== undefined && (facts.inputPer1kUsd !== undefined || facts.outputPer1kUsd !== undefined))
			this.note(source, `the price of ${here} is the catalog's here; set another with "switchyard prices import"`);
		const first = this.#names.get(name);
		if (first === undefined) {
			this.#names.set(name, here);
			this.addAlias(here, name, source);
		} else if (first !== here) {
			const reason = `"${name}" means ${first} here: ${here} follows it as a fallback, requests are not shared between models`;
			this.note(source, reason);
			this.addFallbacks(first, [here]);
		}
		if (endpoint.baseUrl !== undefined) this.#allowHost(endpoint.baseUrl, source);
		return here;
	}

	/** Lets a model be asked for by another name, unless that means another model. */
	addAlias(here: string, alias: string, source: SourceValue): void {
		const holder = this.#catalog.find(alias)?.name ?? this.#findByAlias(alias);
		if (holder === here) return;
		if (holder !== undefined) {
			this.refuse(source, `the name "${alias}" means ${holder} here; ask for "${here}" in its place`);
			return;
		}
		const profile = this.#models.get(here) ?? { name: here };
		const known = profile.aliases ?? this.#catalog.find(here)?.aliases ?? [];
		this.#models.set(here, { ...profile, aliases: [...known, alias] });
	}

	addFallbacks(here: string, chain: readonly string[]): void {
		const known = this.config.fallbacks?.[here] ?? [];
		const added = chain.filter((name) => name !== here && !known.includes(name));
		if (added.length > 0) this.config.fallbacks = { ...this.config.fallbacks, [here]: [...known, ...added] };
	}

	/** Changes what is said of a model that the catalog does not know; `false` where it does. */
	changeProfile(here: string, change: Partial<CustomModelProfile>): boolean {
		const profile = this.#models.get(here);
		if (profile === undefined || this.#catalog.find(here) !== undefined) return false;
		this.#models.set(here, { ...profile, ...change });
		return true;
	}

	/** A secret as a reference to a variable; a key that is written out is not copied, and `variable` is to hold it. */
	toReference(key: SourceValue, variable: string): string | undefined {
		const text = key.text();
		if (text === undefined) return undefined;
		const named = /^(?:os\.environ\/|\$\{?)([A-Za-z_]\w{0,99})\}?$/.exec(text)?.[1];
		if (named !== undefined) return `env:${named}`;
		let name = variable;
		// another key of the same provider gets a variable of its own
		for (let count = 2; (this.#keys.get(name)?.secret ?? text) !== text; count += 1) name = `${variable}_${count}`;
		if (!this.#keys.has(name)) this.#keys.set(name, { secret: text, place: key.place });
		return `env:${name}`;
	}

	finish(source: SourceValue): ImportResult {
		for (const unread of source.listUnread(this.#refused)) this.refuse(unread, 'has no counterpart here');
		const { config } = this;
		if (this.#models.size > 0) config.models = [...this.#models.values()];
		if (this.#deployments.length > 0) config.deployments = this.#deployments;
		const keys = [...this.#keys].map(([variable, { place }]) => ({ variable, place }));
		return { config, notCarried: inOrder(this.#notCarried), notes: inOrder(this.#notes), keys };
	}

	#findProfile({ knownAs }: ImportedModel): ModelProfile | undefined {
		for (const name of knownAs) {
			const profile = this.#catalog.find(name) ?? this.#catalog.find(name.slice(name.indexOf('/') + 1));
			if (profile !== undefined) return profile;
		}
		return undefined;
	}

	#findByAlias(alias: string): string | undefined {
		const wanted = alias.toLowerCase();
		return [...this.#models.values()].find(({ name, aliases = [] }) =>
			[name, ...aliases].some((known) => known.toLowerCase() === wanted),
		)?.name;
	}

	/** Describes a model that the catalog does not know, as far as the file or its family tells; its name here. */
	#addProfile(model: ImportedModel): string {
		const { endpoint, modelId, name, source } = model;
		const first = this.#names.get(name);
		if (first !== undefined && this.#models.get(first)?.modelId === modelId) return first;
		const isTaken = first !== undefined || this.#catalog.find(name) !== undefined;
		const here = isTaken ? modelId : (model.ownName ?? name);
		if (this.#models.has(here)) return here;
		const { profile, assumed } = describeModel(model, { isLocal: isOnThisMachine(endpoint), profiles: this.#profiles });
		this.#models.set(here, { name: here, ...profile });
		const hasPrice = profile.pricing !== 'unpriced';
		const price = hasPrice ? '' : ', and it has no price: what it costs is not counted until you write one';
		this.note(source, `the catalog does not know "${modelId}": ${assumed}${price}; see it under models`);
		if (!hasPrice) this.config.allowUnpriced = [...(this.config.allowUnpriced ?? []), here];
		return here;
	}

	/** Whether what `providers` makes serves the model; the first endpoint of a provider becomes that. */
	#isServedByProvider(model: ImportedModel, profile: ModelProfile | undefined): boolean {
		const { credentials, endpoint, priority, weight } = model;
		const { baseUrl, cloud, kind } = endpoint;
		const name = PROVIDER_NAMES.find((provider) => provider === kind);
		if (name === undefined || (profile?.provider ?? kind) !== name) return false;
		// another address serves its own models only
		if ([baseUrl, credentials, cloud, priority, weight].some((setting) => setting !== undefined)) return false;
		const { apiKey } = this.#resolveKey(model);
		const settings = apiKey === undefined ? {} : { apiKey };
		const { providers } = this.config;
		const known = providers?.[name];
		if (known === undefined) this.config.providers = { ...providers, [name]: settings };
		return known === undefined || isDeepStrictEqual(known, settings);
	}

	/** The deployment that serves the model: one for all models that share address, key and share of the requests. */
	#addDeployment(model: ImportedModel, here: string): DeploymentSettings {
		const { credentials, endpoint, modelId, priority, weight } = model;
		const { baseUrl, cloud, kind, preset } = endpoint;
		const settings: Omit<DeploymentSettings, 'id' | 'models'> = {
			kind,
			...(preset !== undefined && { preset }),
			...this.#resolveKey(model),
			...(baseUrl !== undefined && { baseUrl }),
			...cloud,
			...credentials,
			...(priority !== undefined && priority !== DEFAULT_DEPLOYMENT_PRIORITY && { priority }),
			...(weight !== undefined && weight !== 1 && { weight }),
		};
		const fits = ({ id: _id, models = {}, ...known }: DeploymentSettings) =>
			isDeepStrictEqual(known, settings) && (models[here] ?? modelId) === modelId;
		const shared = this.#deployments.find(fits);
		if (shared !== undefined) return shared;
		const deployment: DeploymentSettings = { id: this.#createId(endpoint.id), ...settings };
		this.#deployments.push(deployment);
		return deployment;
	}

	#resolveKey({ credentials, endpoint, key, source }: ImportedModel): Pick<DeploymentSettings, 'apiKey' | 'auth'> {
		const { id, kind, preset } = endpoint;
		const own = preset === undefined ? KIND_DEFINITIONS[kind].keyVariables[0] : DEPLOYMENT_PRESETS[preset].keyVariable;
		const variable =
			endpoint.keyVariable ?? own?.name ?? `${id.toUpperCase().replace(/\W+/g, '_').replace(/^\d/, 'HOST_$&')}_API_KEY`;
		if (key === undefined || key.value === '') {
			const needsKey = kind !== 'openai-compatible' || own != null;
			if (needsKey || credentials !== undefined) return {};
			return endpoint.keyVariable === undefined ? { auth: 'none' } : { apiKey: `env:${variable}` };
		}
		const isReference = typeof key.value === 'string' && /^(?:os\.environ\/|\$)/.test(key.value);
		if (isOnThisMachine(endpoint) && !isReference) {
			this.note(source, 'its server is on this machine: it is called without a key');
			return { auth: 'none' };
		}
		const apiKey = this.toReference(key, variable);
		return apiKey === undefined ? {} : { apiKey };
	}

	#createId(wanted: string): string {
		const base = wanted.replace(/[^A-Za-z0-9._-]+/g, '-').replace(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, '') || 'imported';
		// the names of what `providers` makes are taken
		const isTaken = (id: string) =>
			['anthropic', 'openai', 'google'].includes(id.toLowerCase()) ||
			this.#deployments.some((known) => known.id.toLowerCase() === id.toLowerCase());
		let id = base;
		for (let count = 2; isTaken(id); count += 1) id = `${base}-${count}`;
		return id;
	}

	#allowHost(address: string, source: SourceValue): void {
		if (!URL.canParse(address)) return;
		const { hostname } = new URL(address);
		const known = this.config.gateway?.allowedPrivateHosts ?? [];
		const isPrivate = describeForbiddenHost(hostname) !== null && describeForbiddenHost(hostname, [hostname]) === null;
		if (!isPrivate || known.includes(hostname)) return;
		this.config.gateway = { ...this.config.gateway, allowedPrivateHosts: [...known, hostname] };
		this.note(source, `${hostname} is in a private network: it is added to gateway.allowedPrivateHosts`);
	}
}
