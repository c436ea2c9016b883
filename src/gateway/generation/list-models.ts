import { resolvePricing } from '../../catalog/index.ts';
import type { ModelProfile, WireFormatName } from '../../contracts/index.ts';
import { RequestRefusedError } from '../../errors/index.ts';
import { NAMED_POLICIES } from '../../system/index.ts';
import type { JsonObject } from '../../util/index.ts';

/** One entry of the list: a model of the catalog, or a name under which the router chooses. */
interface ListedModel {
	id: string;
	owner: string;
	profile: ModelProfile | null;
}

/** Every name that a request can use: the router's own, then each model by its short name and its provider's id. */
function listedModels(profiles: readonly ModelProfile[]): ListedModel[] {
	const policies = ['auto', ...Object.keys(NAMED_POLICIES).map((name) => `auto:${name}`)];
	const models = profiles.flatMap((profile) =>
		[...new Set([profile.name, profile.modelId])].map((id) => ({ id, owner: profile.provider, profile })),
	);
	return [...policies.map((id) => ({ id, owner: 'switchyard', profile: null })), ...models];
}

function toOpenAiEntry({ id, owner, profile }: ListedModel): JsonObject {
	return {
		id,
		object: 'model',
		created: 0,
		owned_by: owner,
		context_window: profile?.contextWindow,
		max_output_tokens: profile?.maxOutputTokens,
		is_priced: profile === null ? undefined : resolvePricing(profile) !== null,
		kind: profile?.kind === 'embedding' ? profile.kind : undefined,
	};
}

function toAnthropicEntry({ id, profile }: ListedModel): JsonObject {
	return { type: 'model', id, display_name: profile?.name ?? id, created_at: '1970-01-01T00:00:00Z' };
}

function toGeminiEntry({ id, profile }: ListedModel): JsonObject {
	return {
		name: `models/${id}`,
		displayName: profile?.name ?? id,
		inputTokenLimit: profile?.contextWindow ?? 0,
		outputTokenLimit: profile?.maxOutputTokens ?? 0,
		supportedGenerationMethods: ['generateContent', 'streamGenerateContent', 'countTokens'],
	};
}

const ENCODERS = { openai: toOpenAiEntry, anthropic: toAnthropicEntry, gemini: toGeminiEntry } as const;

/** The list of models, or one of them (`id`), in the format of the client. @throws RequestRefusedError for a name that is not listed */
export function listModels(
	profiles: readonly ModelProfile[],
	{ format, id }: { format: WireFormatName; id: string | null },
): JsonObject {
	const kind = format === 'gemini' ? 'gemini' : format === 'anthropic-messages' ? 'anthropic' : 'openai';
	// Embedding models are served in OpenAI's format only.
	const all = listedModels(kind === 'openai' ? profiles : profiles.filter((profile) => profile.kind !== 'embedding'));
	if (id !== null) {
		const listed = all.find((entry) => entry.id === id);
		if (listed !== undefined) return ENCODERS[kind](listed);
		const message = `There is no model "${id.slice(0, 100)}" here. GET /v1/models lists those there are.`;
		throw new RequestRefusedError('ROUTER_NOT_FOUND', message);
	}
	const data = all.map(ENCODERS[kind]);
	if (kind === 'gemini') return { models: data };
	if (kind === 'openai') return { object: 'list', data };
	return { data, has_more: false, first_id: all[0]?.id ?? null, last_id: all.at(-1)?.id ?? null };
}
