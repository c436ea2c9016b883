import type { ModelProfile, ModelProvider } from '../contracts/index.ts';
import { EDITORIAL } from './builtin-sources.ts';
import { GENERATED_PRICES } from './generated-prices.ts';
import { withProviderTerms } from './provider-terms.ts';

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
const ROWS: readonly EmbeddingRow[] = [
	{ name: 'text-embedding-3-small', provider: 'openai', contextWindow: 8192 },
	{ name: 'text-embedding-3-large', provider: 'openai', contextWindow: 8192 },
	{
		name: 'text-embedding-ada-002',
		provider: 'openai',
		aliases: ['text-embedding-ada-002-v2'],
		contextWindow: 8192,
	},
	{ name: 'gemini-embedding-001', provider: 'google', contextWindow: 2048 },
];

/** Typical time of a short request, ms. */
const LATENCY_MS = 300;
/** Pico-dollars per token → USD per 1,000 tokens. */
const USD_PER_1K = 1e-9;

function profileOf({ name, provider, aliases, contextWindow }: EmbeddingRow): ModelProfile {
	const rates = GENERATED_PRICES[name];
	const pricing = rates === undefined ? undefined : withProviderTerms(rates, provider, name);
	return {
		id: name,
		name,
		modelId: name,
		kind: 'embedding',
		provider,
		family: `${provider}-embeddings`,
		...(aliases === undefined ? {} : { aliases }),
		strengths: [],
		costPer1kInputTokens: pricing === undefined ? Number.NaN : pricing.input * USD_PER_1K,
		costPer1kOutputTokens: pricing === undefined ? Number.NaN : 0,
		pricing: pricing ?? 'unpriced',
		latencyMs: LATENCY_MS,
		ttftMs: { value: LATENCY_MS, source: EDITORIAL },
		contextWindow,
		maxOutputTokens: 0,
		qualityScore: 0,
		qualitySource: 'it answers nothing: there is no answer to judge',
		supportsExtendedThinking: false,
		supportsVision: false,
		supportsToolUse: false,
		supportsStructuredOutput: false,
		lifecycle: { state: 'active' },
	};
}

/** Models that make embeddings: asked for by name at `/v1/embeddings`, never chosen for a task. */
export const EMBEDDING_MODELS: readonly ModelProfile[] = ROWS.map(profileOf);
