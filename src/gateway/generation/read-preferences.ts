import { resolvePricing } from '../../catalog/index.ts';
import type { ModelName, ModelProfile } from '../../contracts/index.ts';
import { InvalidInputError } from '../../errors/index.ts';
import type { JsonText } from '../../protocol/index.ts';
import type { Deployment, DeploymentTable } from '../../providers/index.ts';
import { namesPolicy, parseModelChoice } from '../../system/index.ts';
import { isObject, type JsonObject } from '../../util/index.ts';
import type { RoutingHints } from '../request/index.ts';
import { omitBodyField } from '../request/index.ts';
import type { ProviderPreferences, RequestContext } from './request-context.ts';

/** A request whose preferences have been read, and what it is served with from then on. */
interface PreferringRequest {
	/** The body without `models` and `provider`, as text and parsed. */
	text: JsonText;
	body: JsonObject;
	hints: RoutingHints;
	context: RequestContext;
	preferences: ProviderPreferences;
}

/**
 * Reads OpenRouter's `models` and `provider`. Models are fallbacks in their order; of `provider` what deployments here can
 * follow is followed, the rest is named.
 * Source: https://openrouter.ai/docs/features/provider-routing and /docs/features/model-routing (2026-11-29)
 * @throws InvalidInputError naming the field
 */
export function readPreferences(
	sent: { text: JsonText; body: JsonObject; hints: RoutingHints },
	context: RequestContext,
): PreferringRequest {
	const provider = isObject(sent.body['provider']) ? sent.body['provider'] : undefined;
	const [withoutModels, rest] = omitBodyField(sent.text, sent.body, 'models');
	const [text, body] = omitBodyField(withoutModels, rest, 'provider');
	const dropped: string[] = [];
	const rule = provider === undefined ? {} : readRule(provider, dropped);
	const deployments = selectDeployments(rule, context.deployments, dropped);
	const narrowed = { ...context, deployments };
	const unservable = findUnservable(rule, context.deployments, narrowed);
	const { chain, model } = chooseModels(sent.body, narrowed, { dropped, unservable });
	const isNamed = model !== undefined && parseModelChoice(model, context.runtime.system.router).model !== undefined;
	if (isNamed && rule.policy !== undefined) dropped.push('provider.sort');
	const policy = isNamed ? undefined : rule.policy;
	return {
		text,
		body: model === undefined ? body : { ...body, model },
		hints: policy === undefined || sent.hints.policy !== undefined ? sent.hints : { ...sent.hints, policy },
		context: narrowed,
		preferences: {
			fallbacks: chain ?? (rule.allowsFallbacks === false ? [] : undefined),
			unservable,
			dropped,
			provider,
		},
	};
}

/** `provider`, as far as it can be followed. */
interface PreferenceRule {
	only?: readonly string[];
	ignore?: readonly string[];
	order?: readonly string[];
	allowsFallbacks?: boolean;
	policy?: string;
	/** USD per million tokens. */
	maxPrice?: { prompt?: number; completion?: number };
}

/** Members that say no more than what is so without them. */
const DEFAULTS: Readonly<Record<string, unknown>> = {
	allow_fallbacks: true,
	data_collection: 'allow',
	require_parameters: false,
	zdr: false,
};

const POLICY_BY_SORT: Readonly<Record<string, string>> = { price: 'cheap', throughput: 'fast', latency: 'fast' };

/** The members of `provider` that can be followed, and how each is read; `undefined`: not this value. */
const READERS: Readonly<Record<string, (value: unknown, dropped: string[]) => PreferenceRule | undefined>> = {
	only: (value) => ({ only: readSlugs(value, 'provider.only') }),
	ignore: (value) => ({ ignore: readSlugs(value, 'provider.ignore') }),
	order: (value) => ({ order: readSlugs(value, 'provider.order') }),
	allow_fallbacks: (value) => ({ allowsFallbacks: readFlag(value, 'provider.allow_fallbacks') }),
	max_price: (value, dropped) => ({ maxPrice: readMaxPrice(value, dropped) }),
	sort: (value) => {
		const policy = POLICY_BY_SORT[String(isObject(value) ? value['by'] : value)];
		return policy === undefined ? undefined : { policy };
	},
};

