import { resolvePricing } from '../../catalog/index.ts';
import type { ModelProfile, WireFormatName } from '../../contracts/index.ts';
import { RequestRefusedError } from '../../errors/index.ts';
import { NAMED_POLICIES } from '../../system/index.ts';
import type { JsonObject } from '../../util/index.ts';

/** A model as it is listed: one of the catalog, or a name under which the router chooses. */
interface Listed {
	id: string;
	owner: string;
	profile: ModelProfile | null;
}

/** Every name that can be asked for: the router's, then each model by its short name and its provider's id. */
function listedModels(profiles: readonly ModelProfile[]): Listed[] {
	const policies = ['auto', ...Object.keys(NAMED_POLICIES).map((name) => `auto:${name}`)];
	const models = profiles.flatMap((profile) =>
		[...new Set([profile.name, profile.modelId])].map((id) => ({ id, owner: profile.provider, profile })),
	);
	return [...policies.map((id) => ({ id, owner: 'switchyard', profile: null })), ...models];
}

function inOpenAi({ id, owner, profile }: Listed): JsonObject {
	const limits =
		profile === null ? {} : { context_window: profile.contextWindow, max_output_tokens: profile.maxOutputTokens };
	const isPriced = profile !== null && resolvePricing(profile) !== null;
	return {
		id,
		object: 'model',
		created: 0,
		owned_by: owner,
		...limits,
		...(profile === null ? {} : { is_priced: isPriced }),
		...(profile?.kind === 'embedding' ? { kind: profile.kind } : {}),
	};
}

function inAnthropic({ id, profile }: Listed): JsonObject {
	return { type: 'model', id, display_name: profile?.name ?? id, created_at: '1970-01-01T00:00:00Z' };
}

function inGemini({ id, profile }: Listed): JsonObject {
	return {
		name: `models/${id}`,
		displayName: profile?.name ?? id,
		inputTokenLimit: profile?.contextWindow ?? 0,
		outputTokenLimit: profile?.maxOutputTokens ?? 0,
		supportedGenerationMethods: ['generateContent', 'streamGenerateContent', 'countTokens'],
	};
}

const ENTRY_OF = { openai: inOpenAi, anthropic: inAnthropic, gemini: inGemini } as const;

/** The list of models, or one of them, as a client of the format reads it. @throws RequestRefusedError for a name that is not listed */
export function listModels(
	profiles: readonly ModelProfile[],
	wanted: { format: WireFormatName | null; id: string | null },
): JsonObject {
	const kind = wanted.format === 'gemini' ? 'gemini' : wanted.format === 'anthropic-messages' ? 'anthropic' : 'openai';
	// embeddings are asked for in OpenAI's format alone
	const all = listedModels(kind === 'openai' ? profiles : profiles.filter((profile) => profile.kind !== 'embedding'));
	if (wanted.id !== null) {
		const found = all.find(({ id }) => id === wanted.id);
		if (found !== undefined) return ENTRY_OF[kind](found);
		throw new RequestRefusedError(
			'ROUTER_NOT_FOUND',
			`There is no model "${wanted.id.slice(0, 100)}" here. GET /v1/models lists those there are.`,
		);
	}
	const data = all.map(ENTRY_OF[kind]);
	if (kind === 'gemini') return { models: data };
	if (kind === 'openai') return { object: 'list', data };
	return { data, has_more: false, first_id: all[0]?.id ?? null, last_id: all.at(-1)?.id ?? null };
}
