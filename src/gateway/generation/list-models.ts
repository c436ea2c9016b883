import { omitRevision, resolvePricing } from '../../catalog/index.ts';
import type { ModelName, ModelProfile, WireFormatName } from '../../contracts/index.ts';
import { InvalidInputError, RequestRefusedError } from '../../errors/index.ts';
import { type ModelRouter, ROUTED_NAMES, ROUTED_PREFIX } from '../../system/index.ts';
import { type JsonObject, nearestName } from '../../util/index.ts';

/** One entry of the list: a model of the catalog, or a name under which the router chooses. */
interface ListedModel {
	id: string;
	/** As a person reads it. */
	title: string;
	owner: string;
	profile: ModelProfile | null;
	/** Tokens that fit at once, and the longest answer. */
	limits: Pick<ModelProfile, 'contextWindow' | 'maxOutputTokens'> | null;
}

/** `claude-opus-5-5` as `Claude Opus 5.5`. */
function toTitle(id: string): string {
	const words = omitRevision(id)
		.replace(/(?<=-\d+)-(?=\d+(?:-|$))/g, '.')
		.split('-');
	return words.map((word) => (word === 'gpt' ? 'GPT' : word.charAt(0).toUpperCase() + word.slice(1))).join(' ');
}

/** What fits where the router chooses: the limits of the largest model that competes. A longer request has no model. */
function getRoutedLimits(profiles: readonly ModelProfile[], candidates: readonly string[]): ListedModel['limits'] {
	const answering = profiles.filter(({ kind, lifecycle }) => kind !== 'embedding' && lifecycle?.state !== 'retired');
	const competing = answering.filter(({ name }) => candidates.includes(name));
	const [first, ...others] = competing.length > 0 ? competing : answering;
	if (first === undefined) return null;
	return others.reduce((largest, each) => (each.contextWindow > largest.contextWindow ? each : largest), first);
}

type ListedBy = Pick<ModelRouter, 'aliases' | 'candidates' | 'catalog'>;

/** Every name that a request can use: the router's own, then each model by its short name and its provider's id. */
function listNames(profiles: readonly ModelProfile[], { aliases, candidates }: ListedBy): ListedModel[] {
	const limits = getRoutedLimits(profiles, candidates);
	const routed = { owner: 'switchyard', profile: null, limits };
	const toRoutedTitle = (id: string) => id.replace('auto', 'Auto').replace(':', ', ');
	const policies = ROUTED_NAMES.map((id) => ({ ...routed, id, title: toRoutedTitle(id) }));
	const named = Object.entries(aliases).map(([id, choice]) => ({
		...routed,
		id,
		title: `${toTitle(id)} (${toRoutedTitle(choice)})`,
	}));
	const hidden = new Set(Object.keys(aliases).map((alias) => alias.toLowerCase()));
	const models = profiles.flatMap((profile) =>
		[...new Set([profile.name, profile.modelId])]
			.filter((id) => !hidden.has(id.toLowerCase()))
			.map((id) => toListedModel(profile, id)),
	);
	return [...policies, ...named, ...models];
}

function toListedModel(profile: ModelProfile, id: string): ListedModel {
	return { id, title: toTitle(profile.id), owner: profile.provider, profile, limits: profile };
}

/** Claude Code shows only ids with one of these words. */
const CLAUDE_CODE_ID = /claude|anthropic/;

/** The names with a second one for each that Claude Code would not show. */
function addClaudeCodeNames(names: readonly ListedModel[]): ListedModel[] {
	return names.flatMap((listed) => {
		const { id, profile } = listed;
		const isShown = CLAUDE_CODE_ID.test(profile?.modelId ?? id) || (profile !== null && profile.name !== id);
		return isShown ? [listed] : [listed, { ...listed, id: `${ROUTED_PREFIX}${id}` }];
	});
}

function toOpenAiEntry({ id, owner, profile, limits }: ListedModel): JsonObject {
	return {
		id,
		object: 'model',
		created: 0,
		owned_by: owner,
		context_window: limits?.contextWindow,
		max_output_tokens: limits?.maxOutputTokens,
		assumed_from: profile?.assumedFrom,
		is_priced: profile === null ? undefined : resolvePricing(profile) !== null,
		kind: profile?.kind === 'embedding' ? profile.kind : undefined,
	};
}

function toAnthropicEntry({ id, title, limits }: ListedModel): JsonObject {
	return {
		type: 'model',
		id,
		display_name: title,
		created_at: '1970-01-01T00:00:00Z',
		max_input_tokens: limits?.contextWindow ?? null,
		max_tokens: limits?.maxOutputTokens ?? null,
	};
}

function toGeminiEntry({ id, title, limits }: ListedModel): JsonObject {
	return {
		name: `models/${id}`,
		baseModelId: id,
		version: '',
		displayName: title,
		inputTokenLimit: limits?.contextWindow ?? 0,
		outputTokenLimit: limits?.maxOutputTokens ?? 0,
		supportedGenerationMethods: ['generateContent', 'streamGenerateContent', 'countTokens'],
	};
}

/** Entries of a page at most, and where a client does not say how many. */
const MAX_PAGE_ENTRIES = 1000;