function readRule(provider: JsonObject, dropped: string[]): PreferenceRule {
	const rule: PreferenceRule = {};
	for (const [name, value] of Object.entries(provider)) {
		if (value === null || value === undefined || value === DEFAULTS[name]) continue;
		const read = Object.hasOwn(READERS, name) ? READERS[name]?.(value, dropped) : undefined;
		if (read === undefined) dropped.push(`provider.${name.slice(0, 60)}`);
		else Object.assign(rule, read);
	}
	return rule;
}

function invalid(path: string, must: string): InvalidInputError {
	return new InvalidInputError(`${path} must be ${must}.`, { path });
}

const MAX_SLUGS = 100;

function readSlugs(value: unknown, path: string): string[] {
	const isList = Array.isArray(value) && value.length <= MAX_SLUGS && value.every((slug) => typeof slug === 'string');
	if (!isList) throw invalid(path, `a list of at most ${MAX_SLUGS} names of providers`);
	return value.map((slug) => slug.toLowerCase());
}

function readFlag(value: unknown, path: string): boolean {
	if (typeof value !== 'boolean') throw invalid(path, 'true or false');
	return value;
}

function readMaxPrice(value: unknown, dropped: string[]): NonNullable<PreferenceRule['maxPrice']> {
	if (!isObject(value)) throw invalid('provider.max_price', 'an object such as { "prompt": 1, "completion": 2 }');
	const price: NonNullable<PreferenceRule['maxPrice']> = {};
	for (const [name, limit] of Object.entries(value)) {
		if (name !== 'prompt' && name !== 'completion') {
			dropped.push(`provider.max_price.${name.slice(0, 60)}`);
			continue;
		}
		const usd = typeof limit === 'string' && limit.trim() !== '' ? Number(limit) : limit;
		if (typeof usd !== 'number' || !(usd >= 0)) throw invalid(`provider.max_price.${name}`, 'USD per million tokens');
		price[name] = usd;
	}
	return price;
}

/** OpenRouter's names of providers that have another one here. */
const KIND_BY_SLUG: Readonly<Record<string, string>> = {
	'google-ai-studio': 'google',
	'google-vertex': 'vertex',
	'amazon-bedrock': 'bedrock',
};

/** Whether a deployment is meant by a provider's name: its id, its kind or the provider whose models it serves. */
function isMeant({ id, kind, provider }: Deployment, slug: string): boolean {
	return [id, kind, provider].some((name) => name?.toLowerCase() === (KIND_BY_SLUG[slug] ?? slug));
}

function selectDeployments(rule: PreferenceRule, table: DeploymentTable, dropped: string[]): DeploymentTable {
	const { allowsFallbacks = true, ignore = [], only, order } = rule;
	if ([rule.ignore, only, order].every((list) => list === undefined) && allowsFallbacks) return table;
	// OpenRouter is told all of it, and means providers of its own
	const isAllowed = (deployment: Deployment) =>
		deployment.takesPreferences === true ||
		((only === undefined || only.some((slug) => isMeant(deployment, slug))) &&
			!ignore.some((slug) => isMeant(deployment, slug)));
	const allowed = table.list().filter(isAllowed);
	const ordered = [...new Set((order ?? []).flatMap((slug) => allowed.filter((each) => isMeant(each, slug))))];
	if (order !== undefined && ordered.length === 0 && allowsFallbacks) dropped.push('provider.order');
	const others = allowed.filter((deployment) => !ordered.includes(deployment));
	// an order without fallbacks is all that may be tried; without an order the first deployment is
	const isOrderAll = order !== undefined && !allowsFallbacks;
	const kept = [...ordered, ...others.filter(({ takesPreferences }) => !isOrderAll || takesPreferences === true)];
	return table.select(kept, {
		ordered: ordered.map(({ id }) => id),
		isFirstOnly: order === undefined && !allowsFallbacks,
	});
}

