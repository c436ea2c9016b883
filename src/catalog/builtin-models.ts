import { type ModelProfile, type ModelProvider, type Pricing, SPECIFICATION_MODELS } from '../contracts/index.ts';
import { BUILTIN_ANTHROPIC } from './builtin-anthropic.ts';
import { BUILTIN_GOOGLE } from './builtin-google.ts';
import { BUILTIN_LIFECYCLES } from './builtin-lifecycles.ts';
import { BUILTIN_OPENAI } from './builtin-openai.ts';
import { type BuiltinRow, EDITORIAL } from './builtin-row.ts';
import { GENERATED_PRICES } from './generated-prices.ts';
import { LISTED_PRICES, withProviderTerms } from './listed-prices.ts';
import { toUsdPer1k } from './model-catalog.ts';
import { resolvePriceSheet } from './price-usage.ts';

/** What is written down of a model that makes embeddings. */
interface EmbeddingRow {
	/** Also its id and the provider's id of it. */
	name: string;
	provider: ModelProvider;
	aliases?: readonly string[];
	/** Tokens of one text. */
	contextWindow: number;
}

/**
 * Limits: https://platform.openai.com/docs/api-reference/embeddings/create (8192 tokens a text) and
 * https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/text-embeddings-api (2048), read 2026-11-26.
 */
const EMBEDDING_ROWS: readonly EmbeddingRow[] = [
	{ name: 'text-embedding-3-small', provider: 'openai', contextWindow: 8192 },
	{ name: 'text-embedding-3-large', provider: 'openai', contextWindow: 8192 },
	{ name: 'text-embedding-ada-002', provider: 'openai', aliases: ['text-embedding-ada-002-v2'], contextWindow: 8192 },
	{ name: 'gemini-embedding-001', provider: 'google', contextWindow: 2048 },
];

/** What a model costs with its provider's terms; `null` when no list has a price. */
function findPricing(provider: ModelProvider, priceKey: string): Pricing | null {
	const pricing = GENERATED_PRICES[priceKey] ?? LISTED_PRICES[priceKey];
	return pricing === undefined ? null : withProviderTerms(pricing, provider, priceKey);
}

/** Typical time of a short request for embeddings, ms. */
const EMBEDDING_LATENCY_MS = 300;

function createEmbeddingProfile({ name, provider, aliases, contextWindow }: EmbeddingRow): ModelProfile {
	const pricing = findPricing(provider, name);
	return {
		id: name,
		name,
		modelId: name,
		kind: 'embedding',
		provider,
		family: `${provider}-embeddings`,
		...(aliases && { aliases }),
		strengths: [],
		costPer1kInputTokens: toUsdPer1k(pricing?.input ?? Number.NaN),
		costPer1kOutputTokens: pricing === null ? Number.NaN : 0,
		pricing: pricing ?? 'unpriced',
		latencyMs: EMBEDDING_LATENCY_MS,
		ttftMs: { value: EMBEDDING_LATENCY_MS, source: EDITORIAL },
		contextWindow,
		maxOutputTokens: 0,
		qualityScore: 0,
		qualitySource: 'it answers nothing: there is no answer to judge',
		supportsExtendedThinking: false,
		supportsVision: false,
		supportsToolUse: false,
		supportsStructuredOutput: false,
		lifecycle: BUILTIN_LIFECYCLES[name] ?? { state: 'active' },
	};
}

/** Models that make embeddings: asked for by name at `/v1/embeddings`, never chosen for a task. */
const EMBEDDING_MODELS: readonly ModelProfile[] = EMBEDDING_ROWS.map(createEmbeddingProfile);

/** Points by which a model's quality on its strengths is above its overall quality. */
const STRENGTH_BONUS = 2;

function createProfile(provider: ModelProvider, row: BuiltinRow): ModelProfile {
	const { id = row.name, abilities = 'tvus', quality, qualitySource = EDITORIAL, speedSource = EDITORIAL } = row;
	const { modelId = id, priceKey = id } = row;
	const pricing = findPricing(provider, priceKey);
	const sheet = pricing && resolvePriceSheet(pricing, Date.parse(pricing.asOf));
	const [latencyMs, ttftMs, tokensPerSecond] = row.speed;
	const [contextWindow, maxOutputTokens] = row.tokens;
	const strengthQuality = {
		value: Math.min(99, quality + STRENGTH_BONUS),
		source: `overall quality (${qualitySource}) + ${STRENGTH_BONUS} for a listed strength`,
	};
	return {
		id,
		name: row.name,
		modelId,
		provider,
		family: provider,
		...(row.aliases && { aliases: row.aliases }),
		strengths: [...row.strengths],
		costPer1kInputTokens: toUsdPer1k(sheet?.input ?? Number.NaN),
		costPer1kOutputTokens: toUsdPer1k(sheet?.output ?? Number.NaN),
		pricing: pricing ?? 'unpriced',
		latencyMs,
		ttftMs: { value: ttftMs, source: speedSource },
		outputTokensPerSecond: { value: tokensPerSecond, source: speedSource },
		contextWindow,
		maxOutputTokens,
		qualityScore: quality,
		qualitySource,
		qualityByTaskType: Object.fromEntries(row.strengths.map((type) => [type, strengthQuality])),
		supportsExtendedThinking: abilities.includes('t'),
		supportsVision: abilities.includes('v'),
		supportsToolUse: abilities.includes('u'),
		supportsStructuredOutput: abilities.includes('s'),
		lifecycle: BUILTIN_LIFECYCLES[row.name] ?? { state: 'active' },
	};
}

const CHAT_MODELS: readonly ModelProfile[] = [
	...BUILTIN_ANTHROPIC.map((row) => createProfile('anthropic', row)),
	...BUILTIN_OPENAI.map((row) => createProfile('openai', row)),
	...BUILTIN_GOOGLE.map((row) => createProfile('google', row)),
];

/** The known models: the specification's seven, then the current ones of their families, then those for embeddings. */
export const BUILTIN_MODELS: readonly ModelProfile[] = [
	...SPECIFICATION_MODELS.flatMap((name) => CHAT_MODELS.filter((profile) => profile.name === name)),
	...CHAT_MODELS.filter((profile) => !SPECIFICATION_MODELS.includes(profile.name)),
	...EMBEDDING_MODELS,
];

/** The models of the default configuration. */
export const DEFAULT_MODEL_PROFILES: ModelProfile[] = [...BUILTIN_MODELS];