/** @throws InvalidInputError naming the parameter */
function parseCount(query: URLSearchParams, name: string, least: number): number {
	const text = query.get(name);
	if (text === null) return MAX_PAGE_ENTRIES;
	const count = Number(text);
	if (/^\d{1,9}$/.test(text) && count >= least) return Math.min(count || MAX_PAGE_ENTRIES, MAX_PAGE_ENTRIES);
	throw new InvalidInputError(
		`${name} is ${JSON.stringify(text.slice(0, 60))}; it must be a whole number of ${least} or more.`,
	);
}

/** The place of the entry that a page begins or ends beside. @throws InvalidInputError for an id that is not listed */
function findPlace(all: readonly ListedModel[], id: string, name: string): number {
	const place = all.findIndex((entry) => entry.id === id);
	if (place >= 0) return place;
	throw new InvalidInputError(
		`${name} is ${JSON.stringify(id.slice(0, 60))}, which is not listed. Begin again without it.`,
	);
}

function toAnthropicPage(all: readonly ListedModel[], query: URLSearchParams): JsonObject {
	const limit = parseCount(query, 'limit', 1);
	const [after, before] = [query.get('after_id'), query.get('before_id')];
	if (after !== null && before !== null)
		throw new InvalidInputError('after_id and before_id are given together; give one of them.');
	const end = before === null ? all.length : findPlace(all, before, 'before_id');
	const start = before !== null ? Math.max(0, end - limit) : after === null ? 0 : findPlace(all, after, 'after_id') + 1;
	const page = all.slice(start, Math.min(end, start + limit));
	return {
		data: page.map(toAnthropicEntry),
		has_more: before === null ? start + page.length < all.length : start > 0,
		first_id: page[0]?.id ?? null,
		last_id: page.at(-1)?.id ?? null,
	};
}

function toGeminiPage(all: readonly ListedModel[], query: URLSearchParams): JsonObject {
	const size = parseCount(query, 'pageSize', 0);
	const token = query.get('pageToken');
	const last = token ? Buffer.from(token, 'base64url').toString() : null;
	const start = last === null ? 0 : findPlace(all, last, 'pageToken') + 1;
	const page = all.slice(start, start + size);
	const lastId = start + page.length < all.length ? page.at(-1)?.id : undefined;
	return {
		models: page.map(toGeminiEntry),
		...(lastId !== undefined && { nextPageToken: Buffer.from(lastId).toString('base64url') }),
	};
}

/** What is asked for, and how. */
interface ListRequest {
	format: WireFormatName;
	/** One model by any of its names; `null`: all. */
	id: string | null;
	/** Which page, as the format says it. */
	query: URLSearchParams;
	/** Whether some deployment serves the model of that name. */
	isServed(name: ModelName): boolean;
}

/** The entry of a name that is not listed and yet answered: an alias, a new id of a known family, a name with a mark behind it. */
function findByOtherName(
	id: string,
	{ all, isServed, router }: Pick<ListRequest, 'isServed'> & { all: readonly ListedModel[]; router: ListedBy },
): ListedModel | undefined {
	const plain = id.replace(/\[1m\]$/i, '');
	const wanted = [plain, plain.slice(plain.indexOf('/') + 1)].map((name) => name.toLowerCase());
	const routed = all.find(({ id: own, profile }) => {
		const isAlias = Object.hasOwn(router.aliases, own); // an alias is known in any case, and behind a provider
		return profile === null && (own === plain || (isAlias && wanted.includes(own.toLowerCase())));
	});
	if (routed !== undefined) return routed;
	const profile = router.catalog.find(id) ?? router.catalog.find(id.slice(id.indexOf('/') + 1));
	return profile !== undefined && isServed(profile.name) ? toListedModel(profile, profile.modelId) : undefined;
}

/**
 * The list of models, or one of them, in the format of the client.
 * @throws RequestRefusedError for a name that is not listed, InvalidInputError for a page that cannot be
 */
export function listModels(
	profiles: readonly ModelProfile[],
	router: ListedBy,
	{ format, id, isServed, query }: ListRequest,
): JsonObject {
	const kind = format === 'gemini' || format === 'anthropic-messages' ? format : 'openai';
	// Embedding models are served in OpenAI's format only.
	const shown = kind === 'openai' ? profiles : profiles.filter((profile) => profile.kind !== 'embedding');
	const names = listNames(shown, router);
	const all = kind === 'anthropic-messages' ? addClaudeCodeNames(names) : names;
	const encode = { openai: toOpenAiEntry, 'anthropic-messages': toAnthropicEntry, gemini: toGeminiEntry }[kind];
	if (id !== null) {
		const listed = all.find((entry) => entry.id === id) ?? findByOtherName(id, { all, router, isServed });
		if (listed !== undefined && (kind === 'openai' || listed.profile?.kind !== 'embedding')) return encode(listed);
		const near = nearestName(
			id,
			all.map((entry) => entry.id),
		);
		const hint = near === null ? '' : ` Did you mean "${near}"?`;
		const message = `There is no model "${id.slice(0, 100)}" here.${hint} GET /v1/models lists those there are.`;
		throw new RequestRefusedError('ROUTER_NOT_FOUND', message);
	}
	if (kind === 'gemini') return toGeminiPage(all, query);
	if (kind === 'openai') return { object: 'list', data: all.map(encode) };
	return toAnthropicPage(all, query);
}