/** The models that the preferences rule out, each with the reason. */
function findUnservable(
	{ maxPrice }: PreferenceRule,
	before: DeploymentTable,
	{ deployments, runtime }: RequestContext,
): ReadonlyMap<ModelName, string> {
	const reasons = new Map<ModelName, string>();
	for (const name of before.servedModels) {
		if (deployments.idsServing(name).length === 0)
			reasons.set(name, 'has no deployment that "provider" in the request allows');
		else if (maxPrice !== undefined && isTooDear(runtime.system.router.catalog.get(name), maxPrice))
			reasons.set(name, 'costs more than provider.max_price in the request, or has no price');
	}
	return reasons;
}

/** Micro-dollars per million tokens (pico-dollars per token) in a dollar per million. */
const RATE_PER_USD_PER_MILLION = 1e6;

function isTooDear(profile: ModelProfile, { completion, prompt }: NonNullable<PreferenceRule['maxPrice']>): boolean {
	const pricing = resolvePricing(profile);
	if (pricing === null) return true;
	const isOver = (rate: number, limit = Number.POSITIVE_INFINITY) => rate > limit * RATE_PER_USD_PER_MILLION;
	return isOver(pricing.input, prompt) || isOver(pricing.output, completion);
}

/** The name here of a model that is served, by any of its names, with OpenRouter's prefix or without it. */
function findServed(
	name: string,
	{ deployments, runtime }: Pick<RequestContext, 'deployments' | 'runtime'>,
): ModelName | undefined {
	const { catalog } = runtime.system.router;
	const profile = catalog.find(name) ?? catalog.find(name.slice(name.indexOf('/') + 1));
	return profile !== undefined && deployments.idsServing(profile.name).length > 0 ? profile.name : undefined;
}

/**
 * The model that is asked for and those that follow it, as many as may be tried; `undefined`: none is named that is known here.
 * What nobody here knows or serves, or stands too far behind, is named as dropped, as long as another model is left; else it
 * stays what is asked for, and is refused by name.
 */
function chooseModels(
	{ model, models }: JsonObject,
	{ deployments, runtime }: RequestContext,
	{ dropped, unservable }: { dropped: string[]; unservable: ReadonlyMap<ModelName, string> },
): { model: string | undefined; chain: ModelName[] | undefined } {
	const asked = typeof model === 'string' && model !== '' ? model : undefined;
	if (!Array.isArray(models)) return { model: asked, chain: undefined };
	if (models.length > MAX_SLUGS || !models.every((name) => typeof name === 'string' && name !== ''))
		throw invalid('models', `a list of at most ${MAX_SLUGS} names of models`);
	const { maxModels } = runtime.system;
	const find = (name: string) => findServed(name, { deployments, runtime });
	const found = models.map(find);
	const chain = [...new Set(found)].filter((name) => name !== undefined);
	// the router's own names are no models, and stand before all that are named
	const isPolicy = asked !== undefined && namesPolicy(asked, runtime.system.router);
	const own = isPolicy ? undefined : find(asked ?? '');
	const isOpen = isPolicy || own !== undefined;
	const first = isOpen ? own : chain[0];
	const others = chain.filter((name) => name !== first && !unservable.has(name));
	if (!isOpen && first !== undefined && asked !== undefined) dropped.push('model');
	const untried = new Set([undefined, ...others.splice(maxModels - 1)]);
	dropped.push(...found.flatMap((name, index) => (untried.has(name) ? `models[${index}]` : [])));
	return { model: (isOpen ? asked : first) ?? asked ?? models[0], chain: chain.length === 0 ? undefined : others };
}
